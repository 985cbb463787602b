/*
 * fuzz_claim.c - what a plugin answers, in any order and of any form: results, handles,
 * sentences, progress, outcomes that are none. The bytes are a script of what it says
 * during one call.
 *
 * What comes out keeps the contract of exec.h whatever went in: an outcome that exists,
 * a canonical result, one printable line, no secret in any of them, an effect of which
 * nothing is known is not called a failure of ours, and a time to look again in bounds.
 */
#include "exec/runner.h"
#include "fuzz.h"
#include "util/json.h"
#include "util/redact.h"
#include "util/text.h"

#define TEXT_MAX 2048

static const char secret[] = "c0rrect-h0rse";

static struct {
    const uint8_t *at, *end;
} script;

static unsigned take(void)
{
    return script.at < script.end ? *script.at++ : 0;
}

/* Until the next NUL. */
static char *take_text(void)
{
    size_t left = (size_t)(script.end - script.at);
    size_t length = strnlen((const char *)script.at, left < TEXT_MAX ? left : TEXT_MAX);
    char *text = xstrndup((const char *)script.at, length);
    script.at += length < left ? length + 1 : length;
    return text;
}

static void say_one_thing(struct slipway_call *call)
{
    unsigned what = take() % 8;
    auto_free char *text = take_text();
    auto_free char *leak = xasprintf("{\"a\":[\"%s\",\"%s\"]}", text, secret);
    switch (what) {
    case 0:
        (void)call->host->set_result(call, text);
        break;
    case 1:
        (void)call->host->set_result(call, leak);
        break;
    case 2:
        (void)call->host->set_handle(call, text);
        break;
    case 3:
        (void)call->host->set_handle(call, leak);
        break;
    case 4:
        call->host->say(call, "%s", text);
        break;
    case 5:
        call->host->say(call, "%s%s", text, secret);
        break;
    case 6:
        call->host->look_again_in(call, (int64_t)strtoll(text, NULL, 10));
        break;
    default:
        call->host->progress(call, (int)strtol(text, NULL, 10), leak);
    }
}

static unsigned say_things(struct slipway_call *call)
{
    for (unsigned n = take() % 8; n > 0; n--)
        say_one_thing(call);
    return take();
}

static enum slipway_outcome act(struct slipway_call *call)
{
    return (enum slipway_outcome)(say_things(call) % 12);
}

static enum slipway_probe look(struct slipway_call *call)
{
    return (enum slipway_probe)(say_things(call) % 8);
}

static const struct slipway_operation operations[] = {
    {.name = "read", .summary = "x", .repeat = SLIPWAY_READ, .start = act, .poll = act},
    {.name = "job",
     .summary = "x",
     .repeat = SLIPWAY_RECONCILABLE,
     .start = act,
     .poll = act,
     .probe = look},
    {.name = "once", .summary = "x", .repeat = SLIPWAY_IDEMPOTENT, .start = act},
};
static const struct slipway_plugin guest = {.abi = SLIPWAY_ABI,
                                            .size = sizeof guest,
                                            .name = "guest",
                                            .version = "1",
                                            .summary = "x",
                                            .operations = operations,
                                            .operation_count = ARRAY_LENGTH(operations)};

/* ---- what must hold ---- */

static void must_be_shown(const char *text)
{
    MUST(text_is_utf8(text, strlen(text)));
    for (const unsigned char *p = (const unsigned char *)text; *p; p++)
        MUST(*p >= 0x20 && *p != 0x7f);
    MUST(!redact_finds(text, strlen(text)));
}

static void on_progress(struct call *call, int percent, const char *text)
{
    (void)call;
    MUST(percent >= -1 && percent <= 100);
    MUST(strlen(text) < EXEC_PROGRESS_MAX);
    must_be_shown(text);
}

