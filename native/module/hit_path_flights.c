/* HitPath: questions that C carries to upstreams by itself, and what Python learns of them. */
#include "hit_path_object.h"

#include <string.h>

#include "arguments.h"
#include "core/departure.h"
#include "core/stack.h"
#include "edge/upstream.h"

/* The path, if questions fly there; else NULL with an error. */
static struct hitpath *take_flying(PyObject *object)
{
    struct hitpath *path = hit_path_take(object);
    if (path != NULL && ((struct hit_path_object *)object)->upstream == NULL) {
        hit_path_give_back(object);
        PyErr_SetString(PyExc_RuntimeError, "no question flies here");
        return NULL;
    }
    return path;
}

PyObject *hit_path_land(PyObject *object, PyObject *Py_UNUSED(nothing))
{
    struct hit_path_object *self = (struct hit_path_object *)object;
    struct hitpath *path = hit_path_take(object);
    if (path == NULL) {
        return NULL;
    }
    struct upstream *upstream = self->upstream;
    self->upstream = NULL;
    if (upstream != NULL) {
        const struct route none = {0};
        (void)flying_route(hit_flying(path), &none);
        upstream_free(upstream);
    }
    hit_path_give_back(object);
    Py_RETURN_NONE;
}

/* --- the route ---------------------------------------------------------------------------------------------------- */

PyObject *hit_path_route(PyObject *object, PyObject *const *args, Py_ssize_t count)
{
    uint64_t upstream = 0, room = 0;
    if (!read_count(count, 3, "route")) {
        return NULL;
    }
    const bool open = args[0] != Py_None;
    if ((open && !read_number(args[0], FLYING_UPSTREAMS_MAX - 1, "upstream", &upstream)) ||
        !read_number(args[1], INFLIGHT_QUESTIONS_MAX, "room", &room)) {
        return NULL;
    }
    const int trust_ad = PyObject_IsTrue(args[2]);
    if (trust_ad < 0) {
        return NULL;
    }
    struct hitpath *path = take_flying(object);
    if (path == NULL) {
        return NULL;
    }
    const struct route route = {.open = open, .trust_ad = trust_ad != 0, .upstream = (uint8_t)upstream, .room = room};
    const bool routed = flying_route(hit_flying(path), &route);
    hit_path_give_back(object);
    if (!routed) {
        PyErr_SetString(PyExc_ValueError, "no upstream has this number");
        return NULL;
    }
    Py_RETURN_NONE;
}

PyObject *hit_path_departed(PyObject *object, PyObject *Py_UNUSED(nothing))
{
    struct hitpath *path = take_flying(object);
    if (path == NULL) {
        return NULL;
    }
    struct flying *flying = hit_flying(path);
    const uint64_t departed = flying->departed;
    const size_t count = inflight_flying(flying->inflight);
    flying->departed = 0;
    hit_path_give_back(object);
    return Py_BuildValue("(Kn)", (unsigned long long)departed, (Py_ssize_t)count);
}

/* --- handed over -------------------------------------------------------------------------------------------------- */

/* Who waits, as a list. */
static PyObject *list_of_waiters(const struct inflight *inflight, const struct flight *flight)
{
    PyObject *list = PyList_New(0);
    for (const struct waiter *waiter = inflight_first(inflight, flight); list != NULL && waiter != NULL;
         waiter = inflight_next(inflight, waiter)) {
        PyObject *each = Py_BuildValue(
            "(y#y#y#y#Id)", (const char *)waiter->packet, (Py_ssize_t)waiter->packet_bytes,
            (const char *)waiter->address, (Py_ssize_t)waiter->address_bytes, (const char *)waiter->name,
            (Py_ssize_t)waiter->name_bytes, (const char *)waiter->source, (Py_ssize_t)waiter->source_bytes,
            (unsigned)waiter->door, waiter->asked);
        if (each == NULL || PyList_Append(list, each) < 0) {
            Py_CLEAR(list);
        }
        Py_XDECREF(each);
    }
    return list;
}

