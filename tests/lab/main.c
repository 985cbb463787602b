/*
 * main.c - slipway-lab: a whole fleet in one process, on loopback.
 *
 * `serve` makes the directory, opens the ports, prints one line `ready` and
 * runs until SIGTERM or SIGINT; then it kills every process of the fleet.
 * `ledger` reads what happened. Errors are one line on stderr and exit 1; a
 * wrong command line is exit 64.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <time.h>

#include <libxml/parser.h>

#include "faults.h"
#include "nsx.h"
#include "link.h"
#include "scenario.h"
#include "upgrade.h"
#include "vcsash.h"

#define EXIT_USAGE 64

static const char help[] =
    "slipway-lab - a fleet of appliances and their managers, on loopback\n"
    "\n"
    "usage:\n"
    "  slipway-lab serve --dir DIR --appliances N [options]\n"
    "  slipway-lab ledger --dir DIR [--check] [--finished]\n"
    "  slipway-lab faults --dir DIR\n"
    "\n"
    "serve: writes DIR/fleet.yaml, campaign.yaml, playbooks/, secrets/ and known_hosts,\n"
    "prints `ready` and serves until SIGTERM. DIR/ledger.jsonl records every effect.\n"
    "  --dir DIR          state of the fleet; kept between starts\n"
    "  --appliances N     how many, 1 to 4000\n"
    "  --managers M       how many (2)\n"
    "  --esxi             the managers are ESXi hosts of one set\n"
    "  --seed S           ids and the mix of faults follow from it (1)\n"
    "  --scenario FILE    faults, see tests/lab/README.md\n"
    "  --faulty P         this percentage of appliances gets a fault, by seed (0)\n"
    "  --speed X          everything takes 1/X of its time (1)\n"
    "  --base A.B.0.0     network of the fleet (127.80.0.0)\n"
    "  --ssh-port P       (a free one)\n"
    "  --https-port P     (a free one)\n"
    "  --personality shell  what answers on SSH: a real /bin/sh\n"
    "  --kind KIND        linux, vcsa (vCenters), nsx-t or nsx-v (NSX managers); linux\n"
    "  --linked 3x20      vCenters, of which the first 60 are 20 link groups of 3\n"
    "  --vami-port P      port of a vCenter's own management (a free one)\n"
    "\n"
    "ledger: one line per appliance, and totals.\n"
    "  --check            exit 1 if an effect should not have happened\n"
    "  --finished         also if something is left: a snapshot, a VM that is off\n"
    "\n"
    "faults: who was given which fault, and how many there are of each.\n"
    "\n"
    "examples:\n"
    "  slipway-lab serve --dir lab --appliances 20 --speed 5 &\n"
    "  slipway plan lab/campaign.yaml && slipway run\n"
    "  slipway-lab ledger --dir lab --check --finished\n";

struct options {
    const char *dir, *scenario, *base;
    int appliances, managers, faulty;
    uint64_t seed;
    double speed;
    uint16_t ssh_port, https_port;
    uint16_t vami_port;
    bool check, finished, vcsa, esxi;
    enum nsx_kind nsx;
    int link_size, link_count;
};

int64_t lab_now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t lab_scaled(const struct lab *lab, int64_t ms)
{
    int64_t scaled = (int64_t)((double)ms / lab->speed);
    return scaled > 0 ? scaled : 1;
}

__attribute__((format(printf, 1, 2))) static int usage(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    (void)fputs("slipway-lab: ", stderr);
    (void)vfprintf(stderr, format, args);
    (void)fputs("; slipway-lab --help tells more\n", stderr);
    va_end(args);
    return EXIT_USAGE;
}

/* ---- command line ---- */

enum {
    OPT_DIR = 1,
    OPT_APPLIANCES,
    OPT_MANAGERS,
    OPT_ESXI,
    OPT_SEED,
    OPT_SCENARIO,
    OPT_FAULTY,
    OPT_SPEED,
    OPT_BASE,
    OPT_SSH,
    OPT_HTTPS,
    OPT_PERSONALITY,
    OPT_KIND,
    OPT_VAMI,
    OPT_LINKED,
    OPT_CHECK,
    OPT_FINISHED
};

