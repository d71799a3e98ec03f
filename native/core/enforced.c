#include "core/enforced.h"

#include <stdlib.h>
#include <string.h>

struct view {
    uint32_t *lists;
    size_t count;
};

/* A template: the image, then sections and options in one block. */
struct verdict {
    struct image image;
    uint8_t bytes[];
};

struct enforced {
    int64_t generation;
    double clock_offset; /* POSIX seconds at monotonic 0 */
    size_t list_count, view_count;
    const struct token_table **lists;
    struct view *views;
    struct verdict **verdicts; /* by view, list and kind */
    uint8_t *marks;
    uint64_t *hits;
    uint64_t *firsts;
};

struct enforced *enforced_new(int64_t generation, double clock_offset, const struct token_table *const *lists,
                              size_t list_count, size_t view_count)
{
    if (list_count > ENFORCED_LISTS_MAX || view_count > ENFORCED_VIEWS_MAX) {
        return NULL;
    }
    struct enforced *enforced = calloc(1, sizeof *enforced);
    if (enforced == NULL) {
        return NULL;
    }
    enforced->generation = generation;
    enforced->clock_offset = clock_offset;
    enforced->list_count = list_count;
    enforced->view_count = view_count;
    enforced->lists = calloc(list_count + 1, sizeof *enforced->lists); /* + 1: none at all is no NULL */
    enforced->views = calloc(view_count + 1, sizeof *enforced->views);
    enforced->verdicts = calloc(view_count * list_count * VERDICT_KINDS + 1, sizeof *enforced->verdicts);
    enforced->firsts = calloc(list_count + 1, sizeof *enforced->firsts);
    if (enforced->lists == NULL || enforced->views == NULL || enforced->verdicts == NULL || enforced->firsts == NULL) {
        enforced_free(enforced);
        return NULL;
    }
    for (size_t list = 0; list < list_count; list++) {
        enforced->lists[list] = lists[list];
    }
    return enforced;
}

void enforced_free(struct enforced *enforced)
{
    if (enforced == NULL) {
        return;
    }
    for (size_t at = 0; enforced->verdicts != NULL && at < enforced->view_count * enforced->list_count * VERDICT_KINDS;
         at++) {
        free(enforced->verdicts[at]);
    }
    for (size_t view = 0; enforced->views != NULL && view < enforced->view_count; view++) {
        free(enforced->views[view].lists);
    }
    free(enforced->verdicts);
    free(enforced->views);
    free(enforced->firsts);
    free(enforced->lists);
    free(enforced);
}

bool enforced_set_view(struct enforced *enforced, size_t view, const uint32_t *lists, size_t count)
{
    if (view >= enforced->view_count || count > enforced->list_count) {
        return false;
    }
    uint32_t *copy = calloc(count + 1, sizeof *copy);
    if (copy == NULL) {
        return false;
    }
    for (size_t at = 0; at < count; at++) {
        if (lists[at] >= enforced->list_count) {
            free(copy);
            return false;
        }
        copy[at] = lists[at];
    }
    free(enforced->views[view].lists);
    enforced->views[view] = (struct view){copy, count};
    return true;
}

int64_t enforced_generation(const struct enforced *enforced)
{
    return enforced->generation;
}

static inline size_t place_of(const struct enforced *enforced, size_t view, size_t list, size_t kind)
{
    return (view * enforced->list_count + list) * VERDICT_KINDS + kind;
}

bool enforced_put_verdict(struct enforced *enforced, size_t view, size_t list, size_t kind,
                          const struct answer_source *source)
{
    if (view >= enforced->view_count || list >= enforced->list_count || kind >= VERDICT_KINDS ||
        source->sections_bytes > ANSWER_BYTES_MAX ||
        source->options_bytes > ANSWER_BYTES_MAX - source->sections_bytes) {
        return false;
    }
    struct verdict *verdict = malloc(sizeof *verdict + source->sections_bytes + source->options_bytes);
    if (verdict == NULL) {
        return false;
    }
    verdict->image = image_copied(source, verdict->bytes);
    struct verdict **place = &enforced->verdicts[place_of(enforced, view, list, kind)];
    free(*place);
    *place = verdict;
    return true;
}