/* All that is known of a question, which is Python's from now on, also where this fails for want of memory. */
static PyObject *record_of(struct hitpath *path, struct flight *flight, uint64_t token)
{
    const struct inflight *inflight = hit_flying(path)->inflight;
    const bool is_sent = token != UPSTREAM_NO_TOKEN;
    PyObject *number = is_sent ? PyLong_FromUnsignedLongLong(token) : PyLong_FromLong(-1);
    PyObject *waiters = number == NULL ? NULL : list_of_waiters(inflight, flight);
    PyObject *record = NULL;
    if (waiters != NULL) {
        record = Py_BuildValue("(y#y#BNddLN)", (const char *)flight->key, (Py_ssize_t)flight->key_bytes,
                               (const char *)flight->query, (Py_ssize_t)(is_sent ? flight->query_bytes : 0),
                               flight->upstream, number, flight->started, flight->sent, (long long)flight->generation,
                               waiters);
    } else {
        Py_XDECREF(number);
    }
    flying_hand_over(path, flight);
    return record;
}

PyObject *hit_path_recall(PyObject *object, PyObject *argument)
{
    const uint8_t *key;
    size_t length;
    const bool any = argument == Py_None;
    if (!any && !read_bytes(argument, &key, &length)) {
        return NULL;
    }
    struct hitpath *path = take_flying(object);
    if (path == NULL) {
        return NULL;
    }
    struct flight *flight = any ? inflight_oldest(hit_flying(path)->inflight) : flying_find(path, key, length);
    PyObject *record = NULL;
    const bool is_ours = flight != NULL && flight->state != FLIGHT_HELD;
    if (is_ours) {
        record = record_of(path, flight, upstream_token(((struct hit_path_object *)object)->upstream, flight));
    }
    hit_path_give_back(object);
    if (is_ours) {
        return record;
    }
    Py_RETURN_NONE;
}

PyObject *hit_path_due(PyObject *object, PyObject *argument)
{
    double now;
    if (!read_finite(argument, "now", &now)) {
        return NULL;
    }
    PyObject *list = PyList_New(0);
    struct hitpath *path = list == NULL ? NULL : take_flying(object);
    if (path == NULL) {
        Py_XDECREF(list);
        return NULL;
    }
    for (struct flight *flight; list != NULL && (flight = flying_due(path, now)) != NULL;) {
        PyObject *record = record_of(path, flight, upstream_token(((struct hit_path_object *)object)->upstream, flight));
        if (record == NULL || PyList_Append(list, record) < 0) {
            Py_CLEAR(list);
        }
        Py_XDECREF(record);
    }
    hit_path_give_back(object);
    return list;
}

PyObject *hit_path_next_due(PyObject *object, PyObject *Py_UNUSED(nothing))
{
    struct hitpath *path = take_flying(object);
    if (path == NULL) {
        return NULL;
    }
    const struct flying *flying = hit_flying(path);
    const struct flight *flight = inflight_oldest(flying->inflight);
    const double due = flight == NULL ? 0.0 : flight->started + flying->rules.first_retry;
    hit_path_give_back(object);
    if (flight == NULL) {
        Py_RETURN_NONE;
    }
    return PyFloat_FromDouble(due);
}

/* Python's own: questions in flight by key, queries by number, doors. */

PyObject *hit_path_hold(PyObject *object, PyObject *const *args, Py_ssize_t count)
{
    const uint8_t *key;
    size_t length;
    if (!read_count(count, 2, "hold") || !read_bytes(args[0], &key, &length)) {
        return NULL;
    }
    const int holds = PyObject_IsTrue(args[1]);
    struct hitpath *path = holds < 0 ? NULL : take_flying(object);
    if (path == NULL) {
        return NULL;
    }
    if (holds) {
        flying_hold(path, key, length, 0.0);
    } else {
        flying_let_go(path, key, length);
    }
    hit_path_give_back(object);
    Py_RETURN_NONE;
}

PyObject *hit_path_end(PyObject *object, PyObject *argument)
{
    uint64_t token;
    if (!read_number(argument, UINT64_MAX, "token", &token)) {
        return NULL;
    }
    struct hitpath *path = hit_path_take(object);
    if (path == NULL) {
        return NULL;
    }
    if (((struct hit_path_object *)object)->upstream != NULL) {
        upstream_end(((struct hit_path_object *)object)->upstream, token);
    }
    hit_path_give_back(object);
    Py_RETURN_NONE;
}

