/* What a list of a million records is compared, checked and compiled with. Twin: blocklist/record_sets.py.
 *
 * Only `bytes` are taken: nobody can change them between counting and writing, so the GIL is given away meanwhile.
 */
#include "records.h"

#include "core/records.h"

enum { TOKEN = 16, RECORD = 18, PREFIX = 8, DIRECTORY_ITEMS = 65537, WORDS = 65536 };

/* Packed items of one width, borrowed from a bytes object that the caller of a function holds. */
struct packed {
    const uint8_t *at;
    size_t count;
};

/* An O& converter's work for one width. */
static int read_packed(PyObject *object, struct packed *packed, Py_ssize_t width)
{
    char *bytes;
    Py_ssize_t length;
    if (PyBytes_AsStringAndSize(object, &bytes, &length) < 0) {
        return 0;
    }
    if (length % width != 0) {
        PyErr_SetString(PyExc_ValueError, "not a whole number of items");
        return 0;
    }
    packed->at = (const uint8_t *)bytes;
    packed->count = (size_t)(length / width);
    return 1;
}

static int as_records(PyObject *object, void *packed)
{
    return read_packed(object, packed, RECORD);
}

static int as_tokens(PyObject *object, void *packed)
{
    return read_packed(object, packed, TOKEN);
}

static int as_prefixes(PyObject *object, void *packed)
{
    return read_packed(object, packed, PREFIX);
}

/* New bytes for `count` items, to be written at `*out`. */
static PyObject *new_bytes(size_t count, size_t width, uint8_t **out)
{
    PyObject *made = PyBytes_FromStringAndSize(NULL, (Py_ssize_t)(count * width));
    *out = made == NULL ? NULL : (uint8_t *)PyBytes_AsString(made);
    return made;
}

static PyObject *check(PyObject *Py_UNUSED(module), PyObject *args)
{
    struct packed records;
    enum records_fault fault;
    if (!PyArg_ParseTuple(args, "O&:check_records", as_records, &records)) {
        return NULL;
    }
    Py_BEGIN_ALLOW_THREADS
    fault = records_check(records.at, records.count);
    Py_END_ALLOW_THREADS
    return PyLong_FromLong((long)fault);
}

static PyObject *directory(PyObject *Py_UNUSED(module), PyObject *args)
{
    struct packed records;
    uint8_t *out;
    if (!PyArg_ParseTuple(args, "O&:directory", as_records, &records)) {
        return NULL;
    }
    if (records.count > UINT32_MAX) {
        PyErr_SetString(PyExc_ValueError, "too many records");
        return NULL;
    }
    PyObject *made = new_bytes(DIRECTORY_ITEMS, sizeof(uint32_t), &out);
    if (made != NULL) {
        Py_BEGIN_ALLOW_THREADS
        records_directory(records.at, records.count, (uint32_t *)(void *)out); /* bytes lie on 8 */
        Py_END_ALLOW_THREADS
    }
    return made;
}

static PyObject *packed_tokens(PyObject *Py_UNUSED(module), PyObject *args)
{
    struct packed records;
    uint8_t *out;
    if (!PyArg_ParseTuple(args, "O&:packed_tokens", as_records, &records)) {
        return NULL;
    }
    PyObject *made = new_bytes(records.count, TOKEN, &out);
    if (made != NULL) {
        Py_BEGIN_ALLOW_THREADS
        records_tokens(records.at, records.count, out);
        Py_END_ALLOW_THREADS
    }
    return made;
}

/* {word: how many records have it}, words that occur only. */
static PyObject *words_as_dict(const uint32_t *counts)
{
    PyObject *found = PyDict_New();
    for (long word = 0; found != NULL && word < WORDS; word++) {
        if (counts[word] != 0) {
            PyObject *key = PyLong_FromLong(word), *value = PyLong_FromUnsignedLong(counts[word]);
            if (key == NULL || value == NULL || PyDict_SetItem(found, key, value) < 0) {
                Py_CLEAR(found);
            }
            Py_XDECREF(key);
            Py_XDECREF(value);
        }
    }
    return found;
}

static PyObject *word_counts(PyObject *Py_UNUSED(module), PyObject *args)
{
    struct packed records;
    if (!PyArg_ParseTuple(args, "O&:word_counts", as_records, &records)) {
        return NULL;
    }
    uint32_t *counts = PyMem_Malloc(WORDS * sizeof *counts);
    if (counts == NULL) {
        return PyErr_NoMemory();
    }
    Py_BEGIN_ALLOW_THREADS
    records_count_words(records.at, records.count, counts);
    Py_END_ALLOW_THREADS
    PyObject *found = words_as_dict(counts);
    PyMem_Free(counts);
    return found;
}

/* A function of two sets: counts when `out` is NULL, else writes. */
typedef size_t (*combine)(struct packed one, struct packed other, uint8_t *out);

