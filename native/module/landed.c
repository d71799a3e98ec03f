/* An object of fixed size without references to others of its kind: Python's collector has no need to walk it. */
#include "landed.h"

#include <structmember.h>

struct landed_object {
    PyObject_HEAD
    PyObject *key, *kept; /* bytes */
    PyObject *cost, *in_main, *uses; /* what resolver/core/eviction.py notes */
    double stored;
    long long generation;
    unsigned seconds;
    unsigned char upstream;
};

static void dealloc(PyObject *object)
{
    struct landed_object *self = (struct landed_object *)object;
    PyTypeObject *type = Py_TYPE(object);
    Py_XDECREF(self->key);
    Py_XDECREF(self->kept);
    Py_XDECREF(self->cost);
    Py_XDECREF(self->in_main);
    Py_XDECREF(self->uses);
    ((freefunc)PyType_GetSlot(type, Py_tp_free))(object);
    Py_DECREF(type);
}

PyObject *landed_type(PyObject *maker)
{
    PyObject *module = PyType_GetModule(Py_TYPE(maker));
    PyObject *type = module == NULL ? NULL : PyObject_GetAttrString(module, "Landed");
    if (type != NULL && (!PyType_Check(type) || PyType_GetSlot((PyTypeObject *)type, Py_tp_dealloc) != (void *)dealloc)) {
        Py_CLEAR(type); /* somebody has put another in its place */
        PyErr_SetString(PyExc_TypeError, "Landed is not ours");
    }
    return type;
}

static size_t records_of(const uint8_t *message)
{
    size_t records = 0;
    for (size_t at = 6; at < 12; at += 2) {
        records += (size_t)(message[at] << 8 | message[at + 1]);
    }
    return records;
}

PyObject *landed_new(PyObject *type, const struct upstream_event *event, const struct landed_weights *weights,
                     double stored)
{
    PyObject *object = PyType_GenericAlloc((PyTypeObject *)type, 0);
    if (object == NULL) {
        return NULL;
    }
    struct landed_object *self = (struct landed_object *)object;
    const size_t cost = event->key_bytes + weights->copies * event->length +
                        weights->record_bytes * records_of(event->data) + weights->entry_bytes;
    self->key = PyBytes_FromStringAndSize((const char *)event->key, (Py_ssize_t)event->key_bytes);
    self->kept = PyBytes_FromStringAndSize((const char *)event->data, (Py_ssize_t)event->length);
    self->cost = PyLong_FromSize_t(cost);
    self->in_main = PyBool_FromLong(0);
    self->uses = PyLong_FromLong(0);
    self->stored = stored;
    self->generation = event->generation;
    self->seconds = event->seconds;
    self->upstream = event->upstream;
    if (self->key == NULL || self->kept == NULL || self->cost == NULL || self->in_main == NULL || self->uses == NULL) {
        Py_DECREF(object);
        return NULL;
    }
    return object;
}

#define FIELD(name, type, flags) {#name, type, offsetof(struct landed_object, name), flags, NULL}

static PyMemberDef MEMBERS[] = {
    FIELD(key, T_OBJECT_EX, READONLY),
    FIELD(kept, T_OBJECT_EX, READONLY),
    FIELD(cost, T_OBJECT_EX, 0),
    FIELD(in_main, T_OBJECT_EX, 0),
    FIELD(uses, T_OBJECT_EX, 0),
    FIELD(stored, T_DOUBLE, READONLY),
    FIELD(generation, T_LONGLONG, READONLY),
    FIELD(seconds, T_UINT, READONLY),
    FIELD(upstream, T_UBYTE, READONLY),
    {NULL, 0, 0, 0, NULL},
};

static PyType_Slot SLOTS[] = {
    {Py_tp_doc, "An answer that the hit path serves, and what the shelf notes of it."},
    {Py_tp_dealloc, dealloc},
    {Py_tp_members, MEMBERS},
    {0, NULL},
};

static PyType_Spec SPEC = {
    .name = "native._native.Landed",
    .basicsize = sizeof(struct landed_object),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .slots = SLOTS,
};

int add_landed(PyObject *module)
{
    PyObject *type = PyType_FromModuleAndSpec(module, &SPEC, NULL);
    const int added = type == NULL ? -1 : PyModule_AddType(module, (PyTypeObject *)type);
    Py_XDECREF(type);
    return added;
}