PyObject *hit_path_close_door(PyObject *object, PyObject *argument)
{
    uint64_t door;
    if (!read_number(argument, HIT_DOORS_MAX, "door", &door)) {
        return NULL;
    }
    struct hitpath *path = hit_path_take(object);
    if (path == NULL) {
        return NULL;
    }
    hit_set_descriptor(path, door, -1);
    hit_path_give_back(object);
    Py_RETURN_NONE;
}

/* --- what has come ------------------------------------------------------------------------------------------------ */

/* What goes on in Python: (token, data), data None for an error of the network; or a question handed over. */
static PyObject *other(struct hitpath *path, const struct upstream_event *event)
{
    switch (event->kind) {
    case EVENT_HANDED:
        return record_of(path, event->flight, event->token);
    case EVENT_DATA:
        return Py_BuildValue("(Ky#)", (unsigned long long)event->token, (const char *)event->data,
                             (Py_ssize_t)event->length);
    default:
        return Py_BuildValue("(KO)", (unsigned long long)event->token, Py_None);
    }
}

/* What a reading brings: answers that are kept, round-trip times by upstream, and what goes on in Python. */
struct harvest {
    PyObject *landed, *times, *others;
    PyObject *rtts; /* those that are being added to, borrowed; NULL: none yet */
    uint8_t upstream; /* whose they are */
    bool good;
};

static bool append(PyObject *list, PyObject *item)
{
    const bool appended = item != NULL && PyList_Append(list, item) == 0;
    Py_XDECREF(item);
    return appended;
}

/* Let the times of an upstream be added to; false with an error. */
static bool turn_to(struct harvest *harvest, uint8_t upstream)
{
    PyObject *rtts = PyList_New(0);
    if (rtts == NULL || !append(harvest->times, Py_BuildValue("(BO)", upstream, rtts))) {
        Py_XDECREF(rtts);
        return false;
    }
    Py_DECREF(rtts); /* the list of times has it */
    harvest->rtts = rtts;
    harvest->upstream = upstream;
    return true;
}

static bool note_time(struct harvest *harvest, const struct upstream_event *event)
{
    if ((harvest->rtts == NULL || harvest->upstream != event->upstream) && !turn_to(harvest, event->upstream)) {
        return false;
    }
    return append(harvest->rtts, PyFloat_FromDouble(event->rtt));
}

static bool gather(struct hit_path_object *self, const struct upstream_event *event, double now,
                   struct harvest *harvest)
{
    if (event->kind != EVENT_ANSWERED) {
        return append(harvest->others, other(self->path, event));
    }
    const bool noted = note_time(harvest, event);
    if (event->seconds == 0) {
        return noted;
    }
    return append(harvest->landed, landed_new(self->landed_type, event, &self->weights, now)) && noted;
}

PyObject *hit_path_receive(PyObject *object, PyObject *argument)
{
    struct hit_path_object *self = (struct hit_path_object *)object;
    double now;
    if (!read_finite(argument, "now", &now)) {
        return NULL;
    }
    struct harvest harvest = {.landed = PyList_New(0), .times = PyList_New(0), .others = PyList_New(0)};
    harvest.good = harvest.landed != NULL && harvest.times != NULL && harvest.others != NULL;
    struct hitpath *path = harvest.good ? take_flying(object) : NULL;
    harvest.good = path != NULL;
    if (harvest.good) {
        struct upstream_event event;
        upstream_begin(self->upstream);
        while (upstream_next(self->upstream, path, now, &event)) { /* to the end, whatever memory there is */
            harvest.good = gather(self, &event, now, &harvest) && harvest.good;
        }
        hit_path_give_back(object);
        explicit_bzero(&event, sizeof event);
        stack_wipe();
    }
    if (harvest.good) {
        return Py_BuildValue("(NNN)", harvest.landed, harvest.times, harvest.others);
    }
    Py_XDECREF(harvest.landed);
    Py_XDECREF(harvest.times);
    Py_XDECREF(harvest.others);
    return NULL;
}
