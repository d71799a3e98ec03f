/* The tokens of many names at once. Twin: `tokens_of_names` in blocklist/record_tables.py. */
#include "tokens.h"

#include <string.h>

#include "core/blake2b.h"

enum { TOKEN = BLAKE2B_DIGEST_BYTES, KEY = 32, NAME_MAX_BYTES = 255 };

/* The token of one wire name after a tag, as bytes. */
static PyObject *token_of(const struct blake2b_keyed *state, uint8_t tag, PyObject *name)
{
    uint8_t message[1 + NAME_MAX_BYTES], digest[TOKEN];
    char *wire;
    Py_ssize_t length;
    if (PyBytes_AsStringAndSize(name, &wire, &length) < 0) {
        return NULL;
    }
    if (length > NAME_MAX_BYTES) {
        PyErr_SetString(PyExc_ValueError, "a name is longer than 255 bytes");
        return NULL;
    }
    message[0] = tag;
    memcpy(message + 1, wire, (size_t)length);
    blake2b_digest(state, message, 1 + (size_t)length, digest);
    return PyBytes_FromStringAndSize((const char *)digest, TOKEN);
}

static PyObject *tokens_of_names(PyObject *Py_UNUSED(module), PyObject *args)
{
    const char *key, *tag;
    Py_ssize_t key_length, tag_length;
    PyObject *names;
    struct blake2b_keyed state;
    if (!PyArg_ParseTuple(args, "y#y#O:tokens_of_names", &key, &key_length, &tag, &tag_length, &names)) {
        return NULL;
    }
    if (key_length != KEY || tag_length != 1) {
        PyErr_SetString(PyExc_ValueError, "a key of 32 bytes and a tag of one are needed");
        return NULL;
    }
    PyObject *iterator = PyObject_GetIter(names), *found = iterator == NULL ? NULL : PyList_New(0), *name;
    blake2b_key(&state, (const uint8_t *)key, KEY);
    while (found != NULL && (name = PyIter_Next(iterator)) != NULL) {
        PyObject *token = token_of(&state, (uint8_t)tag[0], name);
        if (token == NULL || PyList_Append(found, token) < 0) {
            Py_CLEAR(found);
        }
        Py_XDECREF(token);
        Py_DECREF(name);
    }
    Py_XDECREF(iterator);
    if (PyErr_Occurred()) {
        Py_CLEAR(found);
    }
    return found;
}

static PyMethodDef FUNCTIONS[] = {
    {"tokens_of_names", tokens_of_names, METH_VARARGS, "The tokens of wire names, in order."},
    {NULL, NULL, 0, NULL},
};

int add_tokens(PyObject *module)
{
    return PyModule_AddFunctions(module, FUNCTIONS);
}
