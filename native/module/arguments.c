#include "arguments.h"

#include <math.h>

bool read_number(PyObject *object, uint64_t most, const char *name, uint64_t *value)
{
    const unsigned long long number = PyLong_AsUnsignedLongLong(object);
    const bool failed = number == (unsigned long long)-1 && PyErr_Occurred() != NULL;
    if (failed && !PyErr_ExceptionMatches(PyExc_OverflowError)) {
        return false;
    }
    if (failed || number > most) {
        PyErr_Clear();
        PyErr_Format(PyExc_ValueError, "%s is outside its range", name);
        return false;
    }
    *value = number;
    return true;
}

bool read_finite(PyObject *object, const char *name, double *value)
{
    const double number = PyFloat_AsDouble(object);
    if (number == -1.0 && PyErr_Occurred() != NULL) {
        return false;
    }
    if (!isfinite(number)) {
        PyErr_Format(PyExc_ValueError, "%s is no finite number", name);
        return false;
    }
    *value = number;
    return true;
}

bool read_bytes(PyObject *object, const uint8_t **bytes, size_t *length)
{
    char *data;
    Py_ssize_t size;
    if (PyBytes_AsStringAndSize(object, &data, &size) < 0) {
        return false;
    }
    *bytes = (const uint8_t *)data;
    *length = (size_t)size;
    return true;
}

bool read_memory(PyObject *object, Py_ssize_t item_bytes, const char *name, Py_buffer *buffer)
{
    Py_buffer taken;
    if (PyObject_GetBuffer(object, &taken, PyBUF_ND | PyBUF_WRITABLE) < 0) {
        return false;
    }
    if (taken.ndim != 1 || taken.itemsize != item_bytes || (uintptr_t)taken.buf % (size_t)item_bytes != 0) {
        PyBuffer_Release(&taken);
        PyErr_Format(PyExc_ValueError, "%s is no memory of %zd-byte items", name, item_bytes);
        return false;
    }
    *buffer = taken;
    return true;
}

bool read_count(Py_ssize_t count, Py_ssize_t wanted, const char *name)
{
    if (count != wanted) {
        PyErr_Format(PyExc_TypeError, "%s takes %zd arguments, not %zd", name, wanted, count);
        return false;
    }
    return true;
}
