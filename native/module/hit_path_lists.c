/* HitPath: the lists in force, the templates of their answers, and the marks on what is fresh. */
#include "hit_path_object.h"

#include "arguments.h"
#include "token_table.h"

/* Give a view its lists, from a sequence of their numbers. */
static bool set_view(struct enforced *enforced, size_t view, PyObject *numbers)
{
    uint32_t lists[ENFORCED_LISTS_MAX];
    PyObject *items = PySequence_Tuple(numbers);
    if (items == NULL) {
        return false;
    }
    const Py_ssize_t count = PyTuple_Size(items);
    bool good = count <= ENFORCED_LISTS_MAX;
    for (Py_ssize_t at = 0; good && at < count; at++) {
        uint64_t list;
        good = read_number(PyTuple_GetItem(items, at), ENFORCED_LISTS_MAX - 1, "a view's list", &list);
        if (good) {
            lists[at] = (uint32_t)list;
        }
    }
    good = good && enforced_set_view(enforced, view, lists, (size_t)count);
    if (!good && !PyErr_Occurred()) {
        PyErr_SetString(PyExc_ValueError, "a view's lists are places in tables, each once");
    }
    Py_DECREF(items);
    return good;
}

/* Make what decides from two tuples; NULL with an error. */
static struct enforced *make_enforced(int64_t generation, double clock_offset, PyObject *tables, PyObject *views)
{
    const struct token_table *lists[ENFORCED_LISTS_MAX];
    const Py_ssize_t list_count = PyTuple_Size(tables), view_count = PyTuple_Size(views);
    if (list_count > ENFORCED_LISTS_MAX || view_count > ENFORCED_VIEWS_MAX) {
        PyErr_SetString(PyExc_ValueError, "there are too many lists or views");
        return NULL;
    }
    for (Py_ssize_t at = 0; at < list_count; at++) {
        lists[at] = token_table_of(PyTuple_GetItem(tables, at));
        if (lists[at] == NULL) {
            return NULL;
        }
    }
    struct enforced *enforced = enforced_new(generation, clock_offset, lists, (size_t)list_count, (size_t)view_count);
    if (enforced == NULL) {
        PyErr_NoMemory();
        return NULL;
    }
    for (Py_ssize_t view = 0; view < view_count; view++) {
        if (!set_view(enforced, (size_t)view, PyTuple_GetItem(views, view))) {
            enforced_free(enforced);
            return NULL;
        }
    }
    return enforced;
}

/* Put them in force; the tuple of tables is ours if that succeeds. */
static bool put_in_force(PyObject *object, struct enforced *enforced, PyObject *tables)
{
    struct hit_path_object *self = (struct hit_path_object *)object;
    struct hitpath *path = hit_path_take(object);
    if (path == NULL) {
        enforced_free(enforced);
        return false;
    }
    PyObject *before = self->tables;
    hit_enforce(path, enforced);
    self->tables = tables;
    hit_path_give_back(object);
    hit_path_release_watch(self);
    Py_XDECREF(before);
    return true;
}

PyObject *hit_path_enforce(PyObject *object, PyObject *const *args, Py_ssize_t count)
{
    double clock_offset;
    if (!read_count(count, 4, "enforce")) {
        return NULL;
    }
    const int64_t generation = PyLong_AsLongLong(args[0]);
    if ((generation == -1 && PyErr_Occurred()) || !read_finite(args[2], "clock_offset", &clock_offset)) {
        return NULL;
    }
    PyObject *tables = PySequence_Tuple(args[1]);
    PyObject *views = tables == NULL ? NULL : PySequence_Tuple(args[3]);
    struct enforced *enforced = views == NULL ? NULL : make_enforced(generation, clock_offset, tables, views);
    Py_XDECREF(views);
    if (enforced == NULL || !put_in_force(object, enforced, tables)) {
        Py_XDECREF(tables);
        return NULL;
    }
    Py_RETURN_NONE;
}