bool enforced_watch(struct enforced *enforced, uint8_t *marks, size_t mark_count, uint64_t *hits, size_t hit_count,
                    const uint64_t *firsts, size_t first_count)
{
    if (marks == NULL || hits == NULL) {
        enforced->marks = NULL;
        enforced->hits = NULL;
        return true;
    }
    if (first_count != enforced->list_count || hit_count != enforced->list_count) {
        return false;
    }
    for (size_t list = 0; list < first_count; list++) {
        if (firsts[list] > mark_count || mark_count - firsts[list] < enforced->lists[list]->fresh) {
            return false;
        }
    }
    if (first_count != 0) {
        memcpy(enforced->firsts, firsts, first_count * sizeof *firsts);
    }
    enforced->marks = marks;
    enforced->hits = hits;
    return true;
}

static inline bool is_service(uint16_t qtype)
{
    return qtype == DNS_TYPE_HTTPS || qtype == DNS_TYPE_SVCB;
}

static inline bool leads_to_a_site(uint16_t qtype)
{
    return qtype == DNS_TYPE_A || qtype == DNS_TYPE_AAAA || is_service(qtype);
}

/* What is not decided by the lists alone. */
static bool is_left_to_python(const struct enforced *enforced, const struct decision *decision)
{
    const struct query *query = decision->query;
    if (query->qtype == DNS_TYPE_DS || query->qtype == DNS_TYPE_DNSKEY || decision->view >= enforced->view_count) {
        return true;
    }
    /* `_8443._https.host` stands for its host too (RFC 9460 section 2.3) */
    return is_service(query->qtype) && query->name_bytes > 1 && query->key[1] == '_';
}

/* Go on by what a list says: to the next one as long as it is no listing. */
static void take_up(struct decision *decision, uint32_t list, int64_t found)
{
    if (found == TOKEN_MALFORMED) {
        decision->course = COURSE_OTHER;
    } else if (found == TOKEN_EXEMPT) {
        decision->course = COURSE_EXEMPT;
    } else if (found > TOKEN_NOTHING) {
        const bool blocks = leads_to_a_site(decision->query->qtype) || (found & TOKEN_ALL_TYPES) != 0;
        decision->match = (struct match){list, (uint32_t)(found >> 16), (found & TOKEN_TEST) != 0};
        decision->course = blocks ? COURSE_BLOCK : COURSE_OTHER;
    }
}

/* Ask the lists at one place in the views' orders; how many questions there were for them. */
static size_t ask_lists(const struct enforced *enforced, struct decision *decisions, size_t count, size_t place,
                        double trusted)
{
    struct lookup lookups[DECISIONS_MAX];
    uint8_t asked[DECISIONS_MAX];
    size_t some = 0;
    for (size_t at = 0; at < count; at++) {
        const struct decision *decision = &decisions[at];
        if (decision->course <= COURSE_EXEMPT && place < enforced->views[decision->view].count) {
            lookups[some].table = enforced->lists[enforced->views[decision->view].lists[place]];
            lookups[some].wire = decision->query->key;
            lookups[some].length = decision->query->name_bytes;
            asked[some++] = (uint8_t)at;
        }
    }
    lookups_find(lookups, some, trusted);
    for (size_t at = 0; at < some; at++) {
        struct decision *decision = &decisions[asked[at]];
        take_up(decision, enforced->views[decision->view].lists[place], lookups[at].found);
    }
    return some;
}

void enforced_decide(const struct enforced *enforced, struct decision *decisions, size_t count, double now)
{
    for (size_t at = 0; at < count; at++) {
        decisions[at].course = is_left_to_python(enforced, &decisions[at]) ? COURSE_OTHER : COURSE_OPEN;
    }
    for (size_t place = 0; ask_lists(enforced, decisions, count, place, now + enforced->clock_offset) > 0; place++) {
    }
}

const struct image *enforced_verdict(const struct enforced *enforced, const struct match *match, uint8_t view,
                                     uint16_t qtype)
{
    const size_t kind = qtype == DNS_TYPE_A ? VERDICT_A : qtype == DNS_TYPE_AAAA ? VERDICT_AAAA : VERDICT_OTHER;
    const struct verdict *verdict = enforced->verdicts[place_of(enforced, view, match->list, kind)];
    return verdict == NULL ? NULL : &verdict->image;
}

void enforced_mark(struct enforced *enforced, const struct match *match)
{
    const struct token_table *list = enforced->lists[match->list];
    if (enforced->marks == NULL || match->test || list->fresh == 0) {
        return;
    }
    const int64_t place = token_table_fresh_place(list, match->record);
    if (place >= 0 && (uint64_t)place < list->fresh) {
        enforced->marks[enforced->firsts[match->list] + (uint64_t)place] = 1;
        enforced->hits[match->list]++;
    }
}
