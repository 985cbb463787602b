#!/bin/bash
# lab_smoke.sh - does the lab behave as an appliance fleet should?
#
# Starts slipway-lab with a few appliances and speaks to it with tools that
# nobody here wrote: curl, OpenSSH's client, jq. Prints ok / not ok lines and a
# count; exit 1 if anything failed.
#
# usage: lab_smoke.sh [path of slipway-lab]
set -u
here=$(cd "$(dirname "$0")/../.." && pwd)
lab=${1:-$(cd "$here" && cd "${BIN:-build}" && pwd)/slipway-lab}
dir=$(mktemp -d)
# shellcheck source=tests/e2e/lab/lib.sh
. "$here/tests/e2e/lab/lib.sh"

# ---- a fleet without faults ----
echo 'settings: {revert: 100s}' >"$dir/settings.yaml" # time to look at a running task
start_lab --appliances 3 --managers 1 --speed 20 --scenario "$dir/settings.yaml"
is 'the lab says that it is ready' "$(cat "$dir/out")" ready
is 'fleet.yaml lists the appliances' "$(grep -c '  - name: vc-' "$dir/lab/fleet.yaml")" 3
is 'secrets are for their owner only' "$(find "$dir/lab/secrets" -type f ! -perm 600)" ''

is 'SSH runs a command' "$(on 1 cat version)" 8.0.2.00100
on 1 'exit 7'; is 'SSH passes the exit status' "$?" 7
is 'SSH keeps stderr apart' "$(on 1 'echo out; echo err >&2' 2>/dev/null)" out
is 'SSH tells which appliance it is' "$(on 3 'basename "$APPLIANCE_DIR"')" vc-0003
head -c 300000 /dev/urandom >"$dir/bytes"
on 1 cat <"$dir/bytes" | cmp -s - "$dir/bytes" && ok 'SSH carries bytes both ways' ||
    not_ok 'SSH carries bytes both ways' 'they differ'
is 'processes are guarded' "$(on 1 'grep -E "^(NoNewPrivs|Seccomp):" /proc/self/status | tr -d "\n\t "')" NoNewPrivs:1Seccomp:2
is 'systemctl speaks of the appliance' "$(on 1 'systemctl is-active vpxd')" active
ssh -F none -p "$ssh_port" -i "$dir/lab/secrets/id_ed25519" -o BatchMode=yes -o IdentitiesOnly=yes \
    -o UserKnownHostsFile="$dir/lab/known_hosts" nobody@127.80.0.1 true 2>/dev/null
is 'SSH refuses another user' "$?" 255

like 'REST wants a session' "$(fetch "https://127.80.0.1:$https_port/api/appliance/health/system")" UNAUTHENTICATED
is 'REST login answers 201' "$(rest 1 /api/session -X POST -o "$dir/token" -w '%{http_code}')" 201
token=$(jq -r . "$dir/token")
with_token() { fetch -H "vmware-api-session-id: $token" "https://127.80.0.1:$https_port$1" "${@:2}"; }
is 'REST tells the version' "$(with_token /api/appliance/system/version | jq -r .version)" 8.0.2.00100
is 'REST tells the health as a bare string' "$(with_token /api/appliance/health/system)" '"green"'
is 'REST tells the services' "$(with_token /api/appliance/services | jq -r .vpxd.state)" STARTED
is 'the old dialect wraps' "$(with_token /rest/appliance/health/system | jq -r .value)" green
like 'an unknown path is NOT_FOUND' "$(with_token /api/nothing)" NOT_FOUND
is 'REST logout answers 204' "$(with_token /api/session -X DELETE -w '%{http_code}')" 204
like 'a closed session is refused' "$(with_token /api/appliance/health/system)" UNAUTHENTICATED

like 'SOAP greets without a session' "$(soap RetrieveServiceContent ServiceInstance ServiceInstance '')" VirtualCenter
like 'SOAP wants a session' "$(soap CurrentTime ServiceInstance ServiceInstance '')" NotAuthenticated
like 'SOAP refuses a wrong password' \
    "$(soap Login SessionManager SessionManager '<userName>svc-slipway</userName><password>x</password>')" InvalidLogin
