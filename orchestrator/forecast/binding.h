/*
 * binding.h - which rule costs how much: the plan with one rule lifted, run again by the
 * real engine. What ends earlier without a rule was bound by it. Two rules that bind
 * together save little alone.
 */
#ifndef FORECAST_BINDING_H
#define FORECAST_BINDING_H

#include "forecast/run.h"
#include "forecast/variant.h"

#define BINDING_TRIES_MAX 64

/* One rule, and the plan without it. */
struct binding_try {
    struct forecast_change change; /* kind, key and from are set; the rest by _run */
    struct what_if what;
    char scope[FORECAST_KEY_MAX]; /* what.without_scope points here */
};

/* Every rule of the plan that can cost time, none that cannot. `options` says what
   people cost. Returns how many. */
size_t binding_tries(const struct plan *plan, const struct run_options *options,
                     struct binding_try out[BINDING_TRIES_MAX]);
/* The single values ("customer=acme") behind the label of a try, of the targets that
   ended last in `usual`. */
size_t binding_values(const struct plan *plan, const struct binding_try *of,
                      const struct forecast_run *usual,
                      struct binding_try out[BINDING_TRIES_MAX], size_t room);

/* Run a plan with a change `runs` times (seeds 1 ...) and fill finish, late and never. */
void binding_run(const struct plan *plan, const struct what_if *what,
                 const struct run_options *options, int runs,
                 struct forecast_change *change);
/* What it saves against the plan as it is; negative is 0. Never against some day counts
   as until the horizon. */
void binding_saves(const struct forecast_change *planned, int64_t horizon_ms,
                   struct forecast_change *change);
/* Most first; what saves less than `least_ms` is dropped. The number left. */
size_t binding_rank(struct forecast_change *changes, size_t count, int64_t least_ms);

#endif
