/* make_query and read_plain. Twins: resolver/core/upstream_query.py and resolver/core/plain.py. */
#include "upstream.h"

#include <string.h>

#include "arguments.h"
#include "core/plain_response.h"
#include "core/upstream_query.h"

/* make_query(question, drawn, flags, opt, mixed) */
static PyObject *make_query(PyObject *module, PyObject *const *args, Py_ssize_t count)
{
    const uint8_t *question, *drawn;
    size_t question_bytes, drawn_bytes;
    uint64_t flags;
    struct upstream_form form;
    (void)module;
    if (!read_count(count, 5, "make_query") || !read_bytes(args[0], &question, &question_bytes) ||
        !read_bytes(args[1], &drawn, &drawn_bytes) || !read_number(args[2], UINT16_MAX, "flags", &flags) ||
        !read_bytes(args[3], &form.opt, &form.opt_bytes)) {
        return NULL;
    }
    if (question_bytes < UPSTREAM_QUESTION_MIN || question_bytes > UPSTREAM_QUESTION_MAX ||
        drawn_bytes + 2 != question_bytes || form.opt_bytes > UPSTREAM_OPT_MAX) {
        PyErr_SetString(PyExc_ValueError, "question, drawn or OPT: another length");
        return NULL;
    }
    const int mixed_case = PyObject_IsTrue(args[4]);
    if (mixed_case < 0) {
        return NULL;
    }
    form.flags = (uint16_t)flags;
    form.mixed_case = mixed_case != 0;
    uint8_t query[UPSTREAM_QUERY_MAX];
    const size_t length = upstream_query_write(query, question, question_bytes, drawn, &form);
    return PyBytes_FromStringAndSize((const char *)query, (Py_ssize_t)length);
}

/* ((offset, seconds), …) */
static PyObject *ttls_of(const struct plain_response *response)
{
    PyObject *ttls = PyTuple_New(response->records);
    for (Py_ssize_t at = 0; ttls != NULL && at < response->records; at++) {
        PyObject *ttl = Py_BuildValue("(Hk)", response->ttls[at].offset, (unsigned long)response->ttls[at].seconds);
        if (ttl == NULL) {
            Py_DECREF(ttls);
            return NULL;
        }
        PyTuple_SetItem(ttls, at, ttl);
    }
    return ttls;
}

/* The message with its question in lower case. */
static PyObject *kept_of(const uint8_t *data, size_t length, const uint8_t *question, size_t question_bytes)
{
    PyObject *kept = PyBytes_FromStringAndSize((const char *)data, (Py_ssize_t)length);
    if (kept != NULL) { /* nobody else knows these bytes yet */
        memcpy(PyBytes_AsString(kept) + UPSTREAM_HEADER_BYTES, question, question_bytes);
    }
    return kept;
}

/* read_plain(data, query, question) */
static PyObject *read_plain(PyObject *module, PyObject *const *args, Py_ssize_t count)
{
    const uint8_t *data, *query, *question;
    size_t length, query_bytes, question_bytes;
    struct plain_response response;
    (void)module;
    if (!read_count(count, 3, "read_plain") || !read_bytes(args[0], &data, &length) ||
        !read_bytes(args[1], &query, &query_bytes) || !read_bytes(args[2], &question, &question_bytes)) {
        return NULL;
    }
    if (query_bytes < UPSTREAM_HEADER_BYTES + question_bytes || question_bytes < UPSTREAM_QUESTION_MIN) {
        PyErr_SetString(PyExc_ValueError, "question: not that of the query");
        return NULL;
    }
    if (!plain_response_read(&response, data, length, query, question_bytes)) {
        Py_RETURN_NONE;
    }
    const long long soa = !response.is_negative ? -2 : response.has_soa ? (long long)response.minimum : -1;
    const Py_ssize_t bytes = response.end - response.start;
    return Py_BuildValue("(NH(HHH)y#NkkL)", kept_of(data, length, question, question_bytes), response.flags,
                         response.counts[0], response.counts[1], response.counts[2],
                         (const char *)data + response.start, bytes, ttls_of(&response),
                         (unsigned long)response.lowest, (unsigned long)response.highest, soa);
}

static PyMethodDef FUNCTIONS[] = {
    {"make_query", (PyCFunction)(void (*)(void))make_query, METH_FASTCALL,
     "make_query(question, drawn, flags, opt, mixed): a query to an upstream."},
    {"read_plain", (PyCFunction)(void (*)(void))read_plain, METH_FASTCALL,
     "read_plain(data, query, question): the parts of a plain response, None for another."},
    {NULL, NULL, 0, NULL},
};

int add_upstream(PyObject *module)
{
    return PyModule_AddFunctions(module, FUNCTIONS);
}
