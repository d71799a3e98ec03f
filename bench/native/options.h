/* The generator's command line. */
#ifndef BENCH_OPTIONS_H
#define BENCH_OPTIONS_H

#include <stdint.h>

struct options {
    const char *address, *port, *questions;
    double seconds; /* counted */
    double settle;  /* seconds before that, not counted */
    double rate;    /* questions a second; 0: as fast as the window allows */
    uint32_t window;
    unsigned segments, clients;
    unsigned start;   /* number of the first question */
    unsigned idle_us; /* to sleep when nothing has come; 0: never */
    uint64_t unique;  /* first value of the counter of unique questions */
    uint64_t once;    /* ask so many questions and no more; 0: until the time is over */
    int pid, core;    /* whose processor time is told; 0: nobody's */
    int is_echo;
};

/* Reads the arguments; ends the process with the list of them where one is unknown or missing. */
struct options read_options(int count, char **arguments);

#endif
