/*
 * calendar_change.h - one calendar of a running campaign is replaced, or one is added.
 *
 * Somebody who knows zones works its spans out (`slipway calendar import`); what reaches
 * the engine, as a verb's detail and as a record's, is this document:
 *
 *   {"digest":"...","freeze":false,"scope":"customer=acme","source":"/etc/acme.ics",
 *    "spans":[[1795906800000,1795921200000], ...],"zone":"Europe/Paris"}
 *
 * A calendar with the same source, scope and freeze flag is replaced; else it is added
 * and binds every target that its scope names: "appliance=NAME", "site=VALUE",
 * "LABEL=VALUE", "fleet" and "campaign". An appliance's own window takes the place of
 * those for its labels, as when a plan is made.
 */
#ifndef ENGINE_CALENDAR_CHANGE_H
#define ENGINE_CALENDAR_CHANGE_H

#include "model/plan.h"

/* Bytes of the document: it goes through one line of the control socket and into one
   record. About 2,000 openings. */
#define CALENDAR_CHANGE_MAX 61440

/* Decode and check; `out` is the caller's: calendar_change_clear(). -1 with a sentence. */
int calendar_change_read(const char *json, struct plan_calendar *out,
                         struct slipway_error *err);
void calendar_change_clear(struct plan_calendar *calendar);

/* The document of a calendar; the caller's. NULL: longer than CALENDAR_CHANGE_MAX. */
char *calendar_change_json(const struct plan_calendar *calendar);

/* True if `time` has it, or it can bind some target of the plan. */
bool calendar_change_concerns(const struct plan *plan, const struct plan_time *time,
                              const struct plan_calendar *calendar);

/* Take it into `time` (a copy that belongs to the caller) and settle what follows. */
void calendar_change_apply(const struct plan *plan, struct plan_time *time,
                           const struct plan_calendar *calendar);

#endif