static const struct option long_options[] = {
    {"dir", required_argument, NULL, OPT_DIR},
    {"appliances", required_argument, NULL, OPT_APPLIANCES},
    {"managers", required_argument, NULL, OPT_MANAGERS},
    {"esxi", no_argument, NULL, OPT_ESXI},
    {"seed", required_argument, NULL, OPT_SEED},
    {"scenario", required_argument, NULL, OPT_SCENARIO},
    {"faulty", required_argument, NULL, OPT_FAULTY},
    {"speed", required_argument, NULL, OPT_SPEED},
    {"base", required_argument, NULL, OPT_BASE},
    {"ssh-port", required_argument, NULL, OPT_SSH},
    {"https-port", required_argument, NULL, OPT_HTTPS},
    {"personality", required_argument, NULL, OPT_PERSONALITY},
    {"kind", required_argument, NULL, OPT_KIND},
    {"vami-port", required_argument, NULL, OPT_VAMI},
    {"linked", required_argument, NULL, OPT_LINKED},
    {"check", no_argument, NULL, OPT_CHECK},
    {"finished", no_argument, NULL, OPT_FINISHED},
    {NULL, 0, NULL, 0},
};

static int integer(const char *text, long least, long most, long *out)
{
    char *end = NULL;
    errno = 0;
    long value = strtol(text, &end, 10);
    if (errno || end == text || (*end && strcmp(end, "%") != 0) || value < least ||
        value > most)
        return -1;
    *out = value;
    return 0;
}

static int take_number(struct options *options, int option, const char *text)
{
    long value = 0;
    long most = option == OPT_APPLIANCES ? LAB_APPLIANCES_MAX
                : option == OPT_MANAGERS ? LAB_MANAGERS_MAX
                : option == OPT_FAULTY   ? 100
                : option == OPT_SEED     ? INT32_MAX
                                         : UINT16_MAX;
    bool zero = option == OPT_FAULTY || option == OPT_SEED;
    if (integer(text, zero ? 0 : 1, most, &value))
        return usage("%s: give a number of at most %ld", text, most);
    if (option == OPT_APPLIANCES)
        options->appliances = (int)value;
    else if (option == OPT_MANAGERS)
        options->managers = (int)value;
    else if (option == OPT_FAULTY)
        options->faulty = (int)value;
    else if (option == OPT_SEED)
        options->seed = (uint64_t)value;
    else if (option == OPT_SSH)
        options->ssh_port = (uint16_t)value;
    else if (option == OPT_VAMI)
        options->vami_port = (uint16_t)value;
    else
        options->https_port = (uint16_t)value;
    return 0;
}

/* SIZExCOUNT */
static int take_linked(struct options *options, const char *text)
{
    const char *x = strchr(text, 'x');
    auto_free char *first = x ? xstrndup(text, (size_t)(x - text)) : xstrdup(text);
    long size = 0, count = 0;
    if (!x || integer(first, 2, LAB_LINK_MAX, &size) ||
        integer(x + 1, 1, LAB_APPLIANCES_MAX, &count))
        return usage(
            "--linked %s: give members and groups, as in 3x20 (at most %d members)", text,
            LAB_LINK_MAX);
    options->link_size = (int)size;
    options->link_count = (int)count;
    options->vcsa = true;
    return 0;
}

static int take_option(struct options *options, int option, const char *text)
{
    switch (option) {
    case OPT_DIR:
        options->dir = text;
        return 0;
    case OPT_SCENARIO:
        options->scenario = text;
        return 0;
    case OPT_BASE:
        options->base = text;
        return 0;
    case OPT_ESXI:
        options->esxi = true;
        return 0;
    case OPT_CHECK:
        options->check = true;
        return 0;
    case OPT_FINISHED:
        options->finished = true;
        return 0;
    case OPT_SPEED:
        options->speed = strtod(text, NULL);
        return options->speed > 0 && options->speed <= 10000
                   ? 0
                   : usage("--speed %s: give a number above 0", text);
    case OPT_KIND:
        options->vcsa = strcmp(text, "vcsa") == 0;
        options->nsx = nsx_kind_of(text);
        return options->vcsa || options->nsx || strcmp(text, "linux") == 0
                   ? 0
                   : usage("--kind %s: give linux, vcsa, nsx-t or nsx-v", text);
    case OPT_LINKED:
        return take_linked(options, text);
    case OPT_PERSONALITY:
        return strcmp(text, "shell") == 0
                   ? 0
                   : usage("--personality %s: only shell is there yet", text);
    case '?':
        return usage("an option is not known or lacks its value");
    default:
        return take_number(options, option, text);
    }
}

