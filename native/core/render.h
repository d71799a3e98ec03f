/* Writing an answer: the twin of Answer.message and Answer.reply (resolver/core/answer.py) where nothing is cut. */
#ifndef MAMORI_CORE_RENDER_H
#define MAMORI_CORE_RENDER_H

#include <stddef.h>
#include <stdint.h>

#include "core/answers.h"
#include "core/reader.h"

/* The bytes of the answer to a query; `more` are bytes of options behind the answer's own. */
size_t render_bytes(const struct image *image, const struct query *query, size_t more_bytes);

/* Write it; `out` has room for `render_bytes`. `udp_bytes` is the size in our OPT. */
void render(const struct image *image, const struct query *query, const uint8_t *more, size_t more_bytes,
            uint16_t udp_bytes, uint8_t *out);

#endif
