#include "processor.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>

static uint64_t thread_ns(const char *tasks, const char *thread)
{
    char path[384];
    unsigned long long ran = 0;
    (void)snprintf(path, sizeof path, "%s/%s/schedstat", tasks, thread);
    FILE *file = fopen(path, "r");
    if (file == NULL) return 0;
    if (fscanf(file, "%llu", &ran) != 1) ran = 0;
    (void)fclose(file);
    return ran;
}

uint64_t process_ns(int pid)
{
    char tasks[64];
    uint64_t sum = 0;
    (void)snprintf(tasks, sizeof tasks, "/proc/%d/task", pid);
    DIR *folder = opendir(tasks);
    if (folder == NULL) return 0;
    for (const struct dirent *each = readdir(folder); each != NULL; each = readdir(folder))
        if (each->d_name[0] != '.') sum += thread_ns(tasks, each->d_name);
    (void)closedir(folder);
    return sum;
}

struct core_time core_time(int core)
{
    char line[512], name[16];
    unsigned long long user = 0, nice = 0, system = 0, idle = 0, waiting = 0, hard = 0, soft = 0, stolen = 0;
    FILE *file = fopen("/proc/stat", "r");
    if (file == NULL) return (struct core_time){0, 0};
    (void)snprintf(name, sizeof name, "cpu%d ", core);
    while (fgets(line, sizeof line, file) != NULL)
        if (strncmp(line, name, strlen(name)) == 0)
            (void)sscanf(line + strlen(name), "%llu %llu %llu %llu %llu %llu %llu %llu", &user, &nice, &system, &idle,
                         &waiting, &hard, &soft, &stolen);
    (void)fclose(file);
    return (struct core_time){(idle + waiting) * 10000000U, (user + nice + system + stolen) * 10000000U};
}
