#!/bin/bash
# vcsa.sh - whole campaigns with playbooks/vcsa-patch.yaml over lab vCenters: releases that
# speak different dialects, one that breaks, several that must not be begun. The oracle is
# the lab: its ledger, its disks, and its count of requests.
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck disable=SC1091
. tests/e2e/lib.sh
state=$work/state
export ASAN_OPTIONS=${ASAN_OPTIONS:-detect_leaks=1}

# The playbook as it is shipped, looking more often: a lab is quicker than a vCenter.
playbook() { # DIR
    mkdir -p "$1/playbooks"
    sed 's/every: [13]0s/every: 300ms/; s/old_within: .*/old_within: 5s/' playbooks/vcsa-patch.yaml > "$1/playbooks/vcsa-patch.yaml"
}

campaign() { # DIR TARGET IN_FLIGHT BUDGET
    cat > "$1/campaign.yaml" << YAML
campaign: $(basename "$1")
playbook: vcsa-patch
fleet: fleet.yaml
vars: {target_version: $2}
strategy:
  waves: [{name: all, size: rest, soak: 1s}]
  in_flight: $3
  limits: {repo: $3}
  budget: {wave: $4, campaign: $4}
YAML
}

run_campaign() { # DIR
    "$SLIPWAY" --state "$state" plan "$1/campaign.yaml" > "$work/plan.out" 2>&1 || cat "$work/plan.out"
    timeout 600 "$SLIPWAY" --state "$state" run > "$work/run.out" 2> "$work/run.err"
    status=$?
}

state_of() { sql "select state from target where name = '$1'"; }
version_of() { cat "$lab_dir/appliances/$1/version"; }
count() { # KIND APPLIANCE
    jq -s --arg k "$1" --arg a "$2" '[.[] | select(.kind == $k and .appliance == $a)] | length' "$lab_dir/ledger.jsonl"
}
asked() { # APPLIANCE REQUEST...: how often, summed
    local n=$1
    shift
    jq --args '[.[$ARGS.positional[]] // 0] | add' "$@" < "$lab_dir/outside/$n/requests.json"
}

# ---- one campaign over two dialects, one vCenter breaks ----
cat > "$work/mixed.yaml" << YAML
settings: {boot: 2s, update: 8s, stage: 1s, snapshot: 500ms, revert: 500ms, remove: 300ms, power: 300ms}
vcsa: {versions: [7.0.0.10700, 7.0.3.00500], offers: [7.0.3.02200]}
faults:
  - {appliance: vc-0004, fault: update_fails}
YAML
playbook "$work/mixed"
start_lab "$work/mixed" --appliances 6 --managers 1 --scenario "$work/mixed.yaml"
campaign "$work/mixed" 7.0.3.02200 6 1
run_campaign "$work/mixed"
check 'a campaign with one failure ends with 4' equal "$status" 4
for n in 1 2 3 5 6; do
    check "vc-000$n has the new version" equal "$(version_of "vc-000$n")" 7.0.3.02200
    check "vc-000$n succeeded" equal "$(state_of "vc-000$n")" succeeded
    check "vc-000$n was asked to install once" equal "$(count job_start "vc-000$n")" 1
done
check 'the broken one is rolled back' equal "$(state_of vc-0004)" rolled_back
check 'it has its old version' equal "$(version_of vc-0004)" 7.0.3.00500
check 'the failure is told in the appliance'"'"'s words' grep -q 'postInstallHook for vcintegrity' <("$SLIPWAY" --state "$state" events 2> /dev/null)
"$LAB" ledger --dir "$lab_dir" --check --finished > "$work/ledger.out"
check 'the ledger has nothing to say' equal "$?" 0
stop_lab
for n in 1 2 3 4 5 6; do
    # Two doors, each lost when its services restart (twice), each again after a revert; the
    # rest of the campaign reads with the sessions it has.
    logins=$(asked "vc-000$n" 'POST /session' 'POST /com/vmware/cis/session')
    looks=$(asked "vc-000$n" 'GET /appliance/update')
    echo "# vc-000$n: $logins logins, $looks looks at the update state, $(jq '[.[]] | add' < "$lab_dir/outside/vc-000$n/requests.json") requests"
    check "vc-000$n: no login per look" test "$logins" -le 12
    check "vc-000$n: staged once" equal "$(asked "vc-000$n" 'POST stage')" 1
    check "vc-000$n: every session was closed" equal "$(asked "vc-000$n" 'sessions left open')" 0
