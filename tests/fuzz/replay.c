/*
 * replay.c - runs a fuzz target over files: how every build without libFuzzer keeps the
 * corpora as tests. Prints one line, "N passed, 0 failed"; a finding aborts.
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "util/auto.h"
#include "util/xalloc.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define REPLAY_BYTES_MAX (4 * 1024 * 1024)

static int replay_file(const char *path)
{
    struct stat info;
    FILE *file = fopen(path, "rbe");
    if (!file || fstat(fileno(file), &info) || !S_ISREG(info.st_mode) ||
        info.st_size > REPLAY_BYTES_MAX) {
        if (file)
            (void)fclose(file);
        return 0;
    }
    uint8_t *bytes = xmalloc((size_t)info.st_size + 1);
    size_t size = fread(bytes, 1, (size_t)info.st_size, file);
    (void)fclose(file);
    (void)LLVMFuzzerTestOneInput(bytes, size);
    free(bytes);
    return 1;
}

static int replay_folder(const char *folder)
{
    int count = 0;
    DIR *dir = opendir(folder);
    for (struct dirent *entry = NULL; dir && (entry = readdir(dir)) != NULL;) {
        auto_free char *path = xasprintf("%s/%s", folder, entry->d_name);
        count += replay_file(path);
    }
    if (dir)
        (void)closedir(dir);
    return count;
}

int main(int argc, char **argv)
{
    int count = 0;
    for (int i = 1; i < argc; i++)
        count += replay_folder(argv[i]);
    (void)printf("%d passed, %d failed\n", count, count == 0);
    return count == 0;
}
