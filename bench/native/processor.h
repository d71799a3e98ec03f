/* What Linux says of processor time: of a process with all its threads, and of a core that is idle. */
#ifndef BENCH_PROCESSOR_H
#define BENCH_PROCESSOR_H

#include <stdint.h>

/* Nanoseconds all threads of a process have run (/proc/PID/task/TID/schedstat); 0 where it is gone. */
uint64_t process_ns(int pid);

/* Nanoseconds a core has been idle, and has worked for any process or been taken away by a hypervisor; interrupts apart
 * (/proc/stat, in steps of a hundredth of a second). */
struct core_time {
    uint64_t idle, worked;
};
struct core_time core_time(int core);

#endif