/* A converter of PyArg_ParseTuple (O&). */
typedef int converter(PyObject *object, void *packed);

/* What a function of two sets makes of two arguments: bytes of `width` an item. `format` names the function in faults. */
static PyObject *combined(PyObject *args, const char *format, converter *as_one, converter *as_other, combine function,
                          size_t width)
{
    struct packed one, other;
    size_t count;
    uint8_t *out;
    if (!PyArg_ParseTuple(args, format, as_one, &one, as_other, &other)) {
        return NULL;
    }
    Py_BEGIN_ALLOW_THREADS
    count = function(one, other, NULL);
    Py_END_ALLOW_THREADS
    PyObject *made = new_bytes(count, width, &out);
    if (made != NULL && count > 0) {
        Py_BEGIN_ALLOW_THREADS
        function(one, other, out);
        Py_END_ALLOW_THREADS
    }
    return made;
}

static size_t do_subtract(struct packed one, struct packed other, uint8_t *out)
{
    return records_lacking(one.at, one.count, other.at, other.count, TOKEN, out);
}

static size_t do_removed(struct packed one, struct packed other, uint8_t *out)
{
    return records_lacking(one.at, one.count, other.at, other.count, RECORD, out);
}

static size_t do_changed(struct packed one, struct packed other, uint8_t *out)
{
    return records_changed(one.at, one.count, other.at, other.count, out);
}

static size_t do_merge(struct packed one, struct packed other, uint8_t *out)
{
    return records_union(one.at, one.count, other.at, other.count, out);
}

static size_t do_among(struct packed one, struct packed other, uint8_t *out)
{
    return records_among(one.at, one.count, other.at, other.count, out);
}

static PyObject *subtract(PyObject *Py_UNUSED(module), PyObject *args)
{
    return combined(args, "O&O&:subtract", as_records, as_tokens, do_subtract, RECORD);
}

static PyObject *removed(PyObject *Py_UNUSED(module), PyObject *args)
{
    return combined(args, "O&O&:removed", as_records, as_records, do_removed, RECORD);
}

static PyObject *changed(PyObject *Py_UNUSED(module), PyObject *args)
{
    return combined(args, "O&O&:changed", as_records, as_records, do_changed, RECORD);
}

static PyObject *merge(PyObject *Py_UNUSED(module), PyObject *args)
{
    return combined(args, "O&O&:merge", as_records, as_records, do_merge, RECORD);
}

static PyObject *among(PyObject *Py_UNUSED(module), PyObject *args)
{
    return combined(args, "O&O&:among", as_tokens, as_records, do_among, TOKEN);
}

static PyObject *apply(PyObject *Py_UNUSED(module), PyObject *args)
{
    struct packed records, removals, additions;
    size_t count;
    uint8_t *out;
    if (!PyArg_ParseTuple(args, "O&O&O&:apply", as_records, &records, as_prefixes, &removals, as_records,
                          &additions)) {
        return NULL;
    }
    Py_BEGIN_ALLOW_THREADS
    count = records_apply(records.at, records.count, removals.at, removals.count, additions.at, additions.count, NULL);
    Py_END_ALLOW_THREADS
    if (count == RECORDS_MISFIT || count == RECORDS_CONTRADICTS) {
        PyErr_SetString(PyExc_ValueError, count == RECORDS_MISFIT ? "misfit" : "contradiction");
        return NULL;
    }
    PyObject *made = new_bytes(count, RECORD, &out);
    if (made != NULL) {
        Py_BEGIN_ALLOW_THREADS
        records_apply(records.at, records.count, removals.at, removals.count, additions.at, additions.count, out);
        Py_END_ALLOW_THREADS
    }
    return made;
}

static PyMethodDef FUNCTIONS[] = {
    {"check_records", check, METH_VARARGS, "0, or the rule that is broken: 1 order, 2 reserved bit, 3 no expiry."},
    {"directory", directory, METH_VARARGS, "65,537 native 32-bit record numbers, by the first two token bytes."},
    {"packed_tokens", packed_tokens, METH_VARARGS, "The tokens of records, packed in order."},
    {"word_counts", word_counts, METH_VARARGS, "How many records have each attribute word."},
    {"subtract", subtract, METH_VARARGS, "The records without those of some tokens."},
    {"removed", removed, METH_VARARGS, "The records of the first set whose token is not in the second."},
    {"changed", changed, METH_VARARGS, "The records of the second set that are not in the first."},
    {"merge", merge, METH_VARARGS, "The union; of a token in both, the first set's record."},
    {"among", among, METH_VARARGS, "The tokens that some record has."},
    {"apply", apply, METH_VARARGS, "The records a delta leads to. ValueError: misfit, contradiction."},
    {NULL, NULL, 0, NULL},
};

int add_records(PyObject *module)
{
    return PyModule_AddFunctions(module, FUNCTIONS);
}
