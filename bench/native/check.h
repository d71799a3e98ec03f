/* Whether an answer is the right one: the question octet for octet, the RCODE, the address. */
#ifndef BENCH_CHECK_H
#define BENCH_CHECK_H

#include <stddef.h>
#include <stdint.h>

#include "questions.h"

enum verdict { RIGHT, WRONG_QUESTION, WRONG_RCODE, WRONG_ANSWER, VERDICTS };

/* Judges an answer to the message `sent` of the set's question `asked`; for the echo only the question counts. */
enum verdict check_answer(const uint8_t *answer, size_t length, const uint8_t *sent, const struct question *asked,
                          int is_echo);

#endif
