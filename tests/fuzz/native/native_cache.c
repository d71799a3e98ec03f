/* Sequences of puts, takes and finds on the table of kept answers, and on the slots below it under hashes that meet
 * often, beside a model that is an array. */
#include <math.h>

#include "core/answers.h"
#include "core/reader.h"
#include "input.h"

enum { HASHES = 512, KEYS = 1024, STEPS = 4000, TTLS = 4 };

/* --- slots --------------------------------------------------------------------------------------------------------- */

/* A few bits of place, a few of what differs: long probes, in tables of any size. */
static uint64_t hash_of(size_t number)
{
    return (number & 7) | (uint64_t)(number & 0x38) << 3 | (uint64_t)(number >> 6) << 60;
}

static void check_slots(const struct slots *slots, char *const model[HASHES])
{
    size_t count = 0, seen = 0, at = 0;
    for (size_t number = 0; number < HASHES; number++) {
        MUST(slots_find(slots, hash_of(number)) == model[number]);
        count += model[number] != NULL;
    }
    while (slots_next(slots, &at) != NULL) {
        seen++;
    }
    MUST(slots->used == count && seen == count);
}

static void run_slots(struct input *input)
{
    static char things[HASHES * 2];
    char *model[HASHES] = {0};
    struct slots slots = {0};
    size_t done = 0; /* hashes that all meet make each one slow */
    while (done < STEPS && input->left > 0) {
        const uint64_t word = take(input, 2);
        const size_t first = word % HASHES, run = 1 + ((word >> 9 & 7) == 7 ? take(input, 1) : 0);
        for (size_t number = first; number < first + run && number < HASHES; number++, done++) {
            if (word & 0x8000) {
                MUST(slots_take(&slots, hash_of(number)) == model[number]);
                model[number] = NULL;
            } else {
                void *before;
                char *thing = &things[number * 2 + (word >> 12 & 1)];
                MUST(slots_put(&slots, hash_of(number), thing, &before));
                MUST(before == model[number]);
                model[number] = thing;
            }
        }
        if (word & 0x4000) {
            check_slots(&slots, model);
            done += STEPS / 16;
        }
    }
    check_slots(&slots, model);
    slots_free(&slots);
}

/* --- answers ------------------------------------------------------------------------------------------------------- */

struct kept {
    int is_kept;
    uint8_t fill;
    size_t sections, options, ttls;
    uint32_t seconds, most, event;
    double stored;
};

/* A key that its number can be seen from: a name of some length, a tail with its view. */
static size_t key_of(size_t number, uint8_t *key)
{
    static const size_t lengths[] = {6, 7, 13, 14, 29, 100, 259, 260};
    const size_t length = lengths[number & 7];
    memset(key, (int)(number >> 7), length);
    key[length - 1] = (uint8_t)(number >> 3 & 15); /* CD and DO, and two bits of the view */
    return length;
}

static void check_answer(struct answers *answers, size_t number, const struct kept *kept, double now)
{
    uint8_t key[KEY_BYTES_MAX];
    struct answer *found = answers_find(answers, key, key_of(number, key));
    MUST((found != NULL) == kept->is_kept);
    if (found == NULL) {
        return;
    }
    const struct image *image = &found->image;
    MUST(image->sections_bytes == kept->sections && image->options_bytes == kept->options);
    MUST(found->stored == kept->stored && image->event == kept->event && found->ttl_count == kept->ttls);
    answer_age(found, now);
    const double passed = now > kept->stored ? floor(now - kept->stored) : 0;
    const uint32_t left = passed >= kept->seconds ? 0 : kept->seconds - (uint32_t)passed;
    const uint32_t shown = left < kept->most ? left : kept->most;
    for (size_t at = 0; at < kept->sections + kept->options; at++) {
        const size_t place = at % 4;
        MUST(image->sections[at] == (at < kept->ttls * 4 ? (uint8_t)(shown >> (24 - 8 * place)) : kept->fill));
    }
}

static void put(struct answers *answers, struct input *input, size_t number, struct kept *kept)
{
    uint8_t key[KEY_BYTES_MAX], content[2 * ANSWER_BYTES_MAX];
    struct ttl ttls[TTLS];
    const uint64_t shape = take(input, 1);
    struct kept made = {
        .is_kept = 1,
        .fill = (uint8_t)take(input, 1),
        .sections = take(input, shape & 1 ? 2 : 1) % (ANSWER_BYTES_MAX + 2),
        .options = shape & 2 ? take(input, 2) % (ANSWER_BYTES_MAX + 2) : 0,
        .ttls = shape >> 2 & 3,
        .seconds = (uint32_t)take(input, shape & 16 ? 4 : 1),
        .most = shape & 32 ? (uint32_t)take(input, 4) : UINT32_MAX,
        .stored = (double)take(input, 2) / 4,
        .event = (uint32_t)shape,
    };
    int is_sound = 1;
    for (size_t at = 0; at < made.ttls; at++) {
        const uint32_t offset = shape & 64 ? (uint32_t)take(input, 4) : (uint32_t)at * 4;
        ttls[at] = (struct ttl){offset, made.seconds};
        is_sound = is_sound && (uint64_t)offset + 4 <= made.sections;
    }
    memset(content, made.fill, sizeof content);
    const struct answer_source source = {
        .key = key, .key_bytes = key_of(number, key), .sections = content, .sections_bytes = made.sections,
        .options = content + made.sections, .options_bytes = made.options, .ttls = ttls, .ttl_count = made.ttls,
        .stored = made.stored, .ends = INFINITY, .shown_ttl_max = made.most, .event = made.event,
    };
    if (shape & 64) { /* TTLs anywhere: only whether they are refused is known */
        const enum answers_put_result result = answers_put(answers, &source);
        MUST((result == ANSWERS_UNSOUND) == !is_sound);
        if (result != ANSWERS_UNSOUND) {
            answers_discard(answers, key, source.key_bytes);
            kept->is_kept = 0;
        }
        return;
    }
    const enum answers_put_result expected = !is_sound ? ANSWERS_UNSOUND
        : made.sections + made.options > ANSWER_BYTES_MAX ? ANSWERS_TOO_LARGE : ANSWERS_KEPT;
    MUST(answers_put(answers, &source) == expected);
    if (expected != ANSWERS_UNSOUND) {
        *kept = made;
        kept->is_kept = expected == ANSWERS_KEPT;
    }
}

static void run_answers(struct input *input)
{
    static struct kept model[KEYS];
    static const struct kept nothing;
    struct answers answers = {.secret = {(uint8_t)take(input, 1)}};
    size_t touched[STEPS], count = 0;
    while (count < STEPS && input->left > 0) {
        const uint64_t word = take(input, 2);
        const size_t number = touched[count++] = word % KEYS;
        if (word >> 14 == 0) {
            uint8_t key[KEY_BYTES_MAX];
            answers_discard(&answers, key, key_of(number, key));
            model[number].is_kept = 0;
        } else if (word >> 14 == 1) {
            check_answer(&answers, number, &model[number], (double)take(input, 3) / 4);
        } else {
            put(&answers, input, number, &model[number]);
        }
    }
    for (size_t at = 0; at < count; at++) {
        check_answer(&answers, touched[at], &model[touched[at]], 1e6);
    }
    for (size_t at = 0; at < count; at++) {
        model[touched[at]] = nothing;
    }
    answers_free(&answers);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input input = {data, size};
    if (take(&input, 1) & 1) {
        run_slots(&input);
    } else {
        run_answers(&input);
    }
    return 0;
}
