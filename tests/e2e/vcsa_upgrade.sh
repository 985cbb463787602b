#!/bin/bash
# vcsa_upgrade.sh - major upgrades with playbooks/vcsa-upgrade.yaml over lab vCenters: one that
# goes well, installers that give up and that hang, new appliances that fail early and late and
# are switched back, one whose key nobody vouches for yet, and a slipway that is killed in the
# middle. The oracle is the lab's ledger: old and new are never on together with one address.
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck disable=SC1091
. tests/e2e/lib.sh
root=$PWD
state=$work/state
export ASAN_OPTIONS=${ASAN_OPTIONS:-detect_leaks=1}

# The playbook as it is shipped, looking more often: a lab is quicker than a vCenter.
setting() { # DIR IN_FLIGHT BUDGET SOAK
    mkdir -p "$1/playbooks"
    sed 's/every: 1[05]s/every: 300ms/' playbooks/vcsa-upgrade.yaml > "$1/playbooks/vcsa-upgrade.yaml"
    cat > "$1/campaign.yaml" << YAML
campaign: $(basename "$1")
playbook: vcsa-upgrade
fleet: fleet.yaml
vars:
  target_version: 8.0.3.00400
  installer: $1/installer
  installer_build: "24322831"
  job_dir: $work/jobs
  pins: $1/installer/pins
  vami_port: $(cut -d' ' -f3 "$1/ports")
  size: small
  datacenter: Lab
  cluster: cluster-1
  datastore: ds1
  network: VM Network
  prefix: "24"
  gateway: 127.80.0.254
  dns: 127.80.0.253
strategy:
  waves: [{name: all, size: rest, soak: $4}]
  in_flight: $2
  limits: {installer: $2}
  budget: {wave: $3, campaign: $3}
YAML
}

slipway() { "$SLIPWAY" --state "$state" "$@"; }
state_of() { sql "select state from target where name = '$1'"; }
version_at() { cat "$lab_dir/appliances/$1/version"; }
power_of() { cat "$lab_dir/outside/$1/power"; }
count() { # KIND APPLIANCE
    jq -s --arg k "$1" --arg a "$2" '[.[] | select(.kind == $k and .appliance == $a)] | length' "$lab_dir/ledger.jsonl"
}
says_state() { [ -e "$lab_dir/outside/$1/deployment" ] && grep -q "$2" "$lab_dir/outside/$1/deployment"; }
key_is_shown() { slipway why vc-0007 2> /dev/null | tr -s '\n ' ' ' | grep -q 'shows the public key sha256//.* has no pin yet'; }
told() { grep -q "$1" <(slipway events 2> /dev/null); }

# ---- one wave of everything ----
cat > "$work/all.yaml" << YAML
settings: {boot: 1s, update: 4s, deploy: 500ms, shutdown: 500ms, power: 200ms}
vcsa: {versions: [7.0.3.02200], offers: [8.0.3.00400]}
faults:
  - {appliance: vc-0002, fault: firstboot_fails}
  - {appliance: vc-0003, fault: import_fails}
  - {appliance: vc-0003, fault: identity_early}
  - {appliance: vc-0004, fault: deploy_exits}
  - {appliance: vc-0005, fault: precheck_error}
  - {appliance: vc-0006, fault: deploy_hangs}
  - {appliance: vc-0007, fault: firstboot_fails}
  - {appliance: vc-0007, fault: no_pin}
YAML
start_lab "$work/all" --appliances 7 --managers 1 --scenario "$work/all.yaml"
setting "$work/all" 7 7 1s
slipway plan "$work/all/campaign.yaml" > "$work/plan.out" 2>&1 || cat "$work/plan.out"
timeout 300 "$SLIPWAY" --state "$state" run --plain > "$work/run.out" 2> "$work/run.err" &
run_pid=$!
check 'the new appliance of vc-0007 has failed' await says_state vc-0007-8.0.3.00400 FAILED
check 'nobody vouches for its key, so it is shown, and not asked' await key_is_shown
check 'it is still waited for' equal "$(state_of vc-0007)" changing
check 'no password was sent to it' test ! -e "$lab_dir/outside/vc-0007-8.0.3.00400/asked"
cp "$work/all/installer/pins/vc-0001" "$work/all/installer/pins/vc-0007"
wait "$run_pid"
check 'a campaign with failures ends with 4' equal "$?" 4
for n in 1 4 6; do
    check "vc-000$n was upgraded" equal "$(state_of "vc-000$n") $(count deploy "vc-000$n")" 'succeeded 1'
    check "vc-000$n: the new machine is on, the old one is kept, off" equal \
        "$(power_of "vc-000$n-8.0.3.00400") $(power_of "vc-000$n") $(version_at "vc-000$n")" 'on off 7.0.3.02200'
done
for n in 2 3 7; do
    check "vc-000$n was switched back" equal "$(state_of "vc-000$n") $(power_of "vc-000$n") $(power_of "vc-000$n-8.0.3.00400")" 'rolled_back on off'
    check "vc-000$n: the old machine was restarted" test "$(count boot "vc-000$n")" -ge 1
