/*
 * lab.h - the model that the parts of the lab share.
 *
 * One struct lab is one fleet. Its appliances stand in an array by index, and
 * so do its managers; appliance i belongs to manager i % manager_count.
 *
 * What an appliance "has on its disk" is the directory appliances/NAME: a
 * snapshot copies it, a revert puts the copy back. What the outside knows
 * (faults, incarnation) is in outside/NAME, which no revert touches.
 *
 * Locks: `lock` guards VMs, snapshots, tasks, sessions and timers' effects on
 * them. An appliance's `spawn_lock` guards `up` against a process that is being
 * started. Order: lock, spawn_lock, connection_lock; never the other way round.
 */
#ifndef LAB_H
#define LAB_H

#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "slipway/error.h"
#include "util/auto.h"
#include "util/buf.h"
#include "util/json.h"
#include "util/text.h"
#include "util/xalloc.h"

/* Limits, all in one place. */
#define LAB_APPLIANCES_MAX  4000
#define LAB_MANAGERS_MAX    50
#define LAB_PER_NET         250 /* appliances per third octet */
#define LAB_SESSIONS_MAX    200 /* per REST or SOAP endpoint */
#define LAB_SNAPSHOT_LEVELS 32
#define LAB_REQUEST_MAX     (1024u * 1024u)
#define LAB_CONNECTIONS_MAX 8192
#define LAB_PATH_MAX        1024
#define LAB_TASK_LIFE_MS    (10 * 60 * 1000)
#define LAB_SNAPSHOT_BYTES  (8LL << 30)
#define LAB_DATASTORE_BYTES (64LL << 40)
#define LAB_PASSWORD        (lab_password())
#define LAB_OLD_VERSION     "8.0.2.00100"
#define LAB_NEW_VERSION     "8.0.3.00400"
#define LAB_MANAGER_USER    "svc-slipway"
#define LAB_SSO_USER        "administrator@vsphere.local"
#define LAB_VCSA_OLD        "8.0.2.00200"
#define LAB_VCSA_NEW        "8.0.3.00400"
#define LAB_VERSIONS_MAX    8
#define LAB_FAULTS_MAX      128
#define LAB_LINK_MAX        15    /* members of a link group, as many as vSphere allows */
#define LAB_TEXT_MAX        65536 /* bytes of a small file */

/* How long things take at speed 1, in milliseconds. */
#define LAB_BOOT_MS     5000
#define LAB_UPDATE_MS   6000
#define LAB_CREATE_MS   2000
#define LAB_REVERT_MS   2000
#define LAB_REMOVE_MS   1000
#define LAB_POWER_MS    1000
#define LAB_SHUTDOWN_MS 2000
#define LAB_RESTART_MS  3000 /* a manager's 503 after a restart */
#define LAB_STAGE_MS    3000

struct lab;
struct appliance;
struct nsx;
struct manager;

/* What a scenario may do to one appliance: 0 is off, -1 always, N so many times more
   (fault_hits() counts); tests/lab/faults.c has the list. */
