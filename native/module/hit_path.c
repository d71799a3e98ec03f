/* HitPath: a worker's hit path. Twin: resolver/core/hit_path.py.
 *
 * `taken` is read and written with the GIL only. A method reads its arguments first, which may run foreign code, and takes
 * the path then: so whoever lets the GIL go meanwhile (`serve`) has it alone.
 */
#include "hit_path.h"

#include <string.h>

#include "arguments.h"
#include "client.h"
#include "token_table.h"

enum { SECRET_BYTES = 16, ADDRESS_V4 = 4, ADDRESS_V6 = 16 };

struct hit_path_object {
    PyObject_HEAD
    struct hitpath *path;
    bool taken;
    Py_buffer cells;        /* held while there is a path */
    Py_buffer marks, hits;  /* held while `watched` */
    bool watched;
    PyObject *tables; /* a tuple of the TokenTables in force, NULL for none */
};

/* --- life --------------------------------------------------------------------------------------------------------- */

static void let_go(struct client *client)
{
    Py_DECREF(client_object(client));
}

/* The places of the counters among the arguments, in order. */
struct places {
    PyObject *queries, *answers, *dropped, *rate_limited, *latency, *latency_sum;
};

static bool read_places(const struct places *given, struct hitpath_settings *settings)
{
    uint64_t places[6];
    PyObject *const objects[6] = {given->queries,      given->answers, given->dropped,
                                  given->rate_limited, given->latency, given->latency_sum};
    static const char *const NAMES[6] = {"queries", "answers", "dropped", "rate_limited", "latency", "latency_sum"};
    for (size_t at = 0; at < 6; at++) {
        if (!read_number(objects[at], UINT32_MAX, NAMES[at], &places[at])) {
            return false;
        }
    }
    settings->queries = places[0];
    settings->answers = places[1];
    settings->dropped = places[2];
    settings->rate_limited = places[3];
    settings->latency = places[4];
    settings->latency_sum = places[5];
    return true;
}

static bool read_settings(PyObject *secret, PyObject *udp_bytes, PyObject *hosts_max, struct hitpath_settings *settings)
{
    const uint8_t *bytes;
    size_t length;
    uint64_t udp, hosts;
    if (!read_bytes(secret, &bytes, &length) || !read_number(udp_bytes, UINT16_MAX, "client_udp_bytes", &udp) ||
        !read_number(hosts_max, UINT32_MAX, "hosts_max", &hosts)) {
        return false;
    }
    if (length != SECRET_BYTES) {
        PyErr_SetString(PyExc_ValueError, "secret is not of 16 bytes");
        return false;
    }
    memcpy(settings->secret, bytes, SECRET_BYTES);
    settings->client_udp_bytes = (uint16_t)udp;
    settings->hosts_max = (uint32_t)hosts;
    settings->let_go = let_go;
    return true;
}

static int init(PyObject *object, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"cells",   "queries",     "answers", "dropped",          "rate_limited", "latency",
                            "latency_sum", "secret", "client_udp_bytes", "books_hits",   "hosts_max", NULL};
    struct hit_path_object *self = (struct hit_path_object *)object;
    struct hitpath_settings settings = {0};
    struct places places;
    PyObject *cells, *secret, *udp_bytes, *hosts_max;
    int books_hits;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O$OOOOOOOOpO:HitPath", names, &cells, &places.queries,
                                     &places.answers, &places.dropped, &places.rate_limited, &places.latency,
                                     &places.latency_sum, &secret, &udp_bytes, &books_hits, &hosts_max)) {
        return -1;
    }
    Py_buffer memory;
    if (!read_places(&places, &settings) || !read_settings(secret, udp_bytes, hosts_max, &settings) ||
        !read_memory(cells, sizeof(uint64_t), "cells", &memory)) {
        return -1;
    }
    settings.books_hits = books_hits != 0;
    settings.cells = memory.buf;
    settings.cell_count = (size_t)(memory.len / memory.itemsize);
    struct hitpath *path = self->path == NULL ? hitpath_new(&settings) : NULL;
    if (path == NULL) {
        PyBuffer_Release(&memory);
        PyErr_SetString(PyExc_ValueError, "a HitPath is made once, and all its places lie within its cells");
        return -1;
    }
    self->path = path;
    self->cells = memory;
    return 0;
}

