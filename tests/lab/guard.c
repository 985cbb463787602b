/*
 * guard.c - what a process of an appliance must not do to the real machine.
 *
 * A playbook that says `systemctl reboot` means the appliance; in the lab it
 * would be this machine, and if the lab runs as root it would go down. So every
 * process started here loses, for itself and its children: new privileges
 * (sudo), reboot(2) and kexec, and sockets to services of this machine
 * (AF_UNIX: systemd, D-Bus). Network and files stay, which is why the lab is a
 * rehearsal room and no sandbox. Without the guard nothing is started.
 */
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include "parts.h"

#if defined(__x86_64__)
#define OUR_ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define OUR_ARCHITECTURE AUDIT_ARCH_AARCH64
#else
#error "guard.c: name this architecture's AUDIT_ARCH"
#endif

#define LOAD(member)                                                                     \
    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, member))
#define GIVE(action) BPF_STMT(BPF_RET | BPF_K, action)
/* If the loaded word is `value`, go on; else skip `count` instructions. */
#define UNLESS(value, count) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 0, count)
#define DENY(error)          (SECCOMP_RET_ERRNO | (error))

static struct sock_filter rules[] = {
    LOAD(arch),
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, OUR_ARCHITECTURE, 1, 0),
    GIVE(DENY(ENOSYS)),
    LOAD(nr),
    UNLESS(__NR_reboot, 1),
    GIVE(DENY(EPERM)),
    UNLESS(__NR_kexec_load, 1),
    GIVE(DENY(EPERM)),
    UNLESS(__NR_kexec_file_load, 1),
    GIVE(DENY(EPERM)),
    UNLESS(__NR_socket, 3),
    LOAD(args[0]), /* the low word: both architectures are little-endian */
    UNLESS(AF_UNIX, 1),
    GIVE(DENY(EACCES)),
    GIVE(SECCOMP_RET_ALLOW),
};

int guard_enter(void)
{
    struct sock_fprog program = {(unsigned short)ARRAY_LENGTH(rules), rules};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
        return -1;
    return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0);
}
