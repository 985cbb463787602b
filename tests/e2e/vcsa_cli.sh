#!/bin/bash
# vcsa_cli.sh - whole campaigns with playbooks/vcsa-patch-cli.yaml over lab vCenters of 6.0 and
# 6.5, which have no update API: appliancesh is met, switched and put back; slipway is
# killed amid the installations; connections break; patches fail in all the known ways. The
# oracle is the lab: its ledger and its disks.
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck disable=SC1091
. tests/e2e/lib.sh
state=$work/state
export ASAN_OPTIONS=${ASAN_OPTIONS:-detect_leaks=1}

# The playbook as it is shipped, looking more often: a lab is quicker than a vCenter.
playbook() { # DIR
    mkdir -p "$1/playbooks"
    sed 's/every: [13]0s/every: 300ms/' playbooks/vcsa-patch-cli.yaml > "$1/playbooks/vcsa-patch-cli.yaml"
}

campaign() { # DIR TARGET IN_FLIGHT BUDGET
    cat > "$1/campaign.yaml" << YAML
campaign: $(basename "$1")
playbook: vcsa-patch-cli
fleet: fleet.yaml
vars: {target_version: $2}
strategy:
  waves: [{name: all, size: rest, soak: 1s}]
  in_flight: $3
  limits: {repo: $3}
  budget: {wave: $4, campaign: $4}
YAML
}

plan() { # DIR
    "$SLIPWAY" --state "$state" plan "$1/campaign.yaml" > "$work/plan.out" 2>&1 || cat "$work/plan.out"
}

run_campaign() {
    timeout 600 "$SLIPWAY" --state "$state" run > "$work/run.out" 2> "$work/run.err"
    status=$?
}

state_of() { sql "select state from target where name = '$1'"; }
version_of() { cat "$lab_dir/appliances/$1/version"; }
login_shell() { sed -n 's/^root:.*://p' "$lab_dir/appliances/$1/etc/passwd"; }
bash_is() { jq .shell < "$lab_dir/appliances/$1/vcsa.json"; }
count() { # KIND APPLIANCE
    jq -s --arg k "$1" --arg a "$2" '[.[] | select(.kind == $k and .appliance == $a)] | length' "$lab_dir/ledger.jsonl"
}
told() { "$SLIPWAY" --state "$state" events 2> /dev/null; }
begun() { # N: at least N installations are under way
    [ "$(jq -s '[.[] | select(.kind == "job_start")] | length' "$lab_dir/ledger.jsonl")" -ge "$1" ]
}

# ---- two releases without an update API; slipway is killed amid the installations ----
cat > "$work/old.yaml" << YAML
settings: {boot: 1s, update: 5s, stage: 500ms, snapshot: 300ms, revert: 300ms, remove: 200ms, power: 200ms}
vcsa: {versions: [6.5.0.20000], offers: [6.5.0.24100]}
faults:
  - {appliance: vc-0001, fault: certificate_misnamed}
  - {appliance: vc-0002, fault: ssh_drops}
  - {appliance: vc-0003, fault: log_jumps}
  - {appliance: vc-0004, fault: update_fails}
  - {appliance: vc-0005, fault: ssh_noise}
  - {appliance: vc-0006, fault: escape_text}
YAML
playbook "$work/old"
start_lab "$work/old" --appliances 6 --managers 1 --scenario "$work/old.yaml"
campaign "$work/old" 6.5.0.24100 6 1
plan "$work/old"
"$SLIPWAY" --state "$state" run > "$work/first.out" 2>&1 &
slipway_pid=$!
await begun 3
kill -9 "$slipway_pid"
wait "$slipway_pid" 2> /dev/null
check 'slipway was killed amid installations' begun 3
run_campaign
check 'the campaign with one failure ends with 4' equal "$status" 4
for n in 1 2 3 5 6; do
    check "vc-000$n succeeded" equal "$(state_of "vc-000$n") $(version_of "vc-000$n")" 'succeeded 6.5.0.24100'
    check "vc-000$n was installed once" equal "$(count job_start "vc-000$n")" 1
