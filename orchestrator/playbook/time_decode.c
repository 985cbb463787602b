/*
 * time_decode.c - see time_decode.h.
 *
 * A rule's mapping has one key that is known, `calendar`, and one that is a label of the
 * fleet, so it has no table of keys; a label that nobody has is lint's affair.
 */
#include "playbook/time_decode.h"

#include <string.h>

#include "playbook/checks.h"
#include "playbook/paths.h"
#include "util/auto.h"
#include "util/duration.h"
#include "util/text.h"
#include "util/xalloc.h"

#define ZONE_BYTES_MAX 64u

static bool is_zone(const char *text)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                  "0123456789_+-/";
    size_t length = strlen(text);
    return length <= ZONE_BYTES_MAX && strspn(text, allowed) == length &&
           text[0] != '/' && text[length - 1] != '/';
}

void zone_decode(const struct fields *fields, char **zone, struct place *place)
{
    auto_free char *text = field_text(fields, "zone");
    if (!text)
        return;
    if (!is_zone(text)) {
        decode_error(fields->decoder, field_node(fields, "zone"),
                     "zone must be the name of a time zone, such as Europe/Paris or UTC");
        return;
    }
    *zone = steal_ptr(&text);
    *place = decode_place(fields->decoder, field_node(fields, "zone"));
}

/* ---- rules ---- */

static struct time_rule *add_rule(const struct decoder *decoder,
                                  const struct yaml_node *calendar,
                                  struct time_rules *out)
{
    const char *text = decode_text(decoder, calendar, "calendar");
    if (!text)
        return NULL;
    auto_free char *source =
        path_is_calendar(text) ? path_absolute(decoder->base_dir, text) : xstrdup(text);
    if (path_is_calendar(text) && !path_is_file(source))
        decode_error(decoder, calendar, "calendar %s: no such file", text);
    struct time_rule *rule = vec_push(out->items, out->count, out->room);
    *rule = (struct time_rule){.calendar = steal_ptr(&source),
                               .place = decode_place(decoder, calendar)};
    return rule;
}

/* The members of a rule's mapping. */
struct rule_nodes {
    const struct yaml_node *calendar, *label, *second; /* NULL: not there */
};

static struct rule_nodes nodes_of(const struct yaml_node *mapping)
{
    struct rule_nodes found = {0};
    for (const struct yaml_node *at = mapping->first; at; at = at->next) {
        if (!strcmp(at->key, "calendar"))
            found.calendar = at;
        else if (!found.label)
            found.label = at;
        else
            found.second = at;
    }
    return found;
}

/* At a key, not at its value. */
static struct yaml_node key_of(const struct yaml_node *member)
{
    struct yaml_node key = *member;
    key.line = member->key_line;
    key.column = member->key_column;
    return key;
}

static void lacks_calendar(const struct decoder *decoder, const struct yaml_node *mapping)
{
    static const char *const known[] = {"calendar"};
    for (const struct yaml_node *at = mapping->first; at; at = at->next) {
        struct yaml_node key = key_of(at);
        if (!text_nearest(at->key, known, ARRAY_LENGTH(known)))
            continue;
        decode_error(decoder, &key, "unknown key %s (nearest known key: calendar)",
                     at->key);
        return;
    }
    decode_error(decoder, mapping,
                 "a rule lacks the key calendar: write {LABEL: VALUE, calendar: FILE}");
}

static void take_label(const struct decoder *decoder, const struct yaml_node *label,
                       const char *list, bool labels, struct time_rule *rule)
{
    struct yaml_node key = key_of(label);
    const char *value = decode_text(decoder, label, label->key);
    if (!labels)
        decode_error(decoder, &key,
                     "%s of a campaign bind all of its targets; put those of one %s into "
                     "the fleet's file",
                     list, label->key);
    else if (!check_label(label->key))
        decode_error(
            decoder, &key,
            "%s: a label's name is made of letters, digits, . _ / and -, at most "
            "63",
            label->key);
    else if (value) {
        rule->label = xstrdup(label->key);
        rule->value = xstrdup(value);
    }
}

static void decode_rule(const struct decoder *decoder, const struct yaml_node *node,
                        const char *list, bool labels, struct time_rules *out)
{
    if (node->kind == YAML_SCALAR) {
        (void)add_rule(decoder, node, out);
        return;
    }
    if (node->kind != YAML_MAPPING) {
        if (node->kind != YAML_BAD)
            decode_error(decoder, node, "%s must list calendars, or mappings with one",
                         list);
        return;
    }
    struct rule_nodes found = nodes_of(node);
    if (!found.calendar) {
        lacks_calendar(decoder, node);
        return;
    }
    if (found.second) {
        struct yaml_node key = key_of(found.second);
        decode_error(decoder, &key,
                     "a rule has one label; write another rule for %s (windows of "
                     "different labels must all be open)",
                     found.second->key);
    }
    struct time_rule *rule = add_rule(decoder, found.calendar, out);
    if (rule && found.label)
        take_label(decoder, found.label, list, labels, rule);
}

void time_rules_decode(const struct fields *fields, const char *key, bool labels,
                       struct time_rules *out)
{
    const struct yaml_node *list = field_list(fields, key, TIME_RULES_MAX);
    for (const struct yaml_node *at = list ? list->first : NULL; at; at = at->next)
        decode_rule(fields->decoder, at, key, labels, out);
}

/* ---- strategy ---- */

static void decode_overrun(const struct fields *fields, struct strategy *out)
{
    static const char *const names[] = {"finish", "wait"};
    static const struct choice rules = {overrun_from, names, ARRAY_LENGTH(names)};
    int rule;
    if (field_choice(fields, "overrun", &rules, &rule))
        out->overrun = (enum overrun_rule)rule;
}

void strategy_time_decode(const struct fields *fields, struct strategy *out)
{
    zone_decode(fields, &out->zone, &out->zone_place);
    time_rules_decode(fields, "windows", false, &out->windows);
    time_rules_decode(fields, "freezes", true, &out->freezes);
    (void)field_duration(fields, "cut_off", 0, DURATION_MAX_MS, &out->cut_off_ms);
    (void)field_duration(fields, "min_opening", 0, DURATION_MAX_MS, &out->min_opening_ms);
    (void)field_duration(fields, "min_notice", 0, DURATION_MAX_MS, &out->min_notice_ms);
    out->deadline = field_text(fields, "deadline");
    if (out->deadline)
        out->deadline_place =
            decode_place(fields->decoder, field_node(fields, "deadline"));
    decode_overrun(fields, out);
}