like 'SOAP login works' "$(login)" '<userName>svc-slipway'
like 'the cookie is quoted' "$(cat "$dir/cookies")" '"'
vm=$(vm_of 1)
like 'a VM is found by its uuid' "$vm" vm-
like 'an unknown uuid finds nothing' "$(soap FindByUuid SearchIndex SearchIndex '<uuid>4237</uuid><vmSearch>true</vmSearch>')" 'FindByUuidResponse xmlns="urn:vim25"></'
like 'children out of order are refused' \
    "$(soap CreateSnapshot_Task VirtualMachine "$vm" '<memory>false</memory><name>x</name><quiesce>false</quiesce>')" InvalidRequest
like 'an unknown property fails the call' "$(properties VirtualMachine "$vm" name no.such)" InvalidProperty
like 'unset properties are missing' "$(properties VirtualMachine "$vm" name snapshot | grep -c '<name>snapshot' || true)" 0

# ---- snapshot, change, revert ----
free_before=$(properties Datastore datastore-1 summary.freeSpace | grep -o '<val[^>]*>[0-9]*' | grep -o '[0-9]*$')
info=$(vm_task CreateSnapshot_Task VirtualMachine "$vm" '<name>slipway/smoke</name><description>d</description><memory>false</memory><quiesce>false</quiesce>')
like 'a snapshot succeeds' "$info" '<state>success'
like 'the task carries the operation id' "$info" '<activationId>smoke-CreateSnapshot_Task'
snapshot=$(echo "$info" | sed -n 's|.*<result[^>]*>\([^<]*\)</result>.*|\1|p')
like 'the tree shows it' "$(properties VirtualMachine "$vm" snapshot)" "<name>slipway/smoke</name>"
free_after=$(properties Datastore datastore-1 summary.freeSpace | grep -o '<val[^>]*>[0-9]*' | grep -o '[0-9]*$')
[ "$free_after" -lt "$free_before" ] && ok 'the datastore got fuller' || not_ok 'the datastore got fuller' "$free_after"

on 1 'mkdir jobs/one && echo job >jobs/one/cmd'
on 1 'appliance-update --to 8.0.3.00400' >"$dir/update"
is 'the update succeeds' "$?" 0
like 'the update tells its progress' "$(cat "$dir/update")" 'slipway-progress: 50 '
is 'the version is new' "$(on 1 cat version)" 8.0.3.00400
is 'REST agrees' "$(rest 1 /api/appliance/system/version | jq -r .version)" 8.0.3.00400
boot_before=$(on 1 'cat "$SLIPWAY_BOOT_ID_FILE"')
# A detached job with a clean environment must not survive the revert.
job=$((10000 + $$)) # seconds that nobody else sleeps
on 1 "setsid env -i /bin/sh -c 'exec sleep $job' </dev/null >/dev/null 2>&1 &"
wait_for 5 pgrep -f "^sleep $job\$" && ok 'a detached job runs' || not_ok 'a detached job runs' ''

# While a task runs, another one is refused, and the fault names the first.
first=$(soap RevertToSnapshot_Task VirtualMachineSnapshot "$snapshot" '' | returned)
refusal=$(soap PowerOffVM_Task VirtualMachine "$vm" '')
like 'a second task is refused' "$refusal" TaskInProgressFault
like 'the fault names the first task' "$refusal" "<task type=\"Task\">$first"
wait_for 20 task_over "$first"
like 'the revert succeeds' "$(properties Task "$first" info.state)" '>success<'
like 'the VM is off after it' "$(properties VirtualMachine "$vm" runtime.powerState)" '>poweredOff<'
pgrep -f "^sleep $job\$" >/dev/null && not_ok 'its processes are gone' '' || ok 'its processes are gone'
on 1 true 2>/dev/null; is 'SSH is gone' "$?" 255
rest 1 /api/appliance/health/system >/dev/null 2>&1 && not_ok 'REST is gone' '' || ok 'REST is gone'
like 'power on succeeds' "$(vm_task PowerOnVM_Task VirtualMachine "$vm" '')" '<state>success'
wait_for 20 on 1 true && ok 'it boots' || not_ok 'it boots' ''
is 'the old version is back' "$(on 1 cat version)" 8.0.2.00100
is 'the job directory is as it was' "$(on 1 'ls jobs')" ''
[ "$(on 1 'cat "$SLIPWAY_BOOT_ID_FILE"')" != "$boot_before" ] && ok 'the boot id is new' || not_ok 'the boot id is new' "$boot_before"
like 'power on again fails' "$(vm_task PowerOnVM_Task VirtualMachine "$vm" '')" InvalidPowerState
like 'the snapshot is removed' "$(vm_task RemoveSnapshot_Task VirtualMachineSnapshot "$snapshot" '<removeChildren>false</removeChildren>')" '<state>success'
like 'it is gone' "$(soap RemoveSnapshot_Task VirtualMachineSnapshot "$snapshot" '<removeChildren>false</removeChildren>')" ManagedObjectNotFound
is 'the ledger counts creates' "$(kinds snapshot_create vc-0001)" 1
is 'the ledger counts reverts' "$(kinds snapshot_revert vc-0001)" 1
is 'the ledger counts updates' "$(kinds update vc-0001)" 1
"$lab" ledger --dir "$dir/lab" --check --finished >"$dir/check"; is 'the ledger check agrees' "$?" 0

