/* HitPath as other files of the module see it. */
#ifndef MAMORI_MODULE_HIT_PATH_H
#define MAMORI_MODULE_HIT_PATH_H

#include "types.h"

#include "core/hitpath.h"

/* Take the path of a HitPath, which nobody else can use until it is given back; NULL with RuntimeError while it is taken,
 * with TypeError for anything else. The caller holds a reference and calls with the GIL; it may let the GIL go between. */
struct hitpath *hit_path_take(PyObject *object);
void hit_path_give_back(PyObject *object);

/* What asks upstreams for a path that is taken; NULL: no question flies. */
struct upstream *hit_path_upstream(PyObject *object);

int add_hit_path(PyObject *module);

#endif
