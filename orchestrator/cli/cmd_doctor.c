/*
 * cmd_doctor.c - slipway doctor: will it work here? Changes nothing, sends nothing.
 */
#include "cli/cli.h"
#include "cli/doctor.h"
#include "cli/verbs.h"
#include "util/auto.h"

static int run(struct cli *cli)
{
    auto_findings struct findings findings = {0};
    auto_store struct store *store = NULL;
    auto_buf struct buf out = {0};
    int in_flight = DOCTOR_IN_FLIGHT;
    doctor_libraries(cli, &findings);
    doctor_state(cli, cli_flag(cli, "thorough"), &in_flight, &store, &findings);
    doctor_machine(in_flight, &findings);
    if (store)
        doctor_inventory(store, &findings);
    if (cli->json) {
        auto_free char *json = findings_json(&findings);
        buf_addf(&out, "%s\n", json);
    } else {
        findings_text(&findings, cli->colour, &out);
    }
    int code = cli_print(cli, buf_text(&out));
    return code || !findings.counts[FINDING_FAIL] ? code : EXIT_ERROR;
}

static const struct cli_option options[] = {
    {"thorough", NULL, "check every page of the database and the chains of all campaigns",
     false},
    {NULL, NULL, NULL, false},
};

const struct cli_verb cmd_doctor = {
    .name = "doctor",
    .summary = "is this machine and this state fit for a campaign?",
    .arguments = "",
    .arguments_min = 0,
    .arguments_max = 0,
    .description =
        "Looks at libraries, plugins, clock, time-zone data, limits, core files, the "
        "systemd unit,\n"
        "the state directory (owner, mode, file system, room), the database, the audit\n"
        "chain and the secrets of the imported inventory (which are not read). "
        "Each line begins\n"
        "with ok, warn or FAIL and says what to do. Exits 1 if any line says "
        "FAIL. Nothing is changed,\n"
        "and no appliance is asked.",
    .example = "  slipway doctor\n"
               "  slipway --state /var/lib/slipway doctor --thorough",
    .options = options,
    .run = run,
};
