#!/bin/bash
# lab_scenario.sh - does the lab do what a scenario says, when it says so, and refuse a
# scenario with a mistake? And does a lab vCenter refuse what the vendor's schema refuses?
set -u
here=$(cd "$(dirname "$0")/../.." && pwd)
lab=${1:-$(cd "$here" && cd "${BIN:-build}" && pwd)/slipway-lab}
dir=$(mktemp -d)
# shellcheck source=tests/e2e/lab/lib.sh
. "$here/tests/e2e/lab/lib.sh"

# ---- mistakes have a line ----
refuses() { # WHAT LINE WORDS SCENARIO
    printf '%s\n' "$4" >"$dir/bad.yaml"
    "$lab" serve --dir "$dir/bad" --appliances 2 --scenario "$dir/bad.yaml" >/dev/null 2>"$dir/err"
    like "$1" "$? $(cat "$dir/err")" "1 slipway-lab: $dir/bad.yaml:$2: $3"
}
refuses 'a key that nobody knows' 4 'key tims is not known' 'faults:
  - appliance: vc-0001
    fault: sick
    tims: 3'
refuses 'a number that is another fault'"'"'s' 1 'key factor is not known' 'faults: [{appliance: vc-0001, fault: sick, factor: 3}]'
refuses 'a fault that nobody knows' 2 'fault sickk is not known' 'faults:
  - {appliance: vc-0001, fault: sickk}'
refuses 'a fault of another kind' 1 'fault dbcc is not for this kind' 'faults: [{appliance: vc-0001, fault: dbcc}]'
refuses 'a duration without unit' 1 'for: a duration has a unit' 'faults: [{appliance: vc-0001, fault: sick, for: 3}]'
refuses 'a number that is none' 1 'times: x is no number' 'faults: [{appliance: vc-0001, fault: sick, times: x}]'
refuses 'a group that is not there' 1 'link_group sso-01: nobody has that' 'faults: [{link_group: sso-01, fault: sick}]'
refuses 'a weight of nothing' 3 'fault bogus is not known' 'mix:
  weights:
    bogus: 1'
refuses 'a share beyond all' 1 'faulty: give a share' 'mix: {faulty: 120%}'

# ---- times, counts, chances, a repair ----
cat >"$dir/scenario.yaml" <<'YAML'
settings: {update: 2s, boot: 1s, stage: 500ms, power: 20s}
vcsa: {versions: [8.0.2.00200], offers: [8.0.3.00400], link_groups: {size: 2, count: 1}}
faults:
  - {appliance: vc-0001, fault: rest_503, after: 14s, for: 12s}
  - {link_group: sso-01, fault: replication_lag}
  - {appliance: vc-0003, fault: update_fails, at_install: 2}
  - {appliance: vc-0004, fault: {session_ends: 3}}
  - {appliance: vc-0004, fault: odd_status}
  - {appliance: "vc-000[56]", fault: no_backup, probability: 0%}
YAML
start_lab --appliances 6 --managers 1 --speed 2 --scenario "$dir/scenario.yaml"
code() { vami "$1" /api/appliance/system/version -o /dev/null -w '%{http_code}'; }
is 'not yet' "$(code 1)" 200
away() { [ "$(code 1)" = 503 ]; }
back() { [ "$(code 1)" = 200 ]; }
wait_for 10 away && ok 'after a while it strikes' || not_ok 'after a while it strikes' "$(code 1)"
wait_for 10 back && ok 'and is over' || not_ok 'and is over' "$(code 1)"
like 'the summary says who has what' "$("$lab" faults --dir "$dir/lab")" 'vc-0001    rest_503 after=14s for=12s'
like 'and how many there are' "$("$lab" faults --dir "$dir/lab")" '4 of 6 appliances: '
is 'a chance of nothing is nobody' "$("$lab" faults --dir "$dir/lab" | grep -c no_backup)" 0
lag() { vc 1 /api/vcenter/topology/replication-status | jq '[.[].change_lag] | min'; }
[ "$(lag)" -ge 17 ] && ok 'a group falls behind' || not_ok 'a group falls behind' "$(lag)"
for n in 1 2; do echo "repair vc-000$n" >"$dir/lab/control"; done
repaired() { [ "$(lag)" = 0 ]; }
wait_for 10 repaired && ok 'until it is repaired' || not_ok 'until it is repaired' "$(lag)"
is 'the ledger tells of repairs' "$(kinds repair vc-0001)" 1
key=$(vami 4 /api/session -X POST | jq -r .value)
with_key() { fetch -H "vmware-api-session-id: $key" -o /dev/null -w '%{http_code} ' "https://127.80.0.4:$vami_port/api/appliance/system/version"; }
is 'a session ends amid its work' "$(with_key; with_key; with_key; with_key)" '200 200 200 401 '
is 'another status, the same words' "$(vami 4 /api/appliance/update/staged -w ' %{http_code}' | sed 's/.*\(NOT_ALLOWED_IN_CURRENT_STATE\).* /\1 /')" 'NOT_ALLOWED_IN_CURRENT_STATE 409'
state() { cat "$dir/lab/appliances/vc-0003/update_state"; }
install() {
    local pending=/api/appliance/update/pending/8.0.3.00400
    vami 3 "$pending?action=stage" -X POST
    staged() { [ "$(vami 3 /api/appliance/update/staged | jq .staging_complete)" = true ]; }
    wait_for 20 staged
    vami 3 "$pending?action=install" -H 'Content-Type: application/json' \
        -d "{\"user_data\":{\"vmdir.password\":\"$(cat "$dir/lab/secrets/appliances")\"}}"
}
over() { case $(state) in *_IN_PROGRESS) return 1 ;; esac; }
version() { cat "$dir/lab/appliances/vc-0003/version"; }
install
new() { [ "$(version)" = 8.0.3.00400 ] && over && vami 3 /api/appliance/update | grep -q UP_TO_DATE; }
wait_for 30 new && ok 'the first installation goes well' || not_ok 'the first installation goes well' "$(state)"
echo 8.0.2.00200 >"$dir/lab/appliances/vc-0003/version"
install
failed_now() { [ "$(state)" = INSTALL_FAILED ]; }
wait_for 30 failed_now && ok 'the second one fails' || not_ok 'the second one fails' "$(state)"

