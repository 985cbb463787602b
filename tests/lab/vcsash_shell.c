/*
 * vcsash_shell.c - appliancesh: the login shell of root on a vCenter.
 *
 *   appliancesh -c LINE      what sshd starts for a command
 *   appliancesh              reads lines behind the prompt "Command> "
 *
 * It greets at a terminal, knows its own commands and plug-ins, and answers everything else with
 * "Unknown command: `word'". The exit status is 0 whatever came of it. `shell WORDS` runs
 * them in bash if that is on; paths of the appliance's own files lead to its disk.
 */
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "vcsa.h"
#include "vcsash_guest.h"

#define WORDS_MAX 64

/* Cut a line into words; double quotes keep blanks. */
static int split(char *line, char *words[WORDS_MAX])
{
    int count = 0;
    char *at = line;
    for (at += strspn(at, " \t\r\n"); *at && count < WORDS_MAX - 1;
         at += strspn(at, " \t\r\n")) {
        bool quoted = *at == '"';
        at += quoted;
        words[count++] = at;
        at += strcspn(at, quoted ? "\"" : " \t\r\n");
        if (*at)
            *at++ = '\0';
    }
    words[count] = NULL;
    return count;
}

/* Only who sits at a terminal is greeted; a command gets its answer and nothing else,
   which is why SFTP reads "Unkn". Restarting services are heard by everybody. */
static void greet(const struct guest *guest, bool terminal)
{
    if (guest_fault(guest, "ssh_noise") != 0)
        guest_say("[ERROR]: Failed to connect to service.\n");
    if (!terminal)
        return;
    if (guest_older(guest, "6.5"))
        guest_say("\033[?1034h");
    guest_say("Connected to service\n\n    * List APIs: \"help api list\"\n"
              "    * List Plugins: \"help pi list\"\n");
    if (guest_older(guest, "6.5"))
        guest_say("    * Enable BASH access: \"shell.set --enabled True\"\n");
    guest_say("    * Launch BASH: \"shell\"\n\n");
}

/* ---- shell ---- */

/* Paths that only an appliance has lead to its disk; its own programs to the tools. */
static void add_word(const struct guest *guest, struct buf *line, const char *word)
{
    static const char *const trees[] = {"/etc/applmgmt/", "/var/log/vmware/", "/storage/",
                                        "/etc/passwd"};
    const char *slash = strrchr(word, '/');
    buf_addc(line, ' ');
    if (strncmp(word, "/usr/lib/vmware", 15) == 0 ||
        strcmp(word, "/bin/appliancesh") == 0) {
        bool shell = strcmp(word, "/bin/appliancesh") == 0;
        buf_adds(line,
                 shell ? word : slash + 1); /* a name on PATH; chsh wants the path */
        return;
    }
    for (size_t i = 0; i < ARRAY_LENGTH(trees); i++)
        if (strncmp(word, trees[i], strlen(trees[i])) == 0)
            buf_adds(line, guest->root);
    buf_adds(line, word);
}

static void run_shell(const struct guest *guest, int count, char **words)
{
    auto_buf struct buf line = {0};
    if (!guest_true(guest, "shell")) {
        guest_say(
            "Shell access is disabled. Run 'shell.set --enabled true' to enable it.\n");
        return;
    }
    if (count == 1) {
        guest_say("Shell access is granted to root\n");
        return;
    }
    auto_free char *path = xasprintf("%s/bin:/usr/sbin:/usr/bin:/sbin:/bin", guest->root);
    (void)setenv("PATH", path, 1);
    for (int i = 1; i < count; i++)
        add_word(guest, &line, words[i]);
    pid_t child = fork();
    if (child == 0) {
        (void)execl("/bin/sh", "sh", "-c", buf_text(&line), (char *)NULL);
        _exit(127);
    }
    (void)waitpid(child, NULL, 0);
}

static void set_shell(const struct guest *guest, int count, char **words)
{
    /* 6.0 has another name for it */
    const char *option = guest_older(guest, "6.5") ? "--enable" : "--enabled";
    if (count != 3 || strcmp(words[1], option) != 0) {
        guest_say("usage: shell.set %s <BOOL>\n", option);
        return;
    }
    bool on = strcasecmp(words[2], "true") == 0;
    guest_ask(guest, on ? "shell-on" : "shell-off");
    for (int i = 0; i < 500 && guest_true(guest, "shell") != on; i++)
        guest_sleep(0.01);
}

/* ---- others ---- */

void guest_service_control(const struct guest *guest, int argc, char **argv)
{
    static const struct {
        const char *state, *heading;
    } groups[] = {
        {"STARTED", "Running"}, {"STOPPED", "Stopped"}, {"STARTING", "StartPending"}};
    if (argc != 3 || strcmp(argv[1], "--status") != 0 || strcmp(argv[2], "--all") != 0) {
        guest_say("Service-control failed. Error: this is not rehearsed here\n");
        return;
    }
    for (size_t i = 0; i < ARRAY_LENGTH(groups); i++) {
        auto_free char *text = guest_read(guest, "services");
        char *rest = text;
        guest_say("%s:\n", groups[i].heading);
        for (char *line; (line = strsep(&rest, "\n"));) {
            char *blank = strchr(line, ' ');
            if (blank && strcmp(blank + 1, groups[i].state) == 0)
                guest_say(" %.*s", (int)(blank - line), line);
        }
        guest_say("\n");
    }
}

static void print_version(const struct guest *guest)
{
    auto_free char *version = guest_version(guest);
    guest_say("Version:\n   Version: %s\n   Product: VMware vCenter Server Appliance\n"
              "   Build: %s\n   Type: vCenter Server with an embedded Platform Services "
              "Controller\n",
              version, vcsa_build(version, false));
}

static void run(const struct guest *guest, char *text)
{
    char *words[WORDS_MAX];
    int count = split(text, words);
    if (count == 0)
        return;
    if (strcmp(words[0], "shell") == 0)
        run_shell(guest, count, words);
    else if (strcmp(words[0], "shell.get") == 0)
        guest_say("Config:\n   Enabled: %s\n   Timeout: 3600\n",
                  guest_true(guest, "shell") ? "True" : "False");
    else if (strcmp(words[0], "shell.set") == 0)
        set_shell(guest, count, words);
    else if (strcmp(words[0], "software-packages") == 0)
        guest_packages(guest, count, words);
    else if (strcmp(words[0], "service-control") == 0)
        guest_service_control(guest, count, words);
    else if (strcmp(words[0], "com.vmware.appliance.version1.system.version.get") == 0)
        print_version(guest);
    else if (strcmp(words[0], "shutdown") == 0 && count > 1)
        guest_ask(guest, strcmp(words[1], "reboot") == 0 ? "reboot" : "poweroff");
    else
        guest_say("Unknown command: `%s'\n", words[0]);
}

int guest_appliancesh(const struct guest *guest, int argc, char **argv)
{
    char line[4096];
    bool terminal = argc == 1;
    greet(guest, terminal);
    if (argc == 3 && strcmp(argv[1], "-c") == 0) {
        auto_free char *text = xstrdup(argv[2]);
        run(guest, text);
        return 0;
    }
    for (guest_say("Command> "); fgets(line, sizeof line, stdin); guest_say("Command> "))
        run(guest, line);
    return 0;
}
