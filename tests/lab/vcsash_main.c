/*
 * vcsash_main.c - the appliance's small tools: chsh, chage, vpxd -v, vecs-cli, df, date,
 * vdcrepadmin. Each answers what slipway and administrators ask, in the words of the real
 * one, and says so when it is asked something that is not rehearsed here.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "vcsa.h"
#include "vcsash.h"
#include "vcsash_guest.h"

static bool has(int argc, char **argv, const char *word)
{
    for (int i = 1; i < argc; i++)
        if (strcmp(argv[i], word) == 0)
            return true;
    return false;
}

static const char *after(int argc, char **argv, const char *word)
{
    for (int i = 1; i + 1 < argc; i++)
        if (strcmp(argv[i], word) == 0)
            return argv[i + 1];
    return NULL;
}

static int not_rehearsed(const char *tool)
{
    (void)fprintf(stderr, "%s: this is not rehearsed here\n", tool);
    return 1;
}

/* ---- accounts ---- */

static int chsh(const struct guest *guest, int argc, char **argv)
{
    const char *shell = after(argc, argv, "-s");
    if (!shell || argc < 2 || strcmp(argv[argc - 1], "root") != 0)
        return not_rehearsed("chsh");
    if (strcmp(shell, "/bin/bash") != 0 && strcmp(shell, "/bin/appliancesh") != 0) {
        (void)fprintf(stderr, "chsh: \"%s\" does not exist\n", shell);
        return 1;
    }
    if (guest_number(guest, "password_expires_ms") < guest_now_s(guest) * 1000) {
        (void)fputs(
            "chsh: PAM: Authentication token is no longer valid; new one required\n",
            stderr);
        return 1;
    }
    auto_free char *line = xasprintf("root:x:0:0:root:/root:%s", shell);
    guest_write(guest, "etc/passwd", line);
    return 0;
}

static void print_day(const char *what, int64_t seconds)
{
    char day[32];
    struct tm tm;
    time_t when = (time_t)seconds;
    (void)gmtime_r(&when, &tm);
    (void)strftime(day, sizeof day, "%b %d, %Y", &tm);
    (void)printf("%s : %s\n", what, day);
}

static int chage(const struct guest *guest, int argc, char **argv)
{
    int64_t ends_s = guest_number(guest, "password_expires_ms") / 1000;
    int days = guest_older(guest, "6.7") ? 365 : 90;
    if (!has(argc, argv, "-l"))
        return not_rehearsed("chage");
    print_day("Last password change\t\t\t\t\t", ends_s - days * 86400LL);
    print_day("Password expires\t\t\t\t\t", ends_s);
    (void)printf(
        "Password inactive\t\t\t\t\t: never\nAccount expires\t\t\t\t\t\t: never\n"
        "Minimum number of days between password change\t\t: 0\n"
        "Maximum number of days between password change\t\t: %d\n"
        "Number of days of warning before password expires\t: 7\n",
        days);
    return 0;
}

/* ---- versions and clocks ---- */

static int vpxd(const struct guest *guest, int argc, char **argv)
{
    auto_free char *version = guest_version(guest);
    int fields = 0;
    size_t length = 0;
    for (; version[length] && fields < 3; length++)
        fields += version[length] == '.';
    if (!has(argc, argv, "-v"))
        return not_rehearsed("vpxd");
    (void)printf("VMware VirtualCenter %.*s build-%s\n", (int)(length - (fields == 3)),
                 version, vcsa_build(version, true));
    return 0;
}

static int date(const struct guest *guest, int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "+%s") == 0) {
        (void)printf("%lld\n", (long long)guest_now_s(guest));
        return 0;
    }
    argv[0] = (char *)(uintptr_t) "date";
    (void)execv("/usr/bin/date", argv);
    (void)execv("/bin/date", argv);
    return 127;
}

/* ---- disks ---- */

static int df(const struct guest *guest, int argc, char **argv)
{
    static const struct {
        const char *device, *mount, *fault;
        long size_mb;
        int percent, inodes;
    } disks[] = {
        {"/dev/sda3", "/", "root_full", 11000, 44, 9},
        {"/dev/sda1", "/boot", "", 128, 27, 1},
        {"/dev/mapper/core_vg-core", "/storage/core", "core_full", 51200, 1, 1},
        {"/dev/mapper/log_vg-log", "/storage/log", "disk_full", 10240, 23, 2},
        {"/dev/mapper/db_vg-db", "/storage/db", "", 10240, 31, 1},
        {"/dev/mapper/seat_vg-seat", "/storage/seat", "seat_full", 10240, 12, 1},
        {"/dev/mapper/archive_vg-archive", "/storage/archive", "", 51200, 97, 1},
    };
    bool inodes = has(argc, argv, "-i");
    (void)printf(inodes ? "Filesystem Inodes IUsed IFree IUse%% Mounted on\n"
                        : "Filesystem 1024-blocks Used Available Capacity Mounted on\n");
    (void)printf("devtmpfs 5079208 0 5079208 0%% /dev\n");
    for (size_t i = 0; i < ARRAY_LENGTH(disks); i++) {
        bool full = *disks[i].fault && guest_fault(guest, disks[i].fault) != 0;
        long all = inodes ? 655360 : disks[i].size_mb * 1024;
        int percent = inodes ? disks[i].inodes : full ? 100 : disks[i].percent;
        long used = all / 100 * percent;
        (void)printf("%s %ld %ld %ld %d%% %s\n", disks[i].device, all, used, all - used,
                     percent, disks[i].mount);
    }
    return 0;
}

