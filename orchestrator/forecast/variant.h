/*
 * variant.h - a plan with some of its rules changed, for what-if runs: the same targets
 * and calendars, other numbers. What is not changed is shared with the plan.
 */
#ifndef FORECAST_VARIANT_H
#define FORECAST_VARIANT_H

#include "model/plan.h"

#define WHAT_IF_CAPS_MAX 16

/* "site", 5: every domain or limit of that label, or the one named so in full. */
struct what_if_cap {
    const char *key;
    int max;
};

/* Zeroed: nothing changes. Texts and spans are borrowed. */
struct what_if {
    int in_flight; /* 0: as planned */
    bool has_soak, has_budget;
    int64_t soak_ms; /* of every wave */
    int budget;      /* of the campaign, and of its waves where that is less */
    struct what_if_cap domains[WHAT_IF_CAPS_MAX], limits[WHAT_IF_CAPS_MAX];
    size_t domain_count, limit_count;
    const struct spans *windows; /* open for everybody besides; freezes beat them */
    bool no_windows, no_freezes, no_notice, no_gates, one_wave;
    const char *without_scope; /* calendars of this scope ("customer=acme"), or of all
                                  values of this label ("customer"); NULL: none */
};

struct variant {
    struct plan plan;
};

/* The plan is borrowed and must outlive it. */
struct variant *variant_create(const struct plan *plan, const struct what_if *what);
void variant_free(struct variant *variant);

static inline void auto_variant_fn(struct variant **variant)
{
    variant_free(*variant);
}
#define auto_variant __attribute__((cleanup(auto_variant_fn)))

/* True if `key` is `label` or one of its values, "label=...". */
bool variant_is_of(const char *key, const char *label);

#endif
