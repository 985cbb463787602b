#!/bin/bash
# recovery.sh - vCenters whose staging is dirty: without recoveries one fails, with them
# all are cured before the window, also when slipway is killed in the middle of a recovery.
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck disable=SC1091
. tests/e2e/lib.sh
SLIPWAY_SHARE=$PWD
export SLIPWAY_SHARE ASAN_OPTIONS=${ASAN_OPTIONS:-detect_leaks=1}
state=$work/state
slipway() { "$SLIPWAY" --state "$state" "$@"; }
state_of() { sql "select state from target where name = '$1' order by campaign desc limit 1"; }
count() { # KIND APPLIANCE
    jq -s --arg k "$1" --arg a "$2" '[.[] | select(.kind == $k and .appliance == $a)] | length' "$lab_dir/ledger.jsonl"
}

campaign() { # NAME SELECT RECOVERIES
    cat > "$work/lab/$1.yaml" << YAML
campaign: $1
playbook: vcsa-patch
fleet: fleet.yaml
select: $2
vars: {target_version: 7.0.3.02200}
strategy:
  recoveries: $3
  waves: [{name: all, size: rest, soak: 1s}]
  in_flight: 3
  limits: {repo: 3}
  budget: {wave: 3, campaign: 3}
YAML
}

cat > "$work/scenario.yaml" << YAML
settings: {boot: 1s, update: 4s, stage: 500ms, snapshot: 300ms, revert: 300ms, remove: 200ms, power: 200ms}
vcsa: {versions: [7.0.3.00500], offers: [7.0.3.02200]}
faults:
  - {appliance: vc-0001, fault: stage_dirty}
  - {appliance: vc-0002, fault: stage_dirty}
  - {appliance: vc-0003, fault: stage_dirty}
YAML
mkdir -p "$work/lab/playbooks" "$work/playbooks/known-issues"
# the playbook as it is shipped, but staging is tried once only
sed 's/every: [13]0s/every: 200ms/; /expected: 15m/,/on_failure/s/retry(1)/fail/' \
    playbooks/vcsa-patch.yaml > "$work/lab/playbooks/vcsa-patch.yaml"
start_lab "$work/lab" --appliances 3 --managers 1 --scenario "$work/scenario.yaml"
cd "$work" || exit 1

# ---- switched off ----
campaign off "name = 'vc-0001'" none
slipway plan lab/off.yaml > plan.out 2>&1 || cat plan.out
check 'the plan says that recoveries are off' grep -q 'none: they are switched off' plan.out
slipway run > run.out 2> run.err
check 'without recoveries it fails' equal "$(state_of vc-0001)" failed
check 'nothing is removed from it' equal "$(count unstage vc-0001)" 0

# ---- cured, with a kill in the middle ----
# One's own recovery takes the place of the shipped one: it waits first.
cat > playbooks/known-issues/own.yaml << 'YAML'
known_issues:
  - id: dirty-staging
    title: Staging failed
    severity: block
    cause: What an earlier attempt staged is still there.
    advice: Unstage and stage anew.
    match: {kind: [vcsa], step: [stage], use: [vcsa.*], contains: [Staging process failed]}
    run: automatic
    phases: [prepare]
    recovery:
      - {use: sleep, with: {for: 8s}}
      - {use: vcsa.unstage, timeout: 1m}
    examples:
      - {message: "vc-0001: staging failed: Staging process failed", step: stage, use: vcsa.stage}
YAML
slipway known-issues test > test.out
check 'the own issue is good' equal "$?" 0
campaign on 1 automatic
slipway plan lab/on.yaml > plan.out 2>&1 || cat plan.out
check 'the plan lists what is armed' grep -q 'dirty-staging .*at most 1 time: sleep, vcsa.unstage' plan.out
"$SLIPWAY" --state "$state" run > run.out 2> run.err &
pid=$!
recovering="select count(*) from target where activity = 'recover' and step_state = 'running'"
check 'two are in their recovery' eventually "$recovering" 2
slipway why vc-0002 > why.out
check 'why names the recovery' grep -q 'recovery of known issue dirty-staging, 1 of 2: sleep' why.out
kill -9 "$pid"
wait "$pid" 2> /dev/null
slipway resume > run.out 2> run.err
check 'after a kill in the recovery it ends well' equal "$?" 0
for n in 1 2 3; do
    check "vc-000$n succeeded" equal "$(state_of "vc-000$n") $(cat "$lab_dir/appliances/vc-000$n/version")" 'succeeded 7.0.3.02200'
    check "vc-000$n was asked to install once" equal "$(count job_start "vc-000$n")" 1
done
# vc-0001 had an old stage by now, which the playbook's own step removes
check 'each was unstaged once' equal \
    "$(count unstage vc-0001) $(count unstage vc-0002) $(count unstage vc-0003)" '1 1 1'
check 'each recovery began once and cured' equal "$(sql "select group_concat(event || ' ' || n) from
    (select event, count(*) as n from event where kind = 'recovery' group by event order by event)")" 'begin 2,cured 2,done 2'
check 'no intent is left open' equal "$(sql 'select count(*) from intent where settled_ms is null')" 0
slipway events > events.out
check 'the story is told' grep -q 'recovery of known issue dirty-staging cured it after' events.out
slipway report --json > report.json
check 'the report counts who was cured' equal \
    "$(jq -c '.known_issues[] | select(.id == "dirty-staging") | [.targets, .ended, .cured]' report.json)" '[2,0,2]'
"$LAB" ledger --dir "$lab_dir" --check --finished > ledger.out
check 'the ledger has nothing to say' equal "$?" 0
[ "$failed" -eq 0 ] || { cat run.out run.err test.out why.out; jq .known_issues report.json; tail -40 events.out; }
finish