struct faults {
    int sick, update_fails, update_lies, hangs, reboots; /* acted by the update script */
    int rejects_login, ssh_silent, flood, snapshot_fails, revert_fails, no_space;
    int stays_off, foreign_snapshot, escape_text, red_before, rest_503;
    int ignores_shutdown, no_tools;
    /* of a vCenter: vcsa_*.c */
    int stage_no_space, half_applied, no_update, precheck_error, password_expired;
    int password_ends_midway, certificate_expired, sts_expired, old_clock, stale_health;
    int slow_services, replication_lag, vcha, stays_staged, no_backup, disk_full;
    int dbcc, odd_status, stage_dirty;
    int state_reset, stale_state, manifest_bad, rpm_test_fails, profile_fails;
    /* of a vCenter over SSH: vcsash_*.c */
    int log_jumps, ssh_drops, ssh_noise, unsupported, install_dies;
    int evaluation, host_lost, red_alarm, extension_lost, busy_vpxd; /* told at /sdk */
    int dns_wrong, ntp_silent, settings_lost;
    int old_thumbprint, sso_lost, host_lost_revert, repo_untrusted;
    int root_full, core_full, seat_full; /* file systems, as disk_full fills the log's */
    int boot_hangs;      /* it goes down for its restart and never comes up */
    int backup_no_space; /* the backup server has no room, as the backup finds out */
    int backup_unreached, backup_denied, backup_full; /* as a validation finds out */
    int certificate_renewed, certificate_misnamed;
    int reverted_alone;   /* of a link group: link.c */
    int cdrom;            /* somebody forgot an image in the drive */
    int old_nsx;          /* the NSX that is registered fits no vCenter 8.0 */
    int password_days;    /* until root's password ends; 0 = no fault */
    int session_requests; /* that a session lives for; 0 = no fault */
    double slow;          /* the update takes this many times longer; 1 = no fault */
    char drop_method[64]; /* SOAP method whose reply is lost */
    int drop_times;
    /* of an NSX manager: nsx_*.c */
    int bundle_bad, old_backup, pauses, vcenter_lost, node_down;
    /* of a major upgrade: upgrade.c */
    int firstboot_fails, import_fails, deploy_stalls, deploy_exits, deploy_hangs;
    int identity_early, no_pin;
    int moves; /* to another host, of a set of ESXi hosts */
};

/* An open connection, so that a power-off can cut it. */
struct connection {
    struct connection *next, *previous;
    int fd;
};

/* One address of the fleet. Exactly one of appliance and manager is set. */
struct endpoint {
    struct lab *lab;
    struct appliance *appliance;
    struct manager *manager;
    struct connection *connections; /* under lab->connection_lock */
};

struct session {
    char token[40];
    int64_t used_ms, created_ms;
    int left; /* requests until it ends by a fault; 0: it does not */
};

struct sessions {
    struct session *items;
    size_t count, room;
};

/* Which family of NSX managers a fleet is. */
enum nsx_kind { NSX_NONE, NSX_T, NSX_V };

enum power { POWER_OFF, POWER_BOOTING, POWER_ON };

struct snapshot {
    char ref[40];
    int id;
    char *name, *description;
    int64_t created_ms;
    bool memory, quiesced;
    int parent; /* id, 0 = root */
};

enum task_state { TASK_QUEUED, TASK_RUNNING, TASK_SUCCESS, TASK_ERROR };

struct vm;

struct task {
    char ref[40];
    enum task_state state;
    const char *kind;           /* ledger kind: "snapshot_create" */
    const char *description_id; /* "VirtualMachine.createSnapshot" */
    struct vm *vm;
    int64_t queued_ms, due_ms, done_ms;
    char *operation_id;
    const char *fault; /* type of the error, NULL = none */
    char *message;
    char result[40]; /* snapshot that came to be */
    /* what was asked for */
    char *name, *description;
    bool memory, quiesce, children;
    char snapshot[40];
};

struct vm {
    char ref[16];
    char uuid[40], instance_uuid[40];
    struct appliance *appliance;
    struct manager *manager;
    enum power power;
    int64_t boot_ms;
    unsigned power_epoch; /* grows with each power change: stale timers notice */
    int datastore;        /* 0 or 1 of its manager */
    struct snapshot *snapshots;
    size_t snapshot_count, snapshot_room;
    int current; /* snapshot id, 0 = none */
    struct task *running;
    bool no_boot;       /* stays_off, after a revert */
    bool shutting_down; /* the guest was asked, and is still on */
};

