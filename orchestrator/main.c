/*
 * main.c - libraries first, before any thread; then the verb.
 */
#include <libxml/parser.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "builtin/builtin_plugin.h"
#include "cli/cli.h"
#include "exec/exec_plugin.h"
#include "nsx/nsx_plugin.h"
#include "rest/rest_plugin.h"
#include "ssh/ssh_plugin.h"
#include "util/environment.h"
#include "util/json.h"
#include "util/wiped_memory.h"
#include "vcsa/vcsa_plugin.h"
#include "vcsa_cli/vcsa_cli_plugin.h"
#include "vsphere/vsphere_plugin.h"

/* No core files, and no look into this process by others of the same user: both would show
   secrets. The sanitizers' leak check is such a look. As many descriptors as the system allows:
   hundreds of sessions are open at once. */
static void set_limits(void)
{
    struct rlimit none = {0, 0}, files;
    (void)setrlimit(RLIMIT_CORE, &none);
#ifndef __SANITIZE_ADDRESS__
    (void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
#endif
    if (!getrlimit(RLIMIT_NOFILE, &files)) {
        files.rlim_cur = files.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &files);
    }
}

/* glibc gives each of many threads an arena of its own, and what a worker freed
   stays with it: with 64 workers that is tens of megabytes of nothing. Two arenas
   are enough for calls that wait nearly all of their time. */
static void share_memory(void)
{
    (void)mallopt(M_ARENA_MAX, 2);
}

int main(int argc, char **argv)
{
    const struct slipway_plugin *plugins[] = {
        builtin_plugin(),  ssh_plugin(), vsphere_plugin(), rest_plugin(), vcsa_plugin(),
        vcsa_cli_plugin(), nsx_plugin(), exec_plugin(),    NULL,
    };
    if (getuid() != geteuid() || getgid() != getegid()) {
        (void)fputs("slipway: refusing to run setuid or setgid\n", stderr);
        return EXIT_ERROR;
    }
    environment_harden();
    (void)umask(077);
    (void)signal(SIGPIPE, SIG_IGN);
    set_limits();
    share_memory();
    json_init();
    (void)xmlMemSetup(wiped_release, malloc, wiped_resize, strdup);
    xmlInitParser();
    return cli_main(argc, argv, plugins);
}
