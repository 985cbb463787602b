/*
 * test_schema.c - stories about the vendor's schema itself: does it refuse what it must, does
 * it have every path that stands in the plugin's sources, and no path that nobody sends?
 * (Whether each request fits is asked by nsx_peer.h, in all other tests.)
 */
#include "nsx_peer.h"

#include <dirent.h>

#define SOURCES "plugins/nsx"
#define START   NSX_V_BASE "/upgrade/start/NSX"
#define SETTING NSX_V_BASE "/backuprestore/backupsettings"

static void refuses(const char *method, const char *path, const char *type,
                    const char *body, const char *because)
{
    auto_free char *why = nsx_schema_refuses(method, path, type, body, strlen(body));
    if (!because) {
        if (why)
            print_error("%s\n", why);
        assert_null(why);
        return;
    }
    assert_non_null(why);
    if (!strstr(why, because))
        print_error("%s\n", why);
    assert_non_null(strstr(why, because));
}

static void a_request_that_is_not_documented_is_refused(void **state)
{
    (void)state;
    refuses("GET", "/api/v1/upgrade/statuss", NULL, "", "there is no");
    refuses("DELETE", "/api/v1/upgrade/summary", NULL, "", "there is no");
    refuses("GET", "/api/v1/upgrade/bundles/a/b/upload-status", NULL, "", "there is no");
    refuses("GET", "/api/v1/upgrade/bundles//upload-status", NULL, "", "there is no");
    refuses("GET", "/api/v1/upgrade/summary?x=1", NULL, "", "takes no query x");
    refuses("POST", "/api/v1/upgrade/plan?action=upgrade&component_type=ESX", NULL, "",
            "does not take component_type=ESX");
    refuses("POST", "/api/v1/upgrade/plan?component_type=MP", NULL, "", "wants action");
    refuses("POST", "/api/v1/upgrade/plan?action", NULL, "", "does not take action");
    refuses("POST", "/api/v1/upgrade/eula/accept", NULL, "{}", "takes no body");
    refuses("POST", "/api/v1/upgrade/plan?action=upgrade&component_type=MP", NULL, "",
            NULL);
}

static void json_has_the_members_of_the_schema_and_no_others(void **state)
{
    static const char path[] = "/api/v1/upgrade/bundles", type[] = "application/json";
    (void)state;
    refuses("POST", path, type, "{\"url\":\"https://x\"}", NULL);
    refuses("POST", path, "text/plain", "{\"url\":\"https://x\"}", "content type");
    refuses("POST", path, NULL, "{\"url\":\"https://x\"}", "content type");
    refuses("POST", path, type, "{\"url\":1}", "member url");
    refuses("POST", path, type, "{\"ur\":\"x\",\"url\":\"x\"}", "member ur");
    refuses("POST", path, type, "{}", "wants the member url");
    refuses("POST", path, type, "[]", "no structure");
}

#define QUESTION(answer)                                                                 \
    "<preUpgradeQuestionAnswer><questionId>q</questionId><question>?</question>"         \
    "<questionAnserType>YESNO</questionAnserType><answer>" answer                        \
    "</answer></preUpgradeQuestionAnswer>"
#define QUESTIONS(inside)                                                                \
    "<preUpgradeQuestionsAnswers>" inside "</preUpgradeQuestionsAnswers>"

static void xml_has_its_elements_in_their_order(void **state)
{
    static const char type[] = "application/xml";
    (void)state;
    refuses("POST", START, type, QUESTIONS(QUESTION("Yes") QUESTION("No")), NULL);
    refuses("POST", START, type, QUESTIONS(QUESTION("YES")), "<answer> is not");
    refuses("POST", START, type, QUESTIONS("<x/>"), "has no <x>");
    refuses("POST", START, type, "<answers/>", "is no <preUpgrade");
    refuses("POST", START, type, "", "is no <preUpgrade");
    refuses("PUT", SETTING, type,
            "<backupRestoreSettings><ftpSettings><hostNameIPAddress>b</hostNameIPAddress>"
            "</ftpSettings></backupRestoreSettings>",
            "wants <transferProtocol");
    refuses("POST", NSX_V_BASE "/backuprestore/backup", "text/plain", "", "content type");
}

