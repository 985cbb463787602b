/*
 * fuzz_yaml.c - the files that people write: fleet, campaign or playbook, by the first
 * byte. Every problem has a place and a sentence; what is accepted can be used.
 */
#include <sys/mman.h>
#include <unistd.h>

#include "fuzz.h"
#include "playbook/load.h"

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
    *repeat = SLIPWAY_RECONCILABLE;
    *needs = NULL;
    return 0;
}

static void load_one(uint8_t kind, const char *path, struct problem_list *problems)
{
    struct fleet fleet = {0};
    struct campaign campaign = {0};
    struct playbook playbook = {0};
    const struct operation_catalogue catalogue = {.check = accept_any};
    switch (kind % 3) {
    case 0:
        if (!load_fleet(path, &fleet, NULL, problems))
            MUST(fleet.appliance_count <= FLEET_APPLIANCES_MAX);
        fleet_clear(&fleet);
        break;
    case 1:
        if (!load_campaign(path, &campaign, problems))
            MUST(campaign.name && campaign.playbook);
        campaign_clear(&campaign);
        break;
    default:
        if (!load_playbook(path, &catalogue, &playbook, NULL, problems))
            MUST(playbook.name && playbook.step_count <= PLAYBOOK_STEPS_MAX);
        playbook_clear(&playbook);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2)
        return 0;
    auto_fd int fd = memfd_create("input.yaml", MFD_CLOEXEC);
    MUST(fd >= 0 && write(fd, data + 1, size - 1) == (ssize_t)(size - 1));
    auto_free char *path = xasprintf("/proc/self/fd/%d", fd);
    struct problem_list problems = {0};
    load_one(data[0], path, &problems);
    for (size_t i = 0; i < problems.count; i++)
        MUST(problems.items[i].text && problems.items[i].text[0]);
    problems_clear(&problems);
    return 0;
}
