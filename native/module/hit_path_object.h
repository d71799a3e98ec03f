/* What the files of HitPath share: its fields and its methods. */
#ifndef MAMORI_MODULE_HIT_PATH_OBJECT_H
#define MAMORI_MODULE_HIT_PATH_OBJECT_H

#include "hit_path.h"

#include <stdbool.h>

#include "landed.h"

enum { SECRET_BYTES = 16 };

/* `taken` is read and written with the GIL only. A method reads its arguments first, which may run foreign code, and takes
 * the path then: so whoever lets the GIL go meanwhile (Datagrams.serve) has it alone. */
struct hit_path_object {
    PyObject_HEAD
    struct hitpath *path;
    bool taken;
    Py_buffer cells;       /* held while there is a path */
    Py_buffer marks, hits; /* held while `watched` */
    bool watched;
    struct upstream *upstream; /* NULL: no question flies */
    PyObject *landed_type;     /* NULL before the first flies */
    struct landed_weights weights;
    PyObject *tables; /* a tuple of the TokenTables in force, NULL for none */
};

/* Let go what is marked in. */
void hit_path_release_watch(struct hit_path_object *self);

/* An address of 4 or 16 bytes; false with an error. */
bool hit_path_read_address(PyObject *object, const uint8_t **address, size_t *length);

/* Read what every image has, from six arguments: flags, rcode, counts, sections, options, event. */
bool hit_path_read_image(PyObject *const fields[6], struct answer_source *source);

/* Whether its event is one of the counters; false with an error. */
bool hit_path_has_cell(PyObject *object, const struct answer_source *source);

/* Methods: hit_path_clients.c, hit_path_lists.c, hit_path_answers.c, hit_path_flights.c. */
typedef PyObject *hit_path_method(PyObject *object, PyObject *const *args, Py_ssize_t count);
typedef PyObject *hit_path_method_of_one(PyObject *object, PyObject *argument);

hit_path_method hit_path_open_door, hit_path_remember;
hit_path_method_of_one hit_path_use_cookie_secrets, hit_path_forget;
hit_path_method hit_path_enforce, hit_path_watch, hit_path_put_verdict;
hit_path_method hit_path_put;
hit_path_method_of_one hit_path_discard, hit_path_take_uses;
PyObject *hit_path_fly(PyObject *object, PyObject *args, PyObject *kwargs);
hit_path_method hit_path_route, hit_path_hold;
hit_path_method_of_one hit_path_land, hit_path_departed, hit_path_recall, hit_path_due, hit_path_next_due;
hit_path_method_of_one hit_path_end, hit_path_close_door, hit_path_receive;
Py_ssize_t hit_path_count_answers(PyObject *object);

#endif
