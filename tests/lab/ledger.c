/*
 * ledger.c - every effect that the fleet received, one JSON object a line.
 *
 * The ledger is the oracle of the end-to-end tests: it is written by the
 * fleet, never by slipway. Each line is one write(2) on an O_APPEND
 * descriptor, so that lines of this process and of the update script never mix.
 * If a line cannot be written the lab ends: an oracle with gaps would lie.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "link.h"

int ledger_open(struct lab *lab, struct slipway_error *err)
{
    auto_free char *path = xasprintf("%s/ledger.jsonl", lab->dir);
    lab->ledger_fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    if (lab->ledger_fd < 0)
        return slipway_error_set(err, -1, "%s: %s; give a directory that can be written",
                                 path, strerror(errno));
    return 0;
}

static void keep_members(json_t *line, json_t *members)
{
    const char *key;
    json_t *value;
    json_object_foreach(members, key, value)
    {
        if (!json_is_null(value))
            json_object_set(line, key, value);
    }
}

/* The group of the appliance that a line is about. */
static const char *group_of(const struct lab *lab, const json_t *members)
{
    const char *name = json_text(members, "appliance");
    long index =
        name && strncmp(name, "vc-", 3) == 0 ? strtol(name + 3, NULL, 10) - 1 : -1;
    return index >= 0 && index < lab->appliance_count ? link_name(&lab->appliances[index])
                                                      : NULL;
}

void ledger_add(struct lab *lab, const char *kind, json_t *members)
{
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    static json_int_t seq;
    auto_json json_t *given = members;
    WITH_LOCK(&lock);
    auto_json json_t *line = json_object();
    json_object_set_new(line, "t_ms", json_integer(lab_now_ms()));
    json_object_set_new(line, "seq", json_integer(++seq));
    json_object_set_new(line, "kind", json_string(kind));
    if (given)
        keep_members(line, given);
    if (group_of(lab, given))
        json_object_set_new(line, "link_group", json_string(group_of(lab, given)));
    auto_free char *text = json_dumps(line, JSON_COMPACT);
    auto_buf struct buf bytes = {0};
    buf_adds(&bytes, text);
    buf_addc(&bytes, '\n');
    if (write(lab->ledger_fd, bytes.data, bytes.length) != (ssize_t)bytes.length) {
        (void)fprintf(stderr,
                      "slipway-lab: ledger.jsonl: %s; ending, because a ledger "
                      "with gaps proves nothing\n",
                      strerror(errno));
        _exit(1);
    }
}