static void release_watch(struct hit_path_object *self)
{
    if (self->watched) {
        self->watched = false;
        PyBuffer_Release(&self->marks);
        PyBuffer_Release(&self->hits);
    }
}

static void dealloc(PyObject *object)
{
    struct hit_path_object *self = (struct hit_path_object *)object;
    PyTypeObject *type = Py_TYPE(object);
    if (self->path != NULL) {
        hitpath_free(self->path);
        PyBuffer_Release(&self->cells);
    }
    release_watch(self);
    Py_XDECREF(self->tables);
    ((freefunc)PyType_GetSlot(type, Py_tp_free))(object);
    Py_DECREF(type);
}

struct hitpath *hit_path_take(PyObject *object)
{
    if (PyType_GetSlot(Py_TYPE(object), Py_tp_dealloc) != (void *)dealloc) { /* the type has no subclasses */
        PyErr_SetString(PyExc_TypeError, "a HitPath is needed");
        return NULL;
    }
    struct hit_path_object *self = (struct hit_path_object *)object;
    if (self->path == NULL || self->taken) {
        PyErr_SetString(PyExc_RuntimeError, self->path == NULL ? "the HitPath was not made" : "the HitPath is in use");
        return NULL;
    }
    self->taken = true;
    return self->path;
}

void hit_path_give_back(PyObject *object)
{
    ((struct hit_path_object *)object)->taken = false;
}

/* --- doors, cookies, clients -------------------------------------------------------------------------------------- */

static PyObject *open_door(PyObject *object, PyObject *const *args, Py_ssize_t count)
{
    uint64_t transport, table;
    if (!read_count(count, 2, "open_door") || !read_number(args[0], HIT_TRANSPORTS - 1, "transport", &transport) ||
        !read_number(args[1], HIT_TABLES_MAX - 1, "table", &table)) {
        return NULL;
    }
    struct hitpath *path = hit_path_take(object);
    if (path == NULL) {
        return NULL;
    }
    const int door = hit_open_door(path, (unsigned)transport, (uint32_t)table);
    hit_path_give_back(object);
    return door < 0 ? PyErr_NoMemory() : PyLong_FromLong(door);
}

static PyObject *use_cookie_secrets(PyObject *object, PyObject *argument)
{
    uint8_t newest[SECRET_BYTES];
    PyObject *secrets = PySequence_Tuple(argument);
    if (secrets == NULL) {
        return NULL;
    }
    const Py_ssize_t count = PyTuple_Size(secrets);
    for (Py_ssize_t at = count; at-- > 0;) { /* the first stays */
        const uint8_t *bytes;
        size_t length;
        if (!read_bytes(PyTuple_GetItem(secrets, at), &bytes, &length) || length != SECRET_BYTES) {
            if (!PyErr_Occurred()) {
                PyErr_SetString(PyExc_ValueError, "a secret is not of 16 bytes");
            }
            Py_DECREF(secrets);
            return NULL;
        }
        memcpy(newest, bytes, SECRET_BYTES);
    }
    Py_DECREF(secrets);
    struct hitpath *path = hit_path_take(object);
    if (path == NULL) {
        return NULL;
    }
    hit_use_cookie_secret(path, count == 0 ? NULL : newest);
    hit_path_give_back(object);
    Py_RETURN_NONE;
}

static bool read_address(PyObject *object, const uint8_t **address, size_t *length)
{
    if (!read_bytes(object, address, length)) {
        return false;
    }
    if (*length != ADDRESS_V4 && *length != ADDRESS_V6) {
        PyErr_SetString(PyExc_ValueError, "an address is of 4 or 16 bytes");
        return false;
    }
    return true;
}

