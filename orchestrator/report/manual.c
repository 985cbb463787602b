/*
 * manual.c - see manual.h.
 *
 * The wording is neutral: it names objects (VM, snapshot, manager), not a tool. What
 * the plan does not know is said to be unknown, never invented. Nothing here is a
 * secret: logins are named by user only.
 */
#include "report/manual.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "report/manual_parts.h"
#include "report/words.h"
#include "util/auto.h"
#include "util/json.h"

void manual_add(struct manual *out, enum manual_kind kind, struct buf *text)
{
    if (out->count < MANUAL_STEPS_MAX)
        out->steps[out->count++] = (struct manual_step){kind, buf_take(text)};
}

static const json_t *part(const struct manual_facts *f, const char *name)
{
    return json_object_get(f->doc, name);
}

/* "VM uuid 4237...": the first way of naming it that the fleet gives. */
static void add_vm(struct buf *out, const struct manual_facts *f)
{
    static const char *const keys[][2] = {{"uuid", "VM uuid "},
                                          {"instance_uuid", "VM instance uuid "},
                                          {"path", "VM "},
                                          {"name", "VM "}};
    for (size_t i = 0; i < ARRAY_LENGTH(keys); i++) {
        const char *value = json_text(part(f, "vm"), keys[i][0]);
        if (!value)
            continue;
        buf_adds(out, keys[i][1]);
        words_clean(out, value);
        return;
    }
    buf_adds(out, "its VM (the fleet does not say which)");
}

static void add_manager(struct buf *out, const struct manual_facts *f)
{
    const char *url = json_text(part(f, "manager"), "url");
    const char *user = json_text(json_object_get(part(f, "manager"), "login"), "user");
    buf_adds(out, "manager ");
    words_clean(out, url ? url : "(not in the fleet)");
    if (user) {
        buf_adds(out, " as ");
        words_clean(out, user);
    }
}

static void add_shell(struct buf *out, const struct manual_facts *f)
{
    const json_t *ssh = part(f, "ssh");
    const char *user = json_text(ssh, "user"), *host = json_text(f->doc, "host");
    auto_buf struct buf peer = {0};
    buf_addf(&peer, "%s@%s", user ? user : "root", host ? host : f->target);
    buf_adds(out, "ssh ");
    if (json_number(ssh, "port", 22) != 22)
        buf_addf(out, "-p %lld ", (long long)json_number(ssh, "port", 22));
    words_quoted(out, buf_text(&peer));
}

/* ---- where to look ---- */

static void look_at_manager(const struct manual_facts *f, struct manual *out)
{
    auto_buf struct buf text = {0};
    if (!part(f, "manager"))
        return;
    buf_adds(&text, "at ");
    add_manager(&text, f);
    buf_adds(&text, ": ");
    add_vm(&text, f);
    buf_adds(&text, ": its recent tasks and its snapshots");
    if (f->snapshot) {
        buf_adds(&text, "; ours is ");
        words_clean(&text, f->snapshot);
        buf_adds(&text, " (");
        words_clean(&text, f->reference);
        buf_addc(&text, ')');
    }
    manual_add(out, MANUAL_LOOK, &text);
}

static void look_at_job(const struct manual_facts *f, struct manual *out)
{
    const char *job_dir = json_text(part(f, "ssh"), "job_dir");
    auto_buf struct buf text = {0}, path = {0};
    if (!part(f, "ssh"))
        return;
    add_shell(&text, f);
    if (f->use && !strcmp(f->use, "ssh.job") && job_dir && f->key) {
        buf_addf(&path, "%s/%s", job_dir, f->key);
        buf_adds(&text, " ls -l ");
        words_quoted(&text, buf_text(&path));
    }
    manual_add(out, MANUAL_LOOK, &text);
}

/* ---- how to finish it, how to put it back ---- */

static void add_at_manager(struct buf *text, const struct manual_facts *f,
                           const char *what)
{
    buf_adds(text, "at ");
    add_manager(text, f);
    buf_addf(text, ": %s ", what);
    add_vm(text, f);
}

static void add_snapshot(struct buf *text, const struct manual_facts *f)
{
    buf_adds(text, " snapshot ");
    words_clean(text, f->snapshot);
    buf_adds(text, " (");
    words_clean(text, f->reference);
    buf_addc(text, ')');
}

void manual_add_revert(struct buf *text, const struct manual_facts *f)
{
    add_at_manager(text, f, "revert");
    buf_adds(text, " to");
    add_snapshot(text, f);
}

