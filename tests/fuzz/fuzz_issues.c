/*
 * fuzz_issues.c - files of known issues with their recoveries, and the sentences that are
 * looked up in them: a file, then after a line of "#facts" a message, a step, a state.
 * Every problem has a sentence; what is accepted is complete and can be matched.
 */
#include <sys/mman.h>
#include <unistd.h>

#include "fuzz.h"
#include "known/known.h"

#define MARK "\n#facts\n"

static int accept_any(void *data, const char *use, const char *with_json,
                      const char *base_dir, const char *declared_class,
                      char **normalised_with, enum slipway_class *repeat,
                      const char **needs, struct slipway_error *err)
{
    (void)data;
    (void)use;
    (void)base_dir;
    (void)declared_class;
    (void)err;
    *normalised_with = xstrdup(with_json);
    *repeat = SLIPWAY_IDEMPOTENT;
    *needs = NULL;
    return 0;
}

static void check_issue(const struct known_issue *issue)
{
    MUST(issue->id && issue->title && issue->sql && issue->cause && issue->advice);
    MUST(issue->recovery_count <= KNOWN_RECOVERY_MAX);
    MUST(issue->kind_count <= KNOWN_LIST_MAX && issue->at_most >= 0);
    MUST(!issue->at_most || issue->recovery_count);
    for (size_t i = 0; i < issue->recovery_count; i++)
        MUST(issue->recovery[i].use && issue->recovery[i].with && issue->recovery[i].why);
}

static void use_book(const struct known_book *book, char *facts)
{
    static const char *const kinds[] = {"vcsa", "linux"};
    struct problem_list problems = {0};
    struct playbook armed = {0};
    char *step = strchr(facts, '\n'), *state = step ? strchr(step + 1, '\n') : NULL;
    if (step)
        *step++ = '\0';
    if (state)
        *state++ = '\0';
    const struct known_facts known = {
        .message = facts, .step = step, .state = state, .kind = "vcsa", .version = "8.0"};
    const struct known_issue *found = known_match(book, &known);
    MUST(!found || known_find(book, found->id) == found);
    (void)known_test(book, &problems);
    known_arm(book, kinds, ARRAY_LENGTH(kinds), &armed);
    playbook_clear(&armed);
    problems_clear(&problems);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    auto_free char *text = fuzz_text(data, size);
    char *mark = strstr(text, MARK);
    char *facts = mark ? mark + strlen(MARK) : text + size;
    size_t length = mark ? (size_t)(mark - text) : size;
    auto_fd int fd = memfd_create("issues.yaml", MFD_CLOEXEC);
    MUST(fd >= 0 && write(fd, text, length) == (ssize_t)length);
    auto_free char *path = xasprintf("/proc/self/fd/%d", fd);
    char *paths[] = {path};
    const struct operation_catalogue catalogue = {.check = accept_any};
    auto_known struct known_book book = {0};
    struct problem_list problems = {0};
    if (!known_load(paths, 1, &catalogue, &book, &problems)) {
        MUST(book.issue_count <= KNOWN_ISSUES_MAX);
        for (size_t i = 0; i < book.issue_count; i++)
            check_issue(&book.issues[i]);
        use_book(&book, facts);
    } else {
        MUST(problems.errors > 0);
    }
    for (size_t i = 0; i < problems.count; i++)
        MUST(problems.items[i].text && problems.items[i].text[0]);
    problems_clear(&problems);
    return 0;
}
