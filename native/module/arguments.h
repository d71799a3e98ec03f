/* Reading arguments: each returns false with a Python error set, and never changes what it could not read. */
#ifndef MAMORI_MODULE_ARGUMENTS_H
#define MAMORI_MODULE_ARGUMENTS_H

#include "types.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* An integer from 0 to `most`; ValueError says which argument is outside. */
bool read_number(PyObject *object, uint64_t most, const char *name, uint64_t *value);

/* A float or an integer; ValueError for what is not a finite number. */
bool read_finite(PyObject *object, const char *name, double *value);

/* Bytes, borrowed from the object. */
bool read_bytes(PyObject *object, const uint8_t **bytes, size_t *length);

/* A buffer of whole aligned items of `item_bytes`, writable; the caller releases it. ValueError for another kind. */
bool read_memory(PyObject *object, Py_ssize_t item_bytes, const char *name, Py_buffer *buffer);

/* How many positional arguments there are; TypeError. */
bool read_count(Py_ssize_t count, Py_ssize_t wanted, const char *name);

#endif
