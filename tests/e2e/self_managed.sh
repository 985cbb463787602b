#!/bin/bash
# self_managed.sh - a fleet whose machines run on the hosts of one set and move between
# them: after the snapshot, before the revert. Everything goes through the host that has
# the machine then. The oracle is the lab's ledger.
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck disable=SC1091
. tests/e2e/lib.sh
state=$work/state

state_of() { sql "select state from target where name = '$1'"; }
# through APPLIANCE KIND: the hosts by which it happened, in order
through() {
    jq -rs --arg a "$1" --arg k "$2" '[.[] | select(.appliance == $a and .kind == $k and .outcome == "success") | .manager] | join(" ")' "$lab_dir/ledger.jsonl"
}

# ---- a campaign: machines move after their snapshot and after their revert ----
cat > "$work/moving.yaml" << YAML
settings: {boot: 1s, update: 2s, snapshot: 600ms, revert: 600ms, remove: 300ms, power: 300ms}
faults:
  - {appliance: vc-0001, fault: moves, at_effect: 1}
  - {appliance: vc-0002, fault: moves, at_effect: 1}
  - {appliance: vc-0002, fault: sick}
  - {appliance: vc-0003, fault: moves, at_effect: 2}
  - {appliance: vc-0003, fault: sick}
  - {appliance: vc-0004, fault: {drop_reply: {method: CreateSnapshot_Task, times: 1}}}
  - {appliance: vc-0004, fault: moves, at_effect: 1}
YAML
start_lab "$work/moving" --appliances 6 --managers 3 --esxi --scenario "$work/moving.yaml"
cat > "$work/moving/campaign.yaml" << YAML
campaign: moving
playbook: lab-patch
fleet: fleet.yaml
vars: {target_version: 8.0.3.00400}
strategy: {waves: [{name: all, size: rest, soak: 1s}], in_flight: 6, limits: {manager: 4}, budget: {wave: 3, campaign: 3}}
YAML
"$SLIPWAY" --state "$state" plan "$work/moving/campaign.yaml" > "$work/plan.out" 2>&1 || cat "$work/plan.out"
check 'the plan counts the set as one manager' grep -q 'manager' "$work/plan.out"
timeout 300 "$SLIPWAY" --state "$state" run > "$work/run.out" 2> "$work/run.err"
check 'a campaign with two failures ends with 4' equal "$?" 4
for n in 1 4 5 6; do
    check "vc-000$n succeeded" equal "$(state_of "vc-000$n")" succeeded
done
for n in 2 3; do
    check "vc-000$n is rolled back" equal "$(state_of "vc-000$n")" rolled_back
    check "vc-000$n has its old version" equal "$(cat "$lab_dir/appliances/vc-000$n/version")" 8.0.2.00100
done
check 'vc-0001 got its snapshot through one host' equal "$(through vc-0001 snapshot_create)" mgmt-1
check 'and lost it through the other' equal "$(through vc-0001 snapshot_remove)" mgmt-2
check 'vc-0002 got its snapshot through one host' equal "$(through vc-0002 snapshot_create)" mgmt-2
check 'and was reverted through the other' equal "$(through vc-0002 snapshot_revert)" mgmt-3
check 'vc-0003 was reverted where it was' equal "$(through vc-0003 snapshot_revert)" mgmt-3
check 'and switched on where it was then' equal "$(through vc-0003 power_on)" mgmt-1
check 'vc-0004 has one snapshot, though its answer was lost and it moved' equal "$(through vc-0004 snapshot_create)" mgmt-1
"$LAB" ledger --dir "$lab_dir" --check --finished > "$work/ledger.out"
check 'the ledger has nothing to say' equal "$?" 0
stop_lab

# ---- a hand moves a machine while nobody looks; a host is asked in vain ----
cat > "$work/hosts.yaml" << YAML
faults:
  - {manager: mgmt-1, fault: free_licence}
  - {manager: mgmt-2, fault: lockdown}
  - {manager: mgmt-3, fault: maintenance}
YAML
start_lab "$work/hosts" --appliances 4 --managers 4 --esxi --scenario "$work/hosts.yaml"
sed -e 's/campaign: lab-patch/campaign: hosts/' -e 's/size: 3, cover: \[site\], soak: 2s, budget: 0/size: 4, soak: 1s, budget: 4/' \
    -e 's/campaign: [0-9]*, mode/campaign: 4, mode/' "$work/hosts/campaign.yaml" > "$work/hosts/c.yaml"
state=$work/state2
"$SLIPWAY" --state "$state" plan "$work/hosts/c.yaml" > "$work/plan.out" 2>&1 || cat "$work/plan.out"
timeout 300 "$SLIPWAY" --state "$state" run > "$work/run.out" 2> "$work/run.err"
"$SLIPWAY" --state "$state" events > "$work/events.out" 2> /dev/null
check 'a free licence is said before anything is written' grep -q 'free licence' "$work/events.out"
check 'so is lockdown mode' grep -q 'lockdown mode' "$work/events.out"
check 'so is maintenance mode' grep -q 'maintenance mode' "$work/events.out"
check 'the machine of the fourth host is upgraded' equal "$(state_of vc-0004)" succeeded
for n in 1 2 3; do
    check "nothing was done to vc-000$n" equal "$(through "vc-000$n" snapshot_create)" ''
done
stop_lab
check 'no login was refused' equal "$(jq -s '[.[] | select(.kind == "login_refused")] | length' "$lab_dir/ledger.jsonl")" 0

# ---- restarted: a machine is where it was ----
start_lab "$work/moving" --appliances 6 --managers 3 --esxi
echo 'move vc-0005 mgmt-3' > "$lab_dir/control"
check 'a hand moves a machine' await grep -qsx mgmt-3 "$lab_dir/outside/vc-0005/host"
check 'the machine that moved before is where it was' equal "$(cat "$lab_dir/outside/vc-0001/host")" mgmt-2
finish
