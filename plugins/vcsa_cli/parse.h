/*
 * parse.h - answers of the appliance's commands, as values. All functions are pure, take
 * any bytes, and tell "not known" from "no".
 */
#ifndef VCSA_CLI_PARSE_H
#define VCSA_CLI_PARSE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "vcsa_cli/limits.h"

/* Four dotted numbers; what may be named as a version and stand in a command. */
bool parse_version_valid(const char *version);

/* ---- parse_conf.c: /etc/applmgmt/appliance ---- */

/* update.conf: the version; -1 if it is no JSON or names none. */
int parse_installed(const char *text, char version[CLI_VERSION_MAX]);

struct update_state {
    char state[40];                /* "UP_TO_DATE"; "" if not known */
    char version[CLI_VERSION_MAX]; /* that the state is about, or "" */
};
/* software_update_state.conf; -1 if it is no JSON with a state. */
int parse_state(const char *text, struct update_state *out);

/* "VMware VirtualCenter 6.5.0 build-8307201": -1 if it is none. */
int parse_vpxd(const char *text, char version[CLI_VERSION_MAX],
               char build[CLI_VERSION_MAX]);

/* ---- parse_staged.c: software-packages list --staged ---- */

/*
 * {"version", "name", "build", ..., "reboot_required": bool, "version_supported": [...]},
 * the caller's; NULL if nothing is staged. version_supported is absent if the patch does
 * not tell or its list cannot be read.
 */
json_t *parse_staged(const char *text);

/* ---- parse_services.c: service-control --status --all ---- */

/* {"running": [...], "stopped": [...], "pending": [...]}, sorted, the caller's; NULL if
   none of the three headings is there. */
json_t *parse_services(const char *text);

/* ---- parse_chage.c: chage -l ---- */

struct password_life {
    bool never, must_change;
    int64_t expires_ms; /* the day's beginning, UTC; not with never or must_change */
    int max_days;       /* -1: not told */
};
int parse_chage(const char *text, struct password_life *out);

/* ---- parse_df.c: df -P, df -i -P ---- */

/* [{"mount", "percent", "free_mb"}], the caller's; NULL without the heading. With
   `inodes` there is no free_mb. Only / and file systems of the appliance's own disks. */
json_t *parse_df(const char *text, bool inodes);

/* ---- parse_vecs.c: vecs-cli ---- */

/* Names of stores, one a line; the caller's. */
json_t *parse_stores(const char *text);
/* [{"alias", "ends_ms", "names", "subject"}] of `entry list --text`; the caller's. What
   could not be read of an entry is not in it. */
json_t *parse_entries(const char *text);
/* Takes from the next line of an entry (NULL: of none) to whom it is made out; `alternatives`
   is false before the first line, and tells of the line before afterwards. */
void parse_names_of(json_t *entry, const char *line, bool *alternatives);
/* Is the certificate of this entry made out to `name`? -1: it tells no names. */
int parse_is_named(const json_t *entry, const char *name);
/* "Nov  5 12:00:00 2026 GMT"; -1 if it is none. */
int parse_moment(const char *text, int64_t *out_ms);

/* ---- parse_replication.c: vdcrepadmin ---- */

/* [{"partner", "host_available", "status_available", "behind"}], the caller's; behind is
   null if it is not told. Empty without a partner. */
json_t *parse_partners(const char *text);
/* Names of the nodes that showservers lists; the caller's. */
json_t *parse_nodes(const char *text);

#endif
