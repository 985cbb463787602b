#!/bin/bash
# fleet_check.sh - a nightly look at lab vCenters with playbooks/fleet-check.yaml: everything
# that is wrong is told, nothing is changed; backups with playbooks/vcsa-backup.yaml; and
# snapshots that somebody left behind with playbooks/snapshot-cleanup.yaml.
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck disable=SC1091
. tests/e2e/lib.sh
state=$work/state
export ASAN_OPTIONS=${ASAN_OPTIONS:-detect_leaks=1}

cat > "$work/scenario.yaml" << YAML
settings: {stage: 500ms}
vcsa: {versions: [7.0.3.00500, 6.7.0.40000, 8.0.2.00200], offers: [7.0.3.02200]}
faults:
  - {appliance: vc-0002, fault: {password_expires: {days: 3}}}
  - {appliance: vc-0002, fault: no_backup}
  - {appliance: vc-0003, fault: evaluation}
  - {appliance: vc-0004, fault: dns_wrong}
  - {appliance: vc-0004, fault: ntp_silent}
  - {appliance: vc-0005, fault: busy_vpxd}
  - {appliance: vc-0005, fault: red_alarm}
  - {appliance: vc-0006, fault: rejects_login}
  - {appliance: vc-0007, fault: foreign_snapshot}
  - {appliance: vc-0009, fault: backup_unreached}
  - {appliance: vc-0010, fault: backup_denied}
  - {appliance: vc-0011, fault: backup_full}
YAML
start_lab "$work/fleet" --appliances 11 --managers 1 --scenario "$work/scenario.yaml"
mkdir -p "$work/fleet/playbooks"
cp playbooks/fleet-check.yaml "$work/fleet/playbooks/"
sed 's/every: [13]0s/every: 300ms/' playbooks/vcsa-backup.yaml > "$work/fleet/playbooks/vcsa-backup.yaml"

campaign() { # NAME PLAYBOOK SELECT VARS LIMITS
    cat > "$work/fleet/$1.yaml" << YAML
campaign: $1
playbook: $2
fleet: fleet.yaml
select: $3
vars: {$4}
strategy:
  waves: [{name: all, size: rest}]
  in_flight: 8
  limits: {$5}
  budget: {wave: "100%", campaign: "100%"}
YAML
    "$SLIPWAY" --state "$state" plan "$work/fleet/$1.yaml" > "$work/plan.out" 2>&1 || cat "$work/plan.out"
    timeout 300 "$SLIPWAY" --state "$state" run > "$work/run.out" 2> "$work/run.err"
    status=$?
}
say() { # NAME: verdict, blockers, warnings
    jq -r --arg n "$1" '.targets[] | select(.name == $n) | "\(.verdict) \(.blocking) \(.warnings)"' "$work/ready.json"
}
finds() { # NAME STEP...: was exactly this found, blockers first?
    n=$1
    shift
    equal "$(jq -r --arg n "$n" '[.targets[] | select(.name == $n) | .findings[].step] | join(" ")' "$work/ready.json")" "$*"
}

# ---- the nightly look ----
campaign nightly fleet-check "1" "" "repo: 8"
"$SLIPWAY" --state "$state" readiness --json > "$work/ready.json" || exit 1
"$SLIPWAY" --state "$state" readiness > "$work/ready.txt"
"$SLIPWAY" --state "$state" readiness --csv --out "$work/ready.csv"
for n in 1 8; do
    check "vc-000$n is ready" equal "$(say "vc-000$n" | cut -d' ' -f1,2)" 'ready 0'
done
check 'an old password and no backup are told together' equal "$(say vc-0002 | cut -d' ' -f1,2)" 'not_ready 2'
check 'they are named' finds vc-0002 root-password backup certificates-told backup-scheduled
check 'evaluation warns' equal "$(say vc-0003)" 'ready 0 2'
check 'evaluation and its end are named' finds vc-0003 licences licences-last
check 'DNS and silent time servers block' equal "$(say vc-0004)" 'not_ready 2 1'
check 'tasks and a red alarm warn' finds vc-0005 tasks certificates-told alarms
check 'a refused login is all that is known' finds vc-0006 login
check 'a foreign snapshot blocks' finds vc-0007 machine
check 'the refused password was sent once to each door' equal \
    "$(jq -s '[.[] | select(.kind == "login_refused" and .appliance == "vc-0006")] | length <= 2' "$lab_dir/ledger.jsonl")" true
