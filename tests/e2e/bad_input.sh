#!/bin/bash
# bad_input.sh - what people, appliances and machines get wrong, row by row: each
# ends in one sentence that says what to do, with the exit code that belongs to it,
# and with nothing done that nobody asked for. The lab's ledger is the witness.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/e2e/lib.sh

# A state of its own for each story.
fresh_state() { # NAME
    state=$work/state-$1
    export SLIPWAY_STATE=$state
}

# slipway VERB...: sets code; output in $work/out and $work/err
slipway() {
    "$SLIPWAY" "$@" > "$work/out" 2> "$work/err"
    code=$?
}

says() { grep -q -i -e "$1" "$work/out" "$work/err" || { cat "$work/out" "$work/err" >&2; return 1; }; }
errors() { wc -l < "$work/err"; }

# No byte of an escape sequence anywhere that a human may look at.
no_escapes() { ! grep -l "$(printf '\033')" "$@"; }

ledger=$work/lab/ledger.jsonl
lines=0 # of the ledger that belong to stories before
mark_ledger() { lines=$(wc -l < "$ledger"); }
noted() { tail -n +$((lines + 1)) "$ledger" | jq -r "select($1) | .appliance // .manager"; } # FILTER
# What slipway ordered (of that appliance), that is: without boots and the ends of updates.
effects() { # [APPLIANCE]
    noted '.kind | test("^(snapshot|job_start|power|reboot|reset|guest|consolidate)")' | grep -c "^${1:-}"
}
# "1 2": the fewest and the most logins that one of them refused
refused_logins() { # VIA
    noted ".kind == \"login_refused\" and .via == \"$1\"" | sort | uniq -c |
        awk '$1 < least || !least {least = $1} $1 > most {most = $1} END {print least + 0, most + 0}'
}
updates() { noted ".kind == \"job_start\" and .appliance == \"$1\"" | wc -l; } # APPLIANCE

# campaign NAME SELECT [SED...]: a campaign of its own in the lab's folder
campaign() {
    name=$1 select=$2
    shift 2
    sed -e "s/^campaign: .*/campaign: $name/" -e "s/^select: .*/select: \"$select\"/" "$@" \
        "$work/lab/campaign.yaml" > "$work/lab/$name.yaml"
    echo "$work/lab/$name.yaml"
}
# only NAME SELECT SOAK [SED...]: the same in one wave
only() {
    name=$1 select=$2 soak=$3
    shift 3
    campaign "$name" "$select" -e "s/{name: canary.*/{name: all, size: rest, soak: $soak, budget: 0}/" \
        -e '/{name: second/d' -e '/{name: rest/d' "$@"
}
plan() { "$SLIPWAY" plan "$1" > "$work/plan.out" 2>&1 || { cat "$work/plan.out" >&2; return 1; }; }
is_updated() { [ "$(updates "$1")" -gt 0 ]; }

# begin APPLIANCE: run in the background until its update is under way; sets pid
begin() {
    # one whose terminal is gone (nohup) has SIGHUP ignored, and slipway leaves it so
    env --default-signal=HUP "$SLIPWAY" run > "$work/run.out" 2>&1 &
    pid=$!
    await is_updated "$1" || echo "# no update began on $1" >&2
}

cat > "$work/scenario.yaml" << 'YAML'
faults:
  - {appliance: vc-0001, fault: ssh_silent}
  - {appliance: vc-0002, fault: flood}
  - {appliance: vc-0003, fault: rest_503}
  - {appliance: vc-0004, fault: escape_text}
  - {appliance: vc-0005, fault: update_fails}
  - {appliance: vc-0005, fault: revert_fails}
  - {appliance: vc-0006, fault: rejects_login}
  - {appliance: vc-0007, fault: escape_text}
  - {appliance: vc-0007, fault: snapshot_fails}
  - {appliance: vc-0008, fault: escape_text}
  - {appliance: vc-0008, fault: update_fails}
  - {appliance: vc-0025, fault: escape_text}
  - {appliance: vc-0025, fault: snapshot_fails}
  - {appliance: vc-0026, fault: escape_text}
YAML
start_lab "$work/lab" --appliances 26 --speed 20 --scenario "$work/scenario.yaml"

for rows in ${ROWS:-files state appliances signals}; do . "tests/e2e/bad_input/$rows.sh"; done
finish