# ---- what the schema refuses ----
says() { # WHAT WANTED PATH [curl arguments]: word and status of a refusal
    local what=$1 wanted=$2 path=$3
    shift 3
    is "$what" "$(vami 5 "$path" -w ' %{http_code}' "$@" | sed -E 's/.*"(error_type|type)":"(com.vmware.vapi.std.errors.)?([A-Za-z_]*)".* ([0-9]+)$/\3 \4/')" "$wanted"
}
json='Content-Type: application/json'
says 'a parameter too many' 'INVALID_ARGUMENT 400' '/api/appliance/update?source_type=LOCAL'
says 'a flat name in the old dialect' 'invalid_argument 400' '/rest/appliance/monitoring/query?names=cpu.util'
says 'a prefixed name in the new one' 'INVALID_ARGUMENT 400' '/api/appliance/monitoring/query?item.names.1=cpu.util'
says 'a body where none is taken' 'UNEXPECTED_INPUT 400' '/api/appliance/update/pending/8.0.3.00400?action=precheck' -H "$json" -d '{}'
says 'a member too many' 'UNEXPECTED_INPUT 400' '/api/appliance/shutdown?action=reboot' -H "$json" -d '{"delay":0,"reason":"x","force":true}'
says 'a member too few' 'INVALID_ARGUMENT 400' '/api/appliance/shutdown?action=reboot' -H "$json" -d '{"delay":0}'
says 'a number as text' 'INVALID_ARGUMENT 400' '/api/appliance/shutdown?action=reboot' -H "$json" -d '{"delay":"0","reason":"x"}'
says 'a map of the other dialect' 'INVALID_ARGUMENT 400' '/api/appliance/update/pending/8.0.3.00400?action=validate' -H "$json" -d '{"user_data":[{"key":"a","value":"b"}]}'
says 'the other way round' 'invalid_argument 400' '/rest/appliance/update/pending/8.0.3.00400?action=validate' -H "$json" -d '{"user_data":{"a":"b"}}'
says 'a structure without its name' 'invalid_request 400' '/rest/appliance/access/shell' -X PUT -H "$json" -d '{"enabled":true,"timeout":10}'
says 'and with it where it has none' 'UNEXPECTED_INPUT 400' '/api/appliance/access/shell' -X PUT -H "$json" -d '{"config":{"enabled":true,"timeout":10}}'
says 'a weak backup password' 'INVALID_ARGUMENT 400' '/api/appliance/recovery/backup/job' -H "$json" -d '{"parts":[],"location_type":"SFTP","location":"sftp://x","backup_password":"weak"}'
is 'a body that is not called JSON' "$(vami 5 '/api/appliance/shutdown?action=reboot' -o /dev/null -w '%{http_code}' -d '{"delay":0,"reason":"x"}')" 415
is 'one service is restarted' "$(vc 5 '/api/vcenter/services/vpxd?action=restart' -X POST -w '%{http_code}')" 204
says 'and not while it starts' 'NOT_ALLOWED_IN_CURRENT_STATE 400' '/api/appliance/services/vpxd?action=restart' -X POST
stop_lab

# ---- a seed is a seed ----
drawn() { # SEED DIR
    "$lab" serve --dir "$dir/$2" --appliances 60 --kind vcsa --faulty 30% --seed "$1" >"$dir/$2.out" &
    lab_pid=$!
    wait_for 10 grep -q ready "$dir/$2.out"
    stop_lab
    "$lab" faults --dir "$dir/$2"
}
drawn 7 one >"$dir/first" && drawn 7 two >"$dir/second" && drawn 8 three >"$dir/third"
cmp -s "$dir/first" "$dir/second" && ok 'the same seed draws the same faults' || not_ok 'the same seed draws the same faults' "$(diff "$dir/first" "$dir/second")"
cmp -s "$dir/first" "$dir/third" && not_ok 'another one draws others' "$(tail -1 "$dir/third")" || ok 'another one draws others'
finish_lab