done
grep -rqs 'Lab-Secret-1!' "$state" "$work/run.out" "$work/run.err"
check 'no password is in the state or the output' test "$?" -ne 0
rm -rf "$state"

# ---- what must not be begun, and 6.7 ----
cat > "$work/sick.yaml" << YAML
settings: {boot: 2s, update: 6s, stage: 1s, snapshot: 500ms, revert: 500ms, remove: 300ms, power: 300ms}
vcsa: {versions: [6.7.0.40000], offers: [6.7.0.43000]}
faults:
  - {appliance: vc-0001, fault: {password_expires: {days: 3}}}
  - {appliance: vc-0002, fault: replication_lag}
  - {appliance: vc-0003, fault: vcha}
  - {appliance: vc-0004, fault: no_backup}
  - {appliance: vc-0005, fault: old_clock}
  - {appliance: vc-0006, fault: stage_no_space}
  - {appliance: vc-0007, fault: precheck_error}
  - {appliance: vc-0008, fault: no_update}
  - {appliance: vc-0009, fault: {drop_reply: {method: install, times: 1}}}
  - {appliance: vc-0010, fault: update_lies}
  - {appliance: vc-0011, fault: half_applied}
  - {appliance: vc-0012, fault: stays_staged}
  - {appliance: vc-0013, fault: disk_full}
  - {appliance: vc-0014, fault: rejects_login}
YAML
playbook "$work/sick"
start_lab "$work/sick" --appliances 14 --managers 1 --scenario "$work/sick.yaml"
campaign "$work/sick" 6.7.0.43000 14 13
"$SLIPWAY" --state "$state" plan "$work/sick/campaign.yaml" --probe --no-save > "$work/probe.out" 2>&1
check 'all of them can be asked before' equal "$?" 0
check 'what goes by earlier results is named, not asked' grep -q 'not asked, because they go by results of earlier steps: .*hosts-before' <(tr -s '\n ' '  ' < "$work/probe.out")
check 'what would fail is told with what was found' grep -q 'vc-0001: would fail: step root-password: found .*days_left 2' "$work/probe.out"
check 'a refused login is told once for each door' equal "$(grep -c '! vc-0014: ' "$work/probe.out")" 2
run_campaign "$work/sick"
for n in 0001 0002 0003 0004 0005 0006 0007 0008 0013 0014; do
    check "vc-$n was not begun" equal "$(state_of "vc-$n") $(count job_start "vc-$n") $(count snapshot_create "vc-$n")" 'failed 0 0'
done
check 'a lost answer is asked about, not repeated' equal "$(state_of vc-0009) $(count job_start vc-0009)" 'succeeded 1'
check 'one that only claims success is put back' equal "$(state_of vc-0010) $(version_of vc-0010)" 'rolled_back 6.7.0.40000'
check 'one that was applied by half is put back' equal "$(state_of vc-0011) $(version_of vc-0011)" 'rolled_back 6.7.0.40000'
check 'an old stage is removed first' equal "$(state_of vc-0012) $(count unstage vc-0012)" 'succeeded 1'
"$LAB" ledger --dir "$lab_dir" --check --finished > "$work/ledger.out"
check 'the ledger has nothing to say' equal "$?" 0
stop_lab
rm -rf "$state"

# ---- linked vCenters that the fleet file does not call linked ----
playbook "$work/linked"
start_lab "$work/linked" --kind vcsa --linked 2x1 --appliances 2 --managers 1
sed -i '/^ *link_group:/d' "$work/linked/fleet.yaml"
campaign "$work/linked" 8.0.3.00400 2 2
run_campaign "$work/linked"
for n in 0001 0002; do
    check "vc-$n, linked in secret, was not begun" equal "$(state_of "vc-$n") $(count snapshot_create "vc-$n")" 'failed 0'
done
check 'it is told what to write' grep -q 'give all of them the same link_group' "$work/run.out"
finish
