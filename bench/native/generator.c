/* Asks a DNS server over UDP from one core, and tells on one line of JSON what came back.
 *
 * Without a rate it keeps a window of questions in flight: as many are asked as are answered. With one it asks on a
 * schedule whatever the server does, and latency is from handing a question to the kernel to the kernel's own stamp on
 * the answer. A question without an answer for a second is lost. What happens in the settling time is not counted, but
 * for questions lost. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>

#include "check.h"
#include "clock.h"
#include "histogram.h"
#include "link.h"
#include "options.h"
#include "processor.h"
#include "questions.h"
#include "window.h"

static const uint64_t SECOND = 1000000000U, LOST_AFTER = 1000000000U, LOOK_EVERY = 100000000U;
static const uint64_t HANDED_OVER_IN = 200000U; /* longer than this between the clock and the kernel: not timed */

struct run {
    struct options options;
    struct questions questions;
    struct window window;
    struct link *link;
    struct histogram latencies; /* at a rate only */
    uint64_t sent, counts[VERDICTS], lost, unsent, strange, untimed;
    uint64_t unique, next; /* the counter of unique questions, the next question's number */
    uint64_t began, looked;
    int is_counting;
};

/* Takes the next question into the window; NULL where the window is full. */
static struct slot *ask_next(struct run *run, uint64_t now_wall)
{
    const struct question *asked = &run->questions.all[run->next];
    struct slot *slot = window_take(&run->window, asked, now_wall);
    if (slot == NULL) return NULL;
    if (asked->is_unique) write_unique(slot->wire, run->unique++);
    if (++run->next == run->questions.count) run->next = 0;
    return slot;
}

/* Sends up to `most` questions; returns how many the window had room for. Where this process was kept from its core in
 * between, its own delay would look like the server's: such questions count, but their latency does not. */
static unsigned send_some(struct run *run, uint64_t most)
{
    struct slot *slots[GROUPS * SEGMENTS_MOST];
    const unsigned room = GROUPS * run->link->segments;
    const uint64_t now = wall_ns();
    unsigned count = 0;
    while (count < room && count < most && (slots[count] = ask_next(run, now)) != NULL) count++;
    if (count > 0) (void)link_send(run->link, slots, count);
    if (count > 0 && run->options.rate > 0 && wall_ns() - now > HANDED_OVER_IN) {
        for (unsigned at = 0; at < count; at++) slots[at]->is_timed = 0;
        run->untimed += count;
    }
    run->sent += count;
    return count;
}

static void take(struct run *run, const struct arrival *arrival)
{
    const uint8_t *message = arrival->message;
    struct slot *slot =
        arrival->length < 12 ? NULL : window_find(&run->window, (uint16_t)(message[0] << 8 | message[1]));
    if (slot == NULL) {
        run->strange++;
        return;
    }
    const enum verdict verdict =
        check_answer(message, arrival->length, slot->wire, slot->asked, run->options.is_echo);
    run->counts[verdict]++;
    if (run->is_counting && slot->is_timed && arrival->at_ns > slot->sent_ns)
        histogram_add(&run->latencies, arrival->at_ns - slot->sent_ns);
    window_release(&run->window, slot);
}

static unsigned receive_some(struct run *run)
{
    struct arrival arrivals[RECEIVED];
    const unsigned count = link_receive(run->link, arrivals);
    for (unsigned at = 0; at < count; at++) take(run, &arrivals[at]);
    return count;
}

static void sleep_us(unsigned microseconds)
{
    const struct timespec pause = {.tv_nsec = (long)microseconds * 1000};
    if (microseconds > 0) (void)nanosleep(&pause, NULL);
}

static void give_up_old(struct run *run)
{
    const uint64_t now = wall_ns();
    if (now - run->looked < LOOK_EVERY) return;
    run->looked = now;
    run->lost += window_expire(&run->window, now - LOST_AFTER);
}

/* How many questions may go now: all there is room for, or those the schedule is behind by. */
static uint64_t due(const struct run *run)
{
    if (run->options.once > 0 && run->sent >= run->options.once) return 0;
    const uint64_t left = run->options.once > 0 ? run->options.once - run->sent : UINT64_MAX;
    if (run->options.rate <= 0) return left;
    const double planned = (double)(steady_ns() - run->began) / (double)SECOND * run->options.rate;
    return planned > (double)(run->sent + run->unsent) ? (uint64_t)planned - run->sent - run->unsent : 0;
}

/* One turn: ask what may be asked, take what came. Small sends wait until a whole datagram of segments is free. */
static void turn(struct run *run, int *was_idle)
{
    const uint64_t wanted = due(run);
    if (run->options.rate > 0) {
        const unsigned sent = wanted > 0 ? send_some(run, wanted) : 0;
        if (wanted > sent && run->window.available == 0) run->unsent += wanted - sent;
    } else if (wanted > 0 && (*was_idle || run->window.available >= run->link->segments)) {
        (void)send_some(run, wanted);
    }
    *was_idle = receive_some(run) == 0;
    if (*was_idle) sleep_us(run->options.idle_us);
    give_up_old(run);
}

