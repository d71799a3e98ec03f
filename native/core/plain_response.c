#include "core/plain_response.h"

#include <string.h>

enum {
    HEADER_BYTES = 12,
    RECORD_BYTES = 10, /* type, class, TTL, RDLENGTH */
    NAME_BYTES_MAX = 255,
    LABEL_BYTES_MAX = 63,
    POINTERS_MAX = 16, /* more are left to Python */
    POINTER_TO_QUESTION = 0xc00c,
    SOA_NUMBERS_BYTES = 20,
    EDE_OPTION = 15,
    TYPE_A = 1,
    TYPE_NS = 2,
    TYPE_CNAME = 5,
    TYPE_SOA = 6,
    TYPE_PTR = 12,
    TYPE_MX = 15,
    TYPE_AAAA = 28,
    TYPE_SRV = 33,
    TYPE_DNAME = 39,
    TYPE_OPT = 41,
    TYPE_RRSIG = 46,
    TYPE_NSEC = 47,
    TYPE_SVCB = 64,
    TYPE_HTTPS = 65,
    TC = 0x0200,
    RCODE = 0x000f,
    NXDOMAIN = 3,
};
enum { ANSWER, AUTHORITY, ADDITIONAL };

/* A message while it is read. */
struct reading {
    const uint8_t *data;
    size_t length;
    size_t name_bytes; /* of the question */
    uint16_t qtype;
    struct plain_response *response;
};

/* One record between `start` and `end`; its RDATA begins at `rdata`. */
struct record {
    int section;
    size_t fixed, rdata, end;
    uint16_t type;
    bool is_of_question; /* the owner */
};

static uint16_t load16(const uint8_t *at)
{
    return (uint16_t)(at[0] << 8 | at[1]);
}

static uint32_t load32(const uint8_t *at)
{
    return (uint32_t)load16(at) << 16 | load16(at + 2);
}

/* Return the offset behind the name at `offset`, 0 when it is unsound or has too many pointers. Each pointer must lead
 * strictly backwards, before the part of the name read so far (RFC 1035 section 4.1.4). */
static size_t name_end(const struct reading *reading, size_t offset)
{
    size_t at = offset, bound = offset, behind = 0, length = 0;
    for (int pointers = 0; at < reading->length;) {
        const uint8_t label = reading->data[at];
        if (label >= 0xc0) {
            if (at + 2 > reading->length || ++pointers > POINTERS_MAX) {
                return 0;
            }
            behind = behind ? behind : at + 2;
            at = (size_t)(load16(reading->data + at) & 0x3fff);
            if (at >= bound) {
                return 0;
            }
            bound = at;
            continue;
        }
        length += (size_t)label + 1;
        if (label > LABEL_BYTES_MAX || length > NAME_BYTES_MAX) {
            return 0;
        }
        at += (size_t)label + 1;
        if (label == 0) {
            return behind ? behind : at;
        }
    }
    return 0;
}

/* Whether the owner at `offset`, sound and up to `end`, is written as a pointer to the question or as its own bytes. */
static bool is_question(const struct reading *reading, size_t offset, size_t end)
{
    const uint8_t *owner = reading->data + offset, *name = reading->data + HEADER_BYTES;
    if (end - offset == 2 && load16(owner) == POINTER_TO_QUESTION) {
        return true;
    }
    return end - offset == reading->name_bytes && memcmp(owner, name, reading->name_bytes) == 0;
}

/* RDATA as fixed bytes, names, then so many bytes, or any number (ANY_BYTES). */
struct form {
    uint16_t type;
    uint8_t before, names;
    int16_t after;
};
enum { ANY_BYTES = -1 };
static const struct form FORMS[] = {
    {TYPE_NS, 0, 1, 0},  {TYPE_SOA, 0, 2, SOA_NUMBERS_BYTES},  {TYPE_PTR, 0, 1, 0},          {TYPE_MX, 2, 1, 0},
    {TYPE_SRV, 6, 1, 0}, {TYPE_RRSIG, 18, 1, ANY_BYTES},       {TYPE_NSEC, 0, 1, ANY_BYTES},
};
/* Other types with names inside (resolver/core/rdata.py), and those that lead away: left to Python. */
static const uint16_t LEFT_TO_PYTHON[] = {3,  4,  7,  8,  9,  14, 17, 18, 21, 24, 26, 30, 35, 36, TYPE_CNAME,
                                          TYPE_DNAME, TYPE_SVCB, TYPE_HTTPS};

static bool has_form(const struct reading *reading, const struct record *record, const struct form *form)
{
    size_t at = record->rdata + form->before;
    for (int name = 0; name < form->names; name++) {
        at = at < record->end ? name_end(reading, at) : 0;
        if (at == 0) {
            return false;
        }
    }
    return at <= record->end && (form->after == ANY_BYTES || record->end - at == (size_t)form->after);
}

/* Whether the RDATA is sound for its type, and the type one that is plain. */
static bool rdata_is_sound(const struct reading *reading, const struct record *record)
{
    const size_t bytes = record->end - record->rdata;
    if (record->type == TYPE_A || record->type == TYPE_AAAA) {
        return bytes == (record->type == TYPE_A ? 4 : 16);
    }
    for (size_t at = 0; at < sizeof LEFT_TO_PYTHON / sizeof LEFT_TO_PYTHON[0]; at++) {
        if (LEFT_TO_PYTHON[at] == record->type) {
            return false;
        }
    }
    for (size_t at = 0; at < sizeof FORMS / sizeof FORMS[0]; at++) {
        if (FORMS[at].type == record->type) {
            return has_form(reading, record, &FORMS[at]);
        }
    }
    return true;
}

