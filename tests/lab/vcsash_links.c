/*
 * vcsash_links.c - vdcrepadmin: what the directory of an appliance tells of its partners, to
 * whoever logs in over SSH.
 *
 * outside/NAME/linked has the members of its link group, one a line, itself among them. One
 * that is alone prints nothing for showpartnerstatus, like the real ones.
 */
#include <stdio.h>
#include <string.h>

#include "link.h"
#include "vcsash.h"
#include "vcsash_guest.h"

#define SITE   "cn=Servers,cn=default-site,cn=Sites,cn=Configuration,dc=vsphere,dc=local"
#define LINKED "linked"

int vcsash_write_linked(const struct appliance *appliance)
{
    auto_json json_t *groups = link_groups(appliance->endpoint.lab);
    const char *group = link_name(appliance);
    const json_t *names = group ? json_object_get(groups, group) : NULL;
    auto_buf struct buf text = {0};
    for (size_t i = 0; i < json_array_size(names); i++)
        buf_addf(&text, "%s\n", json_string_value(json_array_get(names, i)));
    return tree_write(appliance->outside, LINKED, buf_text(&text));
}

/* ---- the tool ---- */

static const char *after(int argc, char **argv, const char *word)
{
    for (int i = 1; i + 1 < argc; i++)
        if (strcmp(argv[i], word) == 0)
            return argv[i + 1];
    return NULL;
}

/* By argument, as every recipe has it, or asked for. */
static bool is_right_password(int argc, char **argv)
{
    char asked[128];
    const char *given = after(argc, argv, "-w");
    if (!given) {
        (void)fputs("password: ", stderr);
        given = fgets(asked, sizeof asked, stdin);
        asked[strcspn(asked, "\n")] = '\0';
    }
    return given && strcmp(given, LAB_PASSWORD) == 0;
}

static void print_partner(const char *name, int behind)
{
    (void)printf("Partner: %s\nHost available:   Yes\nStatus available: Yes\n"
                 "My last change number:             4711\n"
                 "Partner has seen my change number: %d\nPartner is %d changes behind.\n",
                 name, 4711 - behind, behind);
}

static void print_nodes(const struct guest *guest, bool servers)
{
    int behind = guest_fault(guest, "replication_lag") != 0 ? 17 : 0;
    auto_free char *linked = tree_read(guest->outside, LINKED, "");
    char *rest = linked;
    for (char *name; (name = strsep(&rest, "\n"));) {
        if (*name && servers)
            (void)printf("cn=%s," SITE "\n", name);
        else if (*name && strcmp(name, guest->name) != 0)
            print_partner(name, behind);
    }
    if (!*linked && servers)
        (void)printf("cn=%s," SITE "\n", guest->name);
    else if (!*linked && behind)
        print_partner("vc-partner.example", behind);
}

int guest_vdcrepadmin(const struct guest *guest, int argc, char **argv)
{
    const char *function = after(argc, argv, "-f");
    bool servers = function && !strcmp(function, "showservers");
    if (!servers && (!function || strcmp(function, "showpartnerstatus") != 0)) {
        (void)fputs("vdcrepadmin: this is not rehearsed here\n", stderr);
        return 1;
    }
    if (!is_right_password(argc, argv)) {
        (void)puts("VdcRepAdmin failed. Error 49 [Invalid credentials]");
        return 1;
    }
    print_nodes(guest, servers);
    return 0;
}
