/*
 * model/campaign.h - a campaign and its strategy as plain data, as people wrote it.
 */
#ifndef MODEL_CAMPAIGN_H
#define MODEL_CAMPAIGN_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/fleet.h"
#include "model/timetable.h"
#include "model/worst.h"

#define STRATEGY_WAVES_MAX   200
#define STRATEGY_COVER_MAX   8
#define STRATEGY_DOMAINS_MAX 16
#define STRATEGY_LIMITS_MAX  32
#define IN_FLIGHT_MAX        5000

enum size_kind { SIZE_COUNT, SIZE_PERCENT, SIZE_REST };

/* A size or a budget: a count, a share (of the selected targets, or of the
   wave for a budget; rounded down, a wave's size at least 1), or the rest. */
struct amount {
    enum size_kind kind;
    int value;
};

enum budget_mode { BUDGET_NORMAL, BUDGET_STRICT, BUDGET_MODE_COUNT };

enum on_exceed {
    ON_EXCEED_PAUSE,
    ON_EXCEED_ABORT,
    ON_EXCEED_ROLLBACK_WAVE,
    ON_EXCEED_COUNT
};

struct wave_strategy {
    char *name; /* NULL: the planner names it wave-N */
    struct amount size;
    char *cover[STRATEGY_COVER_MAX]; /* labels whose values the wave must cover */
    size_t cover_count;
    int64_t soak_ms;
    bool has_budget;
    struct amount budget;
    bool gate; /* wait for `slipway approve --wave` before it opens */
    enum on_exceed on_exceed;
    struct place place;
};

struct named_limit {
    char *name; /* domain label, or resource */
    int max;
    struct place place;
};

struct strategy {
    struct wave_strategy *waves;
    size_t wave_count, wave_room;
    int in_flight;
    struct named_limit max_unavailable[STRATEGY_DOMAINS_MAX];
    size_t max_unavailable_count;
    struct named_limit limits[STRATEGY_LIMITS_MAX];
    size_t limit_count;
    bool has_wave_budget, has_campaign_budget;
    struct amount wave_budget, campaign_budget;
    enum budget_mode mode;
    enum on_exceed on_exceed;
    bool approval_required;
    bool no_recoveries;                 /* of known issues: none is run by itself */
    struct time_rules windows, freezes; /* windows have no label: they bind all */
    char *zone;                         /* of times without one; NULL: the fleet's */
    int64_t cut_off_ms, min_opening_ms, min_notice_ms;
    char *deadline; /* "2026-12-24 18:00 Europe/Paris", as written; NULL: none */
    struct place zone_place, deadline_place;
    int64_t deadline_ms; /* worked out by who knows zones; 0: none */
    enum overrun_rule overrun;
    struct worst worst; /* in place of the playbook's, half by half; 0: as it says */
    struct place worst_place;
};

struct campaign {
    char *name;
    char *playbook; /* name or absolute path */
    char *fleet;    /* absolute path, or NULL */
    char *select;   /* SQL over the fleet's columns; NULL: all */
    char *after;    /* the campaign that must be over before; NULL: none */
    json_t *vars;   /* object */
    struct strategy strategy;
    char *digest; /* SHA-256 of the file */
    struct place place;
    struct place playbook_place;
    struct place select_place;
};

void campaign_clear(struct campaign *campaign);

const char *budget_mode_name(enum budget_mode mode);
int budget_mode_from(const char *name);
const char *on_exceed_name(enum on_exceed action);
int on_exceed_from(const char *name);

#endif
