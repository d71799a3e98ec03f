/* HitPath: the images of kept answers. */
#include "hit_path_object.h"

#include "arguments.h"

/* Read what every image has, from six arguments: flags, rcode, counts, sections, options, event. */
bool hit_path_read_image(PyObject *const fields[6], struct answer_source *source)
{
    uint64_t flags, rcode, event;
    if (!read_number(fields[0], UINT16_MAX, "flags", &flags) || !read_number(fields[1], 4095, "rcode", &rcode) ||
        !read_number(fields[5], UINT32_MAX, "event", &event) ||
        !read_bytes(fields[3], &source->sections, &source->sections_bytes) ||
        !read_bytes(fields[4], &source->options, &source->options_bytes)) {
        return false;
    }
    if (!PyTuple_Check(fields[2]) || PyTuple_Size(fields[2]) != 3) {
        PyErr_SetString(PyExc_TypeError, "counts is a tuple of three numbers");
        return false;
    }
    for (Py_ssize_t at = 0; at < 3; at++) {
        uint64_t number;
        if (!read_number(PyTuple_GetItem(fields[2], at), UINT16_MAX - 1, "a count", &number)) {
            return false;
        }
        source->counts[at] = (uint16_t)number;
    }
    source->flags = (uint16_t)flags;
    source->rcode = (uint16_t)rcode;
    source->event = (uint32_t)event;
    return true;
}

bool hit_path_has_cell(PyObject *object, const struct answer_source *source)
{
    const Py_buffer *cells = &((struct hit_path_object *)object)->cells;
    if ((int64_t)source->event >= cells->len / (Py_ssize_t)sizeof(uint64_t)) {
        PyErr_SetString(PyExc_ValueError, "event lies outside the cells");
        return false;
    }
    return true;
}

/* Read the pairs of a tuple; how many there are, ANSWER_TTLS_MAX + 1 for more than are kept, -1 with an error. */
static int read_ttls(PyObject *pairs, struct ttl ttls[ANSWER_TTLS_MAX])
{
    const Py_ssize_t count = PyTuple_Size(pairs);
    if (count > ANSWER_TTLS_MAX) {
        return ANSWER_TTLS_MAX + 1;
    }
    for (Py_ssize_t at = 0; at < count; at++) {
        PyObject *pair = PyTuple_GetItem(pairs, at);
        uint64_t offset, seconds;
        if (!PyTuple_Check(pair) || PyTuple_Size(pair) != 2) {
            PyErr_SetString(PyExc_TypeError, "a TTL is a tuple of its offset and its seconds");
            return -1;
        }
        if (!read_number(PyTuple_GetItem(pair, 0), UINT32_MAX, "the offset of a TTL", &offset) ||
            !read_number(PyTuple_GetItem(pair, 1), UINT32_MAX, "a TTL", &seconds)) {
            return -1;
        }
        ttls[at] = (struct ttl){(uint32_t)offset, (uint32_t)seconds};
    }
    return (int)count;
}

/* Keep what was read; -1 with an error, else whether it is kept. */
static int keep(PyObject *object, const struct answer_source *source)
{
    struct hitpath *path = hit_path_take(object);
    if (path == NULL) {
        return -1;
    }
    const enum answers_put_result result = hit_path_has_cell(object, source) ? answers_put(hit_answers(path), source)
                                                                   : ANSWERS_UNSOUND;
    hit_path_give_back(object);
    if (result == ANSWERS_UNSOUND) {
        if (!PyErr_Occurred()) {
            PyErr_SetString(PyExc_ValueError, "the key is no cache key, or a TTL lies outside the sections");
        }
        return -1;
    }
    return result == ANSWERS_KEPT;
}

static bool read_generation(PyObject *object, int64_t *generation)
{
    *generation = PyLong_AsLongLong(object);
    return *generation != -1 || !PyErr_Occurred();
}

/* A moment, which may be never: from infinity on, or for what is no number. */
static bool read_moment(PyObject *object, double *moment)
{
    *moment = PyFloat_AsDouble(object);
    return *moment != -1.0 || !PyErr_Occurred();
}

/* The arguments of `put` from `stored` on, one after another: each may run foreign code, which must not meet an error. */
static bool read_life(PyObject *const *args, Py_ssize_t count, struct answer_source *source)
{
    uint64_t shown = UINT32_MAX;
    if (!read_moment(args[7], &source->stored) || !read_moment(args[8], &source->ends) ||
        !read_generation(args[9], &source->generation)) {
        return false;
    }
    const int restampable = PyObject_IsTrue(args[11]);
    if (restampable < 0 || (count == 13 && !read_number(args[12], UINT32_MAX, "shown_ttl_max", &shown))) {
        return false;
    }
    source->restampable = restampable != 0;
    source->shown_ttl_max = (uint32_t)shown;
    return true;
}

PyObject *hit_path_put(PyObject *object, PyObject *const *args, Py_ssize_t count)
{
    struct answer_source source = {0};
    struct ttl ttls[ANSWER_TTLS_MAX];
    if (count != 13 && !read_count(count, 12, "put")) {
        return NULL;
    }
    PyObject *const image[6] = {args[1], args[2], args[3], args[4], args[6], args[10]};
    if (!read_bytes(args[0], &source.key, &source.key_bytes) || !hit_path_read_image(image, &source) ||
        !read_life(args, count, &source)) {
        return NULL;
    }
    PyObject *pairs = PySequence_Tuple(args[5]);
    const int ttl_count = pairs == NULL ? -1 : read_ttls(pairs, ttls);
    Py_XDECREF(pairs);
    if (ttl_count < 0) {
        return NULL;
    }
    if (ttl_count > ANSWER_TTLS_MAX) {
        source.sections_bytes = SIZE_MAX; /* too large, whatever it has: what was kept is discarded */
    } else {
        source.ttls = ttls;
        source.ttl_count = (size_t)ttl_count;
    }
    const int kept = keep(object, &source);
    return kept < 0 ? NULL : PyBool_FromLong(kept);
}

/* The path, to be given back, and the bytes of a key; NULL with an error. */
static struct hitpath *take_with_key(PyObject *object, PyObject *argument, const uint8_t **key, size_t *length)
{
    return read_bytes(argument, key, length) ? hit_path_take(object) : NULL;
}

PyObject *hit_path_discard(PyObject *object, PyObject *argument)
{
    const uint8_t *key;
    size_t length;
    struct hitpath *path = take_with_key(object, argument, &key, &length);
    if (path == NULL) {
        return NULL;
    }
    answers_discard(hit_answers(path), key, length);
    hit_path_give_back(object);
    Py_RETURN_NONE;
}

PyObject *hit_path_take_uses(PyObject *object, PyObject *argument)
{
    const uint8_t *key;
    size_t length;
    struct hitpath *path = take_with_key(object, argument, &key, &length);
    if (path == NULL) {
        return NULL;
    }
    struct answer *answer = answers_find(hit_answers(path), key, length);
    const long uses = answer == NULL ? 0 : answer->uses;
    if (answer != NULL) {
        answer->uses = 0;
    }
    hit_path_give_back(object);
    return PyLong_FromLong(uses);
}

Py_ssize_t hit_path_count_answers(PyObject *object)
{
    struct hitpath *path = hit_path_take(object);
    if (path == NULL) {
        return -1;
    }
    const Py_ssize_t count = (Py_ssize_t)hit_answers(path)->slots.used;
    hit_path_give_back(object);
    return count;
}
