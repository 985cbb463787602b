/* links_words.c - link groups in sentences, as a section and for scripts; see links.h. */
#include <string.h>

#include "report/links.h"
#include "report/words.h"
#include "util/auto.h"
#include "util/text.h"
#include "util/timefmt.h"
#include "util/xalloc.h"

#define NAMES_SHOWN  6
#define REASON_SHOWN 120 /* bytes; whole ones are under "Failures by reason" */
#define MINUTE_MS    60000

const char *link_replication_name(enum link_replication replication)
{
    static const char *const names[] = {"not_down", "not_asked", "looked_at", "in_step",
                                        "broken"};
    _Static_assert(ARRAY_LENGTH(names) == LINK_REPLICATIONS, "one name for each");
    return names[replication];
}

static bool is_companion(const struct link_member *m)
{
    return m->companion;
}

static bool is_changed(const struct link_member *m)
{
    return !m->companion;
}

static bool is_broken(const struct link_member *m)
{
    return m->looked_ms && !m->in_step;
}

static void add_names(const struct link_report *link,
                      bool (*takes)(const struct link_member *), struct buf *out)
{
    auto_free const char **names = xcalloc(link->member_count + 1, sizeof *names);
    size_t count = 0;
    for (size_t i = 0; i < link->member_count; i++) {
        if (takes(&link->members[i]))
            names[count++] = link->members[i].name;
    }
    words_names(out, names, count, NAMES_SHOWN);
}

void link_members_words(const struct link_report *link, struct buf *out)
{
    size_t companions = 0, told = 0;
    for (size_t i = 0; i < link->member_count; i++)
        companions += link->members[i].companion;
    add_names(link, is_changed, out);
    if (!companions)
        return;
    buf_adds(out, "; only along: ");
    if (companions > NAMES_SHOWN)
        add_names(link, is_companion, out);
    for (size_t i = 0; i < link->member_count && companions <= NAMES_SHOWN; i++) {
        const struct link_member *m = &link->members[i];
        if (!m->companion)
            continue;
        buf_adds(out, told++ ? ", " : "");
        words_clean(out, m->name);
        buf_adds(out, m->has_it ? " (has " : " (not selected");
        buf_adds(out, !m->has_it && *m->version ? ", stays at " : "");
        words_clean(out, m->version);
        buf_adds(out, m->has_it ? " already)" : ")");
    }
}

const char *link_outage_words(const struct link_outage *outage)
{
    return !outage->rollback    ? "snapshots"
           : !outage->snapshots ? "rollback"
                                : "snapshots, then rollback";
}

const char *link_planned_took(int64_t ms, char *out, size_t size)
{
    return words_took((ms + MINUTE_MS - 1) / MINUTE_MS * MINUTE_MS, out, size);
}

void link_planned_words(const struct link_report *link, const struct link_outage *outage,
                        struct buf *out)
{
    char usual[WORDS_TIME_MAX], worst[WORDS_TIME_MAX];
    if (outage->rollback)
        buf_adds(out, "not planned");
    else if (link->planned_worst_ms)
        buf_addf(out, "about %s, at most %s",
                 link_planned_took(link->planned_ms, usual, sizeof usual),
                 link_planned_took(link->planned_worst_ms, worst, sizeof worst));
}

void link_replication_words(const struct link_report *link, struct buf *out)
{
    size_t looked = 0;
    for (size_t i = 0; i < link->member_count; i++)
        looked += link->members[i].looked_ms > 0;
    if (link->replication == LINK_NOT_ASKED)
        buf_adds(out, "not asked by the playbook");
    else if (link->replication == LINK_LOOKED_AT)
        buf_addf(out, "looked at %zu of %zu", looked, link->member_count);
    else if (link->replication == LINK_IN_STEP)
        buf_addf(out, "in step at all %zu", link->member_count);
    if (link->replication != LINK_BROKEN)
        return;
    buf_adds(out, "not in step at ");
    add_names(link, is_broken, out);
}

const char *link_away_words(const struct link_report *link)
{
    return link->state == GROUP_LEFT ? "in an operator's hands" : "not yet";
}

void link_back_words(const struct link_report *link, struct buf *out)
{
    if (link->state == GROUP_STRANDED)
        buf_adds(out, "no: stranded");
    else if (link->state >= GROUP_HALTING && link->state <= GROUP_CLEARING)
        buf_adds(out, "under way");
    else if (link->state == GROUP_ROLLED_BACK && link->reverted)
        buf_addf(out, "all %zu together", link->member_count);
    else if (link->state == GROUP_ROLLED_BACK)
        buf_adds(out, "started again, nothing was changed");
    else if (link->state == GROUP_SUCCEEDED)
        buf_adds(out, "not needed");
    else
        buf_adds(out, "no");
}

/* ---- the section ---- */

