/* The lists in force as each view sees them, and what is answered for a listed name: the twin of Index.match, decide
 * (resolver/core/policy.py) and PolicyAnswers, and of the marks of resolver/core/newcomers.py. */
#ifndef MAMORI_CORE_ENFORCED_H
#define MAMORI_CORE_ENFORCED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/answers.h"
#include "core/lookups.h"
#include "core/reader.h"
#include "core/token_table.h"

enum { ENFORCED_LISTS_MAX = 1024, ENFORCED_VIEWS_MAX = 64 };

/* Which of a list's templates answers a question. */
enum { VERDICT_A, VERDICT_AAAA, VERDICT_OTHER, VERDICT_KINDS };

enum course {
    COURSE_OPEN,   /* not listed */
    COURSE_EXEMPT, /* as if no list were there, whatever the answer leads to; up to here the next list is asked too */
    COURSE_BLOCK,  /* answered by policy */
    COURSE_OTHER,  /* to be decided in Python: other types of a listed name, service names, DS and DNSKEY */
};

struct match {
    uint32_t list, record;
    bool test;
};

struct enforced;

/* Lists in the order of the index; they are borrowed and must outlive this. NULL: no memory, or too many. */
struct enforced *enforced_new(int64_t generation, double clock_offset, const struct token_table *const *lists,
                              size_t list_count, size_t view_count);
void enforced_free(struct enforced *enforced);

/* Let a view be decided by these lists, in this order. False: no such view or list, or no memory. */
bool enforced_set_view(struct enforced *enforced, size_t view, const uint32_t *lists, size_t count);

int64_t enforced_generation(const struct enforced *enforced);

/* Put the template of a view's list and kind, copied. False: no such place, too large, or no memory. */
bool enforced_put_verdict(struct enforced *enforced, size_t view, size_t list, size_t kind,
                          const struct answer_source *source);

/* Watch the fresh entries: a byte for each in `marks`, a word for each list in `hits`; `firsts[list]` is the place of its
 * first byte. The memory is borrowed. NULL: nobody watches. False: `firsts` is not one number for each list, within
 * `mark_count`, or `hits` not one word for each. */
bool enforced_watch(struct enforced *enforced, uint8_t *marks, size_t mark_count, uint64_t *hits, size_t hit_count,
                    const uint64_t *firsts, size_t first_count);

/* A question to be decided; the last two are set by `enforced_decide`, `match` with COURSE_BLOCK. */
struct decision {
    const struct query *query;
    uint8_t view;
    enum course course;
    struct match match;
};

enum { DECISIONS_MAX = LOOKUPS_MAX };

/* Decide up to DECISIONS_MAX questions at monotonic `now`. */
void enforced_decide(const struct enforced *enforced, struct decision *decisions, size_t count, double now);

/* The answer to a listed question, NULL while Python has not put it. */
const struct image *enforced_verdict(const struct enforced *enforced, const struct match *match, uint8_t view,
                                     uint16_t qtype);

/* Note that a query was answered because of this match. */
void enforced_mark(struct enforced *enforced, const struct match *match);

#endif
