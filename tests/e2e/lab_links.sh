#!/bin/bash
# lab_links.sh - do linked vCenters of the lab behave as linked vCenters? Replication is in
# step, falls behind while a member is away, catches up; it survives a revert of all
# members, and never a revert of one; and the ledger says who was wrong.
set -u
here=$(cd "$(dirname "$0")/../.." && pwd)
lab=${1:-$(cd "$here" && cd "${BIN:-build}" && pwd)/slipway-lab}
dir=$(mktemp -d)
# shellcheck source=tests/e2e/lab/lib.sh
. "$here/tests/e2e/lab/lib.sh"

status() { vc "$1" /api/vcenter/topology/replication-status; }
in_step() { [ "$(status "$1" | jq '[.[] | select(.partner_available and .status_available and .change_lag == 0)] | length')" = 6 ]; }
pair() { # ASKED NODE PARTNER MEMBER
    status "$1" | jq -r --arg n "vc-000$2" --arg p "vc-000$3" ".[] | select(.node == \$n and .replication_partner == \$p) | .$4"
}
behind() { [ "$(pair "$1" "$1" "$2" change_lag)" -gt 0 ]; }
number() { jq .number "$dir/lab/appliances/vc-000$1/link.json"; }
power() { properties VirtualMachine "$(vm_of "$1")" runtime.powerState | sed -n 's|.*>\(powered[A-Za-z]*\)<.*|\1|p'; }
is_off() { [ "$(power "$1")" = poweredOff ]; }
answers() { vc "$1" /api/appliance/system/version | grep -q version; }
turn_on() { vm_task PowerOnVM_Task VirtualMachine "$(vm_of "$1")" '' >/dev/null; }
turn_off() { vm_task PowerOffVM_Task VirtualMachine "$(vm_of "$1")" '' >/dev/null; }
take() { # NUMBER NAME: a snapshot; prints its reference
    vm_task CreateSnapshot_Task VirtualMachine "$(vm_of "$1")" \
        "<name>$2</name><memory>false</memory><quiesce>false</quiesce>" | sed -n 's|.*<result[^>]*>\([^<]*\)</result>.*|\1|p'
}
revert() { vm_task RevertToSnapshot_Task VirtualMachineSnapshot "$1" '' >/dev/null; }
begin() {
    rm -rf "$dir/lab" "$dir/cookies"
    start_lab --appliances 4 --managers 1 --speed 20 --linked 3x1 "$@"
    login >/dev/null
}
ledger() { "$lab" ledger --dir "$dir/lab" --check; }

# ---- in step, behind, in step ----
printf 'settings: {boot: 20s, shutdown: 100s}\nfaults:\n  - {appliance: vc-0001, fault: no_tools}\n  - {appliance: vc-0002, fault: ignores_shutdown}\n' >"$dir/scenario.yaml"
begin --scenario "$dir/scenario.yaml"
is 'fleet.yaml names the group of three' "$(grep -c 'link_group: sso-01' "$dir/lab/fleet.yaml")" 3
is 'the fourth is alone' "$(vc 4 /api/vcenter/topology/nodes | jq -c '[.[].node]')" '["vc-0004"]'
is 'every member knows all nodes' "$(vc 2 /api/vcenter/topology/nodes | jq -c '[.[].node]')" '["vc-0001","vc-0002","vc-0003"]'
wait_for 10 in_step 1 && ok 'they are in step' || not_ok 'they are in step' "$(status 1)"
before=$(number 1)
grown() { [ "$(number 1)" -gt "$before" ]; }
wait_for 10 grown && ok 'the numbers go on while they run' || not_ok 'the numbers go on while they run' "$(number 1)"

like 'no guest shutdown without tools' "$(soap ShutdownGuest VirtualMachine "$(vm_of 1)" '')" ToolsUnavailable
like 'one that ignores it answers at once' "$(soap ShutdownGuest VirtualMachine "$(vm_of 2)" '')" ShutdownGuestResponse
like 'so does one that obeys' "$(soap ShutdownGuest VirtualMachine "$(vm_of 3)" '')" ShutdownGuestResponse
is 'and it is still on' "$(power 3)" poweredOn
wait_for 10 is_off 3 && ok 'it goes off later' || not_ok 'it goes off later' "$(power 3)"
is 'the other one never does' "$(power 2)" poweredOn
is 'its partners see that it is away' "$(pair 1 1 3 partner_available) $(pair 1 1 3 status_available) $(pair 1 1 3 change_lag)" 'false false null'
turn_on 3
wait_for 20 answers 3
wait_for 10 behind 3 1 && ok 'after its start it is behind' || not_ok 'after its start it is behind' "$(status 3)"
wait_for 20 in_step 3 && ok 'and catches up' || not_ok 'and catches up' "$(status 3)"
ledger >"$dir/ledger.out"; is 'the ledger has nothing to say' "$?" 0

