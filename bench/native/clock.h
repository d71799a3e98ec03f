/* Nanoseconds: of the steady clock, and of the wall clock that also stamps datagrams in the kernel. */
#ifndef BENCH_CLOCK_H
#define BENCH_CLOCK_H

#include <stdint.h>
#include <time.h>

static inline uint64_t nanoseconds(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (uint64_t)now.tv_sec * 1000000000U + (uint64_t)now.tv_nsec;
}

static inline uint64_t steady_ns(void)
{
    return nanoseconds(CLOCK_MONOTONIC);
}

static inline uint64_t wall_ns(void)
{
    return nanoseconds(CLOCK_REALTIME);
}

#endif