done
for n in 1 2 3 5 6; do
    check "vc-000$n has its login shell and bash as before" equal "$(login_shell "vc-000$n") $(bash_is "vc-000$n")" '/bin/appliancesh false'
done
warned() { "$SLIPWAY" --state "$state" readiness --json 2> /dev/null | jq -r '.targets[] | select(any(.findings[]; .step == "certificate-named")) | .name'; }
check 'a certificate that is made out to another name is warned of' equal "$(warned)" vc-0001
check 'the broken one is rolled back' equal "$(state_of vc-0004) $(version_of vc-0004)" 'rolled_back 6.5.0.20000'
check 'and has its login shell as before' equal "$(login_shell vc-0004)" /bin/appliancesh
check 'its failure is told in its own words' grep -q 'postInstallHook for vcintegrity' <(told)
check 'no terminal escape gets out' test "$(told | grep -c "$(printf '\033')\[31m")" -eq 0
"$LAB" ledger --dir "$lab_dir" --check --finished > "$work/ledger.out"
check 'the ledger has nothing to say' equal "$?" 0
stop_lab
rm -rf "$state"

# ---- what must not be begun, and what breaks in the middle; 6.0 ----
cat > "$work/bad.yaml" << YAML
settings: {boot: 1s, update: 3s, stage: 500ms, snapshot: 300ms, revert: 300ms, remove: 200ms, power: 200ms}
vcsa: {versions: [6.0.0.30100], offers: [6.0.0.30200]}
faults:
  - {appliance: vc-0001, fault: {password_expires: {days: 3}}}
  - {appliance: vc-0002, fault: password_expired}
  - {appliance: vc-0003, fault: unsupported}
  - {appliance: vc-0004, fault: stage_no_space}
  - {appliance: vc-0005, fault: disk_full}
  - {appliance: vc-0006, fault: half_applied}
  - {appliance: vc-0007, fault: update_lies}
  - {appliance: vc-0008, fault: password_ends_midway}
  - {appliance: vc-0009, fault: stays_staged}
  - {appliance: vc-0010, fault: sick}
  - {appliance: vc-0011, fault: reboots}
YAML
playbook "$work/bad"
start_lab "$work/bad" --appliances 12 --managers 1 --scenario "$work/bad.yaml"
campaign "$work/bad" 6.0.0.30200 12 12
sed -i 's/for: 45m/for: 12s/; s/for: 30m/for: 12s/' "$work/bad/playbooks/vcsa-patch-cli.yaml"
plan "$work/bad"
run_campaign
for n in 0001 0002 0003 0004 0005; do
    check "vc-$n was not begun" equal "$(state_of "vc-$n") $(count job_start "vc-$n") $(count snapshot_create "vc-$n")" 'failed 0 0'
done
for n in 0006 0007 0008 0010 0011; do
    check "vc-$n is put back" equal "$(state_of "vc-$n") $(version_of "vc-$n")" 'rolled_back 6.0.0.30100'
done
check 'an old stage is removed first' equal "$(state_of vc-0009) $(count unstage vc-0009)" 'succeeded 1'
check 'a sound one succeeds' equal "$(state_of vc-0012) $(version_of vc-0012)" 'succeeded 6.0.0.30200'
for n in 0001 0003 0004 0005 0006 0007 0008 0009 0010 0011 0012; do
    check "vc-$n has its login shell as before" equal "$(login_shell "vc-$n")" /bin/appliancesh
done
check 'the expired password is named' grep -q 'PASSWORD_EXPIRED' <(told)
check 'a password that ended midway is named' grep -q 'expired password for user root' <(told)
check 'the patch that does not take this version is named' grep -q 'Unsuported version' <(told)
"$LAB" ledger --dir "$lab_dir" --check --finished > "$work/ledger.out"
check 'the ledger has nothing to say' equal "$?" 0
grep -rqs 'Lab-Secret-1!' "$state" "$work/run.out" "$work/run.err" "$work/first.out"
check 'no password is in the state or the output' test "$?" -ne 0
finish
