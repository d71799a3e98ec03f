/* HitPath: questions begin to fly; limits, zones and servers are read once. */
#include "hit_path_object.h"

#include "arguments.h"
#include "core/departure.h"
#include "edge/upstream.h"

static bool read_sizes(PyObject *const given[9], struct flying_rules *rules)
{
    static const char *const NAMES[9] = {"questions", "waiters", "misses",  "pending",          "upstream_queries",
                                         "min_ttl",   "max_ttl", "negative_ttl_max", "upstream_udp_bytes"};
    uint64_t read[9];
    for (size_t at = 0; at < 9; at++) {
        if (!read_number(given[at], at == 8 ? UINT16_MAX : UINT32_MAX - 1, NAMES[at], &read[at])) {
            return false;
        }
    }
    rules->questions = read[0];
    rules->waiters = read[1];
    rules->misses = read[2];
    rules->pending = read[3];
    rules->upstream_queries = read[4];
    rules->min_ttl = (uint32_t)read[5];
    rules->max_ttl = (uint32_t)read[6];
    rules->negative_ttl_max = (uint32_t)read[7];
    rules->upstream_udp_bytes = (uint16_t)read[8];
    return true;
}

/* A set of zones from a tuple of wire names; NULL with an error. */
static struct zones *read_zones(PyObject *names)
{
    const Py_ssize_t count = PyTuple_Size(names);
    struct zones *zones = zones_new((size_t)count);
    if (zones == NULL) {
        return (struct zones *)PyErr_NoMemory();
    }
    for (Py_ssize_t at = 0; at < count; at++) {
        const uint8_t *name;
        size_t length;
        if (!read_bytes(PyTuple_GetItem(names, at), &name, &length) || !zones_add(zones, name, length)) {
            zones_free(zones);
            if (!PyErr_Occurred()) {
                PyErr_SetString(PyExc_ValueError, "a zone is a wire name of 1 to 255 bytes");
            }
            return NULL;
        }
    }
    zones_settle(zones);
    return zones;
}

static bool set_servers(struct upstream *upstream, PyObject *servers)
{
    for (Py_ssize_t at = 0; at < PyTuple_Size(servers); at++) {
        const uint8_t *name;
        size_t length;
        if (!read_bytes(PyTuple_GetItem(servers, at), &name, &length)) {
            return false;
        }
        if (length > 0 && !upstream_set_server(upstream, (size_t)at, name, length)) {
            PyErr_SetString(PyExc_ValueError, "a server is an Internet sockaddr, or empty where none is asked this way");
            return false;
        }
    }
    return true;
}

static bool read_limits(PyObject *const given[8], struct upstream_limits *limits)
{
    static const char *const NAMES[8] = {"ports",          "port_queries", "ports_read", "reads",
                                         "datagram_bytes", "first_port",   "bind_tries", "port_strange_max"};
    uint64_t read[8];
    for (size_t at = 0; at < 8; at++) {
        if (!read_number(given[at], UINT16_MAX, NAMES[at], &read[at])) {
            return false;
        }
    }
    limits->ports = read[0];
    limits->port_queries = read[1];
    limits->ports_read = read[2];
    limits->reads = read[3];
    limits->datagram_bytes = read[4];
    limits->first_port = (unsigned)read[5];
    limits->bind_tries = (unsigned)read[6];
    limits->port_strange_max = (unsigned)read[7];
    return true;
}

/* A tuple, which keeps its items; another sequence might make them for us alone, and we hold none. */
static bool read_weights(PyObject *given, struct landed_weights *weights)
{
    uint64_t copies, record_bytes, entry_bytes;
    if (!PyTuple_Check(given) || PyTuple_Size(given) != 3) {
        PyErr_SetString(PyExc_TypeError, "weights are a tuple of three");
        return false;
    }
    if (!read_number(PyTuple_GetItem(given, 0), UINT16_MAX, "copies", &copies) ||
        !read_number(PyTuple_GetItem(given, 1), UINT16_MAX, "record_bytes", &record_bytes) ||
        !read_number(PyTuple_GetItem(given, 2), UINT16_MAX, "entry_bytes", &entry_bytes)) {
        return false;
    }
    *weights = (struct landed_weights){copies, record_bytes, entry_bytes};
    return true;
}

