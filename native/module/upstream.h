/* The functions of queries to upstreams and of their responses. */
#ifndef MAMORI_MODULE_UPSTREAM_H
#define MAMORI_MODULE_UPSTREAM_H

#include "types.h"

int add_upstream(PyObject *module);

#endif