done
check 'early and late failures are told in the appliance'"'"'s words' told 'failed in firstboot: Failed to start services'
check 'a failed import too' told 'failed in import: Importing the database failed'
check 'what the installer refuses is not begun' equal "$(state_of vc-0005) $(count deploy vc-0005)" 'failed 0'
check 'with the installer'"'"'s words' told 'too large for this deployment size'
check 'no template is left' equal "$(find "$work/jobs" -name upgrade.json | wc -l)" 0
grep -rqs 'Lab-Secret-1!' "$state" "$work/jobs" "$work/run.out" "$work/run.err"
check 'no password is in state, jobs or output' test "$?" -ne 0
check 'no installer is left' equal "$(pgrep -fc "$work/all/installer" || true)" 0
"$LAB" ledger --dir "$lab_dir" --check --finished > "$work/ledger.out" || cat "$work/ledger.out"
check 'the ledger has nothing to say' grep -q '^OK' "$work/ledger.out"
stop_lab
rm -rf "$state" "$work/jobs"

# ---- slipway is killed while the installer works ----
sed -i '/^faults/,$d' "$work/all.yaml"
start_lab "$work/killed" --appliances 2 --managers 1 --scenario "$work/all.yaml"
setting "$work/killed" 2 0 0s
mkdir -p "$work/killed/keys"
(umask 077 && printf 'VC008-S0002-AAAAA-AAAAA-EIGHT' > "$work/killed/keys/eight")
cat >> "$work/killed/fleet.yaml" << 'YAML'
license_pools:
  - {name: vc8, product: vcenter, major: 8, edition: standard, key: {file: keys/eight}, count: 2}
YAML
slipway inventory import "$work/killed/fleet.yaml" > /dev/null
slipway plan "$work/killed/campaign.yaml" > "$work/plan.out" 2>&1 || cat "$work/plan.out"
run() { "$SLIPWAY" --state "$state" run --plain > "$work/run.out" 2>&1 & run_pid=$!; }
run
check 'the first stage is under way' await test -d "$work/killed/outside/vc-0001-8.0.3.00400"
kill -9 "$run_pid"; wait "$run_pid" 2> /dev/null
check 'the installer goes on without slipway' await says_state vc-0001-8.0.3.00400 CONFIG_IN_PROGRESS
run
check 'and again' await says_state vc-0001-8.0.3.00400 'firstboot\|import\|CONFIGURED'
kill -9 "$run_pid"; wait "$run_pid" 2> /dev/null
timeout 120 "$SLIPWAY" --state "$state" run --plain > "$work/run.out" 2>&1
check 'the third slipway brings it to its end' equal "$?" 0
for n in 1 2; do
    check "vc-000$n was deployed once" equal "$(state_of "vc-000$n") $(count deploy "vc-000$n")" 'succeeded 1'
done
check 'no template is left' equal "$(find "$work/jobs" -name upgrade.json | wc -l)" 0
check 'both got the key of the pool' equal "$(jq -r 'select(.kind == "license_assign" and .outcome == "success") | .appliance' "$lab_dir/ledger.jsonl" | sort -u | wc -l)" 2
check 'so nobody evaluates' equal "$(slipway events 2> /dev/null | grep -c 'evaluation_count [1-9]')" 0
grep -rqs 'AAAAA-AAAAA' "$state" "$work/run.out"
check 'and the key is kept nowhere' test "$?" -ne 0
"$LAB" ledger --dir "$lab_dir" --check --finished > "$work/ledger.out" || cat "$work/ledger.out"
check 'the ledger has nothing to say' grep -q '^OK' "$work/ledger.out"

# ---- what is changed outside slipway afterwards is seen, by both protocols and both builds ----
probe() { # FILTER: true for vc-0001?
    (cd "$work" && SLIPWAY_SHARE=$root "$SLIPWAY" --state "$state" inventory probe vc-0001 --json \
        --playbook "$work/killed/playbooks/vcsa-upgrade.yaml") > "$work/probe.json" 2> "$work/probe.err"
    jq -e ".appliances[0] | $1" "$work/probe.json" > /dev/null || { cat "$work/probe.json" "$work/probe.err" | sed 's/^/# /'; return 1; }
}
check 'both builds are told, and the version that slipway made' probe \
    '.seen_version == "8.0.3.00400" and .known_version == "8.0.3.00400" and .build == "24322831" and .client_build == "24322831"'
check 'the fleet file is behind, which is said' probe '.verdict == "drift"'
echo 8.0.3.00000 > "$work/killed/appliances/vc-0001-8.0.3.00400/version"
check 'another version was made outside' probe '.verdict == "outside" and (.sentence | test("it was 8.0.3.00400")) and .build == "24022515"'
mkdir -p "$work/versions"
cat > "$work/versions/ours.yaml" << 'YAML'
product: vcenter
releases: [{id: 8.0u3, name: 8.0 U3, date: 2024-06-25, version: 8.0.3.00000, build: 24022515, client_build: 24099999}]
YAML
check 'a build that the catalogue does not know is said' probe '.verdict == "builds" and (.sentence | test("client build 24099999 in the catalogue, it tells 24022515 and 24022515"))'
finish
