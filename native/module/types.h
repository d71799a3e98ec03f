/* What module.c knows of the other files: one function for each type or group of functions, which adds it. */
#ifndef MAMORI_MODULE_TYPES_H
#define MAMORI_MODULE_TYPES_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>

/* Each returns 0, or -1 with a Python error set. */
typedef int (*add_to_module)(PyObject *module);

#endif