static void add_row(const struct link_report *link, const struct link_outage *outage,
                    bool last, struct table *table)
{
    char at[WORDS_TIME_MAX];
    auto_buf struct buf planned = {0}, replication = {0}, back = {0};
    link_planned_words(link, outage, &planned);
    if (last) {
        link_replication_words(link, &replication);
        link_back_words(link, &back);
    }
    table_add(table, link->name);
    table_add(table, link_outage_words(outage));
    table_add(table, time_iso(outage->down_ms, at, sizeof at));
    table_add(table, outage->back_ms ? time_iso(outage->back_ms, at, sizeof at)
                                     : link_away_words(link));
    table_add(table, outage->back_ms
                         ? words_took(outage->back_ms - outage->down_ms, at, sizeof at)
                         : "");
    table_add(table, buf_text(&planned));
    table_add(table, buf_text(&replication));
    table_add(table, buf_text(&back));
}

static void add_line(const struct link_report *link, struct section *section)
{
    auto_buf struct buf text = {0};
    words_state(&text, machine_state(&group_machine, (int)link->state));
    buf_adds(&text, ": ");
    link_members_words(link, &text);
    bool bad = link->state == GROUP_STRANDED || link->state == GROUP_ROLLED_BACK ||
               link->state == GROUP_FAILED;
    buf_adds(&text, link->outage_count ? "" : "; nobody was shut down");
    if (bad && link->reason) {
        buf_adds(&text, ". ");
        text_sanitize(&text, link->reason, strlen(link->reason), REASON_SHOWN);
    }
    section_line(section, "%s (wave %s) %s", link->name, link->wave, buf_text(&text));
}

void links_section(const struct link_reports *links, struct document *out)
{
    static const char *const heads[] = {"group", "down for", "from",        "back",
                                        "took",  "planned",  "replication", "put back"};
    struct section *section = document_section(out, "Link groups");
    size_t outages = 0;
    for (size_t i = 0; i < links->count; i++) {
        add_line(&links->items[i], section);
        outages += links->items[i].outage_count;
    }
    if (!outages)
        return;
    section->table.columns = ARRAY_LENGTH(heads);
    section->table.right[4] = true;
    for (size_t i = 0; i < ARRAY_LENGTH(heads); i++)
        table_add(&section->table, heads[i]);
    for (size_t i = 0; i < links->count; i++) {
        const struct link_report *link = &links->items[i];
        for (size_t k = 0; k < link->outage_count; k++)
            add_row(link, &link->outages[k], k + 1 == link->outage_count,
                    &section->table);
    }
}

/* ---- JSON ---- */

static json_t *members_json(const struct link_report *link)
{
    json_t *list = json_array();
    for (size_t i = 0; i < link->member_count; i++) {
        const struct link_member *m = &link->members[i];
        (void)json_array_append_new(
            list,
            json_pack("{s:o, s:o, s:b, s:o, s:o, s:o}", "name", words_json_text(m->name),
                      "version", words_json_text(*m->version ? m->version : NULL),
                      "companion", m->companion, "companion_because",
                      words_json_text(!m->companion ? NULL
                                      : m->has_it   ? "has_it"
                                                    : "not_selected"),
                      "looked_at", words_json_time(m->looked_ms), "in_step",
                      m->looked_ms ? json_boolean(m->in_step) : json_null()));
    }
    return list;
}

static json_t *outages_json(const struct link_report *link)
{
    json_t *list = json_array();
    for (size_t i = 0; i < link->outage_count; i++) {
        const struct link_outage *o = &link->outages[i];
        (void)json_array_append_new(
            list,
            json_pack("{s:b, s:b, s:o, s:o, s:o}", "snapshots", o->snapshots, "rollback",
                      o->rollback, "down", words_json_time(o->down_ms), "back",
                      words_json_time(o->back_ms), "took_ms",
                      o->back_ms ? json_integer(o->back_ms - o->down_ms) : json_null()));
    }
    return list;
}

json_t *links_json(const struct link_reports *links)
{
    json_t *list = json_array();
    for (size_t i = 0; i < links->count; i++) {
        const struct link_report *link = &links->items[i];
        bool together = link->state == GROUP_ROLLED_BACK && link->reverted;
        const struct {
            const char *key;
            json_t *value;
        } members[] = {
            {"name", words_json_text(link->name)},
            {"wave", words_json_text(link->wave)},
            {"state", json_string(machine_state(&group_machine, (int)link->state))},
            {"reason", words_json_text(link->reason)},
            {"members", members_json(link)},
            {"outages", outages_json(link)},
            {"planned_ms", json_integer(link->planned_ms)},
            {"planned_worst_ms", json_integer(link->planned_worst_ms)},
            {"replication", json_string(link_replication_name(link->replication))},
            {"rolled_back_together", json_boolean(together)},
        };
        json_t *o = json_object();
        for (size_t k = 0; k < ARRAY_LENGTH(members); k++)
            (void)json_object_set_new(o, members[k].key, members[k].value);
        (void)json_array_append_new(list, o);
    }
    return list;
}
