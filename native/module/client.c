/* Client: what all clients of one prefix and policy share. Twin: resolver/core/clients.py. */
#include "client.h"

#include <stddef.h>

#include "arguments.h"

struct client_object {
    PyObject_HEAD
    struct client client;
};

/* What the keywords are read into, NULL where one was left out. */
struct settings {
    PyObject *view, *rate, *burst, *proven_factor, *step, *now;
    int admitted;
};

static bool open(struct client *client, const struct settings *given)
{
    uint64_t view = 0, step = 1;
    double rate = 0, burst = 0, proven_factor = 1, now = 0;
    if ((given->view != NULL && !read_number(given->view, CLIENT_VIEWS - 1, "view", &view)) ||
        (given->step != NULL && !read_number(given->step, CLIENT_STEP_MAX, "step", &step)) ||
        (given->rate != NULL && !read_finite(given->rate, "rate", &rate)) ||
        (given->burst != NULL && !read_finite(given->burst, "burst", &burst)) ||
        (given->proven_factor != NULL && !read_finite(given->proven_factor, "proven_factor", &proven_factor)) ||
        (given->now != NULL && !read_finite(given->now, "now", &now))) {
        return false;
    }
    if (rate < 0 || burst < 0 || proven_factor < 0 || step == 0) {
        PyErr_SetString(PyExc_ValueError, "rate, burst and proven_factor are 0 or more, step is 1 or more");
        return false;
    }
    client_open(client, rate, burst, proven_factor, (uint32_t)step, now);
    client->view = (uint8_t)view;
    client->admitted = given->admitted != 0;
    return true;
}

static int init(PyObject *object, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"view", "admitted", "rate", "burst", "proven_factor", "step", "now", NULL};
    struct settings given = {.admitted = 1};
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "|$OpOOOOO:Client", names, &given.view, &given.admitted, &given.rate,
                                     &given.burst, &given.proven_factor, &given.step, &given.now)) {
        return -1;
    }
    return open(&((struct client_object *)object)->client, &given) ? 0 : -1;
}

static void dealloc(PyObject *object)
{
    PyTypeObject *type = Py_TYPE(object);
    ((freefunc)PyType_GetSlot(type, Py_tp_free))(object);
    Py_DECREF(type);
}

struct client *client_of(PyObject *object)
{
    if (PyType_GetSlot(Py_TYPE(object), Py_tp_dealloc) != (void *)dealloc) { /* the type has no subclasses */
        PyErr_SetString(PyExc_TypeError, "a Client is needed");
        return NULL;
    }
    return &((struct client_object *)object)->client;
}

PyObject *client_object(struct client *client)
{
    return (PyObject *)((char *)client - offsetof(struct client_object, client));
}

static PyObject *allow(PyObject *object, PyObject *argument)
{
    double now;
    if (!read_finite(argument, "now", &now)) {
        return NULL;
    }
    return PyBool_FromLong(client_allow(&((struct client_object *)object)->client, now));
}

static PyObject *allow_proven(PyObject *object, PyObject *argument)
{
    double now;
    if (!read_finite(argument, "now", &now)) {
        return NULL;
    }
    return PyBool_FromLong(client_allow_proven(&((struct client_object *)object)->client, now));
}

static PyObject *slip(PyObject *object, PyObject *Py_UNUSED(nothing))
{
    return PyBool_FromLong(client_slip(&((struct client_object *)object)->client));
}

static PyObject *get_view(PyObject *object, void *Py_UNUSED(closure))
{
    return PyLong_FromLong(((struct client_object *)object)->client.view);
}

static PyObject *get_admitted(PyObject *object, void *Py_UNUSED(closure))
{
    return PyBool_FromLong(((struct client_object *)object)->client.admitted);
}

static PyObject *get_left(PyObject *object, void *Py_UNUSED(closure))
{
    return PyLong_FromUnsignedLong(((struct client_object *)object)->client.left);
}

static PyMethodDef METHODS[] = {
    {"allow", allow, METH_O, "allow(now): count one query; False when nothing is left of the budget."},
    {"allow_proven", allow_proven, METH_O, "allow_proven(now): count one query beyond that of a proven address."},
    {"slip", slip, METH_NOARGS, "slip(): whether a query over the limit is answered all the same."},
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef ATTRIBUTES[] = {
    {"view", get_view, NULL, "Number of the policy they meet.", NULL},
    {"admitted", get_admitted, NULL, "Whether they are served at all.", NULL},
    {"left", get_left, NULL, "Queries that may be asked before the bucket is looked at again.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyType_Slot SLOTS[] = {
    {Py_tp_doc, "What all clients of one prefix and policy share."},
    {Py_tp_init, init},
    {Py_tp_dealloc, dealloc},
    {Py_tp_methods, METHODS},
    {Py_tp_getset, ATTRIBUTES},
    {0, NULL},
};

static PyType_Spec SPEC = {
    .name = "native._native.Client",
    .basicsize = sizeof(struct client_object),
    .flags = Py_TPFLAGS_DEFAULT,
    .slots = SLOTS,
};

int add_client(PyObject *module)
{
    PyObject *type = PyType_FromModuleAndSpec(module, &SPEC, NULL);
    const int added = type == NULL ? -1 : PyModule_AddType(module, (PyTypeObject *)type);
    Py_XDECREF(type);
    return added;
}