/* Read a number for each list; how many there are, -1 with an error. */
static Py_ssize_t read_firsts(PyObject *argument, uint64_t firsts[ENFORCED_LISTS_MAX])
{
    PyObject *items = PySequence_Tuple(argument);
    if (items == NULL) {
        return -1;
    }
    Py_ssize_t count = PyTuple_Size(items);
    if (count > ENFORCED_LISTS_MAX) {
        PyErr_SetString(PyExc_ValueError, "there are too many lists");
        count = -1;
    }
    for (Py_ssize_t at = 0; at < count; at++) {
        if (!read_number(PyTuple_GetItem(items, at), SIZE_MAX, "the place of a list's first mark", &firsts[at])) {
            count = -1;
        }
    }
    Py_DECREF(items);
    return count;
}

/* Watch with these buffers, which are the path's if that succeeds. */
static bool put_watch(PyObject *object, Py_buffer *marks, Py_buffer *hits, const uint64_t *firsts, size_t count)
{
    struct hit_path_object *self = (struct hit_path_object *)object;
    struct hitpath *path = hit_path_take(object);
    if (path == NULL) {
        return false;
    }
    const bool fits = enforced_watch(hit_lists(path), marks->buf, (size_t)marks->len, hits->buf,
                                     (size_t)(hits->len / hits->itemsize), firsts, count);
    hit_path_give_back(object);
    if (!fits) {
        PyErr_SetString(PyExc_ValueError, "marks, hits and firsts do not fit the lists in force");
        return false;
    }
    hit_path_release_watch(self);
    self->marks = *marks;
    self->hits = *hits;
    self->watched = true;
    return true;
}

static PyObject *stop_watching(PyObject *object)
{
    struct hitpath *path = hit_path_take(object);
    if (path == NULL) {
        return NULL;
    }
    (void)enforced_watch(hit_lists(path), NULL, 0, NULL, 0, NULL, 0);
    hit_path_give_back(object);
    hit_path_release_watch((struct hit_path_object *)object);
    Py_RETURN_NONE;
}

PyObject *hit_path_watch(PyObject *object, PyObject *const *args, Py_ssize_t count)
{
    uint64_t firsts[ENFORCED_LISTS_MAX];
    Py_buffer marks, hits;
    if (!read_count(count, 3, "watch")) {
        return NULL;
    }
    if (args[0] == Py_None || args[1] == Py_None) {
        return stop_watching(object);
    }
    const Py_ssize_t lists = read_firsts(args[2], firsts);
    if (lists < 0 || !read_memory(args[0], 1, "marks", &marks)) {
        return NULL;
    }
    if (!read_memory(args[1], sizeof(uint64_t), "hits", &hits)) {
        PyBuffer_Release(&marks);
        return NULL;
    }
    if (!put_watch(object, &marks, &hits, firsts, (size_t)lists)) {
        PyBuffer_Release(&marks);
        PyBuffer_Release(&hits);
        return NULL;
    }
    Py_RETURN_NONE;
}

PyObject *hit_path_put_verdict(PyObject *object, PyObject *const *args, Py_ssize_t count)
{
    uint64_t view, list, kind;
    struct answer_source source = {0};
    if (!read_count(count, 9, "put_verdict") || !read_number(args[0], ENFORCED_VIEWS_MAX - 1, "view", &view) ||
        !read_number(args[1], ENFORCED_LISTS_MAX - 1, "list_number", &list) ||
        !read_number(args[2], VERDICT_KINDS - 1, "kind", &kind) || !hit_path_read_image(args + 3, &source)) {
        return NULL;
    }
    struct hitpath *path = hit_path_take(object);
    if (path == NULL) {
        return NULL;
    }
    const bool good = hit_path_has_cell(object, &source) && enforced_put_verdict(hit_lists(path), view, list, kind, &source);
    hit_path_give_back(object);
    if (!good) {
        if (!PyErr_Occurred()) {
            PyErr_SetString(PyExc_ValueError, "no such view or list is in force, or the answer is too large");
        }
        return NULL;
    }
    Py_RETURN_NONE;
}
