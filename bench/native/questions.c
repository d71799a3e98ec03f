#include "questions.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { HEAD = 8, HEADER = 12 };

static _Noreturn void refuse(const char *path, const char *why)
{
    fprintf(stderr, "%s: %s\n", path, why);
    exit(2);
}

/* Returns where the question of a message ends, 0 where it cannot be read. */
static uint16_t end_of_question(const uint8_t *wire, size_t length)
{
    size_t at = HEADER;
    while (at < length && wire[at] != 0) at += (size_t)wire[at] + 1;
    return at + 5 <= length ? (uint16_t)(at + 5) : 0;
}

static int read_one(FILE *file, const char *path, struct question *one)
{
    uint8_t head[HEAD];
    if (fread(head, 1, HEAD, file) != HEAD) return 0;
    *one = (struct question){.length = (uint16_t)(head[0] << 8 | head[1]), .is_unique = head[2], .rcode = head[3]};
    memcpy(one->address, head + 4, sizeof one->address);
    if (one->length < HEADER || one->length > QUESTION_BYTES) refuse(path, "a message is too short or too long");
    if (fread(one->wire, 1, one->length, file) != one->length) refuse(path, "it ends within a message");
    one->question_end = end_of_question(one->wire, one->length);
    if (one->question_end == 0) refuse(path, "a message has no question");
    if (one->is_unique && one->wire[HEADER] < UNIQUE_DIGITS) refuse(path, "no room for the counter in a first label");
    return 1;
}

struct questions read_questions(const char *path)
{
    struct questions found = {0};
    size_t room = 1 << 14;
    FILE *file = fopen(path, "rb");
    if (file == NULL) refuse(path, "cannot be read");
    found.all = malloc(room * sizeof *found.all);
    while (found.all != NULL && read_one(file, path, &found.all[found.count])) {
        const uint16_t length = found.all[found.count].length;
        found.length = found.count == 0 || found.length == length ? length : 0;
        if (++found.count == room) found.all = realloc(found.all, (room *= 2) * sizeof *found.all);
    }
    if (found.all == NULL || found.count == 0) refuse(path, "holds no message, or more than fit into memory");
    (void)fclose(file);
    return found;
}

void write_unique(uint8_t *wire, uint64_t counter)
{
    for (int digit = UNIQUE_DIGITS - 1; digit >= 0; digit--, counter >>= 4)
        wire[UNIQUE_AT + digit] = (uint8_t)"0123456789abcdef"[counter & 15];
}