struct appliance {
    char name[24];
    int index;
    const char *site;
    struct endpoint endpoint;
    char host[20];
    char *dir, *outside;
    struct faults faults;
    struct fault *armed; /* faults.c */
    int installs, effects;
    bool repaired;
    struct vm vm;
    int incarnation;
    struct sessions sessions; /* REST */
    pthread_mutex_t spawn_lock;
    atomic_bool up; /* answers on the network */
    /* of a vCenter, under lab->lock but for the atomic */
    char first_version[24]; /* that it was installed with */
    struct vcsa *vcsa;
    struct nsx *nsx;                  /* NULL: it is no NSX manager */
    struct link_group *link;          /* NULL: it is alone */
    atomic_bool vami_closed;          /* port 5480 refuses connections */
    _Atomic(struct appliance *) twin; /* that a major upgrade made; upgrade.c */
    struct upgrade *upgrade; /* of such a one; NULL: it was there from the start */
};

struct manager {
    char name[24];
    int index;
    char host[20];
    struct endpoint endpoint;
    struct sessions sessions;
    struct task **tasks;
    size_t task_count, task_room;
    struct view {
        char ref[40];
        bool vms, datastores, folders;
    } * views;
    size_t view_count, view_room;
    int snapshot_total[2]; /* per datastore */
    int effects;
    int restart_at; /* effect number, 0 = never */
    int restart_ms;
    int64_t down_until_ms;
    /* of an ESXi host */
    int last_number; /* that a machine was given */
    bool free_licence, lockdown, maintenance;
};

struct lab {
    char *dir;
    double speed;
    uint64_t seed;
    uint32_t base; /* network, host order */
    uint16_t ssh_port, https_port;
    uint16_t vami_port; /* 5480 of vCenters; 0 in a fleet of others */
    bool vcsa;          /* the appliances are vCenters */
    bool esxi;          /* the managers are ESXi hosts of one set */
    enum nsx_kind nsx;
    char versions[LAB_VERSIONS_MAX][24], offers[LAB_VERSIONS_MAX][24];
    int version_count, offer_count;
    struct link_group *links; /* link.c */
    int link_size, link_count;
    int faulty_percent, weights[LAB_FAULTS_MAX]; /* of a mix, in the order of faults.c */
    uint64_t chances;                            /* state of scenario_chance() */
    uint32_t instance;                           /* tag of this run's processes */
    struct appliance *appliances;
    int appliance_count;
    struct manager *managers;
    int manager_count;
    int64_t session_idle_ms;
    int64_t stage_ms, deploy_ms;
    char installer[24]; /* version of the installer; "" = that of the first offer */
    int64_t boot_ms, update_ms, create_ms, revert_ms, remove_ms, power_ms, shutdown_ms;
    char *certificate_pem, *key_pem, *pin; /* "sha256//..." */
    char *renewed_pem, *renewed_key_pem;   /* of who got another certificate */
    char *host_key_file, *host_key_public; /* "ssh-ed25519 AAAA..." */
    char *user_key_public_file;
    int ledger_fd;
    atomic_uint next_id;
    pthread_mutex_t lock, connection_lock;
    atomic_int ssh_threads;
    atomic_bool stopping;
};

/* Milliseconds since 1970, and a duration at the lab's speed (at least 1 ms). */
int64_t lab_now_ms(void);
int64_t lab_scaled(const struct lab *lab, int64_t ms);
/* The endpoint that owns an address, NULL if nobody does. */
struct endpoint *lab_endpoint(struct lab *lab, struct in_addr address);

#define auto_unlock __attribute__((cleanup(lab_unlock)))
static inline void lab_unlock(pthread_mutex_t **mutex)
{
    pthread_mutex_unlock(*mutex);
}
static inline pthread_mutex_t *lab_locked(pthread_mutex_t *mutex)
{
    pthread_mutex_lock(mutex);
    return mutex;
}
#define WITH_LOCK(mutex)                                                                 \
    auto_unlock __attribute__((unused)) pthread_mutex_t *held_ = lab_locked(mutex)

/* Of everybody: $SLIPWAY_LAB_PASSWORD, for tests that look for it where it must not be,
   or a plain one. */
const char *lab_password(void);

#endif
