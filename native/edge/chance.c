#include "edge/chance.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>

bool chance_draw(struct chance *chance, uint8_t *out, size_t count)
{
    if (count > chance->left) {
        chance->left = 0; /* what was left is used by nobody */
        for (size_t filled = 0; filled < CHANCE_BYTES;) {
            const ssize_t got = getrandom(chance->stock + filled, CHANCE_BYTES - filled, 0);
            if (got < 0 && errno == EINTR) {
                continue;
            }
            if (got <= 0) {
                return false;
            }
            filled += (size_t)got;
        }
        chance->left = CHANCE_BYTES;
    }
    uint8_t *piece = chance->stock + CHANCE_BYTES - chance->left;
    memcpy(out, piece, count);
    explicit_bzero(piece, count);
    chance->left -= count;
    return true;
}

bool chance_below(struct chance *chance, uint32_t bound, uint32_t *number)
{
    uint8_t drawn[4];
    if (!chance_draw(chance, drawn, sizeof drawn)) {
        return false;
    }
    *number = ((uint32_t)drawn[0] << 24 | (uint32_t)drawn[1] << 16 | (uint32_t)drawn[2] << 8 | drawn[3]) % bound;
    return true;
}
