#!/bin/bash
# failures.sh - what goes wrong with vCenters in the field, one appliance for each entry of the
# failure catalogue: `why` names the cause and what to do, and what a rollback would have taken
# away was read before. A state file that is reset amid the packages loses no good installation.
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck disable=SC1091
. tests/e2e/lib.sh
SLIPWAY_SHARE=$PWD
export SLIPWAY_SHARE ASAN_OPTIONS=${ASAN_OPTIONS:-detect_leaks=1}
state=$work/state

campaign() { # DIR PLAYBOOK TARGET
    mkdir -p "$1/playbooks"
    sed -E 's/every: [13]0s/every: 300ms/; s/old_within: .*/old_within: 15s/; s/services_within: .*/services_within: 6s/
        s/for: (45|30|15)m/for: 12s/' "playbooks/$2.yaml" > "$1/playbooks/$2.yaml"
    cat > "$1/campaign.yaml" << YAML
campaign: $(basename "$1")
playbook: $2
fleet: fleet.yaml
vars: {target_version: $3}
strategy:
  waves: [{name: all, size: rest, soak: 1s}]
  in_flight: 20
  limits: {repo: 20}
  budget: {wave: 20, campaign: 20}
YAML
    "$SLIPWAY" --state "$state" plan "$1/campaign.yaml" > "$work/plan.out" 2>&1 || cat "$work/plan.out"
    timeout 300 "$SLIPWAY" --state "$state" run > "$work/run.out" 2> "$work/run.err"
}
state_of() { sql "select state from target where name = '$1'"; }
version_of() { cat "$lab_dir/appliances/$1/version"; }
issue_of() { "$SLIPWAY" --state "$state" why "$1" --json | jq -r '.known_issue.id // "none"'; }
logs_of() { "$SLIPWAY" --state "$state" why "$1" --logs; }
told() { # NAME STATE ISSUE
    check "$1 is $2, and why names $3" equal "$(state_of "$1") $(issue_of "$1")" "$2 $3"
}

# ---- by REST ----
cat > "$work/rest.yaml" << YAML
settings: {boot: 1s, update: 10s, stage: 500ms, snapshot: 300ms, revert: 300ms, remove: 200ms, power: 200ms}
vcsa: {versions: [7.0.3.00500], offers: [7.0.3.02200]}
faults:
  - {appliance: vc-0001, fault: state_reset}
  - {appliance: vc-0002, fault: update_fails}
  - {appliance: vc-0003, fault: rpm_test_fails}
  - {appliance: vc-0004, fault: half_applied}
  - {appliance: vc-0005, fault: sick}
  - {appliance: vc-0006, fault: profile_fails}
  - {appliance: vc-0007, fault: {password_expires: {days: 3}}}
  - {appliance: vc-0008, fault: stale_state}
  - {appliance: vc-0009, fault: manifest_bad}
  - {appliance: vc-0010, fault: stage_no_space}
  - {appliance: vc-0011, fault: disk_full}
  - {appliance: vc-0012, fault: sts_expired}
YAML
start_lab "$work/rest" --kind vcsa --appliances 12 --managers 1 --scenario "$work/rest.yaml"
# One has bash on, so that its logs can be read; its log holds what nobody should keep.
jq '.shell = true' "$lab_dir/appliances/vc-0002/vcsa.json" > "$work/disk" && cat "$work/disk" > "$lab_dir/appliances/vc-0002/vcsa.json"
mkdir -p "$lab_dir/appliances/vc-0002/var/log/vmware/applmgmt"
cat > "$lab_dir/appliances/vc-0002/var/log/vmware/applmgmt/PatchRunner.log" << 'LOG'
2026-11-21 INFO fetching https://dl.broadcom.com/Canary-Token-77/PROD/COMP/VCENTER
2026-11-21 DEBUG password=Canary-Word-1
2026-11-21 ERROR the one line that tells why
LOG
campaign "$work/rest" vcsa-patch 7.0.3.02200
check 'a state file that is reset loses no good installation' equal "$(state_of vc-0001) $(version_of vc-0001)" 'succeeded 7.0.3.02200'
told vc-0002 rolled_back vlcm-database
told vc-0003 rolled_back install-leftovers
told vc-0004 rolled_back install-leftovers
told vc-0005 rolled_back service-profile
told vc-0006 rolled_back service-profile
told vc-0007 failed root-password-expired
told vc-0008 failed stale-update-state
told vc-0009 failed manifest-verification
told vc-0010 failed staging-space
told vc-0011 failed storage-full
told vc-0012 failed certificate-expired
for n in 2 3 4 5 6; do
    check "vc-000$n: its update record was kept" grep -q '==> /appliance/update <==' <(logs_of "vc-000$n")
    check "vc-000$n: of before the revert" grep -q 'FAILED\|"down"' <(logs_of "vc-000$n")
done
check 'why says where the logs are' grep -q 'Logs .*update-record: .* why vc-0002 --logs' <("$SLIPWAY" --state "$state" why vc-0002 | tr -s '\n ' '  ')
check 'the ends of the logs are kept' grep -q 'the one line that tells why' <(logs_of vc-0002)
check 'and what failed there' grep -q 'postInstallHook for vcintegrity' <(logs_of vc-0002)
grep -rqs -e 'Canary-Word' -e 'Canary-Token' -e 'Lab-Secret-1!' "$state"
check 'no password and no token is kept with them' test "$?" -ne 0
check 'bash that is off is said, and holds nothing up' grep -q 'vc-0003.*bash is off' <("$SLIPWAY" --state "$state" events 2> /dev/null)
check 'who was not put back has nothing kept' grep -q 'nothing was kept' <(logs_of vc-0007)
"$LAB" ledger --dir "$lab_dir" --check --finished > "$work/ledger.out" || cat "$work/ledger.out"
check 'the ledger has nothing to say' grep -q '^OK' "$work/ledger.out"
stop_lab
rm -rf "$state"

# ---- over SSH ----
cat > "$work/cli.yaml" << YAML
settings: {boot: 1s, update: 3s, stage: 500ms, snapshot: 300ms, revert: 300ms, remove: 200ms, power: 200ms}
vcsa: {versions: [6.5.0.20000], offers: [6.5.0.24100]}
faults:
  - {appliance: vc-0001, fault: update_fails}
  - {appliance: vc-0002, fault: password_expired}
  - {appliance: vc-0003, fault: unsupported}
  - {appliance: vc-0004, fault: half_applied}
  - {appliance: vc-0005, fault: password_ends_midway}
YAML
start_lab "$work/cli" --appliances 5 --managers 1 --scenario "$work/cli.yaml"
campaign "$work/cli" vcsa-patch-cli 6.5.0.24100
told vc-0001 rolled_back vlcm-database
told vc-0002 failed root-password-expired
told vc-0003 failed unsupported-source-version
told vc-0004 rolled_back install-leftovers
told vc-0005 rolled_back root-password-expired-in-install
check 'the log of software-packages is kept' grep -q 'Running pre-install script' <(logs_of vc-0001)
check 'and its state file' grep -q 'INSTALL_FAILED' <(logs_of vc-0001)
check 'no terminal escape gets out' test "$(logs_of vc-0001 | grep -c "$(printf '\033')\[31m")" -eq 0
"$LAB" ledger --dir "$lab_dir" --check --finished > "$work/ledger.out" || cat "$work/ledger.out"
check 'the ledger has nothing to say' grep -q '^OK' "$work/ledger.out"
finish
