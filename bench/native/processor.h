/* What Linux says of processor time: of a process with all its threads, and of a core that is idle. */
#ifndef BENCH_PROCESSOR_H
#define BENCH_PROCESSOR_H

#include <stdint.h>

/* Nanoseconds all threads of a process have run (/proc/PID/task/TID/schedstat); 0 where it is gone. */
uint64_t process_ns(int pid);

/* Nanoseconds a core has been idle (/proc/stat, in steps of a hundredth of a second). */
uint64_t core_idle_ns(int core);

#endif
