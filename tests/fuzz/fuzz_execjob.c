/*
 * fuzz_execjob.c - what the plugin exec reads, by the first byte: the answers of programs,
 * the documents of a job with the target they are filled from, and the folder that a job
 * left behind. Parts are divided by lines of "---".
 *
 * Nothing outside of the job's folder is touched: a file beside it stays as it is.
 */
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "exec/exec_answer.h"
#include "exec/exec_document.h"
#include "exec/exec_folder.h"
#include "fake_host.h"
#include "fuzz.h"

#define PARTS_MAX 3

static char top[64], folder[80], beside[80];

static void remove_all(void)
{
    static const char *const names[] = {"request", "alive", "started", "status"};
    for (size_t i = 0; i < ARRAY_LENGTH(names); i++) {
        auto_free char *path = xasprintf("%s/%s", folder, names[i]);
        (void)unlink(path);
    }
    (void)unlink(beside);
    (void)rmdir(folder);
    (void)rmdir(top);
}

static void put(const char *path, const char *text)
{
    auto_fd int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    MUST(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text));
}

static void stage(void)
{
    if (top[0])
        return;
    (void)snprintf(top, sizeof top, "%s", "/tmp/slipway-fuzz-XXXXXX");
    MUST(mkdtemp(top));
    (void)snprintf(folder, sizeof folder, "%s/job", top);
    (void)snprintf(beside, sizeof beside, "%s/beside", top);
    MUST(!mkdir(folder, 0700));
    put(beside, "mine");
    (void)atexit(remove_all);
}

static void divide(char *text, const char *parts[PARTS_MAX])
{
    for (size_t i = 0; i < PARTS_MAX; i++) {
        char *mark = strstr(text, "\n---\n");
        parts[i] = text;
        if (mark)
            *mark = '\0';
        text = mark ? mark + 5 : text + strlen(text);
    }
}

static void harmless(const char *text)
{
    for (; *text; text++)
        MUST((unsigned char)*text >= 0x20 && *text != 0x7f);
}

static const struct slipway_plugin nobody = {.name = "exec"};

static void call_init(struct fake_call *fake, const char *target)
{
    fake_call_init(fake, &nobody, NULL, "job", "{}", target);
    fake->call.repeat = SLIPWAY_RECONCILABLE;
}

/* --- answers ------------------------------------------------------------------------- */

static void outcome_holds(struct fake_call *fake, enum slipway_outcome outcome)
{
    fake_after(fake);
    MUST(outcome >= SLIPWAY_DONE && outcome <= SLIPWAY_CANCELED);
    MUST(outcome != SLIPWAY_DONE || fake->result);
    MUST(outcome != SLIPWAY_PENDING || fake->handle || fake->said[0]);
    harmless(fake->said);
    harmless(fake->progress_text);
}

static void try_answer(const char *const parts[PARTS_MAX])
{
    struct fake_call fake;
    auto_exec_end struct exec_end end = {.how = EXEC_EXITED};
    unsigned first = (unsigned)strtoul(parts[0], NULL, 10);
    end.how = (enum exec_how)(first % 5);
    end.code = (int)(first / 5 % 64);
    end.output_cut = first / 320 % 2;
    buf_adds(&end.output, parts[1]);
    buf_adds(&end.errors, parts[2]);
    call_init(&fake, "{}");
    fake_before(&fake);
    outcome_holds(&fake, exec_answer_started(&fake.call, "tool", &end));
    fake_before(&fake);
    outcome_holds(&fake, exec_answer_polled(&fake.call, "tool", &end));
    fake_before(&fake);
    enum slipway_probe found = exec_answer_probed(&fake.call, "tool", &end);
    fake_after(&fake);
    MUST(found != SLIPWAY_PROBE_DONE || fake.result);
    harmless(fake.said);
    fake_call_free(&fake);
}

/* --- documents ----------------------------------------------------------------------- */

static void try_documents(const char *const parts[PARTS_MAX])
{
    struct fake_call fake;
    struct slipway_error err = {""};
    auto_json json_t *documents = json_parse(parts[0], strlen(parts[0]), 65536, &err);
    auto_json json_t *target = json_parse(parts[1], strlen(parts[1]), 65536, &err);
    if (!json_is_object(documents) || !target)
        return;
    call_init(&fake, parts[1]);
    if (exec_documents_check(documents, &err))
        harmless(err.text);
    else if (exec_documents_write(&fake.call, documents, target, parts[2][0], folder,
                                  &err))
        harmless(err.text);
    exec_documents_wipe(documents, folder);
    fake_call_free(&fake);
}

/* --- the folder ------------------------------------------------------------------------ */

static void leave(const char *name, const char *text)
{
    auto_free char *path = xasprintf("%s/%s", folder, name);
    put(path, text);
}

static void try_folder(const char *const parts[PARTS_MAX])
{
    struct slipway_error err = {""};
    auto_exec_look struct exec_job_look look = {.state = EXEC_JOB_ABSENT};
    leave("request", parts[0]);
    leave("alive", "");
    if (parts[1][0])
        leave("status", parts[1]);
    if (parts[2][0])
        leave("started", "");
    if (exec_job_look(folder, NULL, &look, &err)) {
        MUST(err.text[0]);
        harmless(err.text);
    } else {
        MUST(look.state != EXEC_JOB_ABSENT && look.state != EXEC_JOB_RUNNING);
        exec_job_close(folder, &look);
    }
    exec_job_look_free(&look);
}

static void clean_folder(void)
{
    static const char *const names[] = {"request", "alive", "started", "status"};
    for (size_t i = 0; i < ARRAY_LENGTH(names); i++) {
        auto_free char *path = xasprintf("%s/%s", folder, names[i]);
        (void)unlink(path);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!size)
        return 0;
    auto_free char *text = fuzz_text(data + 1, size - 1);
    const char *parts[PARTS_MAX];
    struct stat info;
    stage();
    divide(text, parts);
    if (data[0] % 3 == 0)
        try_answer(parts);
    else if (data[0] % 3 == 1)
        try_documents(parts);
    else
        try_folder(parts);
    clean_folder();
    MUST(!stat(beside, &info) && info.st_size == 4);
    return 0;
}