/* Whether the owner may stand where it does: in the answer, and of what leads to a Web site, only the question's. */
static bool owner_is_plain(const struct record *record)
{
    const bool is_shown = record->type == TYPE_A || record->type == TYPE_AAAA || record->type == TYPE_RRSIG;
    return record->is_of_question || (record->section != ANSWER && !is_shown);
}

/* Whether this is a sound OPT at the message's end, of rcode bits 0, with no EDE among its options. */
static bool opt_is_plain(const struct reading *reading, const struct record *record, size_t start)
{
    const uint8_t *data = reading->data;
    if (record->section != ADDITIONAL || data[start] != 0 || record->end != reading->length ||
        data[record->fixed + 4] != 0) {
        return false;
    }
    size_t at = record->rdata;
    while (at < record->end) {
        if (record->end - at < 4 || load16(data + at) == EDE_OPTION) {
            return false;
        }
        at += 4 + (size_t)load16(data + at + 2);
    }
    return at == record->end;
}

static void note_negative(struct reading *reading, const struct record *record)
{
    struct plain_response *response = reading->response;
    if (record->section == AUTHORITY && record->type == TYPE_SOA && !response->has_soa) {
        response->has_soa = true;
        response->minimum = load32(reading->data + record->end - 4);
    }
    const bool is_passing = record->type == TYPE_RRSIG && reading->qtype != TYPE_RRSIG;
    if (record->section == ANSWER && !is_passing && (response->flags & RCODE) != NXDOMAIN) {
        response->is_negative = false;
    }
}

static bool note(struct reading *reading, const struct record *record)
{
    struct plain_response *response = reading->response;
    const uint32_t seconds = load32(reading->data + record->fixed + 4);
    if (response->records == PLAIN_RECORDS_MAX || seconds >= 0x80000000u) { /* 0 is meant (RFC 2181 section 8) */
        return false;
    }
    response->lowest = response->records == 0 || seconds < response->lowest ? seconds : response->lowest;
    response->highest = seconds > response->highest ? seconds : response->highest;
    response->ttls[response->records].offset = (uint16_t)(record->fixed + 4 - response->start);
    response->ttls[response->records].seconds = seconds;
    response->records++;
    response->counts[record->section]++;
    response->end = (uint16_t)record->end;
    note_negative(reading, record);
    return true;
}

/* Read the record at `start`; returns the offset behind it, 0 when the message is not plain. */
static size_t read_record(struct reading *reading, int section, size_t start)
{
    struct record record = {.section = section, .fixed = name_end(reading, start)};
    if (record.fixed == 0 || reading->length - record.fixed < RECORD_BYTES) {
        return 0;
    }
    record.rdata = record.fixed + RECORD_BYTES;
    record.end = record.rdata + load16(reading->data + record.fixed + 8);
    if (record.end > reading->length) {
        return 0;
    }
    record.type = load16(reading->data + record.fixed);
    if (record.type == TYPE_OPT) {
        return opt_is_plain(reading, &record, start) ? record.end : 0;
    }
    record.is_of_question = is_question(reading, start, record.fixed);
    const bool is_plain = owner_is_plain(&record) && rdata_is_sound(reading, &record) && note(reading, &record);
    return is_plain ? record.end : 0;
}

/* Whether header and question are those of an answer to `query`: id, QR, opcode, rcode, question in its own case
 * (RFC 5452 section 9.1). */
static bool answers(const uint8_t *data, size_t length, const uint8_t *query, size_t question_bytes)
{
    if (length < HEADER_BYTES + question_bytes || length > PLAIN_BYTES_MAX || question_bytes < 5) {
        return false;
    }
    const uint16_t flags = load16(data + 2), rcode = flags & RCODE;
    return load16(data) == load16(query) && (data[2] & 0xf8) == 0x80 && !(flags & TC) &&
           (rcode == 0 || rcode == NXDOMAIN) && load16(data + 4) == 1 &&
           memcmp(data + HEADER_BYTES, query + HEADER_BYTES, question_bytes) == 0;
}

bool plain_response_read(struct plain_response *response, const uint8_t *data, size_t length, const uint8_t *query,
                         size_t question_bytes)
{
    if (!answers(data, length, query, question_bytes)) {
        return false;
    }
    size_t at = HEADER_BYTES + question_bytes;
    struct reading reading = {data, length, question_bytes - 4, load16(data + at - 4), response};
    response->flags = load16(data + 2);
    response->start = response->end = (uint16_t)at;
    response->records = response->counts[ANSWER] = response->counts[AUTHORITY] = response->counts[ADDITIONAL] = 0;
    response->lowest = response->highest = response->minimum = 0;
    response->is_negative = true;
    response->has_soa = false;
    for (int section = ANSWER; section <= ADDITIONAL; section++) {
        for (unsigned left = load16(data + 6 + 2 * section); left > 0; left--) {
            at = read_record(&reading, section, at);
            if (at == 0) {
                return false;
            }
        }
    }
    return at == length;
}