static int parse(int argc, char **argv, struct options *options)
{
    int option;
    opterr = 0;
    while ((option = getopt_long(argc, argv, "", long_options, NULL)) != -1) {
        int rc = take_option(options, option, optarg);
        if (rc)
            return rc;
    }
    if (optind < argc)
        return usage("%s is one word too many", argv[optind]);
    return options->dir ? 0 : usage("give --dir DIR");
}

/* ---- serve ---- */

static int take_base(struct lab *lab, const char *text)
{
    struct in_addr address;
    if (inet_pton(AF_INET, text, &address) != 1 || ntohl(address.s_addr) >> 24 != 127 ||
        (ntohl(address.s_addr) & 0xffff) != 0)
        return usage("--base %s: give a network such as 127.80.0.0", text);
    lab->base = ntohl(address.s_addr);
    return 0;
}

static int make_absolute(struct lab *lab, const char *dir, struct slipway_error *err)
{
    if (tree_make_dirs(dir))
        return slipway_error_set(err, -1, "%s: %s", dir, strerror(errno));
    lab->dir = realpath(dir, NULL);
    return lab->dir ? 0 : slipway_error_set(err, -1, "%s: %s", dir, strerror(errno));
}

/* The same number of appliances and the same seed, or another directory. */
static int check_same_fleet(const struct lab *lab, const struct options *options,
                            struct slipway_error *err)
{
    auto_free char *linked =
        lab->link_count ? xasprintf(" linked %dx%d", lab->link_size, lab->link_count)
                        : xstrdup("");
    auto_free char *mine =
        xasprintf("appliances %d seed %llu managers %d%s", options->appliances,
                  (unsigned long long)options->seed, options->managers, linked);
    auto_free char *there = tree_read(lab->dir, "fleet.id", NULL);
    if (there && strcmp(there, mine) != 0)
        return slipway_error_set(err, -1,
                                 "%s holds another fleet (%s); give the same numbers "
                                 "or another directory",
                                 lab->dir, there);
    return tree_write(lab->dir, "fleet.id", mine)
               ? slipway_error_set(err, -1, "%s: %s", lab->dir, strerror(errno))
               : 0;
}

static int check_links(const struct lab *lab, struct slipway_error *err)
{
    if ((long)lab->link_size * lab->link_count <= lab->appliance_count)
        return 0;
    return slipway_error_set(err, -1,
                             "%d link groups of %d need more than %d appliances; give "
                             "more with --appliances",
                             lab->link_count, lab->link_size, lab->appliance_count);
}

/* Processes of a run that was killed are still there: end them. True if there was
   a run before. */
static bool take_over(struct lab *lab)
{
    char text[16];
    auto_free char *before = tree_read(lab->dir, "instance", NULL);
    if (before) {
        lab->instance = (uint32_t)strtoul(before, NULL, 10);
        process_kill_tagged(process_tag(lab, 0), ~0xffffULL);
    }
    if (getrandom(&lab->instance, sizeof lab->instance, 0) != sizeof lab->instance)
        abort();
    (void)snprintf(text, sizeof text, "%u", lab->instance);
    (void)tree_write(lab->dir, "instance", text);
    return before != NULL;
}

static void remember_ports(const struct lab *lab)
{
    auto_free char *both = xasprintf("%u %u", lab->ssh_port, lab->https_port);
    auto_free char *all = xasprintf("%s %u", both, lab->vami_port);
    (void)tree_write(lab->dir, "ports", lab->vcsa ? all : both);
}

/* A restart keeps its ports, so that files written before stay true. */
static void recall_ports(struct lab *lab, const struct options *options)
{
    auto_free char *text = tree_read(lab->dir, "ports", "0 0 0");
    const uint16_t given[] = {options->ssh_port, options->https_port, options->vami_port};
    uint16_t *const ports[] = {&lab->ssh_port, &lab->https_port, &lab->vami_port};
    char *at = text;
    for (size_t i = 0; i < ARRAY_LENGTH(ports); i++) {
        unsigned long before = strtoul(at, &at, 10);
        *ports[i] = given[i] ? given[i] : (uint16_t)before;
    }
}

static void prepare_process(void)
{
    struct rlimit limit;
    sigset_t signals;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &limit);
    }
    (void)prctl(PR_SET_CHILD_SUBREAPER, 1);
    (void)signal(SIGPIPE, SIG_IGN);
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    sigprocmask(SIG_BLOCK, &signals, NULL);
    json_init();
    xmlInitParser();
}

