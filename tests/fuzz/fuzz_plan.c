/*
 * fuzz_plan.c - a pinned plan that somebody edited: it is refused, or every index in it
 * can be used and it is written as it was read.
 *
 * The digest is put right first, or nothing but the digest would be tested.
 */
#include "fuzz.h"
#include "model/plan.h"
#include "util/json.h"
#include "util/sha256.h"

/* The document with the digest that it should have; NULL if it is no object. */
static char *with_digest(const uint8_t *data, size_t size)
{
    auto_json json_t *json = json_parse((const char *)data, size, 1 << 20, NULL);
    char digest[SHA256_HEX];
    if (!json_is_object(json))
        return NULL;
    (void)json_object_del(json, "digest");
    auto_free char *bare = json_canonical(json);
    sha256_hex(bare, strlen(bare), digest);
    (void)json_object_set_new(json, "digest", json_string(digest));
    return json_canonical(json);
}

static void use_every_index(const struct plan *plan)
{
    for (size_t i = 0; i < plan->target_count; i++) {
        const struct plan_target *t = &plan->targets[i];
        const struct plan_wave *wave = &plan->waves[t->wave];
        MUST((int)i >= wave->first && (int)i < wave->first + wave->count);
        MUST(t->manager_limit < (int)plan->limit_count);
        for (int k = 0; k < t->domain_count; k++)
            MUST(plan->domains[t->domains[k]].key);
    }
    for (size_t i = 0; i < plan->time.slot_count; i++) {
        const struct plan_slot *slot = &plan->time.slots[i];
        MUST(slot->timetable < (int)plan->time.timetable_count);
        MUST(slot->pace < (int)plan->time.pace_count);
    }
    for (size_t i = 0; i < plan->time.timetable_count; i++) {
        const struct spans *open = &plan->time.timetables[i].open;
        for (size_t k = 0; k < open->count; k++)
            MUST(open->items[k].from_ms < open->items[k].until_ms);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slipway_error err = {""};
    auto_plan struct plan *plan = NULL, *again = NULL;
    auto_free char *text = with_digest(data, size);
    if (!text || plan_from_json(text, strlen(text), &plan, &err))
        return 0;
    use_every_index(plan);
    free(steal_ptr(&plan->digest)); /* members may have been left out */
    auto_free char *once = plan_to_json(plan);
    MUST(!plan_from_json(once, strlen(once), &again, &err));
    auto_free char *twice = plan_to_json(again);
    MUST(!strcmp(once, twice));
    return 0;
}
