/*
 * target.c - see target.h.
 *
 * The fleet was checked when it was imported; the names are checked again here
 * because this is where they reach a resolver, a protocol and a shell. A name
 * that fails is refused, never repaired.
 */
#include "ssh/target.h"

#include <string.h>

#include "ssh/limits.h"
#include "util/auto.h"
#include "util/json.h"
#include "util/text.h"
#include "util/xalloc.h"

#define TARGET_BYTES_MAX (256u * 1024u)

bool target_host_valid(const char *host)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                  "0123456789.-_:%";
    size_t length = strlen(host);
    return length > 0 && length <= SSH_HOST_MAX && host[0] != '-' &&
           strspn(host, allowed) == length;
}

static bool all_printable(const char *text, bool blanks)
{
    for (const unsigned char *p = (const unsigned char *)text; *p; p++)
        if (*p < 0x20 || *p == 0x7f || (*p == ' ' && !blanks))
            return false;
    return text_is_utf8(text, strlen(text));
}

bool target_user_valid(const char *user)
{
    size_t length = strlen(user);
    return length > 0 && length <= SSH_USER_MAX && user[0] != '-' &&
           all_printable(user, false);
}

bool target_path_valid(const char *path)
{
    size_t length = strlen(path);
    if (path[0] != '/' || length > SSH_PATH_MAX || !all_printable(path, true))
        return false;
    for (const char *part = path; part; part = strchr(part, '/')) {
        part += strspn(part, "/");
        size_t size = strcspn(part, "/");
        if (size == 2 && memcmp(part, "..", 2) == 0)
            return false;
    }
    return true;
}

/* A reference as compact JSON text; NULL if the part has none. */
static char *reference_of(const json_t *ssh, const char *member)
{
    const json_t *reference = json_object_get(ssh, member);
    return reference && !json_is_null(reference) ? json_canonical(reference) : NULL;
}

static const char *text_or(const json_t *object, const char *member, const char *fallback)
{
    const char *text = json_text(object, member);
    return text ? text : fallback;
}

static int check(const struct ssh_target *target, struct slipway_error *err)
{
    char clean[128];
    if (!target->host || !target_host_valid(target->host))
        return slipway_error_set(
            err, -1,
            "host \"%s\" is no host name and no address: correct it in the fleet",
            text_clean(target->host ? target->host : "", clean, sizeof clean));
    if (!target_user_valid(target->user))
        return slipway_error_set(
            err, -1, "ssh.user \"%s\" is no user name: correct it in the fleet",
            text_clean(target->user, clean, sizeof clean));
    if (target->port < 1 || target->port > 65535)
        return slipway_error_set(err, -1, "ssh.port is %d: it must be 1 to 65535",
                                 target->port);
    if (!target_path_valid(target->job_dir) || target->job_dir[1] == '\0')
        return slipway_error_set(
            err, -1, "ssh.job_dir \"%s\" must be an absolute path without \"..\"",
            text_clean(target->job_dir, clean, sizeof clean));
    if (!target->pins)
        return slipway_error_set(
            err, -1,
            "the appliance has no ssh.hostkey: name a file of pinned host keys "
            "(lines \"host keytype base64\"), slipway never trusts an unknown key");
    if (!target->key && !target->password)
        return slipway_error_set(
            err, -1, "the appliance has neither ssh.key nor ssh.password: give one");
    return 0;
}

int target_parse(const struct slipway_call *call, struct ssh_target *out,
                 struct slipway_error *err)
{
    struct slipway_error why;
    auto_target struct ssh_target target = {0};
    target.json = json_parse(call->target, strlen(call->target), TARGET_BYTES_MAX, &why);
    if (!target.json)
        return slipway_error_set(err, -1, "the target document: %s", why.text);
    const json_t *ssh = json_object_get(target.json, "ssh");
    if (!json_is_object(ssh))
        return slipway_error_set(err, -1,
                                 "the appliance has no `ssh` part: add it to the fleet");
    target.host = json_text(target.json, "host");
    target.name = text_or(target.json, "name", target.host);
    target.user = text_or(ssh, "user", SSH_USER_DEFAULT);
    target.port = (int)json_number(ssh, "port", SSH_PORT_DEFAULT);
    target.pins = json_text(ssh, "hostkey");
    target.job_dir = text_or(ssh, "job_dir", SSH_JOB_DIR_DEFAULT);
    target.key = reference_of(ssh, "key");
    target.password = reference_of(ssh, "password");
    if (check(&target, err) != 0)
        return -1;
    /* the whole part, so that a changed pin file or key never meets an old session */
    auto_free char *part = json_canonical(ssh);
    target.identity =
        xasprintf("%s@%s:%d %s", target.user, target.host, target.port, part);
    *out = target;
    target = (struct ssh_target){0};
    return 0;
}

void target_free(struct ssh_target *target)
{
    json_decref(target->json);
    free(target->key);
    free(target->password);
    free(target->identity);
    *target = (struct ssh_target){0};
}
