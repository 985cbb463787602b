/*
 * cut.h - an operation whose peer breaks off: each answer of one call is cut after each
 * of its bytes (LONG=1) or every seventh, alternately with a clean end and with a reset, and the call must come to
 * the right belief. Header-only; include cmocka.h before it.
 *
 *   the answer to the effect itself       nobody knows: UNKNOWN, and it was sent once
 *   an answer before that, effect unsent  certainly nothing happened: neither success
 *                                         nor doubt
 *   an answer of a reading operation      no success
 *
 * An operation may do without some of its reads (`optional`): then it may go on.
 */
#ifndef TESTS_CUT_H
#define TESTS_CUT_H

#include "http_peer.h"
#include "slipway/plugin.h"

#define CUT_RUNS_OF_A_PEER 20 /* its connections are bounded */
#define CUT_REQUESTS_MAX   40

struct cut_seen {
    enum slipway_outcome outcome;
    unsigned effect_at; /* which request of the run was the effect, from 1; 0: none */
    unsigned effects;
    char said[512];
};

struct cut_story {
    const char *name;
    bool reads;    /* it has no effect */
    bool optional; /* it may go on without an answer that is no effect's */
    bool watched; /* it looks by itself what became of an effect: PENDING is doubt, too */
    struct peer *(*begin)(void *data); /* peer and plugin, both fresh */
    void (*run)(void *data, struct cut_seen *seen);
    void (*end)(void *data);
    void *data;
};

/* Of a peer that keeps whole requests in its log: those since `from` that begin with
   `effect` (NULL: none do), and which of them all was the last one. */
static inline void cut_look_at_log(struct peer *peer, size_t from, const char *effect,
                                   struct cut_seen *seen)
{
    unsigned number = 0;
    (void)pthread_mutex_lock(&peer->lock);
    const char *at = buf_text(&peer->log) + from;
    for (; *at; at = strstr(at, "\r\n\r\n") + strlen("\r\n\r\n\n")) {
        number++;
        if (!effect || strncmp(at, effect, strlen(effect)) != 0)
            continue;
        seen->effects++;
        seen->effect_at = number;
    }
    (void)pthread_mutex_unlock(&peer->lock);
}

static inline bool cut_success(enum slipway_outcome outcome)
{
    return outcome == SLIPWAY_DONE || outcome == SLIPWAY_PENDING;
}

static inline const char *cut_wrong(const struct cut_story *story, unsigned request,
                                    const struct cut_seen *seen)
{
    if (seen->effects > 1)
        return "it was sent twice";
    if (story->reads)
        return cut_success(seen->outcome) ? "half an answer passed for one" : NULL;
    if (seen->effect_at == request && story->watched && seen->outcome == SLIPWAY_PENDING)
        return NULL;
    if (seen->effect_at == request)
        return seen->outcome == SLIPWAY_UNKNOWN ? NULL : "it is in doubt, and unsaid";
    if (!seen->effect_at && cut_success(seen->outcome))
        return "success without an effect";
    if (!seen->effect_at && seen->outcome == SLIPWAY_UNKNOWN)
        return "doubt about what was never sent";
    if (seen->effect_at > request && !story->optional)
        return "it went on without an answer";
    return NULL;
}

/* One answer, from its first byte to its last. False: there is no such request. */
static inline bool cut_one_answer(const struct cut_story *story, unsigned request,
                                  size_t stride, size_t *cases)
{
    struct peer *peer = NULL;
    size_t after = 0;
    bool was_cut = true;
    for (int runs = 0; was_cut; after += stride, runs++) {
        struct cut_seen seen = {.effect_at = 0};
        if (runs % CUT_RUNS_OF_A_PEER == 0) {
            if (peer)
                story->end(story->data);
            peer = story->begin(story->data);
        }
        peer_cut(peer, request, after, after % 2);
        story->run(story->data, &seen);
        was_cut = atomic_load(&peer->was_cut);
        const char *wrong = was_cut ? cut_wrong(story, request, &seen) : NULL;
        if (!was_cut && !cut_success(seen.outcome))
            wrong = "whole, and yet no success";
        if (wrong)
            fail_msg(
                "%s, answer %u cut after %zu bytes: %s: outcome %d, effect at %u: %s",
                story->name, request, after, wrong, (int)seen.outcome, seen.effect_at,
                seen.said);
        *cases += was_cut;
    }
    story->end(story->data);
    return after > stride;
}

/* LONG=1: after every byte; otherwise after every seventh. */
static inline size_t cut_everywhere(const struct cut_story *story)
{
    const char *wish = getenv("LONG");
    size_t stride = wish && !strcmp(wish, "1") ? 1 : 7;
    size_t cases = 0;
    unsigned request = 1;
    while (cut_one_answer(story, request, stride, &cases))
        assert_true(++request < CUT_REQUESTS_MAX);
    assert_true(cases > 10);
    print_message("%s: %zu cuts in %u answers\n", story->name, cases, request - 1);
    return cases;
}

#endif
