/* TokenTable: one list inside a mapped index; keeps the buffer alive. Twin: blocklist/token_table.py. */
#include "token_table.h"

#include <stdbool.h>

#include "core/lookups.h"

struct token_table_object {
    PyObject_HEAD
    Py_buffer buffer;
    bool held; /* the buffer is ours to release */
    struct token_table table;
};

static int init(PyObject *object, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"buffer", "start", "key", "base_day", "fresh", "entries", "exemptions", NULL};
    struct token_table_object *self = (struct token_table_object *)object;
    PyObject *buffer;
    const char *key;
    Py_ssize_t key_length;
    unsigned long long start; /* as large as the file says: the core compares it with the buffer */
    long long fresh, entries, exemptions;
    int base_day;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O$Ky#iLLL:TokenTable", names, &buffer, &start, &key, &key_length,
                                     &base_day, &fresh, &entries, &exemptions)) {
        return -1;
    }
    if (self->held) {
        PyErr_SetString(PyExc_TypeError, "a table is opened once");
        return -1;
    }
    if (key_length != 32 || fresh < 0 || fresh > UINT32_MAX || entries < 0 || entries > UINT32_MAX ||
        exemptions < 0 || exemptions > UINT32_MAX) {
        PyErr_SetString(PyExc_ValueError, "bounds");
        return -1;
    }
    if (PyObject_GetBuffer(buffer, &self->buffer, PyBUF_SIMPLE) < 0) {
        return -1;
    }
    self->held = true;
    const char *fault = token_table_open(&self->table, self->buffer.buf, (size_t)self->buffer.len, start,
                                         (const uint8_t *)key, base_day, (uint32_t)fresh, (uint32_t)entries,
                                         (uint32_t)exemptions);
    if (fault != NULL) {
        self->table.directory = NULL; /* who keeps the object all the same cannot ask it */
        PyErr_SetString(PyExc_ValueError, fault);
        return -1;
    }
    return 0;
}

static void dealloc(PyObject *object)
{
    struct token_table_object *self = (struct token_table_object *)object;
    PyTypeObject *type = Py_TYPE(object);
    if (self->held) {
        PyBuffer_Release(&self->buffer);
    }
    freefunc release = (freefunc)PyType_GetSlot(type, Py_tp_free);
    release(object);
    Py_DECREF(type);
}

const struct token_table *token_table_of(PyObject *object)
{
    if (PyType_GetSlot(Py_TYPE(object), Py_tp_dealloc) != (void *)dealloc) { /* the type has no subclasses */
        PyErr_SetString(PyExc_TypeError, "a TokenTable is needed");
        return NULL;
    }
    const struct token_table *table = &((struct token_table_object *)object)->table;
    if (table->directory == NULL) {
        PyErr_SetString(PyExc_ValueError, "the TokenTable was not opened");
        return NULL;
    }
    return table;
}

static PyObject *find(PyObject *object, PyObject *const *args, Py_ssize_t count)
{
    const struct token_table *table = token_table_of(object);
    char *wire;
    Py_ssize_t length;
    if (table == NULL) {
        return NULL;
    }
    if (count != 2) {
        PyErr_SetString(PyExc_TypeError, "find takes a wire name and a time");
        return NULL;
    }
    if (PyBytes_AsStringAndSize(args[0], &wire, &length) < 0) {
        return NULL;
    }
    const double trusted = PyFloat_AsDouble(args[1]);
    if (trusted == -1.0 && PyErr_Occurred()) {
        return NULL;
    }
    const int64_t found = token_table_find(table, (const uint8_t *)wire, (size_t)length, trusted);
    if (found == TOKEN_MALFORMED) {
        PyErr_SetString(PyExc_ValueError, "name");
        return NULL;
    }
    return PyLong_FromLongLong(found);
}

static PyObject *fresh_place(PyObject *object, PyObject *record)
{
    const struct token_table *table = token_table_of(object);
    if (table == NULL) {
        return NULL;
    }
    const long long number = PyLong_AsLongLong(record);
    if (number == -1 && PyErr_Occurred()) {
        return NULL;
    }
    const bool possible = number >= 0 && number <= UINT32_MAX;
    return PyLong_FromLongLong(possible ? token_table_fresh_place(table, (uint32_t)number) : -1);
}

static PyMethodDef METHODS[] = {
    {"find", (PyCFunction)(void (*)(void))find, METH_FASTCALL,
     "find(wire, trusted): the winning record as number << 16 | attribute word, -1 for exempt, 0 for nothing."},
    {"fresh_place", fresh_place, METH_O, "fresh_place(record): its place among the fresh ones, -1 when not there."},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot SLOTS[] = {
    {Py_tp_doc, "One list inside a mapped index."},
    {Py_tp_init, init},
    {Py_tp_dealloc, dealloc},
    {Py_tp_methods, METHODS},
    {0, NULL},
};

static PyType_Spec SPEC = {
    .name = "native._native.TokenTable",
    .basicsize = sizeof(struct token_table_object),
    .flags = Py_TPFLAGS_DEFAULT,
    .slots = SLOTS,
};

int add_token_table(PyObject *module)
{
    PyObject *type = PyType_FromModuleAndSpec(module, &SPEC, NULL);
    const int added = type == NULL ? -1 : PyModule_AddType(module, (PyTypeObject *)type);
    Py_XDECREF(type);
    return added;
}
