#include "core/clients.h"

static void bucket_fill(struct bucket *bucket, double rate, double burst, double now)
{
    *bucket = (struct bucket){.rate = rate, .burst = burst, .tokens = burst, .filled = now};
}

/* Fill up, then take out `wanted`, or as many whole ones as there are; return how many. */
static uint32_t bucket_draw(struct bucket *bucket, uint32_t wanted, double now)
{
    const double passed = now - bucket->filled;
    volatile double gained = passed > 0.0 ? passed * bucket->rate : 0.0; /* rounded as in Python: never fused with + */
    const double tokens = bucket->tokens + gained;
    bucket->tokens = tokens < bucket->burst ? tokens : bucket->burst;
    bucket->filled = passed > 0.0 ? now : bucket->filled;
    const uint32_t drawn = bucket->tokens >= (double)wanted ? wanted : (uint32_t)bucket->tokens;
    bucket->tokens -= (double)drawn;
    return drawn;
}

void client_open(struct client *client, double rate, double burst, double proven_factor, uint32_t step, double now)
{
    *client = (struct client){.step = step, .admitted = true, .limited = rate > 0.0};
    bucket_fill(&client->plain, rate, burst, now);
    bucket_fill(&client->proven, rate * proven_factor, burst * proven_factor, now);
}

bool client_refill(struct client *client, double now)
{
    if (client->left < 1) {
        client->left = client->limited ? bucket_draw(&client->plain, client->step, now) : CLIENT_UNLIMITED;
    }
    return client->left >= 1;
}

bool client_allow(struct client *client, double now)
{
    if (!client_refill(client, now)) {
        return false;
    }
    client->left--;
    return true;
}

bool client_allow_proven(struct client *client, double now)
{
    return !client->limited || bucket_draw(&client->proven, 1, now) == 1;
}

bool client_slip(struct client *client)
{
    client->slips = !client->slips;
    return client->slips;
}