# ---- all of them go back ----
for n in 1 2 3; do turn_off "$n"; done
for n in 1 2 3; do eval "old_$n=\$(take $n cold)"; done
kept=$(number 1)
for n in 1 2 3; do turn_on "$n"; done
wait_for 20 answers 1 && wait_for 20 in_step 1
for n in 1 2 3; do turn_off "$n"; done
for n in 1 2 3; do eval "revert \$old_$n"; done
is 'a revert brings the old number back' "$(number 1)" "$kept"
for n in 1 2 3; do turn_on "$n"; done
wait_for 20 answers 1
wait_for 20 in_step 1 && ok 'after a revert of all they are in step' || not_ok 'after a revert of all they are in step' "$(status 1)"
ledger >"$dir/ledger.out"; is 'the ledger has nothing to say about it' "$?" 0

# ---- one of them goes back alone ----
# It has told the others of changes that it forgets then.
before=$(number 2)
told() { [ "$(number 2)" -gt "$before" ] && in_step 1; }
wait_for 20 told && ok 'they exchange changes again' || not_ok 'they exchange changes again' "$(status 1)"
# shellcheck disable=SC2154
revert "$old_2"
turn_on 2
wait_for 20 answers 2
broken() { [ "$(pair 1 "$1" "$2" replicating)" = false ]; }
wait_for 20 broken 1 2 && ok 'a member that was reverted alone breaks replication' || not_ok 'a member that was reverted alone breaks replication' "$(status 1)"
behind 1 2 && ok 'and is behind' || not_ok 'and is behind' "$(status 1)"
is 'the other two still agree' "$(pair 1 1 3 change_lag)" 0
stop_lab
start_lab --appliances 4 --managers 1 --speed 20 --linked 3x1 --scenario "$dir/scenario.yaml"
rm -f "$dir/cookies"
login >/dev/null
wait_for 20 broken 1 2 && ok 'it stays broken over a power loss' || not_ok 'it stays broken over a power loss' "$(status 1)"
for n in 1 2 3; do turn_off "$n"; done
for n in 1 2 3; do eval "revert \$old_$n"; done
for n in 1 2 3; do turn_on "$n"; done
wait_for 20 answers 1
wait_for 20 in_step 1 && ok 'a revert of all repairs it' || not_ok 'a revert of all repairs it' "$(status 1)"
ledger >"$dir/ledger.out"; is 'the ledger objects' "$?" 1
like 'to the start of one that was reverted alone' "$(cat "$dir/ledger.out")" 'vc-0002: was started after its revert, and vc-0001 was not reverted'
like 'and to what came of it' "$(cat "$dir/ledger.out")" 'its replication with'
stop_lab

# ---- started too early; a snapshot of a running one ----
begin
for n in 1 2 3; do turn_off "$n"; done
for n in 1 2 3; do eval "old_$n=\$(take $n cold)"; done
turn_on 1
wait_for 20 answers 1
take 2 warm >/dev/null
turn_off 1
# shellcheck disable=SC2154
revert "$old_1"
turn_on 1
for n in 2 3; do eval "revert \$old_$n"; done
ledger >"$dir/ledger.out"
like 'a snapshot while a partner is on' "$(cat "$dir/ledger.out")" 'vc-0002: was snapshotted while vc-0001 is on'
like 'a start between the reverts' "$(cat "$dir/ledger.out")" 'vc-0001: was started after its revert, and vc-0002 was not reverted'
like 'the ledger names the group' "$(jq -r 'select(.kind == "snapshot_revert") | .link_group' "$dir/lab/ledger.jsonl" | sort -u)" sso-01
stop_lab
"$lab" serve --dir "$dir/lab" --appliances 4 --managers 1 --speed 20 >/dev/null 2>"$dir/err"
is 'another grouping is another fleet' "$?" 1
finish_lab
