/*
 * vcsash_login.c - what the SSH server does differently for a vCenter.
 *
 * The login shell is that of etc/passwd when the session began, as with sshd: a chsh shows
 * at the next login. An expired password lets a key in and then demands a new password
 * instead of running anything; with a password it asks for a new one at once. Up to 6.5 a
 * password is taken by questions (keyboard-interactive) only.
 */
#include <string.h>

#include "vcsa.h"
#include "vcsash.h"

bool vcsash_is_login(const struct appliance *appliance)
{
    if (!appliance->endpoint.lab->vcsa)
        return false;
    auto_free char *passwd = vcsa_text(appliance, "etc/passwd");
    const char *root =
        strncmp(passwd, "root:", 5) == 0 ? passwd : strstr(passwd, "\nroot:");
    const char *shell = root ? strstr(root, "/bin/appliancesh") : NULL;
    const char *end = root ? strchr(root + 1, '\n') : NULL;
    return shell && (!end || shell < end);
}

bool vcsash_password_expired(struct appliance *appliance)
{
    if (!appliance->endpoint.lab->vcsa)
        return false;
    WITH_LOCK(&appliance->endpoint.lab->lock);
    auto_json json_t *disk = vcsa_disk(appliance);
    return json_number(disk, "password_expires_ms", INT64_MAX) < vcsa_now_ms(appliance);
}

bool vcsash_asks_questions(const struct appliance *appliance)
{
    return appliance->endpoint.lab->vcsa && !vcsa_at_least(appliance, "6.7");
}

void vcsash_command_make(struct appliance *appliance, bool appliancesh,
                         const char *command, struct vcsash_command *out)
{
    static const char expired[] =
        "echo 'You are required to change your password immediately (password expired).' "
        ">&2; echo 'Password change required but no TTY available.' >&2; exit 1";
    bool demands = vcsash_password_expired(appliance);
    *out = (struct vcsash_command){{
        appliancesh && !demands ? xasprintf("%s/bin/appliancesh", appliance->dir)
                                : xstrdup("/bin/sh"),
        xstrdup("-c"),
        xstrdup(demands ? expired : command),
        NULL,
    }};
}

void vcsash_command_free(struct vcsash_command *command)
{
    for (size_t i = 0; i < ARRAY_LENGTH(command->words); i++)
        free(command->words[i]);
    *command = (struct vcsash_command){{NULL}};
}
