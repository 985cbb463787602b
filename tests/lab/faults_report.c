/*
 * faults_report.c - `slipway-lab faults`: who has what fault, and how many there are of
 * each, from outside/NAME/faults. It needs no lab that runs.
 */
#include <dirent.h>
#include <stdio.h>
#include <string.h>

#include "faults.h"
#include "util/map.h"

struct tally {
    struct map kinds;
    int *counts;
    size_t count, room;
    int appliances;
};

static void add(struct tally *tally, const char *text)
{
    auto_free char *kind = xstrndup(text, strcspn(text, " "));
    size_t index = map_intern(&tally->kinds, kind);
    while (tally->count <= index)
        *vec_push(tally->counts, tally->count, tally->room) = 0;
    tally->counts[index]++;
}

static void read_one(struct tally *tally, const char *dir, const char *name)
{
    static const char mark[] = "# fault: ";
    auto_free char *outside = xasprintf("%s/outside/%s", dir, name);
    auto_free char *text = tree_read(outside, "faults", "");
    bool any = false;
    char *rest = text;
    for (char *line; (line = strsep(&rest, "\n"));) {
        if (strncmp(line, mark, sizeof mark - 1) != 0)
            continue;
        (void)printf("%-10s %s\n", name, line + sizeof mark - 1);
        add(tally, line + sizeof mark - 1);
        any = true;
    }
    tally->appliances += any;
}

static int is_name(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

int faults_report(const char *dir)
{
    struct tally tally = {0};
    struct dirent **names = NULL;
    auto_free char *outside = xasprintf("%s/outside", dir);
    int count = scandir(outside, &names, is_name, alphasort);
    if (count < 0) {
        (void)fprintf(stderr,
                      "slipway-lab: %s cannot be read; is this a lab's directory?\n",
                      outside);
        return 1;
    }
    for (int i = 0; i < count; i++) {
        read_one(&tally, dir, names[i]->d_name);
        free(names[i]);
    }
    free(names);
    (void)printf("%d of %d appliances:", tally.appliances, count);
    for (size_t i = 0; i < tally.kinds.count; i++)
        (void)printf(" %s %d%s", tally.kinds.keys[i], tally.counts[i],
                     i + 1 < tally.kinds.count ? "," : "");
    (void)puts(tally.appliances ? "" : " no faults");
    free(tally.counts);
    map_free(&tally.kinds);
    return 0;
}
