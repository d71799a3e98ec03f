/* HitPath: its doors, its cookie secret, and who may come in. */
#include "hit_path_object.h"

#include <string.h>

#include "arguments.h"
#include "client.h"

enum { ADDRESS_V4 = 4, ADDRESS_V6 = 16 };

PyObject *hit_path_open_door(PyObject *object, PyObject *const *args, Py_ssize_t count)
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

PyObject *hit_path_use_cookie_secrets(PyObject *object, PyObject *argument)
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

bool hit_path_read_address(PyObject *object, const uint8_t **address, size_t *length)
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

PyObject *hit_path_remember(PyObject *object, PyObject *const *args, Py_ssize_t count)
{
    uint64_t table;
    const uint8_t *address;
    size_t length;
    if (!read_count(count, 3, "remember") || !read_number(args[0], HIT_TABLES_MAX - 1, "table", &table) ||
        !hit_path_read_address(args[1], &address, &length)) {
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

PyObject *hit_path_forget(PyObject *object, PyObject *argument)
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