# A reboot that the guest asks for, and a shutdown.
boot_before=$(on 2 'cat "$SLIPWAY_BOOT_ID_FILE"')
on 2 reboot
rebooted() { [ "$(on 2 'cat "$SLIPWAY_BOOT_ID_FILE"')" != "$boot_before" ] && on 2 true; }
wait_for 20 rebooted && ok 'reboot gives a new boot id' || not_ok 'reboot gives a new boot id' ''
vm=$(vm_of 2)
soap ShutdownGuest VirtualMachine "$vm" '' >/dev/null
vm_is_off() { properties VirtualMachine "$vm" runtime.powerState | grep -q '>poweredOff<'; }
wait_for 20 vm_is_off && ok 'shutdown powers off' || not_ok 'shutdown powers off' ''

# What the check must catch.
on 3 'appliance-update --to 8.0.3.00400' >/dev/null
"$lab" ledger --dir "$dir/lab" --check >"$dir/check"
is 'an update without a snapshot is a violation' "$?" 1
like 'the violation says so' "$(cat "$dir/check")" 'without a snapshot'

# The view and its pages.
view=$(soap CreateContainerView ViewManager ViewManager '<container type="Folder">group-d1</container><type>VirtualMachine</type><recursive>true</recursive>' | returned)
page=$(soap RetrievePropertiesEx PropertyCollector propertyCollector "<specSet><propSet><type>VirtualMachine</type><pathSet>name</pathSet></propSet><objectSet><obj type=\"ContainerView\">$view</obj><skip>true</skip><selectSet xsi:type=\"TraversalSpec\"><name>v</name><type>ContainerView</type><path>view</path><skip>false</skip></selectSet></objectSet></specSet><options><maxObjects>2</maxObjects></options>")
is 'a page holds what was asked' "$(echo "$page" | grep -o '<objects>' | wc -l)" 2
token=$(echo "$page" | sed -n 's|.*<token>\(.*\)</token>.*|\1|p')
is 'the next page holds the rest' "$(soap ContinueRetrievePropertiesEx PropertyCollector propertyCollector "<token>$token</token>" | grep -o '<objects>' | wc -l)" 1
like 'views are destroyed' "$(soap DestroyView ContainerView "$view" '')" DestroyViewResponse

# A restart is a power loss: disks and snapshots remain, processes do not.
new_snapshot='<name>x</name><memory>false</memory><quiesce>false</quiesce>'
kept=$(vm_task CreateSnapshot_Task VirtualMachine "$(vm_of 2)" "$new_snapshot" | sed -n 's|.*<result[^>]*>\([^<]*\)</result>.*|\1|p')
on 1 "setsid sleep $job </dev/null >/dev/null 2>&1 &"
stop_lab
is 'SIGTERM ends it cleanly' "$lab_status" 0
pgrep -f "^sleep $job\$" >/dev/null && not_ok 'no process is left' '' || ok 'no process is left'
port_before=$ssh_port
start_lab --appliances 3 --managers 1 --speed 20
is 'a restart keeps the ports' "$ssh_port" "$port_before"
is 'a restart keeps the disks' "$(on 3 cat version)" 8.0.3.00400
login >/dev/null
like 'a restart keeps the snapshots' "$(properties VirtualMachine "$(vm_of 2)" snapshot)" ">${kept:-none}<"
"$lab" serve --dir "$dir/lab" --appliances 4 2>"$dir/err2" >/dev/null
is 'another fleet in the same directory is refused' "$?" 1
stop_lab
rm -rf "$dir/lab" "$dir/cookies"

