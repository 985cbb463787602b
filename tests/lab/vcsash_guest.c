/*
 * vcsash_guest.c - see vcsash_guest.h. A tool knows its appliance by the directory that is
 * its disk; scenario and clock are beside it, in outside/NAME, and reboots are asked for
 * through the lab's control FIFO.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "vcsash_guest.h"

#include <fcntl.h>

void guest_enter(struct guest *guest)
{
    const char *root = getenv("SLIPWAY_GUEST_ROOT");
    const char *slash = root ? strrchr(root, '/') : NULL;
    if (!slash) {
        (void)fputs("this tool works on an appliance of the lab only\n", stderr);
        _exit(1);
    }
    guest->root = xstrdup(root);
    guest->name = xstrdup(slash + 1);
    guest->lab = xstrndup(root, (size_t)(slash - root) - strlen("/appliances"));
    guest->outside = xasprintf("%s/outside/%s", guest->lab, guest->name);
    guest->faults = tree_read(guest->outside, "faults", "");
}

double guest_fault(const struct guest *guest, const char *name)
{
    size_t length = strlen(name);
    for (const char *line = guest->faults; line; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (strncmp(line, name, length) == 0 && line[length] == '=')
            return strtod(line + length + 1, NULL);
    }
    return 0;
}

char *guest_read(const struct guest *guest, const char *file)
{
    return tree_read(guest->root, file, "");
}

void guest_write(const struct guest *guest, const char *file, const char *text)
{
    auto_free char *line = xasprintf("%s\n", text);
    (void)tree_write(guest->root, file, line);
}

char *guest_version(const struct guest *guest)
{
    return guest_read(guest, "version");
}

bool guest_older(const struct guest *guest, const char *version)
{
    auto_free char *installed = guest_version(guest);
    return text_version_cmp(installed, version) < 0;
}

static json_t *disk_of(const struct guest *guest)
{
    auto_free char *text = guest_read(guest, "vcsa.json");
    json_t *disk = json_parse(text, strlen(text), LAB_TEXT_MAX, NULL);
    return disk ? disk : json_object();
}

json_int_t guest_number(const struct guest *guest, const char *key)
{
    auto_json json_t *disk = disk_of(guest);
    return json_number(disk, key, 0);
}

bool guest_true(const struct guest *guest, const char *key)
{
    auto_json json_t *disk = disk_of(guest);
    const json_t *value = json_object_get(disk, key);
    return json_is_true(value) || json_integer_value(value) != 0;
}

int64_t guest_now_s(const struct guest *guest)
{
    return lab_now_ms() / 1000 - (guest_fault(guest, "old_clock") != 0 ? 2 * 3600 : 0);
}

void guest_ask(const struct guest *guest, const char *verb)
{
    auto_free char *path = xasprintf("%s/control", guest->lab);
    auto_free char *line = xasprintf("%s %s\n", verb, guest->name);
    auto_fd int fd = open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC);
    if (fd >= 0)
        (void)!write(fd, line, strlen(line));
}

void guest_ledger(const struct guest *guest, const char *kind, json_t *members)
{
    auto_json json_t *line = members;
    auto_free char *path = xasprintf("%s/ledger.jsonl", guest->lab);
    (void)json_object_set_new(line, "t_ms", json_integer(lab_now_ms()));
    (void)json_object_set_new(line, "kind", json_string(kind));
    (void)json_object_set_new(line, "appliance", json_string(guest->name));
    auto_free char *text = json_canonical(line);
    auto_free char *whole = xasprintf("%s\n", text);
    auto_fd int fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);
    if (fd >= 0)
        (void)!write(fd, whole, strlen(whole));
}

void guest_sleep(double seconds)
{
    struct timespec pause = {.tv_sec = (time_t)seconds,
                             .tv_nsec =
                                 (long)((seconds - (double)(time_t)seconds) * 1e9)};
    (void)nanosleep(&pause, NULL);
}

void guest_say(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    (void)vprintf(format, args);
    va_end(args);
    (void)fflush(stdout);
}
