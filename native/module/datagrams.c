/* Datagrams: the buffers of one bound socket, and what is read, answered and sent with them.
 * Twin: resolver/edge/serving/pure_datagrams.py. */
#include "datagrams.h"

#include <limits.h>
#include <netinet/in.h>
#include <stdbool.h>

#include "arguments.h"
#include "edge/batch.h"
#include "edge/sending.h"
#include "hit_path.h"

struct datagrams_object {
    PyObject_HEAD
    struct batch *batch;
    bool taken; /* read and written with the GIL only */
};

/* --- life ----------------------------------------------------------------------------------------------- */

static bool read_limits(PyObject *const given[4], struct batch_limits *limits)
{
    uint64_t batch, turn, misses, packet_bytes;
    if (!read_number(given[0], BATCH_MOST, "batch", &batch) || !read_number(given[1], INT_MAX, "turn", &turn) ||
        !read_number(given[2], BATCH_MISSES_MOST, "misses", &misses) ||
        !read_number(given[3], BATCH_PACKET_BYTES_MAX, "datagram_bytes", &packet_bytes)) {
        return false;
    }
    if (batch == 0 || turn == 0 || misses == 0 || packet_bytes == 0) {
        PyErr_SetString(PyExc_ValueError, "batch, turn, misses and datagram_bytes are 1 or more");
        return false;
    }
    *limits = (struct batch_limits){
        .batch = batch,
        .turn = turn,
        .misses = misses,
        .packet_bytes = packet_bytes,
    };
    return true;
}

static int init(PyObject *object, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"is_wildcard", "batch", "turn", "misses", "datagram_bytes", NULL};
    struct datagrams_object *self = (struct datagrams_object *)object;
    PyObject *given[4];
    struct batch_limits limits;
    int is_wildcard;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "$pOOOO:Datagrams", names, &is_wildcard, &given[0], &given[1],
                                     &given[2], &given[3]) ||
        !read_limits(given, &limits)) {
        return -1;
    }
    if (self->batch != NULL) {
        PyErr_SetString(PyExc_RuntimeError, "Datagrams are made once");
        return -1;
    }
    self->batch = batch_new(&limits, is_wildcard != 0);
    if (self->batch == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    return 0;
}

static void dealloc(PyObject *object)
{
    PyTypeObject *type = Py_TYPE(object);
    batch_free(((struct datagrams_object *)object)->batch);
    ((freefunc)PyType_GetSlot(type, Py_tp_free))(object);
    Py_DECREF(type);
}

/* --- serve ---------------------------------------------------------------------------------------------- */

static PyObject *tuple_of(const struct missed *missed)
{
    return Py_BuildValue("(y#y#y#y#)", missed->packet, (Py_ssize_t)missed->packet_length, missed->address,
                         (Py_ssize_t)missed->address_length, missed->name, (Py_ssize_t)missed->name_length,
                         missed->source, (Py_ssize_t)missed->source_length);
}

/* The misses as a list of tuples; wipes them. */
static PyObject *list_of_misses(struct batch *batch, size_t count)
{
    PyObject *list = PyList_New((Py_ssize_t)count);
    for (size_t number = 0; list != NULL && number < count; number++) {
        const struct missed missed = batch_missed(batch, number);
        PyObject *tuple = tuple_of(&missed);
        if (tuple == NULL || PyList_SetItem(list, (Py_ssize_t)number, tuple) < 0) {
            Py_CLEAR(list);
        }
    }
    batch_forget(batch);
    return list;
}

struct serve_arguments {
    uint64_t descriptor, door, unix_time;
    double now;
};

static bool read_serve_arguments(PyObject *const *args, Py_ssize_t count, struct serve_arguments *read)
{
    return read_count(count, 5, "serve") && read_number(args[1], INT_MAX, "descriptor", &read->descriptor) &&
           read_number(args[2], HIT_DOORS_MAX, "door", &read->door) && read_finite(args[3], "now", &read->now) &&
           read_number(args[4], UINT32_MAX, "unix_time", &read->unix_time);
}

/* How many have missed; -1 with an error. The GIL is let go meanwhile: the path and the buffers are taken by us. */
static Py_ssize_t serve_taken(struct datagrams_object *self, struct hitpath *path, struct upstream *upstream,
                              const struct serve_arguments *read)
{
    if (!hit_has_door(path, read->door)) {
        PyErr_SetString(PyExc_ValueError, "door is outside its range");
        return -1;
    }
    size_t missed;
    Py_BEGIN_ALLOW_THREADS
    missed = batch_serve(self->batch, path, upstream, (int)read->descriptor, (unsigned)read->door, read->now,
                         (uint32_t)read->unix_time);
    Py_END_ALLOW_THREADS
    return (Py_ssize_t)missed;
}

