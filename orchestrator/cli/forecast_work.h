/*
 * forecast_work.h - what cmd_forecast.c asks for, and the runs that answer it.
 */
#ifndef CLI_FORECAST_WORK_H
#define CLI_FORECAST_WORK_H

#include "cli/cli.h"
#include "forecast/binding.h"
#include "forecast/run.h"
#include "forecast/variant.h"
#include "loop/driver.h"
#include "model/forecast.h"

#define FORECAST_SEEDS_USUAL 200
#define FORECAST_SEEDS_LARGE 20 /* of plans with more targets than FORECAST_LARGE */
#define FORECAST_LARGE       3000
#define FORECAST_SEEDS_MAX   10000

/* ---- forecast_subject.c: which plan ---- */

struct forecast_subject {
    struct plan *plan;     /* NULL: nothing to forecast, and it was said */
    struct engine *engine; /* of a campaign that has begun; NULL: from the start */
    int failed, settled;   /* targets of earlier campaigns of the same playbook */
};

/* `path`: a campaign's YAML, a plan, or NULL: the running campaign, else the plan of the
   state. An exit code, explained. */
int forecast_subject_open(struct cli *cli, const char *path,
                          struct forecast_subject *out);
/* What earlier campaigns of the playbook in the state came to; nothing without a state. */
void forecast_subject_history(struct cli *cli, struct forecast_subject *out);
void forecast_subject_close(struct forecast_subject *subject);

/* ---- forecast_options.c: what is asked ---- */

struct forecast_ask {
    struct what_if what;
    bool changes; /* something of the plan */
    char *what_text;
    struct spans windows;
    char *cap_text, *limit_text; /* `what` points into them */
    struct run_options run;
    bool failure_given;
    int seeds;
    int64_t deadline_ms;
};

/* From the options of the verb. An exit code, explained. */
int forecast_ask_read(struct cli *cli, const struct forecast_subject *subject,
                      int64_t now_ms, struct forecast_ask *out);
void forecast_ask_clear(struct forecast_ask *ask);

/* Openings of a short form up to the plan's horizon; settled. -1 with a sentence. */
int forecast_windows(const struct plan *plan, const char *form, int64_t from_ms,
                     struct spans *out, struct slipway_error *err);

/* ---- forecast_work.c: the runs ---- */

void forecast_work(const struct forecast_subject *subject, const struct forecast_ask *ask,
                   struct forecast *out);

/* ---- forecast_remedy.c: changes that would hold the deadline ---- */

#define REMEDIES_MAX 48
/* Candidates with what to change in `what`; *windows must outlive them. */
struct remedy {
    struct forecast_change change;
    struct what_if what;
    struct spans windows;
    char key[FORECAST_KEY_MAX];
};
size_t remedy_list(const struct plan *plan, const struct forecast_ask *ask,
                   struct remedy out[REMEDIES_MAX]);

#endif
