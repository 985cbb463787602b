/*
 * zone_file.c - see zone_file.h. The directory is /usr/share/zoneinfo or what TZDIR
 * names, for machines that carry newer rules elsewhere. Names are checked by shape before
 * they become paths; files are opened without waiting (a FIFO) and read up to a bound.
 */
#include "calendar/zone_file.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "calendar/limits.h"
#include "util/auto.h"
#include "util/text.h"
#include "util/xalloc.h"

const char *zone_directory(void)
{
    const char *named = getenv("TZDIR");
    return named && *named == '/' ? named : "/usr/share/zoneinfo";
}

bool zone_name_plain(const char *name)
{
    static const char *const others[] = {"localtime", "posixrules", "Factory"};
    size_t length = strnlen(name, ZONE_NAME_MAX + 1);
    if (!length || length > ZONE_NAME_MAX || !isalpha((unsigned char)*name) ||
        name[length - 1] == '/' || strstr(name, "//"))
        return false;
    for (size_t i = 0; i < length; i++) {
        if (!isalnum((unsigned char)name[i]) && !strchr("_+-/", name[i]))
            return false;
    }
    for (size_t i = 0; i < ARRAY_LENGTH(others); i++) {
        if (!strcmp(name, others[i]))
            return false;
    }
    return strncmp(name, "posix/", 6) != 0 && strncmp(name, "right/", 6) != 0;
}

int zone_file_read(const char *name, size_t most, struct buf *out)
{
    auto_free char *path = xasprintf("%s/%s", zone_directory(), name);
    auto_fd int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    struct stat facts;
    if (fd < 0 || fstat(fd, &facts))
        return -1;
    if (!S_ISREG(facts.st_mode)) {
        errno = EISDIR;
        return -1;
    }
    char chunk[8192];
    for (;;) {
        ssize_t got = read(fd, chunk, sizeof chunk);
        if (got < 0)
            return -1;
        if (!got)
            return 0;
        if (out->length + (size_t)got > most) {
            errno = EFBIG;
            return -1;
        }
        buf_add(out, chunk, (size_t)got);
    }
}

/* The name in a line "Z NAME ..." or "L TARGET NAME" of tzdata.zi; NULL: another line.
   The line is cut behind it. */
static char *name_in(char *line)
{
    char *name = line + 2;
    if ((*line != 'Z' && *line != 'L') || line[1] != ' ')
        return NULL;
    if (*line == 'L') {
        name += strcspn(name, " ");
        name += *name == ' ';
    }
    name[strcspn(name, " ")] = '\0';
    return *name ? name : NULL;
}

/* All names of the list, pointing into it. */
static const char **all_names(struct buf *list, size_t *count)
{
    const char **names = NULL;
    size_t room = 0;
    *count = 0;
    for (char *line = list->data, *next; line && *line; line = next) {
        next = strchr(line, '\n');
        if (next)
            *next++ = '\0';
        const char *name = name_in(line);
        if (name)
            *vec_push(names, *count, room) = name;
    }
    return names;
}

/* "Paris" for "Europe/Paris": the city alone, or another spelling of the whole. */
static bool same_words(const char *name, const char *asked)
{
    const char *city = strrchr(name, '/');
    return !strcasecmp(name, asked) || (city && !strcasecmp(city + 1, asked));
}

const char *zone_similar(const char *name, char *out, size_t size)
{
    auto_buf struct buf list = {0};
    out[0] = '\0';
    if (strnlen(name, ZONE_NAME_MAX + 1) > ZONE_NAME_MAX ||
        zone_file_read("tzdata.zi", ZONE_LIST_MAX, &list))
        return out;
    size_t count;
    auto_free const char **names = all_names(&list, &count);
    const char *found = NULL;
    for (size_t i = 0; i < count && !found; i++) {
        if (same_words(names[i], name))
            found = names[i];
    }
    if (!found && count)
        found = text_nearest(name, names, count);
    if (found)
        (void)snprintf(out, size, "%s", found);
    return out;
}