check 'text: the head counts' grep -q '7 targets ready (.* with warnings), 4 not ready' "$work/ready.txt"
check 'text: what to do is told' grep -q 'Change the root password' "$work/ready.txt"
check 'CSV: a line for each and one for the names' equal "$(wc -l < "$work/ready.csv")" 12
check 'CSV: because' grep -q '^"vc-0002",.*"not_ready","2","2","root-password: ' "$work/ready.csv"
check 'nothing was changed' equal "$(jq -s '[.[] | select(.kind | test("login|logout|fleet") | not)] | length' "$lab_dir/ledger.jsonl")" 0

# ---- backups, verified by the appliance's own list ----
printf 'backup-secret' > "$work/fleet/secrets-backup"
chmod 600 "$work/fleet/secrets-backup"
where="backup_type: SFTP, backup_location: sftp://backup.example/vc, backup_user: robot, backup_password: {file: $work/fleet/secrets-backup}"
campaign backups vcsa-backup "name < 'vc-0009' AND name NOT IN ('vc-0004', 'vc-0006')" "$where" "backup: 4"
check 'the backups end well' equal "$status" 0
check 'each has one' equal "$(jq -s '[.[] | select(.kind == "backup") | .appliance] | unique | length' "$lab_dir/ledger.jsonl")" 6
grep -rqs 'backup-secret' "$state" "$work/run.out" "$work/run.err"
check 'its password is nowhere' test "$?" -ne 0

# ---- the server is asked first: not reached, denied, no room ----
campaign refused vcsa-backup "name >= 'vc-0009'" "$where" "backup: 4"
check 'no backup is begun where the server would not take it' equal \
    "$status $(jq -s '[.[] | select(.kind == "backup" and .appliance >= "vc-0009")] | length' "$lab_dir/ledger.jsonl")" '4 0'
why() { "$SLIPWAY" --state "$state" why "$1" 2> /dev/null | tr -s '\n ' ' '; }
check 'a server that is not reached is told' grep -q 'Connection timed out.*correct backup_location' <(why vc-0009)
check 'a refused password is told' grep -q 'server is denied.*correct backup_user' <(why vc-0010)
check 'no room is told, in the old dialect too' grep -q '700 MB of free space.*remove old backups' <(why vc-0011)
grep -rqs 'backup-secret' "$state" "$work/run.out" "$work/run.err"
check 'the password of the server is nowhere still' test "$?" -ne 0
# ---- snapshots that somebody left behind ----
cat > "$work/fleet/playbooks/leave.yaml" << YAML
playbook: leave
rollback: none
steps:
  - id: one
    phase: prepare
    use: vsphere.snapshot_create
    with: {name: "slipway/given-up/x/1"}
  - id: two
    phase: prepare
    use: vsphere.snapshot_create
    with: {name: "slipway/given-up/x/2"}
YAML
sed 's/older_than: 72h/older_than: 1ms/' playbooks/snapshot-cleanup.yaml > "$work/fleet/playbooks/snapshot-cleanup.yaml"
campaign leave leave "name IN ('vc-0001', 'vc-0007')" "" "merges: 4"
kinds() { jq -s --arg k "$1" --arg a "$2" '[.[] | select(.kind == $k and .appliance == $a and .outcome == "success")] | length' "$lab_dir/ledger.jsonl"; }
check 'two were left' equal "$(kinds snapshot_create vc-0001)" 2
campaign cleanup snapshot-cleanup "1" "" "merges: 4"
check 'the clean-up ends well' equal "$status" 0
check 'both are removed' equal "$(kinds snapshot_remove vc-0001)" 2
check 'of the machine with a foreign one, ours are' equal "$(kinds snapshot_remove vc-0007)" 2
"$LAB" ledger --dir "$lab_dir" --check > "$work/ledger.out"
check 'the ledger has nothing to say' equal "$?" 0
stop_lab
for n in 0009 0010 0011; do
    check "vc-$n was asked whether it could, and for no backup" equal \
        "$(jq '[to_entries[] | select(.key | test("POST .*recovery/backup"))] | "\(length) \(any(.[]; .key | test("job$")))"' -r "$lab_dir/outside/vc-$n/requests.json")" '1 false'
done
for n in 1 2 3; do
    check "vc-000$n: every session was closed" equal \
        "$(jq '."sessions left open"' "$lab_dir/outside/vc-000$n/requests.json")" 0
done
echo "# vc-0001: $(jq '[.[]] | add' < "$lab_dir/outside/vc-0001/requests.json") requests, $(jq -s '[.[] | select(.kind == "login" and .appliance == "vc-0001")] | length' "$lab_dir/ledger.jsonl") logins in two campaigns"
finish