static PyObject *remember(PyObject *object, PyObject *const *args, Py_ssize_t count)
{
    uint64_t table;
    const uint8_t *address;
    size_t length;
    if (!read_count(count, 3, "remember") || !read_number(args[0], HIT_TABLES_MAX - 1, "table", &table) ||
        !read_address(args[1], &address, &length)) {
        return NULL;
    }
    struct client *client = client_of(args[2]);
    struct hitpath *path = client == NULL ? NULL : hit_path_take(object);
    if (path == NULL) {
        return NULL;
    }
    Py_INCREF(args[2]);
    const bool remembered = hit_remember(path, (uint32_t)table, address, length, client);
    hit_path_give_back(object);
    if (!remembered) {
        Py_DECREF(args[2]);
        return PyErr_NoMemory();
    }
    Py_RETURN_NONE;
}

static PyObject *forget(PyObject *object, PyObject *argument)
{
    uint64_t table;
    if (!read_number(argument, HIT_TABLES_MAX - 1, "table", &table)) {
        return NULL;
    }
    struct hitpath *path = hit_path_take(object);
    if (path == NULL) {
        return NULL;
    }
    hit_forget(path, (uint32_t)table);
    hit_path_give_back(object);
    Py_RETURN_NONE;
}

/* --- the lists in force ------------------------------------------------------------------------------------------- */

/* Give a view its lists, from a sequence of their numbers. */
static bool set_view(struct enforced *enforced, size_t view, PyObject *numbers)
{
    uint32_t lists[ENFORCED_LISTS_MAX];
    PyObject *items = PySequence_Tuple(numbers);
    if (items == NULL) {
        return false;
    }
    const Py_ssize_t count = PyTuple_Size(items);
    bool good = count <= ENFORCED_LISTS_MAX;
    for (Py_ssize_t at = 0; good && at < count; at++) {
        uint64_t list;
        good = read_number(PyTuple_GetItem(items, at), ENFORCED_LISTS_MAX - 1, "a view's list", &list);
        if (good) {
            lists[at] = (uint32_t)list;
        }
    }
    good = good && enforced_set_view(enforced, view, lists, (size_t)count);
    if (!good && !PyErr_Occurred()) {
        PyErr_SetString(PyExc_ValueError, "a view's lists are places in tables, each once");
    }
    Py_DECREF(items);
    return good;
}

/* Make what decides from two tuples; NULL with an error. */
static struct enforced *make_enforced(int64_t generation, double clock_offset, PyObject *tables, PyObject *views)
{
    const struct token_table *lists[ENFORCED_LISTS_MAX];
    const Py_ssize_t list_count = PyTuple_Size(tables), view_count = PyTuple_Size(views);
    if (list_count > ENFORCED_LISTS_MAX || view_count > ENFORCED_VIEWS_MAX) {
        PyErr_SetString(PyExc_ValueError, "there are too many lists or views");
        return NULL;
    }
    for (Py_ssize_t at = 0; at < list_count; at++) {
        lists[at] = token_table_of(PyTuple_GetItem(tables, at));
        if (lists[at] == NULL) {
            return NULL;
        }
    }
    struct enforced *enforced = enforced_new(generation, clock_offset, lists, (size_t)list_count, (size_t)view_count);
    if (enforced == NULL) {
        PyErr_NoMemory();
        return NULL;
    }
    for (Py_ssize_t view = 0; view < view_count; view++) {
        if (!set_view(enforced, (size_t)view, PyTuple_GetItem(views, view))) {
            enforced_free(enforced);
            return NULL;
        }
    }
    return enforced;
}