static void must_be_sound(const struct exec_request *request,
                          const struct exec_result *out)
{
    struct slipway_error err = {""};
    bool read = request->repeat == SLIPWAY_READ;
    MUST(out->outcome >= SLIPWAY_DONE && out->outcome <= SLIPWAY_CANCELED);
    MUST(out->probe >= SLIPWAY_PROBE_NOT_STARTED && out->probe <= SLIPWAY_PROBE_UNKNOWN);
    MUST(out->sentence && strlen(out->sentence) <= EXEC_SENTENCE_MAX + 3);
    must_be_shown(out->sentence);
    MUST(out->look_again_ms >= EXEC_LOOK_AGAIN_MIN_MS &&
         out->look_again_ms <= EXEC_LOOK_AGAIN_MAX_MS);
    MUST(out->verb == EXEC_PROBE || out->outcome == SLIPWAY_DONE || *out->sentence ||
         out->outcome == SLIPWAY_PENDING || out->outcome == SLIPWAY_CANCELED);
    MUST(!read || out->outcome != SLIPWAY_UNKNOWN || out->verb == EXEC_PROBE);
    MUST(!out->handle || (strlen(out->handle) <= SLIPWAY_HANDLE_MAX && *out->handle));
    MUST(!out->handle || !redact_finds(out->handle, strlen(out->handle)));
    if (out->verb == EXEC_START && out->outcome == SLIPWAY_PENDING &&
        request->repeat == SLIPWAY_RECONCILABLE)
        MUST(out->handle);
    if (out->verb == EXEC_PROBE && out->probe == SLIPWAY_PROBE_RUNNING)
        MUST(out->handle || request->handle);
    if (!out->result)
        return;
    auto_json json_t *json =
        json_parse(out->result, strlen(out->result), 2 * SLIPWAY_RESULT_MAX, &err);
    MUST(json);
    auto_free char *again = json_canonical(json);
    MUST(!strcmp(again, out->result));
    MUST(!redact_finds(out->result, strlen(out->result)));
}

static struct exec_request some_request(unsigned form)
{
    static const char *const uses[] = {"guest.read", "guest.job", "guest.once",
                                       "guest.none"};
    static const char *const expects[] = {NULL, "result ->> '$.a[0]' = 'x'",
                                          "json_array_length(result, '$.a') > 1"};
    unsigned use = form % 4;
    return (struct exec_request){
        .intent = 7,
        .verb = (enum exec_verb)(form / 4 % 3),
        .repeat = use < 3 ? operations[use].repeat : SLIPWAY_RECONCILABLE,
        .flags = form / 12 % 8 == 7 ? SLIPWAY_CALL_READ_ONLY : 0,
        .timeout_ms = 60000,
        .use = xstrdup(uses[use]),
        .key = xstrdup("c.t.s.0.1"),
        .fingerprint = xstrdup(""),
        .handle = xstrdup_null(form & 64 ? "job-1" : NULL),
        .expect = xstrdup_null(expects[form / 12 % 3]),
        .value = xstrdup_null(form & 128 ? "result ->> '$.a'" : NULL),
    };
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct plugins *plugins;
    static struct expr_engine *engine;
    static const struct log silent = {.fd = -1, .level = (enum slipway_level)3};
    struct slipway_error err = {""};
    if (!plugins) {
        const struct slipway_plugin *const table[] = {&guest, NULL};
        plugins = plugins_create();
        MUST(!plugins_add_table(plugins, table, &err));
        MUST(!plugins_open_all(plugins, &err));
        MUST(!redact_add(secret, strlen(secret)));
    }
    script.at = data;
    script.end = data + size;
    struct call call = {.request = some_request(take()),
                        .started_ms = exec_now_ms(),
                        .cancel_fd = -1,
                        .log = &silent,
                        .on_progress = on_progress};
    struct exec_result out;
    runner_run(&call, plugins, &engine, &out);
    must_be_sound(&call.request, &out);
    exec_result_free(&out);
    call_free(&call);
    return 0;
}
