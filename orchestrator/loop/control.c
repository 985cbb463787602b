/*
 * control.c - a verb as a document: checked against the campaign and carried out.
 * The same path serves a running owner (control_server.c) and a verb that found
 * nobody running and became the owner itself.
 */
#include "loop/control.h"

#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/auto.h"
#include "util/json.h"
#include "util/text.h"

const char *control_user(uid_t uid, char *out, size_t size)
{
    struct passwd entry, *found = NULL;
    char buffer[4096], clean[256];
    if (!getpwuid_r(uid, &entry, buffer, sizeof buffer, &found) && found)
        (void)snprintf(out, size, "%s", text_clean(found->pw_name, clean, sizeof clean));
    else
        (void)snprintf(out, size, "uid-%u", (unsigned)uid);
    return out;
}

json_t *control_document(const struct control_request *request)
{
    json_t *json = json_pack("{s:s, s:I}", "verb", request->verb, "number",
                             (json_int_t)request->number);
    const struct {
        const char *key, *value;
    } texts[] = {{"target", request->target},
                 {"wave", request->wave},
                 {"setting", request->setting},
                 {"reason", request->reason},
                 {"detail", request->detail}};
    for (size_t i = 0; i < ARRAY_LENGTH(texts); i++) {
        if (texts[i].value)
            (void)json_object_set_new(
                json, texts[i].key,
                json_safe_string(texts[i].value, strlen(texts[i].value)));
    }
    return json;
}

static int no_such(const char *what, const char *word, const char *const *names,
                   size_t count, struct slipway_error *err)
{
    char clean[200];
    const char *nearest = text_nearest(word, names, count);
    return slipway_error_set(err, 1, "no %s %s in this campaign%s%s", what,
                             text_clean(word, clean, sizeof clean),
                             nearest ? "; the nearest is " : "", nearest ? nearest : "");
}

static int find_target(const struct plan *plan, const char *name, int *out,
                       struct slipway_error *err)
{
    *out = plan_target_index(plan, name);
    if (*out >= 0)
        return 0;
    const char **names = calloc(plan->target_count + 1, sizeof *names);
    for (size_t i = 0; names && i < plan->target_count; i++)
        names[i] = plan->targets[i].name;
    int code = no_such("target", name, names, names ? plan->target_count : 0, err);
    free(names);
    return code;
}

/* By name, or by number from 0. */
static int find_wave(const struct plan *plan, const char *name, int *out,
                     struct slipway_error *err)
{
    const char *names[STRATEGY_WAVES_MAX];
    for (size_t i = 0; i < plan->wave_count; i++) {
        char number[24];
        (void)snprintf(number, sizeof number, "%zu", i);
        names[i] = plan->waves[i].name;
        if (!strcmp(name, names[i]) || !strcmp(name, number)) {
            *out = (int)i;
            return 0;
        }
    }
    return no_such("wave", name, names, plan->wave_count, err);
}

int control_execute(struct driver *driver, const json_t *request, const char *actor,
                    struct slipway_error *err)
{
    const struct plan *plan = driver_plan(driver);
    const char *target = json_text(request, "target"), *wave = json_text(request, "wave");
    int verb = verb_from(json_text(request, "verb"));
    struct command command = {
        .verb = (enum verb)verb,
        .target = -1,
        .wave = -1,
        .number = json_number(request, "number", 0),
        .setting = json_text(request, "setting"),
        .reason = json_text(request, "reason"),
        .detail = json_text(request, "detail"),
        .actor = actor,
    };
    if (verb < 0)
        return slipway_error_set(err, 1, "no such verb");
    if (target && find_target(plan, target, &command.target, err))
        return 1;
    if (wave && find_wave(plan, wave, &command.wave, err))
        return 1;
    return driver_command(driver, &command, err);
}
