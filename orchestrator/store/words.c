/* words.c - from the words in rows back to the engine's numbers. */
#include <string.h>

#include "store/internal.h"
#include "util/auto.h"

static const char *const verdicts[] = {"none", "green", "red", "no_data"};

int campaign_state_from(const char *name)
{
    return machine_state_from(&campaign_machine, name);
}

int wave_state_from(const char *name)
{
    return machine_state_from(&wave_machine, name);
}

int group_state_from(const char *name)
{
    return machine_state_from(&group_machine, name);
}

int target_state_from(const char *name)
{
    return machine_state_from(&target_machine, name);
}

int step_state_from(const char *name)
{
    return machine_state_from(&step_machine, name);
}

int verdict_from(const char *name)
{
    for (size_t i = 0; i < ARRAY_LENGTH(verdicts); i++) {
        if (!strcmp(verdicts[i], name))
            return (int)i;
    }
    return -1;
}

const char *store_verdict_name(enum verdict verdict)
{
    return (size_t)verdict < ARRAY_LENGTH(verdicts) ? verdicts[verdict] : "?";
}

const struct machine *record_machine(enum record_kind kind)
{
    switch (kind) {
    case RECORD_CAMPAIGN:
        return &campaign_machine;
    case RECORD_WAVE:
        return &wave_machine;
    case RECORD_TARGET:
        return &target_machine;
    case RECORD_STEP:
        return &step_machine;
    case RECORD_RECOVERY:
        return &recovery_machine;
    case RECORD_GROUP:
        return &group_machine;
    default:
        return NULL;
    }
}
