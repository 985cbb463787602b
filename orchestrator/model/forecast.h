/*
 * model/forecast.h - what virtual runs of a plan come to, as plain data: written by
 * forecast/, shown by report/.
 */
#ifndef MODEL_FORECAST_H
#define MODEL_FORECAST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FORECAST_LAST_SHOWN 12
#define FORECAST_KEY_MAX    96
#define FORECAST_HISTORY    (-1) /* no failure rate was given */

/* One target in one run; 0: it never came to that. */
struct forecast_target {
    int64_t prepared_ms;
    int64_t started_ms;  /* admitted */
    int64_t changed_ms;  /* verified, or convicted: what its window must hold */
    int64_t ended_ms;    /* succeeded, rolled back, given up */
    unsigned char state; /* enum target_state_id at the end; parked before a human came */
};

struct forecast_run {
    struct forecast_target *targets; /* parallel to plan.targets */
    size_t target_count;
    int64_t finish_ms; /* the campaign was over; 0: never before the horizon */
    int pauses;        /* a failure budget stopped it, or a rollback failed */
    int failed;        /* targets */
    int rolled_back;
    int never;  /* targets that were not settled before the horizon */
    long steps; /* of the engine */
};

void forecast_run_clear(struct forecast_run *run);

/* How many; 10, 50 and 90 of 100 runs have at most so many. */
struct forecast_counts {
    int p10, p50, p90;
};

/* A night (noon to noon) or a week of them, in the zone of the plan. */
struct forecast_period {
    int64_t from_ms, until_ms;
    int usual;                     /* starts, if everything takes its typical time */
    struct forecast_counts starts; /* in the runs                                  */
    bool before_deadline;
};

struct forecast_last {
    char *name, *why; /* why: its customer, site; may be "" */
    int64_t started_ms, ended_ms;
};

/* One set of rules, run many times. */
struct forecast_outlook {
    int runs, unfinished;   /* unfinished: did not end before the horizon            */
    int never;              /* targets without a place if all goes as usual          */
    int64_t usual_ms;       /* the end if all goes as usual; 0: never                */
    int64_t p50_ms, p90_ms; /* half, nine tenths of the runs have ended; 0: never  */
    int in_time;            /* runs that ended before the deadline                 */
    struct forecast_counts nights; /* with at least one start                      */
    struct forecast_counts failed, rolled_back, pauses;
    struct forecast_period *periods, *weeks;
    size_t period_count, week_count;
    struct forecast_last last[FORECAST_LAST_SHOWN]; /* the latest first */
    size_t last_count;
};

/* A run with one rule lifted, or changed. */
struct forecast_change {
    char kind[24]; /* in_flight, max_unavailable, limit, windows, freezes, soak, waves,
                      budget, approval, notice, window */
    char key[FORECAST_KEY_MAX]; /* "site", "customer=acme", "Wed 22:00 +4h"; ""       */
    int from, to;               /* numbers; to 0: lifted                              */
    int64_t finish_ms;          /* half of the runs have ended; 0: never              */
    int64_t late_ms;            /* nine tenths; 0: never                              */
    int never;
    int64_t saves_ms; /* of the time until half of the runs have ended             */
};

struct forecast {
    char *campaign, *digest, *zone;
    int64_t start_ms;    /* the runs begin then */
    int64_t deadline_ms; /* 0: none */
    int64_t horizon_ms;  /* 0: no calendars */
    int targets, settled;
    bool running; /* a campaign that has begun: its settled targets are done */
    int in_flight;
    int failure_per_million;
    int failure_samples; /* targets of former campaigns; 0: given, or nothing known */
    bool failure_given;
    int64_t human_ms, approval_ms;
    struct forecast_outlook planned, changed;
    char *what_if;                   /* what is changed, for people; NULL: nothing */
    struct forecast_change *binding; /* what the lifting of one rule saves, most first */
    size_t binding_count;
    struct forecast_change *remedies; /* one change each that holds the deadline */
    size_t remedy_count;
};

void forecast_outlook_clear(struct forecast_outlook *outlook);
void forecast_clear(struct forecast *forecast);
#define auto_forecast __attribute__((cleanup(forecast_clear)))

#endif
