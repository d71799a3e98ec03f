#include "core/hitpath.h"

#include <stdlib.h>
#include <string.h>

#include "core/hitpath_state.h"

/* --- making and changing ------------------------------------------------------------------------------------------ */

_Static_assert(HIT_ROOM >= DNS_HEADER_BYTES + DNS_NAME_BYTES_MAX + 4 + ANSWER_BYTES_MAX + DNS_OPT_BYTES +
                               COOKIE_OPTION_BYTES,
               "HIT_ROOM holds any answer");

static bool fit(const struct hitpath_settings *settings)
{
    const size_t count = settings->cell_count;
    return count >= HIT_TRANSPORTS * HIT_RCODE_CELLS && count >= HIT_TRANSPORTS && count >= HIT_RCODE_CELLS &&
           settings->queries <= count - HIT_TRANSPORTS && settings->answers <= count - HIT_RCODE_CELLS &&
           settings->dropped < count && settings->rate_limited < count && settings->latency < count &&
           settings->latency_sum < count;
}

struct hitpath *hitpath_new(const struct hitpath_settings *settings)
{
    if (settings->cells == NULL || !fit(settings)) {
        return NULL;
    }
    struct hitpath *path = calloc(1, sizeof *path);
    struct enforced *none = enforced_new(0, 0.0, NULL, 0, 0);
    if (path == NULL || none == NULL) {
        free(path);
        enforced_free(none);
        return NULL;
    }
    path->settings = *settings;
    path->lists = none;
    memcpy(path->answers.secret, settings->secret, sizeof path->answers.secret);
    path->answers.secret[0] ^= 1; /* clients are hashed under the secret itself */
    return path;
}

void hitpath_free(struct hitpath *path)
{
    if (path == NULL) {
        return;
    }
    for (size_t table = 0; table < path->table_count; table++) {
        hit_forget(path, (uint32_t)table);
    }
    flying_free(path->flying);
    answers_free(&path->answers);
    enforced_free(path->lists);
    free(path->doors);
    free(path->tables);
    free(path);
}

/* Make tables up to this number; false: too many or no memory. */
static bool have_table(struct hitpath *path, uint32_t table)
{
    if (table < path->table_count) {
        return true;
    }
    if (table >= HIT_TABLES_MAX) {
        return false;
    }
    struct slots *tables = realloc(path->tables, (table + 1) * sizeof *tables);
    if (tables == NULL) {
        return false;
    }
    memset(tables + path->table_count, 0, (table + 1 - path->table_count) * sizeof *tables);
    path->tables = tables;
    path->table_count = table + 1;
    return true;
}

int hit_open_door(struct hitpath *path, unsigned transport, uint32_t table)
{
    if (transport >= HIT_TRANSPORTS || path->door_count >= HIT_DOORS_MAX || !have_table(path, table)) {
        return -1;
    }
    struct door *doors = realloc(path->doors, (path->door_count + 1) * sizeof *doors);
    if (doors == NULL) {
        return -1;
    }
    path->doors = doors;
    doors[path->door_count] = (struct door){.table = table, .descriptor = -1, .transport = (uint8_t)transport};
    return (int)path->door_count++;
}

bool hit_has_door(const struct hitpath *path, size_t door)
{
    return door < path->door_count;
}

void hit_set_descriptor(struct hitpath *path, size_t door, int descriptor)
{
    if (door < path->door_count) {
        path->doors[door].descriptor = descriptor;
    }
}

int hit_descriptor(const struct hitpath *path, size_t door)
{
    return door < path->door_count ? path->doors[door].descriptor : -1;
}

void hit_use_cookie_secret(struct hitpath *path, const uint8_t *secret)
{
    path->makes_cookies = secret != NULL;
    if (secret != NULL) {
        memcpy(path->cookie_secret, secret, COOKIE_SECRET_BYTES);
    }
}

void hit_enforce(struct hitpath *path, struct enforced *lists)
{
    enforced_free(path->lists);
    path->lists = lists;
}

struct enforced *hit_lists(struct hitpath *path)
{
    return path->lists;
}

struct answers *hit_answers(struct hitpath *path)
{
    return &path->answers;
}

/* --- clients ------------------------------------------------------------------------------------------------------ */

static void let_go(const struct hitpath *path, struct client *client)
{
    if (client != NULL && path->settings.let_go != NULL) {
        path->settings.let_go(client);
    }
}

bool hit_remember(struct hitpath *path, uint32_t table, const uint8_t *address, size_t length, struct client *client)
{
    if (!have_table(path, table)) {
        return false;
    }
    struct slots *hosts = &path->tables[table];
    if (hosts->used >= path->settings.hosts_max) {
        hit_forget(path, table);
    }
    void *before = NULL;
    if (!slots_put(hosts, host_hash(path, address, length), client, &before)) {
        return false;
    }
    let_go(path, before);
    return true;
}

void hit_forget(struct hitpath *path, uint32_t table)
{
    if (table >= path->table_count) {
        return;
    }
    struct slots hosts = path->tables[table];
    path->tables[table] = (struct slots){0}; /* before anybody is let go, who may look here */
    size_t at = 0;
    for (struct client *client; (client = slots_next(&hosts, &at)) != NULL;) {
        let_go(path, client);
    }
    slots_free(&hosts);
}
