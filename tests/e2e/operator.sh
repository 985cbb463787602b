#!/bin/bash
# operator.sh - what somebody reads who is called at night, or who looks in the morning: several
# faults at once, and what is said of them. Whatever was lost on the way stands in the report of a
# campaign in which everybody succeeded, by name; a revert that fails is not explained by what
# failed before it; a certificate that somebody renewed costs no login; a backup server is full;
# the members of a link group move between hosts while their managers restart; one manager of a
# cluster is away, and a backup that grew old stops what cannot be undone.
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck disable=SC1091
. tests/e2e/lib.sh
SLIPWAY_SHARE=$PWD
export SLIPWAY_SHARE ASAN_OPTIONS=${ASAN_OPTIONS:-detect_leaks=1}
more= # what else is changed in a playbook

# campaign DIR PLAYBOOK SELECT VARS: the playbook as it is shipped, with a lab's patience
campaign() {
    state=$work/state-$2-${3//[^0-9]/}
    export SLIPWAY_STATE=$state
    mkdir -p "$1/playbooks"
    sed -E 's/every: (10|30)s/every: 300ms/; s/old_within: .*/old_within: 8s/; s/services_within: .*/services_within: 4s/
        s/for: (45|30|15|10)m/for: 3s/; s/boot_timeout: .*/boot_timeout: 10s/; s/settle: [0-9]+m/settle: 3s/
        s/retry\([235]\)/retry(1)/; s/^snapshot: \{/&settle: 2s, /
        /id: (settings-kept|schedule-kept|license-not-evaluation)$/,/every:/s/every: .*/every: 300ms\n    for: 2s/
        '"$more" "playbooks/$2.yaml" > "$1/playbooks/$2.yaml"
    cat > "$1/$2.yaml" << YAML
campaign: $(basename "$1")
playbook: $2
fleet: fleet.yaml
select: $3
vars: {$4}
strategy:
  waves: [{name: all, size: rest, soak: 1s}]
  in_flight: 20
  limits: {${5:-repo: 20}}
  budget: {wave: 20, campaign: 20}
YAML
    "$SLIPWAY" plan "$1/$2.yaml" > "$work/plan.out" 2>&1 || cat "$work/plan.out"
}
run() { timeout 200 "$SLIPWAY" run > "$work/run.out" 2> "$work/run.err"; }
state_of() { sql "select state from target where name = '$1'"; }
issue_of() { "$SLIPWAY" why "$1" --json | jq -r '.known_issue.id // "none"'; }
why() { "$SLIPWAY" why "$1" | tr -s '\n ' '  '; }
report() { "$SLIPWAY" report | tr -s '\n ' '  '; }
told() { # NAME STATE ISSUE
    check "$1 is $2, and why names $3" equal "$(state_of "$1") $(issue_of "$1")" "$2 $3"
}
# warning ID: which targets, and what was found
warning() { "$SLIPWAY" report --json | jq -r --arg id "$1" '.warnings[] | select(.id == $id) | "\(.first_targets | join(",")): \(.text)"'; }
lines_of() { jq -s --arg a "$1" --arg k "$2" '[.[] | select(.appliance == $a and (.kind | test($k)))] | length' "$lab_dir/ledger.jsonl"; }
ledger_is_quiet() {
    "$LAB" ledger --dir "$lab_dir" --check > "$work/ledger.out" || cat "$work/ledger.out"
    check 'the ledger has nothing to say' grep -q '^OK' "$work/ledger.out"
}

# ---- vCenters by REST ----
cat > "$work/rest.yaml" << YAML
settings: {boot: 1s, update: 3s, stage: 300ms, snapshot: 300ms, revert: 300ms, remove: 200ms, power: 200ms}
vcsa: {versions: [7.0.3.00500], offers: [7.0.3.02200]}
faults:
  - {appliance: vc-0001, fault: host_lost}
  - {appliance: vc-0001, fault: extension_lost}
  - {appliance: vc-0001, fault: settings_lost}
  - {appliance: vc-0001, fault: certificate_misnamed}
  - {appliance: vc-0002, fault: certificate_renewed}
  - {appliance: vc-0003, fault: root_full}
  - {appliance: vc-0003, fault: seat_full}
  - {appliance: vc-0004, fault: busy_vpxd}
  - {appliance: vc-0005, fault: update_fails}
  - {appliance: vc-0005, fault: revert_fails}
  - {appliance: vc-0006, fault: update_lies}
  - {appliance: vc-0006, fault: old_clock, at_effect: 2}
  - {appliance: vc-0007, fault: half_applied}
  - {appliance: vc-0007, fault: stays_off}
  - {appliance: vc-0008, fault: backup_no_space}
YAML
start_lab "$work/rest" --kind vcsa --appliances 8 --managers 1 --scenario "$work/rest.yaml"
campaign "$work/rest" vcsa-patch "name < 'vc-0005'" 'target_version: 7.0.3.02200'
run
check 'who lost much on the way has succeeded' equal "$(state_of vc-0001)" succeeded
check 'the report begins with it' grep -q 'With warnings: ' <(report)
check 'the lost host is named' grep -q '^vc-0001: .*connection of host esx-3.lab' <(warning inventory-kept)
check 'the solution is named' grep -q 'changed \["com.lab.backup"\]' <(warning extensions-kept)
check 'the settings are named' grep -q 'changed \["dns"' <(warning settings-kept)
check 'the schedule is named' grep -q 'changed \["default"\]' <(warning schedule-kept)
check 'a certificate for another name is told' grep -q 'named false, hostname "localhost"' <(warning certificate-named)
"$SLIPWAY" report --html "$work/report.html" > /dev/null
check 'the page has them too' grep -q 'id="warnings".*' "$work/report.html"
told vc-0002 failed certificate-replaced
check 'nobody sent it a password' equal "$(lines_of vc-0002 '^login')" 0
told vc-0003 failed storage-full
check 'both full file systems are named' grep -q 'root 99 %","seat 99 %' <(why vc-0003)
check 'the task that runs is named' grep -q 'VirtualMachine.migrate' <(why vc-0004)

campaign "$work/rest" vcsa-patch "name BETWEEN 'vc-0005' AND 'vc-0007'" 'target_version: 7.0.3.02200'
run
told vc-0005 stranded vm-file-locked
told vc-0006 stranded clock-after-revert
told vc-0007 stranded silent-after-revert
check 'what failed before the revert is told as well' grep -q 'Failed to upgrade database schema' <(why vc-0005)

campaign "$work/rest" vcsa-backup "name IN ('vc-0004', 'vc-0008')" \
    'backup_type: SFTP, backup_location: sftp://backup.example/vc, backup_user: robot, backup_password: {file: '"$work"'/backup}' 'backup: 4'
(umask 077 && printf 'backup-secret' > "$work/backup")
run
check 'the other one has its backup' equal "$(state_of vc-0004)" succeeded
told vc-0008 failed backup-server-full
stop_lab

# ---- a link group on ESXi hosts: one moves between two shut-downs, one before its revert, and
#      a host's manager restarts amid the snapshots ----
cat > "$work/linked.yaml" << YAML
settings: {boot: 1s, update: 3s, stage: 300ms, snapshot: 500ms, revert: 300ms, remove: 200ms, power: 200ms, shutdown: 300ms}
vcsa: {versions: [8.0.2.00200], offers: [8.0.3.00400], link_groups: {size: 3, count: 2}}
faults:
  - {appliance: vc-0001, fault: moves, at_effect: 1}
  - {appliance: vc-0002, fault: update_fails}
  - {appliance: vc-0002, fault: moves, at_effect: 3}
  - {appliance: vc-0005, fault: no_space}
  - {manager: mgmt-1, fault: manager_restart, at_effect: 2, for: 1s}
YAML
start_lab "$work/linked" --kind vcsa --appliances 6 --managers 3 --esxi --scenario "$work/linked.yaml"
campaign "$work/linked" vcsa-patch "name NOT IN ('vc-0003', 'vc-0006')" 'target_version: 8.0.3.00400'
run
for n in 1 2 3; do check "vc-000$n went back" equal "$(state_of "vc-000$n") $(cat "$lab_dir/appliances/vc-000$n/version")" 'rolled_back 8.0.2.00200'; done
check 'they went back together, and replication is whole' grep -q 'in step at all 3 all 3 together' <(report)
check 'why one only went along is told' grep -q 'vc-0003 (not selected, stays at 8.0.2.00200)' <(report)
told vc-0005 rolled_back datastore-full
ledger_is_quiet
stop_lab

# ---- an NSX-T cluster with one manager away at its end; one whose backup grew old meanwhile ----
cat > "$work/nsx.yaml" << YAML
settings: {update: 2s, stage: 300ms}
faults:
  - {appliance: vc-0001, fault: sick}
  - {appliance: vc-0003, fault: rejects_login}
YAML
start_lab "$work/nsx" --kind nsx-t --appliances 3 --managers 1 --scenario "$work/nsx.yaml"
more='s/^  # Hours or days may have passed, and.*/  - {id: look, phase: prepare, use: gate, timeout: 5m}\n\n&/'
campaign "$work/nsx" nsx-t-upgrade 1 'target_version: 4.1.2.1, bundle_url: https://unused.example/b, accept_eula: true'
timeout 200 "$SLIPWAY" run > "$work/run.out" 2> "$work/run.err" &
run_pid=$!
both_wait() { [ "$("$SLIPWAY" status 2> /dev/null | grep -c 'waits for approval')" = 2 ]; }
check 'both wait for somebody' await both_wait
jq '.backups = []' "$lab_dir/appliances/vc-0002/nsx.json" > "$work/disk" && cat "$work/disk" > "$lab_dir/appliances/vc-0002/nsx.json"
for n in 1 2; do "$SLIPWAY" approve --target "vc-000$n" > "$work/approve.out" 2>&1 || cat "$work/approve.out"; done
wait "$run_pid"
told vc-0001 parked nsx-manager-away
check 'the manager that is away is named' grep -q 'offline: 10.0.0.13' <(why vc-0001)
check 'without its way back nothing is begun' equal "$(state_of vc-0002) $(lines_of vc-0002 nsx_begin)" 'parked 0'
check 'and that is said' grep -q 'has grown older than a day.*nothing was begun' <(why vc-0002)
check 'a refused login is told as one' grep -q 'Passwords of admin, root and audit live 90 days' <(why vc-0003)
ledger_is_quiet
finish
