#!/bin/bash
# nsx.sh - whole campaigns with playbooks/nsx-t-upgrade.yaml and nsx-v-upgrade.yaml over lab
# managers: some are well, some must not be begun, some break on their way. slipway is killed
# in the middle of upgrades, and nothing is started twice. The oracle is the lab's ledger.
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck disable=SC1091
. tests/e2e/lib.sh
state=$work/state
export ASAN_OPTIONS=${ASAN_OPTIONS:-detect_leaks=1}

# The playbook as it is shipped, with less patience: a lab is quicker than a manager. The
# bundle's URL holds a token.
playbook() { # DIR NAME
    mkdir -p "$1/playbooks" "$1/secrets"
    sed -e 's/every: [13]0s/every: 300ms/' -e 's/settle: [0-9]*m/settle: 3s/' -e 's/for: [0-9]*m/for: 10s/' \
        -e 's/url: "${vars.bundle_url}"/url_secret: {file: ..\/secrets\/bundle}/' \
        "playbooks/$2.yaml" > "$1/playbooks/$2.yaml"
    (umask 077 && echo 'https://repo.lab.example/bundle?token=Canary-Token-77' > "$1/secrets/bundle")
}

campaign() { # DIR PLAYBOOK TARGET
    cat > "$1/campaign.yaml" << YAML
campaign: $(basename "$1")
playbook: $2
fleet: fleet.yaml
vars: {target_version: $3, bundle_url: https://unused.example/b, accept_eula: true}
strategy:
  waves: [{name: all, size: rest, soak: 1s}]
  in_flight: 20
  limits: {repo: 20}
  budget: {wave: 20, campaign: 20}
YAML
}

count() { # KIND APPLIANCE [COMPONENT]
    jq -s --arg k "$1" --arg a "$2" --arg c "${3:-}" \
        '[.[] | select(.kind == $k and .appliance == $a and ($c == "" or .component == $c))] | length' "$lab_dir/ledger.jsonl"
}
state_of() { sql "select state from target where name = '$1'"; }
version_of() { cat "$lab_dir/appliances/$1/version"; }
said() { "$SLIPWAY" --state "$state" why "$1" 2> /dev/null | tr -s '\n ' ' '; }

# ledger_has TEXT TEXT: one line with both
ledger_has() { grep -F "$1" "$lab_dir/ledger.jsonl" | grep -qF "$2"; }

# Run, killed without warning each time that the ledger comes so far; then to the end.
run_with_kills() { # CAMPAIGN TEXT...
    "$SLIPWAY" --state "$state" plan "$1/campaign.yaml" > "$work/plan.out" 2>&1 || cat "$work/plan.out"
    verb=run
    for text in "${@:2}"; do
        timeout 300 "$SLIPWAY" --state "$state" "$verb" >> "$work/run.out" 2>> "$work/run.err" &
        pid=$!
        await ledger_has '"nsx_begin"' "$text" || not_ok "the ledger came to $text"
        slipway_pid=$(pgrep -P "$pid" | head -1)
        kill -9 "${slipway_pid:-$pid}" 2> /dev/null
        wait "$pid" 2> /dev/null
        verb=resume
    done
    timeout 300 "$SLIPWAY" --state "$state" "$verb" >> "$work/run.out" 2>> "$work/run.err"
    status=$?
}

no_secret_is_told() {
    grep -rqs -e 'Lab-Secret-1!' -e 'Canary-Token' "$state" "$work/run.out" "$work/run.err"
    check 'neither password nor token is in the state or the output' test "$?" -ne 0
}

ledger_is_quiet() {
    "$LAB" ledger --dir "$lab_dir" --check > "$work/ledger.out"
    check 'the ledger has nothing to say' equal "$?" 0 || cat "$work/ledger.out"
}

# ---- NSX-T ----
cat > "$work/t.yaml" << YAML
settings: {update: 4s, stage: 300ms}
faults:
  - {appliance: vc-0002, fault: {drop_reply: {method: upgrade, times: 2}}}
  - {appliance: vc-0003, fault: update_fails}
  - {appliance: vc-0004, fault: pauses}
  - {appliance: vc-0005, fault: bundle_bad}
  - {appliance: vc-0006, fault: old_backup}
  - {appliance: vc-0007, fault: precheck_error}
  - {appliance: vc-0008, fault: red_before}
  - {appliance: vc-0009, fault: update_lies}
  - {appliance: vc-0010, fault: sick}
  - {appliance: vc-0011, fault: escape_text}
  - {appliance: vc-0012, fault: no_backup}
  - {appliance: vc-0013, fault: {drop_reply: {method: bundle, times: 1}}}
  - {appliance: vc-0014, fault: vcenter_lost}
  - {appliance: vc-0015, fault: node_down}
  - {appliance: vc-0016, fault: red_alarm}
  - {appliance: vc-0017, fault: {password_expires: {days: 3}}}
YAML
playbook "$work/t" nsx-t-upgrade
start_lab "$work/t" --kind nsx-t --appliances 17 --managers 1 --scenario "$work/t.yaml"
campaign "$work/t" nsx-t-upgrade 4.1.2.1
run_with_kills "$work/t" '"component":"EDGE"' '"component":"MP"' '"component":"FINALIZE_UPGRADE"'
check 'it ends with some parked and failed' equal "$status" 4
for n in 0001 0002 0011 0013; do
    check "vc-$n succeeded" equal "$(state_of "vc-$n") $(version_of "vc-$n")" 'succeeded 4.1.2.1'
    for component in EDGE HOST MP FINALIZE_UPGRADE; do
        check "vc-$n was asked for $component once" equal "$(count nsx_begin "vc-$n" $component)" 1
    done
done
for n in 0005 0006 0007 0008 0012 0014 0015 0016 0017; do
    check "vc-$n was not begun" equal "$(state_of "vc-$n") $(count nsx_begin "vc-$n")" 'failed 0'
done
check 'a bad bundle is told in the words of the coordinator' grep -q 'Signature verification failed' <(said vc-0005)
check 'a vCenter that is not reached is told' grep -q 'vcenter-1.*Compute Managers' <(said vc-0014)
check 'an edge that failed is told with its reason' grep -q 'edge-02 (failed, DOWN: Host configuration failed.*System > Fabric' <(said vc-0015)
check "a critical alarm is told with the manager's advice" grep -q 'SEARCH does not answer. (Restart it by' <(said vc-0016)
check 'a password that ends within the week is told' grep -q 'ends within 7 days' <(said vc-0017)
check 'an old backup is told with its remedy' grep -q 'no other way back' <(said vc-0006)
check "a failed check is told in the cluster's words" grep -q 'less than 20 GB' <(said vc-0007)
check 'managers that fail are parked, and nothing goes on' equal "$(state_of vc-0003) $(count nsx_begin vc-0003 FINALIZE_UPGRADE)" 'parked 0'
check 'they are told in the words of the coordinator' grep -q 'compute managers are unhealthy' <(said vc-0003)
check 'a summary that lies is found out' equal "$(state_of vc-0009)" parked
check 'by the version of one manager' grep -q 'has 4.1.0.2' <(said vc-0009)
check 'a cluster that does not come to rest is parked' equal "$(state_of vc-0010)" parked
check 'hosts that stand still are parked' equal "$(state_of vc-0004) $(count nsx_begin vc-0004 HOST)" 'parked 1'
no_secret_is_told

# Somebody has mended the host: the same campaign goes on where it stood.
"$SLIPWAY" --state "$state" retry vc-0004 --reason 'host mended' > "$work/retry.out" 2>&1 || cat "$work/retry.out"
timeout 300 "$SLIPWAY" --state "$state" resume >> "$work/run.out" 2>> "$work/run.err"
check 'it is continued, not begun anew' equal "$(state_of vc-0004) $(count nsx_begin vc-0004 HOST) $(count nsx_begin vc-0004 EDGE)" 'succeeded 2 1'
ledger_is_quiet
stop_lab
check 'no redirect, no session: only Basic' test "$(jq '[keys[] | select(test("session"))] | length' < "$lab_dir/outside/vc-0001/requests.json")" -eq 0
rm -rf "$state"

# ---- NSX-T, looked at every night ----
cat > "$work/check.yaml" << YAML
faults:
  - {appliance: vc-0002, fault: node_down}
  - {appliance: vc-0003, fault: red_alarm}
  - {appliance: vc-0004, fault: {password_expires: {days: 20}}}
  - {appliance: vc-0005, fault: password_expired}
  - {appliance: vc-0006, fault: escape_text}
  - {appliance: vc-0006, fault: node_down}
  - {appliance: vc-0007, fault: rejects_login}
YAML
playbook "$work/check" nsx-t-check
start_lab "$work/check" --kind nsx-t --appliances 7 --managers 1 --scenario "$work/check.yaml"
campaign "$work/check" nsx-t-check 4.1.2.1
sed -i -e '/^vars:/d' -e 's/budget: .*/budget: {wave: "100%", campaign: "100%"}/' "$work/check/campaign.yaml"
"$SLIPWAY" --state "$state" plan "$work/check/campaign.yaml" > "$work/plan.out" 2>&1 || cat "$work/plan.out"
timeout 300 "$SLIPWAY" --state "$state" run > "$work/run.out" 2> "$work/run.err"
"$SLIPWAY" --state "$state" readiness --json > "$work/ready.json"
"$SLIPWAY" --state "$state" readiness > "$work/ready.txt"
finds() { # NAME VERDICT STEP...: was exactly this found, blockers first?
    equal "$(jq -r --arg n "$1" '.targets[] | select(.name == $n) | "\(.verdict) \([.findings[].step] | join(" "))"' "$work/ready.json")" "${*:2}"
}
check 'a cluster that is well is ready' finds vc-0001 ready ''
check 'an edge that is down blocks' finds vc-0002 not_ready transport-nodes
check 'a critical alarm blocks' finds vc-0003 not_ready alarms
check 'a password that ends in 20 days warns, as its alarm does' finds vc-0004 ready passwords-last alarms-high
check 'an ended password blocks, as its alarm does' finds vc-0005 not_ready passwords alarms passwords-last
check 'texts that would steer a terminal are told' finds vc-0006 not_ready transport-nodes
check 'and steer none' test "$(grep -c $'\x1b' "$work/ready.txt")" -eq 0
check 'a refused login is all that is known' finds vc-0007 not_ready login
check 'what to do is told' grep -q 'set user NAME password' "$work/ready.txt"
check 'nothing was changed' equal "$(jq -s '[.[] | select(.kind | test("login|fleet") | not)] | length' "$lab_dir/ledger.jsonl")" 0
no_secret_is_told
ledger_is_quiet
stop_lab
check 'every page was turned' equal "$(jq '[."GET /api/v1/transport-nodes/state", ."GET /api/v1/alarms"]' -c < "$lab_dir/outside/vc-0004/requests.json")" '[2,2]'
rm -rf "$state"

# ---- NSX-V ----
cat > "$work/v.yaml" << YAML
settings: {update: 3s, stage: 300ms, boot: 2s}
faults:
  - {appliance: vc-0002, fault: {drop_reply: {method: upgrade, times: 1}}}
  - {appliance: vc-0003, fault: update_fails}
  - {appliance: vc-0004, fault: update_lies}
  - {appliance: vc-0005, fault: bundle_bad}
  - {appliance: vc-0006, fault: old_backup}
  - {appliance: vc-0007, fault: precheck_error}
  - {appliance: vc-0008, fault: red_before}
  - {appliance: vc-0009, fault: sick}
  - {appliance: vc-0010, fault: disk_full}
  - {appliance: vc-0011, fault: vcenter_lost}
YAML
playbook "$work/v" nsx-v-upgrade
start_lab "$work/v" --kind nsx-v --appliances 11 --managers 1 --scenario "$work/v.yaml"
campaign "$work/v" nsx-v-upgrade 6.4.14.20609341
run_with_kills "$work/v" '"vc-0001"'
check 'it ends with some parked and failed' equal "$status" 4
for n in 0001 0002; do
    check "vc-$n succeeded, and was asked once" equal "$(state_of "vc-$n") $(version_of "vc-$n") $(count nsx_begin "vc-$n")" 'succeeded 6.4.14.20609341 1'
    check "vc-$n rebooted once" equal "$(count reboot "vc-$n")" 1
done
for n in 0005 0006 0007 0008 0010 0011; do
    check "vc-$n was not begun" equal "$(state_of "vc-$n") $(count nsx_begin "vc-$n")" 'failed 0'
done
check "a failed validation is told in the manager's words" grep -q 'Controller cluster is not connected' <(said vc-0007)
check 'a failed upgrade is parked, with its step' grep -q 'UpgradeStep' <(said vc-0003)
check 'it is parked' equal "$(state_of vc-0003) $(state_of vc-0004) $(state_of vc-0009)" 'parked parked parked'
check 'COMPLETE with the old version is found out' grep -q 'was not applied' <(said vc-0004)
no_secret_is_told
ledger_is_quiet
finish
