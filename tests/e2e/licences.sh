#!/bin/bash
# licences.sh - keys from a pool: what a plan says of them, a vCenter that evaluates and gets
# one, a key that does not fit, one that vpxd takes and rejects in its answer, a lost answer.
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck disable=SC1091
. tests/e2e/lib.sh
state=$work/state
export ASAN_OPTIONS=${ASAN_OPTIONS:-detect_leaks=1}

cat > "$work/scenario.yaml" << YAML
vcsa: {versions: [7.0.3.00500], offers: [7.0.3.02200]}
faults:
  - {appliance: "*", fault: evaluation}
  - {appliance: vc-0003, fault: {drop_reply: {method: UpdateAssignedLicense, times: 1}}}
YAML
start_lab "$work/fleet" --appliances 3 --managers 1 --scenario "$work/scenario.yaml"
mkdir -p "$work/fleet/playbooks" "$work/fleet/keys"
key() { # FILE KEY
    printf '%s' "$2" > "$work/fleet/keys/$1"
    chmod 600 "$work/fleet/keys/$1"
}
key good VC007-S0010-AAAAA-AAAAA-GOOD7
key wrong VC008-S0010-AAAAA-AAAAA-WRNG8
key bad XX007-S0010-AAAAA-AAAAA-NOKEY
key eight VC008-S0002-AAAAA-AAAAA-EIGHT
cat > "$work/fleet/playbooks/licence.yaml" << YAML
playbook: licence
rollback: none
steps:
  - id: licence
    phase: prepare
    use: vcsa.license_assign
    with: {key: "\${vars.key}", product: vcenter, edition: standard}
    timeout: 2m
    on_failure: retry(1)
  - id: license-not-evaluation
    phase: prepare
    use: vcsa.license_state
    expect: result ->> '$.evaluation_count' = 0
YAML
campaign() { # NAME PLAYBOOK KEY VARS
    cat > "$work/fleet/$1.yaml" << YAML
campaign: $1
playbook: $2
fleet: fleet.yaml
vars: {$3}
strategy: {waves: [{name: all, size: rest}], in_flight: 3, budget: {wave: "100%", campaign: "100%"}}
YAML
    "$SLIPWAY" --state "$state" plan "$work/fleet/$1.yaml" > "$work/$1.plan" 2>&1 || cat "$work/$1.plan"
}
run() { timeout 120 "$SLIPWAY" --state "$state" run > "$work/run.out" 2> "$work/run.err"; }
assigned() { jq -s --arg a "$1" '[.[] | select(.kind == "license_assign" and .appliance == $a)] | length' "$lab_dir/ledger.jsonl"; }

for kind in wrong bad; do
    campaign "$kind" licence "key: {file: $work/fleet/keys/$kind}"
    run
    check "a key that is $kind is assigned to nobody" equal "$(assigned vc-0001)$(assigned vc-0002)$(assigned vc-0003)" 000
done
check 'what is wrong with a key is told' grep -q 'is for VMware VirtualCenter Server 8.0 and not for vcenter 7' \
    <("$SLIPWAY" --state "$state" events --campaign wrong 2> /dev/null)
check 'a bad key is found by what vpxd answers' grep -q 'does not take the key' \
    <("$SLIPWAY" --state "$state" events --campaign bad 2> /dev/null)
campaign good licence "key: {file: $work/fleet/keys/good}"
run
check 'a key that fits is assigned' equal "$?" 0
for n in 1 2; do check "vc-000$n got it once" equal "$(assigned "vc-000$n")" 1; done
check 'a lost answer is asked for again, and changes nothing more' test "$(assigned vc-0003)" -ge 1
check 'nobody evaluates any more' equal "$(sql "select count(*) from target where state <> 'succeeded' and campaign = (select max(id) from campaign)")" 0
grep -rqs 'GOOD7\|AAAAA' "$state" "$work/run.out" "$work/run.err" "$work/good.plan"
if [ $? -eq 0 ]; then
    check 'of a key only the last five characters are kept' equal "$(grep -rhoa 'AAAAA-AAAAA' "$state" | wc -l)" 0
else
    ok 'of a key nothing is kept'
fi

# ---- the plan counts ----
cat >> "$work/fleet/fleet.yaml" << YAML
license_pools:
  - {name: vc8, product: vcenter, major: 8, edition: standard, key: {file: keys/eight}, count: 2}
YAML
cat > "$work/fleet/playbooks/give.yaml" << YAML
playbook: give
rollback: none
steps:
  - id: licence
    phase: prepare
    use: vcsa.license_assign
    with: {key: "\${target.licenses.vcenter.key}", edition: "\${target.licenses.vcenter.edition}"}
YAML
campaign up give "target_version: 8.0.3.00400"
check 'the plan says that keys will not suffice, with figures' grep -q '1 of 3 targets get no key for vcenter 8' <(tr -s ' \n' ' ' < "$work/up.plan")
check 'two targets have the key in the plan' equal \
    "$(jq '[.targets[] | select(.appliance.licenses.vcenter.pool == "vc8" or .doc.licenses.vcenter.pool == "vc8" or .document.licenses.vcenter.pool == "vc8")] | length' "$state/plan.json")" 2
check 'as a reference' grep -q 'keys/eight' "$state/plan.json"
grep -q EIGHT "$state/plan.json"
check 'and never as text' test "$?" -ne 0
stop_lab
finish