/* ---- certificates ---- */

/* As openssl prints it; `named`: with the names that it is made out to. */
static void print_entry(const char *alias, int64_t ends_s, const char *named)
{
    char from[40], to[40];
    struct tm tm;
    time_t begin = (time_t)(ends_s - 730 * 86400LL), end = (time_t)ends_s;
    (void)gmtime_r(&begin, &tm);
    (void)strftime(from, sizeof from, "%b %e %H:%M:%S %Y GMT", &tm);
    (void)gmtime_r(&end, &tm);
    (void)strftime(to, sizeof to, "%b %e %H:%M:%S %Y GMT", &tm);
    (void)printf("Alias :\t%s\nEntry type :\tPrivate Key\nCertificate:\n    Data:\n"
                 "        Version: 3 (0x2)\n        Validity\n"
                 "            Not Before: %s\n            Not After : %s\n"
                 "        Subject: CN=%s, C=US\n        Subject Public Key Info:\n",
                 alias, from, to, named ? named : alias);
    if (named)
        (void)printf("        X509v3 extensions:\n            X509v3 Subject Alternative "
                     "Name: \n                DNS:%s, email:root@lab.example\n",
                     named);
    (void)puts("");
}

static int vecs_cli(const struct guest *guest, int argc, char **argv)
{
    const char *store = after(argc, argv, "--store");
    int64_t now_s = guest_now_s(guest);
    int64_t tls_s = guest_number(guest, "tls_expires_ms") / 1000;
    if (has(argc, argv, "store") && has(argc, argv, "list")) {
        (void)puts("MACHINE_SSL_CERT\nTRUSTED_ROOTS\nTRUSTED_ROOT_CRLS\nmachine\n"
                   "vsphere-webclient\nvpxd\nvpxd-extension\nSMS\nBACKUP_STORE");
        return 0;
    }
    if (!store || !has(argc, argv, "entry"))
        return not_rehearsed("vecs-cli");
    if (strcmp(store, "MACHINE_SSL_CERT") == 0)
        print_entry("__MACHINE_CERT", tls_s,
                    guest_fault(guest, "certificate_misnamed") != 0 ? "vc-before.lab"
                                                                    : "localhost");
    else if (strcmp(store, "TRUSTED_ROOTS") == 0)
        print_entry("5f1c0f3f2a", now_s + 3000 * 86400LL, NULL);
    else if (strcmp(store, "BACKUP_STORE") == 0)
        print_entry("bkp___MACHINE_CERT", now_s - 400 * 86400LL, NULL);
    else
        print_entry(store, now_s + 700 * 86400LL, NULL);
    return 0;
}

/* It goes by the name that networking/dns/hostname tells. */
static int vmafd_cli(const struct guest *guest, int argc, char **argv)
{
    (void)guest;
    if (!has(argc, argv, "get-pnid"))
        return not_rehearsed("vmafd-cli");
    (void)puts("localhost");
    return 0;
}

/* ---- */

int vcsash_tool(int argc, char **argv)
{
    static const struct {
        const char *name;
        int (*fn)(const struct guest *guest, int argc, char **argv);
    } tools[] = {{"appliancesh", guest_appliancesh},
                 {"chsh", chsh},
                 {"chage", chage},
                 {"vpxd", vpxd},
                 {"date", date},
                 {"df", df},
                 {"vecs-cli", vecs_cli},
                 {"vmafd-cli", vmafd_cli},
                 {"vdcrepadmin", guest_vdcrepadmin}};
    struct guest guest = {0};
    const char *slash = strrchr(argv[0], '/');
    const char *name = slash ? slash + 1 : argv[0];
    int status = 0;
    json_init();
    guest_enter(&guest);
    if (strcmp(name, "service-control") == 0)
        guest_service_control(&guest, argc, argv);
    for (size_t i = 0; i < ARRAY_LENGTH(tools); i++)
        if (strcmp(tools[i].name, name) == 0)
            status = tools[i].fn(&guest, argc, argv);
    (void)fflush(NULL);
    _exit(status); /* short-lived: what is left is the kernel's */
}
