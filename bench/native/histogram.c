#include "histogram.h"

/* Values below 64 have a bucket each; above, the six bits behind the highest one say which. */
static unsigned place(uint64_t value)
{
    if (value < FINE) return (unsigned)value;
    const unsigned octave = 63U - (unsigned)__builtin_clzll(value) - 5U;
    const unsigned at = octave * FINE + (unsigned)((value >> (octave - 1)) & (FINE - 1));
    return at < OCTAVES * FINE ? at : OCTAVES * FINE - 1;
}

static double middle(unsigned at)
{
    if (at < FINE) return at;
    const unsigned octave = at / FINE;
    const double step = (double)(1ULL << (octave - 1));
    return (FINE + at % FINE + 0.5) * step;
}

void histogram_add(struct histogram *histogram, uint64_t nanoseconds)
{
    histogram->buckets[place(nanoseconds)]++;
    histogram->count++;
    if (nanoseconds > histogram->most) histogram->most = nanoseconds;
}

double histogram_at(const struct histogram *histogram, double share)
{
    const double wanted = share * (double)histogram->count;
    uint64_t seen = 0;
    for (unsigned at = 0; at < OCTAVES * FINE && histogram->count > 0; at++) {
        seen += histogram->buckets[at];
        if (seen == 0 || (double)seen < wanted) continue;
        return middle(at) < (double)histogram->most ? middle(at) : (double)histogram->most;
    }
    return 0;
}
