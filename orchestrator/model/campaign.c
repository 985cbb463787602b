/* campaign.c - giving a campaign's memory back. */
#include "model/campaign.h"

#include <stdlib.h>

#include "util/json.h"

static void wave_clear(struct wave_strategy *wave)
{
    free(wave->name);
    free(wave->place.file);
    for (size_t i = 0; i < wave->cover_count; i++)
        free(wave->cover[i]);
}

static void limits_clear(struct named_limit *limits, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        free(limits[i].name);
        free(limits[i].place.file);
    }
}

void campaign_clear(struct campaign *campaign)
{
    struct strategy *strategy = &campaign->strategy;
    for (size_t i = 0; i < strategy->wave_count; i++)
        wave_clear(&strategy->waves[i]);
    free(strategy->waves);
    limits_clear(strategy->max_unavailable, strategy->max_unavailable_count);
    limits_clear(strategy->limits, strategy->limit_count);
    time_rules_clear(&strategy->windows);
    time_rules_clear(&strategy->freezes);
    free(strategy->zone);
    free(strategy->deadline);
    free(strategy->zone_place.file);
    free(strategy->deadline_place.file);
    free(strategy->worst_place.file);
    free(campaign->name);
    free(campaign->playbook);
    free(campaign->fleet);
    free(campaign->select);
    free(campaign->after);
    free(campaign->digest);
    free(campaign->place.file);
    free(campaign->playbook_place.file);
    free(campaign->select_place.file);
    json_decref(campaign->vars);
    *campaign = (struct campaign){0};
}
