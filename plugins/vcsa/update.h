/*
 * update.h - the state of an appliance's updates, read once and decoded.
 */
#ifndef VCSA_UPDATE_H
#define VCSA_UPDATE_H

#include "vcsa/talk.h"

enum vcsa_update_state {
    VCSA_UP_TO_DATE,
    VCSA_UPDATES_PENDING,
    VCSA_STAGING,
    VCSA_INSTALLING,
    VCSA_INSTALL_FAILED,
    VCSA_ROLLING_BACK,
    VCSA_STATE_UNKNOWN, /* a name that is not known */
};

struct vcsa_update {
    enum vcsa_update_state state;
    char state_name[40];
    /* of the base if up to date, else of what is staged, being installed or failed */
    char version[VCSA_VERSION_MAX];
    bool task;            /* a task is told of       */
    char task_status[16]; /* RUNNING, SUCCEEDED, ... */
    int percent;          /* -1: not known           */
    char doing[160];      /* clean, "" if not known  */
    char error[VCSA_TEXT_MAX];
};

/* GET /appliance/update. `document` (may be NULL) gets the whole answer, the caller's. */
enum vcsa_answer vcsa_update_read(struct vcsa_talk *talk, struct vcsa_update *out,
                                  json_t **document);
/* Something is under way that must be over before anything else begins. */
bool vcsa_update_busy(const struct vcsa_update *update);
bool vcsa_task_running(const struct vcsa_update *update);

struct vcsa_staged {
    bool any; /* false: nothing is staged, or not yet */
    bool complete;
    char version[VCSA_VERSION_MAX];
};

/* GET /appliance/update/staged; "nothing staged" (400) is an answer, not an error. */
enum vcsa_answer vcsa_staged_read(struct vcsa_talk *talk, struct vcsa_staged *out);

/* Notifications of one kind ("errors") as [{"id","text","resolution"}]; the caller's. */
json_t *vcsa_notes(const json_t *notifications, const char *kind);
/* The first of them as one clean line with how many more there are. */
const char *vcsa_notes_line(const json_t *notes, char *out, size_t size);

/* "/appliance/update/pending/VERSION?action=ACTION"; ACTION may be NULL. The caller's. */
char *vcsa_pending_path(const char *version, const char *action);

#endif