# ---- faults ----
cat >"$dir/scenario.yaml" <<'EOF'
settings: {update: 2s}
faults:
  - {appliance: vc-0001, fault: sick}
  - {appliance: vc-0002, fault: update_fails}
  - {appliance: vc-0003, fault: update_lies}
  - {appliance: vc-0004, fault: rejects_login}
  - {appliance: "index: 4", fault: rest_503}
  - {appliance: vc-0006, fault: {drop_reply: {method: CreateSnapshot_Task, times: 1}}}
  - {index: 6, fault: snapshot_fails}
  - {appliance: vc-0008, fault: reboots}
  - {appliance: "vc-0009", fault: foreign_snapshot}
  - {appliance: "vc-0009", fault: red_before}
  - {appliance: vc-0009, fault: ssh_silent}
  - {appliance: vc-0010, fault: revert_fails}
  - {appliance: vc-0011, fault: stays_off}
  - {appliance: vc-0012, fault: hangs}
  - {appliance: vc-0012, fault: flood}
  - {appliance: vc-0010, fault: escape_text}
  - {appliance: vc-0010, fault: {slow: 3}}
  - {appliance: vc-0011, fault: no_space}
  - {manager: mgmt-1, fault: manager_restart, at_effect: 2, for: 60s}
EOF
start_lab --appliances 12 --managers 1 --speed 20 --scenario "$dir/scenario.yaml"
login >/dev/null
on 1 'appliance-update --to 8.0.3.00400' >/dev/null
is 'sick: the update succeeds' "$?" 0
is 'sick: health is red afterwards' "$(rest 1 /api/appliance/health/system)" '"red"'
on 2 'appliance-update --to 8.0.3.00400' >/dev/null 2>&1; is 'update_fails: exit 1' "$?" 1
is 'update_fails: the state says so' "$(rest 2 /api/appliance/update | jq -r .state)" INSTALL_FAILED
on 3 'appliance-update --to 8.0.3.00400' >/dev/null; is 'update_lies: exit 0' "$?" 0
is 'update_lies: nothing changed' "$(on 3 cat version)" 8.0.2.00100
on 4 true 2>/dev/null; is 'rejects_login: SSH' "$?" 255
like 'rejects_login: REST' "$(rest 4 /api/session -X POST)" UNAUTHENTICATED
is 'rest_503: the gateway speaks' "$(rest 5 /api/appliance/health/system)" 'no healthy upstream'
vm=$(vm_of 6)
soap CreateSnapshot_Task VirtualMachine "$vm" '<name>lost</name><memory>false</memory><quiesce>false</quiesce>' >/dev/null 2>&1
is 'drop_reply: no answer comes' "$?" 52
made() { properties VirtualMachine "$vm" snapshot | grep -q '<name>lost<'; }
wait_for 20 made && ok 'drop_reply: but it happened' || not_ok 'drop_reply: but it happened' ''
vm=$(vm_of 7)
soap CreateSnapshot_Task VirtualMachine "$vm" "$new_snapshot" >/dev/null # the second effect
is_down() { soap CurrentTime ServiceInstance ServiceInstance '' | grep -q 'vpxd is starting'; }
wait_for 5 is_down && ok 'manager_restart: 503 for a while' || not_ok 'manager_restart: 503 for a while' ''
up_again() { login | grep -q '<userName>'; }
wait_for 20 up_again && ok 'manager_restart: a new login works again' || not_ok 'manager_restart: a new login works again' ''
vm=$(vm_of 7)
like 'snapshot_fails: the task ends in error' "$(vm_task CreateSnapshot_Task VirtualMachine "$vm" "$new_snapshot")" ApplicationQuiesceFault
boot_before=$(on 8 'cat "$SLIPWAY_BOOT_ID_FILE"')
on 8 'appliance-update --to 8.0.3.00400' >/dev/null 2>&1
is 'reboots: the connection breaks' "$?" 255
rebooted() { [ "$(on 8 'cat "$SLIPWAY_BOOT_ID_FILE"')" != "$boot_before" ] && on 8 true; }
wait_for 20 rebooted && ok 'reboots: it comes back' || not_ok 'reboots: it comes back' ''
on 8 'appliance-update --to 8.0.3.00400' >/dev/null; is 'reboots: only once' "$?" 0
vm=$(vm_of 9)
like 'foreign_snapshot: it is there' "$(properties VirtualMachine "$vm" snapshot)" VEEAM
is 'red_before: red before any change' "$(rest 9 /api/appliance/health/system)" '"red"'
timeout 2 ssh -F none -p "$ssh_port" -o BatchMode=yes root@127.80.0.9 true 2>/dev/null
is 'ssh_silent: never a word' "$?" 124
vm=$(vm_of 11)
like 'no_space: the task ends in error' "$(vm_task CreateSnapshot_Task VirtualMachine "$vm" "$new_snapshot")" NoDiskSpace
vm=$(vm_of 10)
snapshot=$(vm_task CreateSnapshot_Task VirtualMachine "$vm" "$new_snapshot" | sed -n 's|.*<result[^>]*>\([^<]*\)</result>.*|\1|p')
like 'revert_fails: the task ends in error' "$(vm_task RevertToSnapshot_Task VirtualMachineSnapshot "$snapshot" '')" FileLocked
is 'revert_fails: the VM goes on' "$(on 10 cat version)" 8.0.2.00100
like 'escape_text: the product is hostile' "$(rest 10 /api/appliance/system/version)" '\u001B[31m'
like 'escape_text: so is the progress' "$(on 10 'appliance-update --to 8.0.3.00400')" "$(printf '\033[31m')"
like 'slow: the update takes longer' "$(cat "$dir/lab/outside/vc-0010/faults")" 'step_s=0.030'
(timeout 2 ssh -F none -p "$ssh_port" -o BatchMode=yes root@127.80.0.12 true 2>&1; true) >"$dir/flood"
is 'flood: SSH never gets to its banner' "$(grep -c 'Permission denied' "$dir/flood")" 0
[ "$(rest 12 /api/appliance/health/system --max-time 60 2>/dev/null | head -c 1000000 | wc -c)" = 1000000 ] &&
    ok 'flood: REST does not end' || not_ok 'flood: REST does not end' ''