/* Give the path both halves, or none; the error is set. */
static bool begin_to_fly(PyObject *object, const struct flying_rules *rules, const struct upstream_limits *limits,
                         PyObject *names, PyObject *servers)
{
    struct hit_path_object *self = (struct hit_path_object *)object;
    struct upstream *upstream = upstream_new(limits, rules->upstreams);
    if (upstream == NULL) {
        PyErr_SetString(PyExc_ValueError, "no memory, no descriptor, or a limit of ports is outside its range");
        return false;
    }
    PyObject *type = landed_type(object);
    struct zones *zones = type != NULL && set_servers(upstream, servers) ? read_zones(names) : NULL;
    struct hitpath *path = zones == NULL ? NULL : hit_path_take(object);
    if (path == NULL) {
        zones_free(zones);
        upstream_free(upstream);
        Py_XDECREF(type);
        return false;
    }
    const bool flies = self->upstream == NULL && hit_fly(path, rules, zones);
    hit_path_give_back(object);
    if (!flies) {
        zones_free(zones);
        upstream_free(upstream);
        Py_DECREF(type);
        PyErr_SetString(PyExc_ValueError, "questions begin to fly once, within bounds, and all places lie in the cells");
        return false;
    }
    self->upstream = upstream;
    self->landed_type = type;
    return true;
}

PyObject *hit_path_fly(PyObject *object, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"questions", "waiters", "misses", "pending", "upstream_queries", "min_ttl", "max_ttl",
                            "negative_ttl_max", "upstream_udp_bytes", "first_retry", "prefetch", "prefetch_ttl_min",
                            "prefetch_share", "zones", "servers", "ports", "port_queries", "ports_read", "reads",
                            "datagram_bytes", "first_port", "bind_tries", "port_strange_max", "port_seconds",
                            "port_moment_seconds", "weights", NULL};
    PyObject *sizes[9], *counts[8], *parts, *zones, *servers;
    struct flying_rules rules = {0};
    struct upstream_limits limits = {0};
    struct landed_weights weights;
    int prefetch;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "$OOOOOOOOOdpddOOOOOOOOOOddO:fly", names, &sizes[0], &sizes[1],
                                     &sizes[2], &sizes[3], &sizes[4], &sizes[5], &sizes[6], &sizes[7], &sizes[8],
                                     &rules.first_retry, &prefetch, &rules.prefetch_ttl_min, &rules.prefetch_share,
                                     &zones, &servers, &counts[0], &counts[1], &counts[2], &counts[3], &counts[4],
                                     &counts[5], &counts[6], &counts[7], &limits.port_seconds,
                                     &limits.port_moment_seconds, &parts) ||
        !read_sizes(sizes, &rules) || !read_limits(counts, &limits) || !read_weights(parts, &weights)) {
        return NULL;
    }
    rules.prefetch = prefetch != 0;
    PyObject *zone_tuple = PySequence_Tuple(zones);
    PyObject *server_tuple = zone_tuple == NULL ? NULL : PySequence_Tuple(servers);
    bool flies = false;
    if (server_tuple != NULL) {
        rules.upstreams = (size_t)PyTuple_Size(server_tuple);
        flies = begin_to_fly(object, &rules, &limits, zone_tuple, server_tuple);
        if (flies) {
            ((struct hit_path_object *)object)->weights = weights;
        }
    }
    Py_XDECREF(zone_tuple);
    Py_XDECREF(server_tuple);
    return flies ? PyLong_FromLong(upstream_descriptor(((struct hit_path_object *)object)->upstream)) : NULL;
}
