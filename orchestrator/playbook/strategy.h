/*
 * strategy.h - the `strategy:` of a campaign. Internal to playbook/.
 */
#ifndef PLAYBOOK_STRATEGY_H
#define PLAYBOOK_STRATEGY_H

#include "model/campaign.h"
#include "playbook/decode.h"

/* Decode `strategy` of the campaign (it may be absent) into *out, which is zeroed
   and belongs to the caller also after problems. */
void strategy_decode(const struct fields *campaign, struct strategy *out);

#endif