# Hostile requests must not end the lab.
post() { fetch --data-binary "$1" -w '%{http_code}' "https://127.80.255.1:$https_port/sdk"; }
like 'no XML is refused' "$(post 'GARBAGE')" InvalidRequest
like 'a DOCTYPE is refused' "$(post '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>')" InvalidRequest
like 'an unknown method is refused' "$(soap Bogus ServiceInstance ServiceInstance '')" MethodNotFound
like 'a foreign object is refused' "$(properties VirtualMachine vm-9999 name)" ManagedObjectNotFound
kill -0 "$lab_pid" && ok 'the lab lives' || not_ok 'the lab lives' "$(cat "$dir/err")"
stop_lab
is 'it ends cleanly' "$lab_status" 0

# ---- a guest that does not come back ----
rm -rf "$dir/lab" "$dir/cookies"
printf -- '- {appliance: vc-0001, fault: stays_off}\n- {appliance: vc-0002, fault: hangs}\n' >"$dir/scenario.yaml"
start_lab --appliances 2 --managers 1 --speed 20 --scenario "$dir/scenario.yaml"
login >/dev/null
vm=$(vm_of 1)
snapshot=$(vm_task CreateSnapshot_Task VirtualMachine "$vm" "$new_snapshot" | sed -n 's|.*<result[^>]*>\([^<]*\)</result>.*|\1|p')
vm_task RevertToSnapshot_Task VirtualMachineSnapshot "$snapshot" '' >/dev/null
like 'stays_off: power on succeeds' "$(vm_task PowerOnVM_Task VirtualMachine "$vm" '')" '<state>success'
sleep 1
on 1 true 2>/dev/null; is 'stays_off: the guest never comes' "$?" 255
vm=$(vm_of 2)
(on 2 'appliance-update --to 8.0.3.00400' >"$dir/hung" 2>&1; echo "$?" >"$dir/hung_status") &
hung=$!
begun() { on 2 cat update_state | grep -q INSTALL_IN_PROGRESS; }
wait_for 10 begun && ok 'hangs: it begins' || not_ok 'hangs: it begins' ''
on 2 'appliance-update --to 8.0.3.00400' >/dev/null 2>&1; is 'a second update is refused' "$?" 3
vm_task PowerOffVM_Task VirtualMachine "$vm" '' >/dev/null
wait_for 10 test -s "$dir/hung_status" && ok 'hangs: a power-off ends it' || not_ok 'hangs: a power-off ends it' ''
wait "$hung"
stop_lab
printf 'faults: [{appliance: vc-0001, fault: sickk}]\n' >"$dir/bad.yaml"
"$lab" serve --dir "$dir/bad" --appliances 1 --scenario "$dir/bad.yaml" 2>"$dir/err2" >/dev/null
is 'an unknown fault is refused' "$?" 1
like 'and named' "$(cat "$dir/err2")" sickk

echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