/* ---- the sources ---- */

/* All texts of the folder, one after the other; the caller's. */
static char *all_sources(void)
{
    auto_buf struct buf all = {0};
    DIR *folder = opendir(SOURCES);
    assert_non_null(folder);
    for (const struct dirent *at; (at = readdir(folder));) {
        size_t length = strlen(at->d_name);
        if (length < 3 || at->d_name[length - 2] != '.')
            continue;
        auto_free char *path = xasprintf(SOURCES "/%s", at->d_name);
        FILE *file = fopen(path, "r");
        char block[4096];
        assert_non_null(file);
        for (size_t n; (n = fread(block, 1, sizeof block, file)) > 0;)
            buf_add(&all, block, n);
        (void)fclose(file);
    }
    (void)closedir(folder);
    return xstrdup(buf_text(&all));
}

/* The path of a literal: up to its query, with * for what is filled in. */
static char *path_of(const char *text, size_t length)
{
    auto_buf struct buf out = {0};
    for (size_t i = 0; i < length && text[i] != '?'; i++) {
        if (text[i] == '%')
            buf_addc(&out, '*'), i++;
        else
            buf_addc(&out, text[i]);
    }
    return xstrdup(buf_text(&out));
}

static bool schema_has(const char *path)
{
    for (size_t i = 0; i < ARRAY_LENGTH(nsx_shapes); i++)
        if (!strcmp(nsx_shapes[i].path, path))
            return true;
    return false;
}

/* `met` every literal that begins with `from`, as a path of `base`. */
static void each_path(const char *all, const char *from, const char *base,
                      void (*met)(const char *path, void *context), void *context)
{
    for (const char *at = all; (at = strstr(at, from)); at++) {
        const char *text = at + strlen(from);
        if (from[0] != '"' && !strncmp(text, "/api/", 5))
            continue; /* where the name is defined */
        auto_free char *tail = path_of(text, strcspn(text, "\""));
        auto_free char *path = xasprintf("%s%s", base, tail);
        met(path, context);
    }
}

static void must_be_in_schema(const char *path, void *context)
{
    (void)context;
    bool base = !strcmp(path, NSX_V_BASE);
    if (!base && !schema_has(path))
        print_error("the plugin has %s, and the schema does not\n", path);
    assert_true(base || schema_has(path));
}

static void note(const char *path, void *context)
{
    auto_free char *line = xasprintf("%s\n", path);
    buf_adds(context, line);
}

static void what_the_sources_name_is_in_the_schema_and_nothing_else(void **state)
{
    static const struct {
        const char *from, *base;
    } literals[] = {{"\"/api/", "/api/"},
                    {"NSX_V \"", NSX_V_BASE},
                    {"MANAGERS \"", "/api/v1/fabric/compute-managers"}};
    (void)state;
    auto_free char *all = all_sources();
    auto_buf struct buf found = {0};
    buf_addc(&found, '\n');
    for (size_t i = 0; i < ARRAY_LENGTH(literals); i++) {
        each_path(all, literals[i].from, literals[i].base, must_be_in_schema, NULL);
        each_path(all, literals[i].from, literals[i].base, note, &found);
    }
    for (size_t i = 0; i < ARRAY_LENGTH(nsx_shapes); i++) {
        auto_free char *line = xasprintf("\n%s\n", nsx_shapes[i].path);
        if (!strstr(buf_text(&found), line))
            print_error("nobody sends %s\n", nsx_shapes[i].path);
        assert_non_null(strstr(buf_text(&found), line));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_request_that_is_not_documented_is_refused),
        cmocka_unit_test(json_has_the_members_of_the_schema_and_no_others),
        cmocka_unit_test(xml_has_its_elements_in_their_order),
        cmocka_unit_test(what_the_sources_name_is_in_the_schema_and_nothing_else),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