/* Put them in force; the tuple of tables is ours if that succeeds. */
static bool put_in_force(PyObject *object, struct enforced *enforced, PyObject *tables)
{
    struct hit_path_object *self = (struct hit_path_object *)object;
    struct hitpath *path = hit_path_take(object);
    if (path == NULL) {
        enforced_free(enforced);
        return false;
    }
    PyObject *before = self->tables;
    hit_enforce(path, enforced);
    self->tables = tables;
    hit_path_give_back(object);
    release_watch(self);
    Py_XDECREF(before);
    return true;
}

static PyObject *enforce(PyObject *object, PyObject *const *args, Py_ssize_t count)
{
    double clock_offset;
    if (!read_count(count, 4, "enforce")) {
        return NULL;
    }
    const int64_t generation = PyLong_AsLongLong(args[0]);
    if ((generation == -1 && PyErr_Occurred()) || !read_finite(args[2], "clock_offset", &clock_offset)) {
        return NULL;
    }
    PyObject *tables = PySequence_Tuple(args[1]);
    PyObject *views = tables == NULL ? NULL : PySequence_Tuple(args[3]);
    struct enforced *enforced = views == NULL ? NULL : make_enforced(generation, clock_offset, tables, views);
    Py_XDECREF(views);
    if (enforced == NULL || !put_in_force(object, enforced, tables)) {
        Py_XDECREF(tables);
        return NULL;
    }
    Py_RETURN_NONE;
}

/* Read a number for each list; how many there are, -1 with an error. */
static Py_ssize_t read_firsts(PyObject *argument, uint64_t firsts[ENFORCED_LISTS_MAX])
{
    PyObject *items = PySequence_Tuple(argument);
    if (items == NULL) {
        return -1;
    }
    Py_ssize_t count = PyTuple_Size(items);
    if (count > ENFORCED_LISTS_MAX) {
        PyErr_SetString(PyExc_ValueError, "there are too many lists");
        count = -1;
    }
    for (Py_ssize_t at = 0; at < count; at++) {
        if (!read_number(PyTuple_GetItem(items, at), SIZE_MAX, "the place of a list's first mark", &firsts[at])) {
            count = -1;
        }
    }
    Py_DECREF(items);
    return count;
}

/* Watch with these buffers, which are the path's if that succeeds. */
static bool put_watch(PyObject *object, Py_buffer *marks, Py_buffer *hits, const uint64_t *firsts, size_t count)
{
    struct hit_path_object *self = (struct hit_path_object *)object;
    struct hitpath *path = hit_path_take(object);
    if (path == NULL) {
        return false;
    }
    const bool fits = enforced_watch(hit_lists(path), marks->buf, (size_t)marks->len, hits->buf,
                                     (size_t)(hits->len / hits->itemsize), firsts, count);
    hit_path_give_back(object);
    if (!fits) {
        PyErr_SetString(PyExc_ValueError, "marks, hits and firsts do not fit the lists in force");
        return false;
    }
    release_watch(self);
    self->marks = *marks;
    self->hits = *hits;
    self->watched = true;
    return true;
}

static PyObject *stop_watching(PyObject *object)
{
    struct hitpath *path = hit_path_take(object);
    if (path == NULL) {
        return NULL;
    }
    (void)enforced_watch(hit_lists(path), NULL, 0, NULL, 0, NULL, 0);
    hit_path_give_back(object);
    release_watch((struct hit_path_object *)object);
    Py_RETURN_NONE;
}

static PyObject *watch(PyObject *object, PyObject *const *args, Py_ssize_t count)
{
    uint64_t firsts[ENFORCED_LISTS_MAX];
    Py_buffer marks, hits;
    if (!read_count(count, 3, "watch")) {
        return NULL;
    }
    if (args[0] == Py_None || args[1] == Py_None) {
        return stop_watching(object);
    }
    const Py_ssize_t lists = read_firsts(args[2], firsts);
    if (lists < 0 || !read_memory(args[0], 1, "marks", &marks)) {
        return NULL;
    }
    if (!read_memory(args[1], sizeof(uint64_t), "hits", &hits)) {
        PyBuffer_Release(&marks);
        return NULL;
    }
    if (!put_watch(object, &marks, &hits, firsts, (size_t)lists)) {
        PyBuffer_Release(&marks);
        PyBuffer_Release(&hits);
        return NULL;
    }
    Py_RETURN_NONE;
}