static PyObject *serve(PyObject *object, PyObject *const *args, Py_ssize_t count)
{
    struct datagrams_object *self = (struct datagrams_object *)object;
    struct serve_arguments read;
    if (!read_serve_arguments(args, count, &read)) {
        return NULL;
    }
    if (self->batch == NULL || self->taken) {
        PyErr_SetString(PyExc_RuntimeError, "these Datagrams are in use, or were not made");
        return NULL;
    }
    struct hitpath *path = hit_path_take(args[0]);
    if (path == NULL) {
        return NULL;
    }
    self->taken = true; /* until the list is made, which may run foreign code */
    const Py_ssize_t missed = serve_taken(self, path, hit_path_upstream(args[0]), &read);
    hit_path_give_back(args[0]);
    PyObject *list = missed < 0 ? NULL : list_of_misses(self->batch, (size_t)missed);
    self->taken = false;
    return list;
}

static PyObject *is_full(PyObject *object, PyObject *Py_UNUSED(nothing))
{
    const struct datagrams_object *self = (const struct datagrams_object *)object;
    return PyBool_FromLong(self->batch != NULL && batch_is_full(self->batch));
}

/* --- send ----------------------------------------------------------------------------------------------- */

/* One message of (answer, sockaddr, control message), which borrows its bytes from the tuple. */
static bool read_message(PyObject *tuple, struct mmsghdr *message, struct iovec *vector)
{
    const uint8_t *parts[3];
    size_t lengths[3];
    if (!PyTuple_Check(tuple) || PyTuple_Size(tuple) != 3) {
        PyErr_SetString(PyExc_TypeError, "a message is a tuple of three byte strings");
        return false;
    }
    for (Py_ssize_t part = 0; part < 3; part++) {
        if (!read_bytes(PyTuple_GetItem(tuple, part), &parts[part], &lengths[part])) {
            return false;
        }
    }
    if (lengths[1] > sizeof(struct sockaddr_storage) || lengths[2] > 1024) {
        PyErr_SetString(PyExc_ValueError, "the sockaddr or the control message is too long");
        return false;
    }
    *vector = (struct iovec){.iov_base = (void *)(uintptr_t)parts[0], .iov_len = lengths[0]};
    *message = (struct mmsghdr){.msg_hdr = {
                                    .msg_name = (void *)(uintptr_t)parts[1],
                                    .msg_namelen = (socklen_t)lengths[1],
                                    .msg_iov = vector,
                                    .msg_iovlen = 1,
                                    .msg_control = lengths[2] > 0 ? (void *)(uintptr_t)parts[2] : NULL,
                                    .msg_controllen = lengths[2],
                                }};
    return true;
}

/* Send those from `first` on, up to a batch of them; how many, -1 with an error. */
static Py_ssize_t send_some(int descriptor, PyObject *list, Py_ssize_t first)
{
    struct mmsghdr messages[BATCH_MOST];
    struct iovec vectors[BATCH_MOST];
    Py_ssize_t count = 0;
    while (count < BATCH_MOST && first + count < PyList_Size(list)) {
        if (!read_message(PyList_GetItem(list, first + count), &messages[count], &vectors[count])) {
            return -1;
        }
        count++;
    }
    send_messages(descriptor, messages, (size_t)count); /* with the GIL, so that the list stays as it is */
    return count;
}

static PyObject *send_late(PyObject *Py_UNUSED(module), PyObject *const *args, Py_ssize_t count)
{
    uint64_t descriptor;
    if (!read_count(count, 2, "send") || !read_number(args[0], INT_MAX, "descriptor", &descriptor)) {
        return NULL;
    }
    if (!PyList_Check(args[1])) {
        PyErr_SetString(PyExc_TypeError, "messages are a list");
        return NULL;
    }
    for (Py_ssize_t first = 0; first < PyList_Size(args[1]);) {
        const Py_ssize_t sent = send_some((int)descriptor, args[1], first);
        if (sent < 0) {
            return NULL;
        }
        first += sent;
    }
    Py_RETURN_NONE;
}

/* --- as Python sees it ---------------------------------------------------------------------------------- */

#define FAST(function) (PyCFunction)(void (*)(void))(function), METH_FASTCALL

static PyMethodDef METHODS[] = {
    {"serve", FAST(serve), "serve(hit_path, descriptor, door, now, unix_time): read and answer; what has missed."},
    {"is_full", is_full, METH_NOARGS, "Whether the last `serve` ended with its turn: more may wait."},
    {NULL, NULL, 0, NULL},
};

static PyMethodDef FUNCTIONS[] = {
    {"send", FAST(send_late), "send(descriptor, messages): send each (answer, sockaddr, control message)."},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot SLOTS[] = {
    {Py_tp_doc, "The buffers of one bound socket, and what is read and answered with them."},
    {Py_tp_init, init},
    {Py_tp_dealloc, dealloc},
    {Py_tp_methods, METHODS},
    {0, NULL},
};

static PyType_Spec SPEC = {
    .name = "native._native.Datagrams",
    .basicsize = sizeof(struct datagrams_object),
    .flags = Py_TPFLAGS_DEFAULT,
    .slots = SLOTS,
};

int add_datagrams(PyObject *module)
{
    PyObject *type = PyType_FromModuleAndSpec(module, &SPEC, NULL);
    int added = type == NULL ? -1 : PyModule_AddType(module, (PyTypeObject *)type);
    Py_XDECREF(type);
    if (added == 0) {
        added = PyModule_AddFunctions(module, FUNCTIONS);
    }
    return added;
}
