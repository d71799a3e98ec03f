#include "core/answers.h"

#include <stdlib.h>
#include <string.h>

#include "core/reader.h"
#include "core/siphash.h"

enum { CELL_OTHER = 7, CELL_BADVERS = 6, RCODE_REFUSED = 5, RCODE_BADVERS = 16 };

uint8_t rcode_cell(uint16_t rcode)
{
    if (rcode <= RCODE_REFUSED) {
        return (uint8_t)rcode;
    }
    return rcode == RCODE_BADVERS ? CELL_BADVERS : CELL_OTHER;
}

static inline const uint8_t *key_of(const struct answer *answer)
{
    return (const uint8_t *)&answer->ttls[answer->ttl_count];
}

static inline uint8_t *sections_of(struct answer *answer)
{
    return (uint8_t *)&answer->ttls[answer->ttl_count] + answer->key_bytes;
}

/* Let a block go, and the name in it; NULL: there is none. */
static void let_go(struct answer *answer)
{
    if (answer != NULL) {
        explicit_bzero(sections_of(answer) - answer->key_bytes, answer->key_bytes);
        free(answer);
    }
}

void answers_free(struct answers *answers)
{
    size_t at = 0;
    for (struct answer *answer; (answer = slots_next(&answers->slots, &at)) != NULL;) {
        let_go(answer);
    }
    slots_free(&answers->slots);
}

uint64_t answers_hash(const struct answers *answers, const uint8_t *key, size_t key_bytes)
{
    return siphash13(answers->secret, key, key_bytes);
}

/* Where a whole key stands: the view is taken out before hashing, for the reader does not know it yet. */
static uint64_t place_of(const struct answers *answers, const uint8_t *key, size_t key_bytes)
{
    uint8_t plain[KEY_BYTES_MAX];
    memcpy(plain, key, key_bytes);
    plain[key_bytes - 1] &= 3;
    return answers_place(answers_hash(answers, plain, key_bytes), key[key_bytes - 1] >> 2);
}

struct answer *answers_at(const struct answers *answers, uint64_t place, const uint8_t *key, size_t key_bytes)
{
    struct answer *answer = slots_find(&answers->slots, place);
    if (answer == NULL || answer->key_bytes != key_bytes || memcmp(key_of(answer), key, key_bytes) != 0) {
        return NULL;
    }
    return answer;
}

static bool is_key(size_t key_bytes)
{
    return key_bytes > KEY_TAIL_BYTES && key_bytes <= KEY_BYTES_MAX;
}

struct answer *answers_find(const struct answers *answers, const uint8_t *key, size_t key_bytes)
{
    return is_key(key_bytes) ? answers_at(answers, place_of(answers, key, key_bytes), key, key_bytes) : NULL;
}

void answers_discard(struct answers *answers, const uint8_t *key, size_t key_bytes)
{
    if (answers_find(answers, key, key_bytes) != NULL) {
        let_go(slots_take(&answers->slots, place_of(answers, key, key_bytes)));
    }
}

static bool is_sound(const struct answer_source *source)
{
    for (size_t number = 0; number < source->ttl_count; number++) {
        const size_t offset = source->ttls[number].offset;
        if (offset > source->sections_bytes || source->sections_bytes - offset < 4) {
            return false;
        }
    }
    return is_key(source->key_bytes);
}

static bool is_small(const struct answer_source *source)
{
    return source->sections_bytes <= ANSWER_BYTES_MAX && source->options_bytes <= ANSWER_BYTES_MAX &&
           source->sections_bytes + source->options_bytes <= ANSWER_BYTES_MAX && source->ttl_count <= ANSWER_TTLS_MAX;
}

struct image image_copied(const struct answer_source *source, uint8_t *into)
{
    if (source->sections_bytes != 0) {
        memcpy(into, source->sections, source->sections_bytes);
    }
    if (source->options_bytes != 0) {
        memcpy(into + source->sections_bytes, source->options, source->options_bytes);
    }
    return (struct image){
        .sections = into,
        .sections_bytes = (uint16_t)source->sections_bytes,
        .options_bytes = (uint16_t)source->options_bytes,
        .flags = source->flags,
        .rcode = source->rcode,
        .counts = {source->counts[0], source->counts[1], source->counts[2]},
        .cell = rcode_cell(source->rcode),
        .event = source->event,
    };
}

/* One block with all of it; NULL: no memory. */
static struct answer *copy(const struct answer_source *source)
{
    const size_t ttl_bytes = source->ttl_count * sizeof(struct ttl);
    const size_t bytes = source->key_bytes + source->sections_bytes + source->options_bytes;
    struct answer *answer = malloc(sizeof *answer + ttl_bytes + bytes);
    if (answer == NULL) {
        return NULL;
    }
    *answer = (struct answer){
        .stored = source->stored,
        .ends = source->ends,
        .generation = source->generation,
        .aged = -1,
        .shown_ttl_max = source->shown_ttl_max,
        .key_bytes = (uint16_t)source->key_bytes,
        .ttl_count = (uint16_t)source->ttl_count,
        .restampable = source->restampable,
    };
    uint8_t *sections = sections_of(answer);
    answer->image = image_copied(source, sections);
    if (ttl_bytes != 0) {
        memcpy(answer->ttls, source->ttls, ttl_bytes);
    }
    memcpy(sections - source->key_bytes, source->key, source->key_bytes);
    return answer;
}

enum answers_put_result answers_put(struct answers *answers, const struct answer_source *source)
{
    if (!is_sound(source)) {
        return ANSWERS_UNSOUND;
    }
    if (!is_small(source)) {
        answers_discard(answers, source->key, source->key_bytes);
        return ANSWERS_TOO_LARGE;
    }
    struct answer *answer = copy(source);
    void *before = NULL;
    if (answer == NULL || !slots_put(&answers->slots, place_of(answers, source->key, source->key_bytes), answer, &before)) {
        let_go(answer);
        answers_discard(answers, source->key, source->key_bytes);
        return ANSWERS_NO_MEMORY;
    }
    let_go(before); /* of the same key, or of one that met it under one hash: a mirror may forget */
    return ANSWERS_KEPT;
}

void answer_age(struct answer *answer, double now)
{
    const double passed = now - answer->stored;
    const uint32_t seconds = passed >= (double)UINT32_MAX ? UINT32_MAX : passed > 0.0 ? (uint32_t)passed : 0;
    if (seconds == answer->aged) {
        return;
    }
    answer->aged = seconds;
    uint8_t *sections = sections_of(answer);
    for (size_t number = 0; number < answer->ttl_count; number++) {
        const struct ttl ttl = answer->ttls[number];
        uint32_t left = ttl.seconds > seconds ? ttl.seconds - seconds : 0;
        left = left < answer->shown_ttl_max ? left : answer->shown_ttl_max;
        uint8_t *at = sections + ttl.offset;
        at[0] = (uint8_t)(left >> 24);
        at[1] = (uint8_t)(left >> 16);
        at[2] = (uint8_t)(left >> 8);
        at[3] = (uint8_t)left;
    }
}

void answers_prefetch(const struct answers *answers, uint64_t place)
{
    const char *answer = slots_find(&answers->slots, place);
    if (answer != NULL) {
        __builtin_prefetch(answer, 1);
        __builtin_prefetch(answer + 64, 1);
        __builtin_prefetch(answer + 128);
    }
}