static int start(struct lab *lab, const struct options *options,
                 struct slipway_error *err)
{
    if (make_absolute(lab, options->dir, err))
        return -1;
    lab->seed = options->seed;
    lab->speed = options->speed;
    lab->vcsa = options->vcsa;
    lab->esxi = options->esxi;
    lab->nsx = options->nsx;
    lab->link_size = options->link_size;
    lab->link_count = options->link_count;
    fleet_create(lab, options->appliances, options->managers);
    lab->faulty_percent = options->faulty;
    if (scenario_load(lab, options->scenario, err))
        return -1;
    scenario_mix(lab);
    if (check_links(lab, err) || check_same_fleet(lab, options, err))
        return -1;
    if (lab->vcsa)
        vcsa_create(lab);
    else if (lab->nsx)
        nsx_create(lab);
    bool again = take_over(lab);
    recall_ports(lab, options);
    if (ledger_open(lab, err) || keys_prepare(lab, err) || fleet_prepare(lab, err) ||
        net_open(lab, err) || files_write(lab, err) || ssh_server_start(lab, err) ||
        web_start(lab, err))
        return -1;
    remember_ports(lab);
    ledger_add(lab, again ? "power_loss" : "fleet_begin",
               json_pack("{s:i, s:o}", "appliances", lab->appliance_count, "link_groups",
                         link_groups(lab)));
    link_start(lab);
    WITH_LOCK(&lab->lock);
    faults_start(lab);
    return 0;
}

static void stop(struct lab *lab)
{
    atomic_store(&lab->stopping, true);
    for (int i = 0; i < lab->appliance_count; i++)
        atomic_store(&lab->appliances[i].up, false);
    net_close(lab);
    timer_stop();
    process_kill_tagged(process_tag(lab, 0), ~0xffffULL);
    ssh_server_stop(lab);
    web_stop();
    process_reap_strays();
    for (int i = 0; lab->vcsa && i < lab->appliance_count; i++)
        vcsa_write_requests(&lab->appliances[i]);
    for (int i = 0; lab->nsx && i < lab->appliance_count; i++)
        nsx_write_requests(&lab->appliances[i]);
    upgrade_write_requests(lab);
}

static int serve(const struct options *options)
{
    static struct lab lab = {
        .lock = PTHREAD_MUTEX_INITIALIZER,
        .connection_lock = PTHREAD_MUTEX_INITIALIZER,
        .session_idle_ms = 30 * 60 * 1000,
        .boot_ms = LAB_BOOT_MS,
        .update_ms = LAB_UPDATE_MS,
        .stage_ms = LAB_STAGE_MS,
        .deploy_ms = LAB_DEPLOY_MS,
        .create_ms = LAB_CREATE_MS,
        .revert_ms = LAB_REVERT_MS,
        .remove_ms = LAB_REMOVE_MS,
        .power_ms = LAB_POWER_MS,
        .shutdown_ms = LAB_SHUTDOWN_MS,
        .next_id = 1,
    };
    struct slipway_error err = {{0}};
    if (!options->appliances)
        return usage("give --appliances N");
    if (take_base(&lab, options->base))
        return EXIT_USAGE;
    prepare_process();
    timer_start();
    if (start(&lab, options, &err)) {
        (void)fprintf(stderr, "slipway-lab: %s\n", err.text);
        return 1;
    }
    (void)puts("ready");
    (void)fflush(stdout);
    net_run(&lab);
    stop(&lab);
    return 0;
}

int main(int argc, char **argv)
{
    if (vcsash_is_tool(argv[0]))
        return vcsash_tool(argc, argv);
    struct options options = {.base = "127.80.0.0", .managers = 2, .speed = 1, .seed = 1};
    const char *verb = argc > 1 ? argv[1] : "";
    if (strcmp(verb, "--help") == 0 || strcmp(verb, "help") == 0 ||
        (argc > 2 && strcmp(argv[2], "--help") == 0)) {
        (void)fputs(help, stdout);
        return 0;
    }
    if (strcmp(verb, "serve") != 0 && strcmp(verb, "ledger") != 0 &&
        strcmp(verb, "faults") != 0)
        return usage("give a verb: serve, ledger or faults");
    int rc = parse(argc - 1, argv + 1, &options);
    if (rc)
        return rc;
    if (strcmp(verb, "faults") == 0)
        return faults_report(options.dir);
    return strcmp(verb, "serve") == 0
               ? serve(&options)
               : ledger_report(options.dir, options.check, options.finished);
}