static int is_done(const struct run *run)
{
    return run->options.once > 0 && run->sent >= run->options.once && run->window.available == run->window.count;
}

static void run_until(struct run *run, uint64_t end)
{
    int was_idle = 1;
    while (steady_ns() < end && !is_done(run)) turn(run, &was_idle);
}

/* Waits for the answers still on their way, until they count as lost. */
static void drain(struct run *run)
{
    while (run->window.available < run->window.count) {
        if (receive_some(run) == 0) sleep_us(100);
        give_up_old(run);
    }
}

/* What the counted time cost: processor time of the server and of this process, and what the server's core did. */
struct cost {
    uint64_t elapsed, answered, server, own;
    struct core_time core;
};

static struct cost cost_now(const struct run *run)
{
    return (struct cost){steady_ns(), run->counts[RIGHT], process_ns(run->options.pid),
                         nanoseconds(CLOCK_PROCESS_CPUTIME_ID), core_time(run->options.core)};
}

static struct cost cost_since(const struct run *run, const struct cost *before)
{
    const struct cost now = cost_now(run);
    return (struct cost){now.elapsed - before->elapsed, now.answered - before->answered, now.server - before->server,
                         now.own - before->own,
                         {now.core.idle - before->core.idle, now.core.worked - before->core.worked}};
}

static double each(uint64_t whole, uint64_t count)
{
    return count > 0 ? (double)whole / (double)count : 0;
}

static void tell(const struct run *run, const struct cost *cost)
{
    const uint64_t answered = cost->answered, elapsed = cost->elapsed;
    const double seconds = (double)elapsed / (double)SECOND;
    const double busy = 1 - (double)cost->core.idle / (double)elapsed;
    const double others = ((double)cost->core.worked - (double)cost->server) / (double)elapsed;
    printf("{\"qps\": %.1f, \"seconds\": %.4f, \"answered\": %llu, \"sent\": %llu, \"lost\": %llu, \"unsent\": %llu, ",
           (double)answered / seconds, seconds, (unsigned long long)answered, (unsigned long long)run->sent,
           (unsigned long long)run->lost, (unsigned long long)run->unsent);
    printf("\"wrong_question\": %llu, \"wrong_rcode\": %llu, \"wrong_answer\": %llu, \"strange\": %llu, ",
           (unsigned long long)run->counts[WRONG_QUESTION], (unsigned long long)run->counts[WRONG_RCODE],
           (unsigned long long)run->counts[WRONG_ANSWER], (unsigned long long)run->strange);
    printf("\"cpu_ns\": %.1f, \"cpu_share\": %.4f, \"own_cpu_ns\": %.1f, \"own_share\": %.4f, \"busy\": %.4f, \"others\": %.4f, ",
           each(cost->server, answered), each(cost->server, elapsed), each(cost->own, answered),
           each(cost->own, elapsed), busy < 0 ? 0 : busy, others < 0 ? 0 : others);
    printf("\"untimed\": %llu, \"next_unique\": %llu, ", (unsigned long long)run->untimed,
           (unsigned long long)run->unique);
    printf("\"p50_us\": %.2f, \"p99_us\": %.2f, \"p999_us\": %.2f, \"most_us\": %.2f}\n",
           histogram_at(&run->latencies, 0.5) / 1000, histogram_at(&run->latencies, 0.99) / 1000,
           histogram_at(&run->latencies, 0.999) / 1000, (double)run->latencies.most / 1000);
}

int main(int count, char **arguments)
{
    struct run *run = calloc(1, sizeof *run);
    if (run == NULL) return 1;
    run->options = read_options(count, arguments);
    run->questions = read_questions(run->options.questions);
    if (run->options.segments > 1 && run->questions.length == 0) {
        fputs("segments (-g) need questions that are equally long\n", stderr);
        return 2;
    }
    (void)prctl(PR_SET_TIMERSLACK, 1000UL, 0UL, 0UL, 0UL);
    run->window = open_window(run->options.window);
    run->link = open_link(run->options.address, run->options.port, run->options.segments, run->options.clients,
                          run->options.rate > 0);
    run->unique = run->options.unique;
    run->next = run->options.start % run->questions.count;
    run->began = steady_ns();

    run_until(run, run->began + (uint64_t)(run->options.settle * (double)SECOND));
    const struct cost before = cost_now(run);
    run->is_counting = 1;
    run_until(run, before.elapsed + (uint64_t)(run->options.seconds * (double)SECOND));
    const struct cost cost = cost_since(run, &before);
    run->is_counting = 0;
    drain(run);
    tell(run, &cost);
    free(run->questions.all);
    free(run->window.slots);
    free(run->window.ring);
    free(run->link);
    free(run);
    return 0;
}
