#!/bin/bash
# kill9.sh - kill -9 the running campaign at random moments, again and again, and
# compare what the appliances and managers received with what the database says:
# nothing done twice, nothing forgotten.
#
# KILLS (default 25) times over TARGETS (default 24) targets, on a lab of SPEED (20);
# with LONG=1 200 times over 60. SEED repeats the moments. A thousand times:
#
#   KILLS=1000 TARGETS=300 SPEED=4 BIN=build tests/e2e/kill9.sh
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/e2e/lib.sh
if [ "${LONG:-0}" = 1 ]; then
    : "${KILLS:=200}" "${TARGETS:=60}" "${SPEED:=4}"
fi
KILLS=${KILLS:-25}
TARGETS=${TARGETS:-24}
SPEED=${SPEED:-20}
SEED=${SEED:-$$}
RANDOM=$SEED
echo "# seed $SEED: $KILLS kills over $TARGETS targets"
state=$work/state
export SLIPWAY_STATE=$state

cat > "$work/scenario.yaml" << 'YAML'
faults:
  - {appliance: vc-0005, fault: sick}
  - {appliance: vc-0009, fault: {drop_reply: {method: CreateSnapshot_Task, times: 1}}}
  - {appliance: vc-0012, fault: update_fails}
  - {appliance: vc-0011, fault: {drop_reply: {method: RemoveSnapshot_Task, times: 1}}}
YAML
start_lab "$work/lab" --appliances "$TARGETS" --speed "$SPEED" --scenario "$work/scenario.yaml"
"$SLIPWAY" plan "$work/lab/campaign.yaml" > "$work/plan.out" || not_ok "plan"

kills=0
verb=run
while :; do
    "$SLIPWAY" $verb > "$work/run.out" 2>&1 &
    pid=$!
    if [ "$kills" -lt "$KILLS" ]; then
        sleep "$((RANDOM % 8 == 0)).$((RANDOM % 9))$((RANDOM % 10))"
        if kill -9 "$pid" 2> /dev/null; then kills=$((kills + 1)); fi
    fi
    wait "$pid" 2> /dev/null
    code=$?
    # killed before the campaign was entered, there is nothing to resume yet
    [ "$(sql "select count(*) from campaign" 2> /dev/null || echo 0)" = 0 ] || verb=resume
    case $code in
    137) ;;
    3) "$SLIPWAY" unpause --reason "seen" > /dev/null || break ;;
    *) break ;;
    esac
done
check "it ends with some failed (4)" equal "$code" 4
check "it was killed $KILLS times" equal "$kills" "$KILLS"
check "the two bad ones were rolled back" equal \
    "$(sql "select group_concat(name) from target where state='rolled_back'")" vc-0005,vc-0012
check "all others succeeded" equal \
    "$(sql "select count(*) from target where state='succeeded'")" $((TARGETS - 2))
check "the ledger knows of no violation, and nothing is left" \
    "$LAB" ledger --dir "$work/lab" --check --finished
check "each appliance got its update once" equal \
    "$(jq -r 'select(.kind=="job_start") | .appliance' "$work/lab/ledger.jsonl" | sort | uniq -d | wc -l)" 0
check "each appliance got its snapshot once" equal \
    "$(jq -r 'select(.kind=="snapshot_create") | .appliance' "$work/lab/ledger.jsonl" | sort | uniq -d | wc -l)" 0
check "no intent is left open" equal "$(sql "select count(*) from intent where settled_ms is null")" 0
check "the snapshots that the database knows of are all gone" equal \
    "$(sql "select count(*) from snapshot where removed_ms is null")" 0
[ "$failed" -eq 0 ] || { cat "$work/run.out"; "$LAB" ledger --dir "$work/lab" | tail -20; }
finish
