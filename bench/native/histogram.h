/* Latencies in buckets of at most 1/64 of their value (0.8 % from the middle), nanoseconds up to 2^40 (18 minutes). */
#ifndef BENCH_HISTOGRAM_H
#define BENCH_HISTOGRAM_H

#include <stdint.h>

enum { FINE = 64, OCTAVES = 34 };

struct histogram {
    uint64_t buckets[OCTAVES * FINE];
    uint64_t count;
    uint64_t most;
};

void histogram_add(struct histogram *histogram, uint64_t nanoseconds);

/* The middle of the bucket at or below which this share (0 to 1) of all lie, and never more than the most; 0 when there
 * are none. */
double histogram_at(const struct histogram *histogram, double share);

#endif
