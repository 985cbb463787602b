/*
 * tables.h - every key that people may write, in one place.
 *
 * The decoders open mappings with these tables, and a test holds the JSON Schemas in
 * docs/schema/ against them, so that neither can learn a key that the other lacks.
 */
#ifndef PLAYBOOK_TABLES_H
#define PLAYBOOK_TABLES_H

#include "playbook/decode.h"

#define NAME_CHARACTERS                                                                  \
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-"

/* fleet.yaml */
extern const struct key_table table_fleet;
extern const struct key_table table_manager;
extern const struct key_table table_manager_host;
extern const struct key_table table_license_pool;
extern const struct key_table table_defaults;
extern const struct key_table table_defaults_vm;
extern const struct key_table table_appliance;
extern const struct key_table table_ssh;
extern const struct key_table table_rest;
extern const struct key_table table_vami;
extern const struct key_table table_session;
extern const struct key_table table_logout;
extern const struct key_table table_vm;
extern const struct key_table table_tls;
extern const struct key_table table_login;
extern const struct key_table table_secret;

/* campaign.yaml */
extern const struct key_table table_campaign;
extern const struct key_table table_strategy;
extern const struct key_table table_wave;
extern const struct key_table table_budget;
extern const struct key_table table_approval;
extern const struct key_table table_worst; /* also of a playbook */

/* playbook.yaml */
extern const struct key_table table_playbook;
extern const struct key_table table_snapshot;
extern const struct key_table table_version;
extern const struct key_table table_step;
extern const struct key_table table_health;

/* The tables of one file ("fleet", "campaign", "playbook"), the file's own first;
   NULL for another word. Borrowed. */
const struct key_table *const *tables_of(const char *file, size_t *count);

#endif
