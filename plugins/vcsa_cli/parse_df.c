/*
 * parse_df.c - `df -P -k` and `df -P -i`; see parse.h.
 *
 *   Filesystem          1024-blocks    Used Available Capacity Mounted on
 *   /dev/mapper/log_vg-log 10190136 2150000   7500000      23% /storage/log
 *
 * A mount point may hold blanks, so it is everything behind the fifth column. File systems
 * of the kernel (tmpfs, devtmpfs, ...) are left out: they have no name below /dev.
 */
#include <stdlib.h>
#include <string.h>

#include "util/auto.h"
#include "util/json.h"
#include "util/text.h"
#include "util/xalloc.h"
#include "vcsa_cli/parse.h"
#include "vcsa_cli/plain.h"

#define COLUMNS 5

/* Cut five columns off; the rest is the mount point. -1 if there are fewer. */
static int split(char *line, char *column[COLUMNS], char **mount)
{
    char *at = plain_trim(line);
    for (int i = 0; i < COLUMNS; i++) {
        size_t length = strcspn(at, " \t");
        if (length == 0 || !at[length])
            return -1;
        column[i] = at;
        at[length] = '\0';
        at += length + 1;
        at += strspn(at, " \t");
    }
    *mount = at;
    return *at == '/' ? 0 : -1;
}

static int take_number(const char *text, const char *end_with, int64_t *out)
{
    char *end = NULL;
    long long value = strtoll(text, &end, 10);
    if (end == text || strcmp(end, end_with) != 0 || value < 0)
        return -1;
    *out = value;
    return 0;
}

static void take_line(json_t *list, char *line, bool inodes)
{
    char *column[COLUMNS], *mount, clean[CLI_WORD_MAX];
    int64_t percent = 0, free_kib = 0;
    if (split(line, column, &mount) || strncmp(column[0], "/dev/", 5) != 0 ||
        take_number(column[4], "%", &percent) || take_number(column[3], "", &free_kib) ||
        json_array_size(list) >= CLI_FILESYSTEMS)
        return;
    json_t *one = json_pack("{s:s, s:I}", "mount", text_clean(mount, clean, sizeof clean),
                            "percent", (json_int_t)percent);
    if (!inodes)
        (void)json_object_set_new(one, "free_mb", json_integer(free_kib / 1024));
    (void)json_array_append_new(list, one);
}

json_t *parse_df(const char *text, bool inodes)
{
    auto_json json_t *list = json_array();
    bool headed = false;
    auto_free char *lines = xstrdup(text);
    char *rest = lines;
    for (char *line; (line = plain_line(&rest));) {
        if (strncmp(line, "Filesystem", 10) == 0 && strstr(line, "Mounted on"))
            headed = true;
        else if (headed)
            take_line(list, line, inodes);
    }
    return headed ? steal_ptr(&list) : NULL;
}
