/*
 * t_state.h - what the upgrade coordinator of an NSX-T cluster says: its summary (which
 * versions) and its status (how far each component is).
 */
#ifndef NSX_T_STATE_H
#define NSX_T_STATE_H

#include "nsx/talk.h"

#define NSX_T_COMPONENTS_MAX 12u

enum nsx_t_status {
    NSX_T_OTHER, /* a word that is not known, or none */
    NSX_T_NOT_STARTED,
    NSX_T_IN_PROGRESS,
    NSX_T_PAUSING,
    NSX_T_PAUSED,
    NSX_T_SUCCESS,
    NSX_T_FAILED,
};

struct nsx_t_component {
    char type[32]; /* EDGE, HOST, MP, FINALIZE_UPGRADE */
    enum nsx_t_status status;
    char word[24]; /* the status as told               */
    int percent;   /* -1: not told                     */
    char details[NSX_TEXT_MAX];
    char checks[24];       /* of its pre-upgrade checks, "" if not told */
    int64_t checks_run_ms; /* when they began, 0 if not told             */
};

struct nsx_t_state {
    char word[24]; /* of the whole upgrade, as told */
    enum nsx_t_status status;
    struct nsx_t_component items[NSX_T_COMPONENTS_MAX];
    size_t count;
};

struct nsx_t_summary {
    char system[NSX_VERSION_MAX], target[NSX_VERSION_MAX], coordinator[NSX_VERSION_MAX];
    bool coordinator_updated; /* as told; the versions say it better */
    char bundle[160];
};

enum nsx_answer nsx_t_state_read(struct nsx_talk *talk, struct nsx_t_state *out);
enum nsx_answer nsx_t_summary_read(struct nsx_talk *talk, struct nsx_t_summary *out);

/* NULL: the coordinator does not tell of it. */
const struct nsx_t_component *nsx_t_component(const struct nsx_t_state *state,
                                              const char *type);
bool nsx_t_moves(enum nsx_t_status status);
/* The component that is under way, NULL if none is. */
const struct nsx_t_component *nsx_t_moving(const struct nsx_t_state *state);

#endif