/* Its snapshot stays as long as the others of its group may have to go back. */
static void finish_member(const struct manual_facts *f, struct manual *out)
{
    auto_buf struct buf text = {0};
    buf_adds(&text, f->companion
                        ? "see that its checks are green: it is not to be changed"
                        : "bring the appliance to the version that the campaign wants, "
                          "and see that its checks are green");
    manual_add(out, MANUAL_FINISH, &text);
    buf_adds(&text, "leave all snapshots of link group ");
    words_clean(&text, f->link_group);
    buf_adds(&text, " where they are: its others may still have to go back, and then all "
                    "of it does");
    manual_add(out, MANUAL_FINISH, &text);
}

static void finish(const struct manual_facts *f, struct manual *out)
{
    auto_buf struct buf text = {0};
    if (f->unit) {
        finish_member(f, out);
        return;
    }
    buf_adds(&text, "bring the appliance to the version that the campaign wants, and see "
                    "that its checks are green");
    manual_add(out, MANUAL_FINISH, &text);
    if (!f->snapshot)
        return;
    add_at_manager(&text, f, "on");
    buf_adds(&text, " remove");
    add_snapshot(&text, f);
    manual_add(out, MANUAL_FINISH, &text);
}

static void undo_by_snapshot(const struct manual_facts *f, struct manual *out)
{
    auto_buf struct buf text = {0};
    if (f->unit)
        manual_undo_group(f, out);
    if (f->unit || !f->snapshot)
        return;
    if (*f->link_group) {
        buf_adds(&text, "it shares replicated state with link group ");
        words_clean(&text, f->link_group);
        buf_adds(&text, ": power all members off and revert all of them, or none");
        manual_add(out, MANUAL_UNDO, &text);
    }
    manual_add_revert(&text, f);
    manual_add(out, MANUAL_UNDO, &text);
    buf_adds(&text, "power that VM on if it is off");
    manual_add(out, MANUAL_UNDO, &text);
    buf_adds(&text, "read its version back: ");
    if (f->version_before) {
        buf_adds(&text, "it was ");
        words_clean(&text, f->version_before);
        buf_adds(&text, " before the change");
    } else {
        buf_adds(&text, "the one before the change is not known");
    }
    manual_add(out, MANUAL_UNDO, &text);
    buf_adds(&text, "remove that snapshot once the appliance is healthy");
    manual_add(out, MANUAL_UNDO, &text);
}

/* ---- what to tell slipway ---- */

static void tell(const struct manual_facts *f, struct manual *out, const char *verb,
                 const char *purpose)
{
    auto_buf struct buf text = {0};
    buf_addf(&text, "%s %s ", f->command, verb);
    words_quoted(&text, f->target);
    buf_addf(&text, " --reason TEXT   # %s", purpose);
    manual_add(out, MANUAL_TELL, &text);
}

static void tell_all(const struct manual_facts *f, struct manual *out)
{
    bool stranded = f->state == TARGET_STRANDED, parked = f->state == TARGET_PARKED;
    if (!stranded && !parked)
        return;
    if (parked)
        tell(f, out, "retry",
             f->step_state == STEP_IN_DOUBT ? "ask again what became of it, and go on"
             : f->unit                      ? "all of its link group goes on"
                                            : "go on from where it parked");
    if (f->unit)
        tell(f, out, "rollback", "let slipway put all of its link group back");
    else if ((stranded || f->snapshot) && !*f->link_group)
        tell(f, out, "rollback", "let slipway put it back");
    tell(f, out, "skip",
         f->unit ? "its link group was finished or undone by hand; leave all of it alone"
                 : "it was finished or undone by hand; leave it alone");
}

const char *manual_kind_name(enum manual_kind kind)
{
    static const char *const names[] = {"look", "finish", "undo", "tell"};
    return (size_t)kind < ARRAY_LENGTH(names) ? names[kind] : "?";
}

void manual_make(const struct manual_facts *f, struct manual *out)
{
    bool at_manager = f->activity == ACTIVITY_SNAPSHOT || f->activity == ACTIVITY_PRUNE ||
                      f->activity == ACTIVITY_REVERT ||
                      f->activity == ACTIVITY_POWER_ON ||
                      f->activity == ACTIVITY_POWER_OFF || f->activity == ACTIVITY_GUARD;
    if (!at_manager)
        look_at_job(f, out);
    if (at_manager || f->state == TARGET_STRANDED)
        look_at_manager(f, out);
    if (f->state == TARGET_PARKED)
        finish(f, out);
    if (f->state == TARGET_STRANDED || f->state == TARGET_PARKED)
        undo_by_snapshot(f, out);
    tell_all(f, out);
}

void manual_clear(struct manual *manual)
{
    for (size_t i = 0; i < manual->count; i++)
        free(manual->steps[i].text);
    manual->count = 0;
}