/* --- images of answers -------------------------------------------------------------------------------------------- */

/* Read what every image has, from six arguments: flags, rcode, counts, sections, options, event. */
static bool read_image(PyObject *const fields[6], struct answer_source *source)
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

static bool is_cell(PyObject *object, const struct answer_source *source)
{
    const Py_buffer *cells = &((struct hit_path_object *)object)->cells;
    if ((int64_t)source->event >= cells->len / (Py_ssize_t)sizeof(uint64_t)) {
        PyErr_SetString(PyExc_ValueError, "event lies outside the cells");
        return false;
    }
    return true;
}

static PyObject *put_verdict(PyObject *object, PyObject *const *args, Py_ssize_t count)
{
    uint64_t view, list, kind;
    struct answer_source source = {0};
    if (!read_count(count, 9, "put_verdict") || !read_number(args[0], ENFORCED_VIEWS_MAX - 1, "view", &view) ||
        !read_number(args[1], ENFORCED_LISTS_MAX - 1, "list_number", &list) ||
        !read_number(args[2], VERDICT_KINDS - 1, "kind", &kind) || !read_image(args + 3, &source)) {
        return NULL;
    }
    struct hitpath *path = hit_path_take(object);
    if (path == NULL) {
        return NULL;
    }
    const bool good = is_cell(object, &source) && enforced_put_verdict(hit_lists(path), view, list, kind, &source);
    hit_path_give_back(object);
    if (!good) {
        if (!PyErr_Occurred()) {
            PyErr_SetString(PyExc_ValueError, "no such view or list is in force, or the answer is too large");
        }
        return NULL;
    }
    Py_RETURN_NONE;
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
    const enum answers_put_result result = is_cell(object, source) ? answers_put(hit_answers(path), source)
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

/* The arguments of `put` from `stored` on. */
static bool read_life(PyObject *const *args, Py_ssize_t count, struct answer_source *source)
{
    uint64_t shown = UINT32_MAX;
    source->stored = PyFloat_AsDouble(args[7]);
    source->ends = PyFloat_AsDouble(args[8]);
    source->generation = PyLong_AsLongLong(args[9]);
    const int restampable = PyObject_IsTrue(args[11]);
    if (PyErr_Occurred() || restampable < 0 || (count == 13 && !read_number(args[12], UINT32_MAX, "shown_ttl_max", &shown))) {
        return false;
    }
    source->restampable = restampable != 0;
    source->shown_ttl_max = (uint32_t)shown;
    return true;
}

static PyObject *put(PyObject *object, PyObject *const *args, Py_ssize_t count)
{
    struct answer_source source = {0};
    struct ttl ttls[ANSWER_TTLS_MAX];
    if (count != 13 && !read_count(count, 12, "put")) {
        return NULL;
    }
    PyObject *const image[6] = {args[1], args[2], args[3], args[4], args[6], args[10]};
    if (!read_bytes(args[0], &source.key, &source.key_bytes) || !read_image(image, &source) ||
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

static PyObject *discard(PyObject *object, PyObject *argument)
{
    const uint8_t *key;
    size_t length;
    if (!read_bytes(argument, &key, &length)) {
        return NULL;
    }
    struct hitpath *path = hit_path_take(object);
    if (path == NULL) {
        return NULL;
    }
    answers_discard(hit_answers(path), key, length);
    hit_path_give_back(object);
    Py_RETURN_NONE;
}

static PyObject *take_uses(PyObject *object, PyObject *argument)
{
    const uint8_t *key;
    size_t length;
    if (!read_bytes(argument, &key, &length)) {
        return NULL;
    }
    struct hitpath *path = hit_path_take(object);
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

static Py_ssize_t answer_count(PyObject *object)
{
    struct hitpath *path = hit_path_take(object);
    if (path == NULL) {
        return -1;
    }
    const Py_ssize_t count = (Py_ssize_t)hit_answers(path)->slots.used;
    hit_path_give_back(object);
    return count;
}

/* --- the question ------------------------------------------------------------------------------------------------- */

static PyObject *answer(PyObject *object, PyObject *const *args, Py_ssize_t count)
{
    const uint8_t *packet, *address;
    size_t length, address_length;
    uint64_t door;
    uint8_t out[HIT_ROOM];
    if (!read_count(count, 5, "answer") || !read_bytes(args[0], &packet, &length) ||
        !read_address(args[1], &address, &address_length) || !read_number(args[2], HIT_DOORS_MAX, "door", &door)) {
        return NULL;
    }
    const double now = PyFloat_AsDouble(args[3]);
    const unsigned long long unix_time = PyLong_AsUnsignedLongLongMask(args[4]);
    if (PyErr_Occurred()) {
        return NULL;
    }
    struct hitpath *path = hit_path_take(object);
    if (path == NULL) {
        return NULL;
    }
    const bool is_door = hit_has_door(path, door);
    const int bytes = is_door ? hit_answer(path, (unsigned)door, packet, length, address, address_length, now,
                                           (uint32_t)unix_time, out, sizeof out)
                              : HIT_MISS;
    hit_path_give_back(object);
    if (!is_door) {
        PyErr_SetString(PyExc_ValueError, "no door has this number");
        return NULL;
    }
    if (bytes == HIT_MISS) {
        Py_RETURN_NONE;
    }
    return PyBytes_FromStringAndSize((const char *)out, bytes);
}

#define METHOD(name, doc) {#name, (PyCFunction)(void (*)(void))name, METH_FASTCALL, doc}

static PyMethodDef METHODS[] = {
    METHOD(open_door, "open_door(transport, table): the number of a new way in."),
    {"use_cookie_secrets", use_cookie_secrets, METH_O, "use_cookie_secrets(secrets): newest first; none: no cookies."},
    METHOD(remember, "remember(table, address, client): know an address from now on."),
    {"forget", forget, METH_O, "forget(table): know nobody there any more."},
    METHOD(enforce, "enforce(generation, tables, clock_offset, views): decide by these lists from now on."),
    METHOD(watch, "watch(marks, hits, firsts): mark the fresh entries that are asked for; None: nobody watches."),
    METHOD(put_verdict, "put_verdict(view, list_number, kind, flags, rcode, counts, sections, options, event)"),
    METHOD(put, "put(key, flags, rcode, counts, sections, ttls, options, stored, ends, generation, event, restampable,"
                " shown_ttl_max): keep an answer; False: it is too large."),
    {"discard", discard, METH_O, "discard(key): keep it no more."},
    {"take_uses", take_uses, METH_O, "take_uses(key): uses since the last call, 3 at most."},
    METHOD(answer, "answer(packet, address, door, now, unix_time): the answer, b'' for dropped, None for a miss."),
    {NULL, NULL, 0, NULL},
};

static PyType_Slot SLOTS[] = {
    {Py_tp_doc, "A worker's hit path."},
    {Py_tp_init, init},
    {Py_tp_dealloc, dealloc},
    {Py_tp_methods, METHODS},
    {Py_sq_length, answer_count},
    {0, NULL},
};

static PyType_Spec SPEC = {
    .name = "native._native.HitPath",
    .basicsize = sizeof(struct hit_path_object),
    .flags = Py_TPFLAGS_DEFAULT,
    .slots = SLOTS,
};

int add_hit_path(PyObject *module)
{
    PyObject *type = PyType_FromModuleAndSpec(module, &SPEC, NULL);
    const int added = type == NULL ? -1 : PyModule_AddType(module, (PyTypeObject *)type);
    Py_XDECREF(type);
    return added;
}
