/* Datagrams, and `send`. */
#ifndef MAMORI_MODULE_DATAGRAMS_H
#define MAMORI_MODULE_DATAGRAMS_H

#include "types.h"

int add_datagrams(PyObject *module);

#endif
