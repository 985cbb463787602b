/*
 * fuzz_store.c - the database of slipway, damaged: opened, checked, asked, replayed, its
 * chain verified, and opened by an owner, who migrates it. The first byte chooses:
 *
 *     'r'      the rest is the file
 *     'o'      changes of a good file, and an owner comes
 *     others   changes of a good file: five bytes each - three of a place, two XORed there
 *
 * Whatever is there: a code with its sentence and an end; a chain that is called whole has
 * as many records as the campaign says, and where the whole file is as it was, all is.
 */
#include "nest.h"
#include "store/query.h"

#define ROWS_MAX 200

/* 0; or a code that the header knows, with its sentence. */
static int sound(int code, const struct slipway_error *err)
{
    MUST(code >= STORE_ERROR && code <= STORE_STOPPED);
    MUST(code == STORE_OK || code == STORE_STOPPED || err->text[0]);
    return code;
}

static int count_target(void *data, const struct store_target *target)
{
    MUST(target->name != NULL);
    return ++*(int *)data > ROWS_MAX;
}

static int count_record(void *data, const struct record *record)
{
    MUST(record->seq > 0);
    return ++*(int *)data > ROWS_MAX;
}

static void ask(struct store *store, bool unchanged)
{
    struct slipway_error err = {""};
    auto_store_campaign struct store_campaign campaign = {0};
    int targets = 0, records = 0;
    const struct store_target_filter any = STORE_ANY_TARGET;
    (void)sound(store_quick_check(store, &err), &err);
    if (sound(store_find_campaign(store, NULL, &campaign, &err), &err)) {
        MUST(!unchanged);
        return;
    }
    struct store_chain chain = {0};
    int verified = sound(store_verify_chain(store, campaign.id, &chain, &err), &err);
    MUST(verified || !chain.bad_seq || chain.sentence[0]);
    (void)sound(store_targets(store, campaign.id, &any, count_target, &targets, &err),
                &err);
    int replayed =
        sound(store_replay(store, campaign.id, 0, count_record, &records, &err), &err);
    char *text = NULL;
    size_t length = 0;
    if (!sound(store_plan(store, campaign.id, &text, &length, &err), &err))
        MUST(strlen(text) == length);
    free(text);
    bool whole = !verified && !chain.bad_seq && !replayed;
    MUST(!whole || chain.records == records);
    MUST(!unchanged || (whole && targets == 4 && records == 8));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1)
        return 0;
    if (!nest.above)
        nest_prepare(NEST_RECORDS);
    bool raw = data[0] == 'r';
    auto_free char *bytes = xmalloc(nest.length + size);
    size_t length = raw ? size - 1 : nest.length;
    memcpy(bytes, raw ? (const char *)data + 1 : nest.good, length);
    for (size_t i = 1; !raw && i + 5 <= size; i += 5) {
        size_t at = ((size_t)data[i] << 16 | (size_t)data[i + 1] << 8 | data[i + 2]) %
                    (nest.length - 1);
        bytes[at] = (char)(bytes[at] ^ data[i + 3]);
        bytes[at + 1] = (char)(bytes[at + 1] ^ data[i + 4]);
    }
    bool unchanged = length == nest.length && !memcmp(bytes, nest.good, length);
    nest_write(bytes, length);
    struct store *store = NULL;
    struct slipway_error err = {""};
    int code = data[0] == 'o' ? store_open_owner(nest.dir, "slipway run", &store, &err)
                              : store_open_reader(nest.dir, &store, &err);
    MUST(!unchanged || code == STORE_OK);
    if (!sound(code, &err))
        ask(store, unchanged);
    store_close(store);
    return 0;
}
