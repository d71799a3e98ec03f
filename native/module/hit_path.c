/* HitPath: a worker's hit path. Twin: resolver/core/hit_path.py. */
#include "hit_path_object.h"

#include <string.h>

#include "arguments.h"
#include "client.h"
#include "edge/upstream.h"

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

void hit_path_release_watch(struct hit_path_object *self)
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
    upstream_free(self->upstream);
    Py_XDECREF(self->landed_type);
    hit_path_release_watch(self);
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

struct upstream *hit_path_upstream(PyObject *object)
{
    return ((struct hit_path_object *)object)->upstream;
}

/* --- the question ------------------------------------------------------------------------------------------------- */

static PyObject *hit_path_answer(PyObject *object, PyObject *const *args, Py_ssize_t count)
{
    const uint8_t *packet, *address;
    size_t length, address_length;
    uint64_t door, unix_time;
    double now;
    uint8_t out[HIT_ROOM];
    if (!read_count(count, 5, "answer") || !read_bytes(args[0], &packet, &length) ||
        !hit_path_read_address(args[1], &address, &address_length) ||
        !read_number(args[2], HIT_DOORS_MAX, "door", &door) || !read_finite(args[3], "now", &now) ||
        !read_number(args[4], UINT32_MAX, "unix_time", &unix_time)) {
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

#define METHOD(name, doc) {#name, (PyCFunction)(void (*)(void))hit_path_##name, METH_FASTCALL, doc}

static PyMethodDef METHODS[] = {
    METHOD(open_door, "open_door(transport, table): the number of a new way in."),
    {"use_cookie_secrets", hit_path_use_cookie_secrets, METH_O, "use_cookie_secrets(secrets): newest first; none: no cookies."},
    METHOD(remember, "remember(table, address, client): know an address from now on."),
    {"forget", hit_path_forget, METH_O, "forget(table): know nobody there any more."},
    METHOD(enforce, "enforce(generation, tables, clock_offset, views): decide by these lists from now on."),
    METHOD(watch, "watch(marks, hits, firsts): mark the fresh entries that are asked for; None: nobody watches."),
    METHOD(put_verdict, "put_verdict(view, list_number, kind, flags, rcode, counts, sections, options, event)"),
    METHOD(put, "put(key, flags, rcode, counts, sections, ttls, options, stored, ends, generation, event, restampable,"
                " shown_ttl_max): keep an answer; False: it is too large."),
    {"discard", hit_path_discard, METH_O, "discard(key): keep it no more."},
    {"take_uses", hit_path_take_uses, METH_O, "take_uses(key): uses since the last call, 3 at most."},
    METHOD(answer, "answer(packet, address, door, now, unix_time): the answer, b'' for dropped, None for a miss."),
    {"fly", (PyCFunction)(void (*)(void))hit_path_fly, METH_VARARGS | METH_KEYWORDS,
     "fly(...): carry plain questions to upstreams from now on; the descriptor that has something to read."},
    {"land", hit_path_land, METH_NOARGS, "land(): close all that `fly` opened."},
    METHOD(route, "route(upstream, room, trust_ad): whom to ask, and how many questions at once; None: nobody."),
    {"departed", hit_path_departed, METH_NOARGS, "departed(): questions asked since the last call, and those in flight."},
    {"recall", hit_path_recall, METH_O, "recall(key): hand a question over, with None the oldest; None where none flies."},
    {"due", hit_path_due, METH_O, "due(now): hand over what is to be asked again."},
    {"next_due", hit_path_next_due, METH_NOARGS, "next_due(): when the first will be, None for never."},
    METHOD(hold, "hold(key, holds): whether Python has this question in flight."),
    {"end", hit_path_end, METH_O, "end(token): a query that was handed over is waited for no more."},
    {"close_door", hit_path_close_door, METH_O, "close_door(door): no late answer leaves there."},
    {"receive", hit_path_receive, METH_O, "receive(now): (landed, times, others), of what has come from upstreams."},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot SLOTS[] = {
    {Py_tp_doc, "A worker's hit path."},
    {Py_tp_init, init},
    {Py_tp_dealloc, dealloc},
    {Py_tp_methods, METHODS},
    {Py_sq_length, hit_path_count_answers},
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
