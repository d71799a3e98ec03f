/* Landed: an answer that the hit path serves, as the shelf of the cache keeps account of it (docs/adr/0055). */
#ifndef MAMORI_MODULE_LANDED_H
#define MAMORI_MODULE_LANDED_H

#include "types.h"

#include <stddef.h>
#include <stdint.h>

#include "edge/upstream.h"

/* What the bytes of an answer cost in memory, as resolver/core/cache.py counts them. */
struct landed_weights {
    size_t copies, record_bytes, entry_bytes;
};

int add_landed(PyObject *module);

/* The type, for `landed_new`: a new reference, NULL with an error. `maker` is of a type of this module. */
PyObject *landed_type(PyObject *maker);

/* The answer of an EVENT_ANSWERED that is kept, from `stored` (monotonic seconds) on; NULL with an error. */
PyObject *landed_new(PyObject *type, const struct upstream_event *event, const struct landed_weights *weights,
                     double stored);

#endif
