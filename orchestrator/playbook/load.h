/*
 * load.h - from the files that people write to the plain data of model/.
 *
 * Each load_* reads one file, records every problem it finds, and gives the data
 * only if there was no error (warnings are fine): 0, or -1 with `out` untouched.
 * Files are read once; what is checked is what is digested.
 */
#ifndef PLAYBOOK_LOAD_H
#define PLAYBOOK_LOAD_H

#include "expr/expr.h"
#include "model/campaign.h"
#include "model/fleet.h"
#include "model/playbook.h"
#include "playbook/problem.h"
#include "slipway/error.h"
#include "util/sha256.h"

/*
 * What the decoder asks about `use:`; filled by whoever knows the plugins.
 * check: the arguments of an operation. `with_json` is a JSON object that may still
 * hold templates, `base_dir` the absolute folder that relative files start from,
 * `declared_class` the step's own `class:` or NULL. Gives the arguments in normal
 * form (the caller's), the class, and what the operation speaks to ("ssh", "rest",
 * "manager" or NULL; borrowed for as long as the catalogue lives). -1 with a
 * sentence.
 */
struct operation_catalogue {
    int (*check)(void *data, const char *use, const char *with_json, const char *base_dir,
                 const char *declared_class, char **normalised_with,
                 enum slipway_class *repeat, const char **needs,
                 struct slipway_error *err);
    void *data;
    /* Is this argument the path of a file here (a script, something to upload)? NULL: a
       path below the playbook's folder is taken for one. */
    bool (*is_file)(void *data, const char *use, const char *argument);
};

/* Where an operation of a playbook stands, and what it needs: for lint, found by id. */
struct operation_note {
    char *id;
    char *needs; /* or NULL */
    struct place place;
};

struct playbook_notes {
    struct operation_note *items;
    size_t count, room;
    struct place place; /* of the playbook */
    struct place worst; /* of its `worst`; line 0: it has none */
};
void playbook_notes_clear(struct playbook_notes *notes);
#define auto_playbook_notes __attribute__((cleanup(playbook_notes_clear)))

/* `digest` (may be NULL) gets the SHA-256 of the file. fleet_lint() is included. */
int load_fleet(const char *path, struct fleet *out, char digest[SHA256_HEX],
               struct problem_list *problems);

/* What only the whole fleet can tell: duplicate names, two appliances with one
   address or one virtual machine, calendars that are not there. */
void fleet_lint(const struct fleet *fleet, struct problem_list *problems);

/* Put `link_members` into the documents of the members of each link group, of the whole
   fleet: [{name, host, pnid?}] in the order of their names, the member itself among them. A
   group that is too large is a problem. */
void fleet_links_settle(struct fleet *fleet, struct problem_list *problems);

/* Rules for a label's value that no appliance has; `key` names them. */
void fleet_lint_rules(const struct fleet *fleet, const struct time_rules *rules,
                      const char *key, struct problem_list *problems);

int load_campaign(const char *path, struct campaign *out, struct problem_list *problems);

/* `notes` may be NULL. */
int load_playbook(const char *path, const struct operation_catalogue *catalogue,
                  struct playbook *out, struct playbook_notes *notes,
                  struct problem_list *problems);

/*
 * The file of a campaign's playbook. A name is looked for as <campaign
 * dir>/playbooks/NAME.yaml, <campaign dir>/NAME.yaml, ./playbooks/NAME.yaml and
 * <share dir>/playbooks/NAME.yaml (share dir: $SLIPWAY_SHARE, else where slipway was
 * installed); a path is taken as it is. *path is the caller's. -1 with a sentence
 * that lists the places.
 */
int find_playbook(const char *name, const char *campaign_dir, char **path,
                  struct slipway_error *err);

/*
 * The appliances that the campaign's `select` chooses, as indexes into the fleet, in
 * its order; *indexes is the caller's. Columns: name, host, kind, site, version,
 * link_group, manager, datastore, labels (JSON), and every label of the fleet whose
 * name is an identifier and no column yet. What an appliance does not have is NULL.
 */
int campaign_select(const struct campaign *campaign, const struct fleet *fleet,
                    struct expr_engine *engine, int **indexes, size_t *count,
                    struct slipway_error *err);

/* What only the files together can tell. Everything is borrowed. */
struct lint_input {
    const struct fleet *fleet;
    const struct campaign *campaign;
    const struct playbook *playbook;
    const struct playbook_notes *notes;
    const int *selected; /* indexes into fleet->appliances */
    size_t selected_count;
    const int *companions; /* who comes along in link groups: no step runs on them, but
                              versions and checks do */
    size_t companion_count;
};
void lint_all(const struct lint_input *input, struct problem_list *problems);

#endif
