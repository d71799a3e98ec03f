#include "options.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "link.h"

static const char USAGE[] =
    "generator -a ADDRESS -p PORT -f QUESTIONS [-t seconds] [-s settle seconds] [-r rate] [-w window] [-g segments]\n"
    "          [-c clients] [-o first question] [-i idle us] [-u unique from] [-n questions] [-P pid] [-C core] [-E]\n";

static _Noreturn void refuse(void)
{
    fputs(USAGE, stderr);
    exit(2);
}

static int read_number(struct options *options, int letter, const char *text)
{
    const unsigned long number = strtoul(text, NULL, 10);
    switch (letter) {
    case 'w': options->window = (uint32_t)number; return 1;
    case 'g': options->segments = (unsigned)number; return 1;
    case 'c': options->clients = (unsigned)number; return 1;
    case 'o': options->start = (unsigned)number; return 1;
    case 'i': options->idle_us = (unsigned)number; return 1;
    case 'u': options->unique = number; return 1;
    case 'n': options->once = number; return 1;
    case 'P': options->pid = (int)number; return 1;
    case 'C': options->core = (int)number; return 1;
    default: return 0;
    }
}

static void read_one(struct options *options, int letter, const char *text)
{
    switch (letter) {
    case 'a': options->address = text; break;
    case 'p': options->port = text; break;
    case 'f': options->questions = text; break;
    case 't': options->seconds = strtod(text, NULL); break;
    case 's': options->settle = strtod(text, NULL); break;
    case 'r': options->rate = strtod(text, NULL); break;
    case 'E': options->is_echo = 1; break;
    default:
        if (letter == '?' || !read_number(options, letter, text)) refuse();
    }
}

struct options read_options(int count, char **arguments)
{
    struct options options = {.seconds = 1, .settle = 0.05, .window = 512, .segments = 1, .clients = 1, .idle_us = 30};
    int letter;
    while ((letter = getopt(count, arguments, "a:p:f:t:s:r:w:g:c:o:i:u:n:P:C:E")) != -1)
        read_one(&options, letter, optarg);
    if (options.address == NULL || options.port == NULL || options.questions == NULL) refuse();
    if (options.segments == 0 || options.segments > SEGMENTS_MOST || options.clients == 0) refuse();
    return options;
}
