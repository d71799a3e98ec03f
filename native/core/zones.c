#include "core/zones.h"

#include <stdlib.h>
#include <string.h>

enum { NAME_BYTES_MAX = 255 };

struct zone {
    uint8_t length;
    uint8_t name[NAME_BYTES_MAX];
};

/* `firsts[length]` is the place of the first zone of a length: nearly every suffix has a length that no zone has. */
struct zones {
    size_t count, most;
    uint32_t firsts[NAME_BYTES_MAX + 2];
    struct zone all[];
};

struct zones *zones_new(size_t count)
{
    if (count > ZONES_MAX) {
        return NULL;
    }
    struct zones *zones = calloc(1, sizeof *zones + count * sizeof zones->all[0]);
    if (zones != NULL) {
        zones->most = count;
    }
    return zones;
}

void zones_free(struct zones *zones)
{
    free(zones);
}

bool zones_add(struct zones *zones, const uint8_t *name, size_t length)
{
    if (zones->count == zones->most || length == 0 || length > NAME_BYTES_MAX) {
        return false;
    }
    struct zone *zone = &zones->all[zones->count++];
    zone->length = (uint8_t)length;
    memcpy(zone->name, name, length);
    return true;
}

static int order(const void *one, const void *other)
{
    const struct zone *left = one, *right = other;
    return left->length != right->length ? left->length - right->length
                                         : memcmp(left->name, right->name, left->length);
}

void zones_settle(struct zones *zones)
{
    qsort(zones->all, zones->count, sizeof zones->all[0], order);
    size_t at = 0;
    for (size_t length = 0; length < sizeof zones->firsts / sizeof zones->firsts[0]; length++) {
        while (at < zones->count && zones->all[at].length < length) {
            at++;
        }
        zones->firsts[length] = (uint32_t)at;
    }
}

static bool is_zone(const struct zones *zones, const uint8_t *name, size_t length)
{
    size_t low = zones->firsts[length], high = zones->firsts[length + 1];
    while (low < high) {
        const size_t middle = (low + high) / 2;
        const int side = memcmp(zones->all[middle].name, name, length);
        if (side == 0) {
            return true;
        }
        if (side < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return false;
}

bool zones_cover(const struct zones *zones, const uint8_t *name, size_t length)
{
    for (size_t at = 0; at < length && length - at <= NAME_BYTES_MAX; at += (size_t)name[at] + 1) {
        if (is_zone(zones, name + at, length - at)) {
            return true;
        }
        if (name[at] == 0) {
            return false;
        }
    }
    return false;
}
