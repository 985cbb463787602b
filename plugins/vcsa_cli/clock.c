/*
 * clock.c - see clock.h; vcsa-cli.time: how far the appliance's clock is from ours.
 *
 * `date +%s` tells whole seconds; the middle of the exchange is compared, so half of its
 * time and one second are the error.
 */
#include "vcsa_cli/clock.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "util/auto.h"
#include "util/timefmt.h"
#include "vcsa_cli/operations.h"

#define LATEST_S 32503680000LL /* the year 3000 */

enum slipway_outcome clock_read(struct talk *talk, int64_t *out_ms)
{
    auto_buf struct buf told = {0};
    enum slipway_outcome outcome = talk_ask_words(talk, &told, "date", "+%s");
    if (outcome != SLIPWAY_DONE)
        return outcome;
    char *end = NULL;
    long long seconds = strtoll(buf_text(&told), &end, 10);
    if (end == buf_text(&told) || end[strspn(end, " \r\n")] || seconds <= 0 ||
        seconds > LATEST_S)
        return outcome_error(&talk->err, SLIPWAY_FAILED, "%s: date +%%s tells no time",
                             talk->connection.target.name);
    *out_ms = (int64_t)seconds * CLI_SECOND_MS;
    return SLIPWAY_DONE;
}

json_t *clock_life(int64_t ends_ms, int64_t now_ms)
{
    char text[32];
    int64_t left = ends_ms - now_ms;
    int64_t days = left / CLI_DAY_MS - (left % CLI_DAY_MS < 0);
    return json_pack("{s:s, s:I}", "expires_at", time_iso(ends_ms, text, sizeof text),
                     "days_left", (json_int_t)days);
}

static int64_t wall_ms(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * CLI_SECOND_MS + now.tv_nsec / 1000000;
}

enum slipway_outcome cli_time(struct slipway_call *call)
{
    auto_talk struct talk talk = {0};
    int64_t theirs_ms = 0;
    char text[32];
    enum slipway_outcome outcome = talk_open(call, &talk);
    if (outcome != SLIPWAY_DONE)
        return outcome;
    int64_t before_ms = wall_ms();
    outcome = clock_read(&talk, &theirs_ms);
    int64_t after_ms = wall_ms();
    if (outcome != SLIPWAY_DONE)
        return talk_failed(&talk, outcome);
    int64_t ours_ms = before_ms + (after_ms - before_ms) / 2;
    int64_t skew_s = llabs(theirs_ms - ours_ms) / CLI_SECOND_MS;
    return talk_done(&talk, json_pack("{s:s, s:I}", "time",
                                      time_iso(theirs_ms, text, sizeof text), "skew_s",
                                      (json_int_t)skew_s));
}
