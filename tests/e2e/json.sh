#!/bin/bash
# json.sh - what scripts read: every verb with --json has a schema in docs/schema, its real
# output fits, and each schema notices a member that is gone, has another name or type.
# (Every other story's JSON is checked too: finish in lib.sh.)
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/e2e/lib.sh
root=$PWD
state=$work/state
export SLIPWAY_STATE=$state SLIPWAY_SHARE=$root
silent() { # without verbs that ask others, and without those that print none
    case $1 in init | run | resume | completion | help) return 0 ;; esac
    return 1
}
schema_of() {
    case $1 in
    plan) echo "$root/docs/schema/plan.schema.json" ;;
    approve | pause | unpause | promote | abort | retry | skip | rollback | hold | release | override | set)
        echo "$root/docs/schema/output/verb.schema.json" ;;
    *) echo "$root/docs/schema/output/$1.schema.json" ;;
    esac
}
# keep NAME VERB...: prints JSON, whatever it answers
keep() {
    name=$1
    shift
    timeout 120 "$SLIPWAY" "$@" --json > "$work/$name.json" 2> "$work/$name.err"
    [ -s "$work/$name.json" ] || { sed 's/^/# /' "$work/$name.err"; return 1; }
}
# noticed VERB NAME...: its schema notices every change of what was kept as NAME
noticed() {
    verb=$1
    shift
    python3 "$SCHEMAS" --self "$(schema_of "$verb")" "${@/%/.json}" | sed 's/^/# /'
    [ "${PIPESTATUS[0]}" = 0 ]
}

# ---- the checker itself ----
cat > "$work/schema.json" << 'JSON'
{"type": "object", "required": ["a", "b"], "properties": {"a": {"type": "integer", "minimum": 1},
 "b": {"type": "array", "items": {"anyOf": [{"type": "null"}, {"type": "string", "pattern": "^x"}]}}}}
JSON
fits() { echo "$1" > "$work/one.json"; python3 "$SCHEMAS" "$work/schema.json" "$work/one.json" > "$work/said"; }
refuses() { ! fits "$1" && grep -q -- "$2" "$work/said" || { sed 's/^/# /' "$work/said"; return 1; }; }
check 'the checker takes what fits' fits '{"a": 1, "b": [null, "x"], "new": {}}'
check 'it misses a member' refuses '{"a": 1}' 'lacks b'
check 'it sees another type' refuses '{"a": "1", "b": []}' 'is not integer'
check 'true is no integer' refuses '{"a": true, "b": []}' 'is not integer'
check 'it looks into lists' refuses '{"a": 1, "b": [null, "y"]}' 'b.1.: '
check 'it minds numbers' refuses '{"a": 0, "b": []}' 'less than 1'
check 'it takes no text for JSON' sh -c "! python3 '$SCHEMAS' '$work/schema.json' '$SCHEMAS' 2> /dev/null"
echo '{"type": "object", "maxProperties": 1}' > "$work/schema.json"
check 'a keyword that it does not know is no silence' sh -c "! python3 '$SCHEMAS' '$work/schema.json' '$work/one.json' 2> /dev/null"
check 'nothing to check is no success' sh -c "! python3 '$SCHEMAS' '$work/schema.json'"

# ---- every verb has one ----
verbs=$("$SLIPWAY" help | sed -n '/^Verbs:/,/^$/s/^  \([a-z-]*\) .*/\1/p')
check 'help lists verbs' test "$(echo "$verbs" | wc -l)" -gt 30
for verb in $verbs; do
    silent "$verb" && continue
    check "$verb --json has a schema" test -f "$(schema_of "$verb")"
done
for schema in docs/schema/output/*.json; do
    check "docs/json.md names $(basename "$schema")" grep -q "output/$(basename "$schema")" docs/json.md
done

# ---- a campaign, as scripts follow it ----
cat > "$work/scenario.yaml" << 'YAML'
settings: {update: 1s}
faults: [{appliance: vc-0003, fault: sick}]
YAML
start_lab "$work/lab" --appliances 5 --speed 20 --scenario "$work/scenario.yaml"
cat > "$work/lab/campaign.yaml" << 'YAML'
campaign: scripts
playbook: lab-patch
vars: {target_version: 8.0.3.00400}
strategy:
  waves:
    - {name: canary, size: 1, soak: 1s}
    - {name: rest, size: rest, soak: 1s, gate: true}
  in_flight: 4
  budget: {wave: 3, campaign: 3}
  windows: ["daily 00:00 +24h UTC"]
  approval: {required: true}
YAML
cd "$work" || exit 1
campaign=lab/campaign.yaml

check 'lint' keep lint lint $campaign lab/fleet.yaml
sed 's/canary/canary, sizee: 1/' $campaign > lab/bad.yaml
check 'lint of what is wrong' keep lint-bad lint lab/bad.yaml
check 'and its changes are noticed' noticed lint lint lint-bad
check 'plan' keep plan plan $campaign
check 'import' keep import inventory import lab/fleet.yaml
check 'import of the same' keep import-again inventory import lab/fleet.yaml --dry-run
check 'list' keep list inventory list
check 'show' keep show inventory show vc-0001
check 'probe' keep probe inventory probe vc-0001 --playbook lab/playbooks/lab-patch.yaml
check 'inventory: changes are noticed' noticed inventory import import-again list show
check 'path' keep path path --from 7.0.3.00700 --to '8.0 U3d'
check 'path: changes are noticed' noticed path path
check 'known issues' keep issues known-issues list
check 'one of them' keep issue known-issues show "$(jq -r '.issues[0].id' issues.json)"
check 'their examples' keep issues-test known-issues test
check 'known-issues: changes are noticed' noticed known-issues issues issue issues-test
check 'plugins' keep plugins plugins
check 'plugins: changes are noticed' noticed plugins plugins
check 'doctor' keep doctor doctor
check 'doctor: changes are noticed' noticed doctor doctor
check 'calendars' keep calendar calendar show
check 'the next openings' keep next calendar next vc-0001
check 'one that is checked' keep calendar-check calendar check 'Sat 23:00 +4h Europe/Paris' --at 2027-01-16T22:30:00Z --target vc-0001
check 'the plan is checked' keep calendar-plan calendar check --plan
check 'slots are exported' keep export calendar export
check 'cron' keep cron calendar import --cron '0 23 * * 6' --duration 4h --zone Europe/Paris
check 'another calendar' keep calendar-import calendar import 'daily 01:00 +22h UTC' --as 'daily 00:00 +24h UTC'
check 'calendar: changes are noticed' noticed calendar calendar next calendar-check calendar-plan export cron calendar-import
check 'approve' keep approve approve --reason CHG-4711
check 'hold' keep hold hold vc-0005 --reason 'customer demo' --for 9h
check 'operators: changes are noticed' noticed approve approve hold
check 'forecast' keep forecast forecast
check 'forecast: changes are noticed' noticed forecast forecast

timeout 300 "$SLIPWAY" run --trust-clock > run.out 2>&1 &
run_pid=$!
check 'the gate waits' eventually "select state from wave where name='rest'" gated
check 'why it waits' keep why-gate why vc-0002
check 'status of one that runs' keep status-gate status
"$SLIPWAY" release vc-0005 --reason 'demo is over' > /dev/null
"$SLIPWAY" approve --wave rest --reason 'canary was quiet' > /dev/null
wait "$run_pid"
check 'status' keep status status
check 'status: changes are noticed' noticed status status status-gate
check 'why' keep why why vc-0003
check 'the logs' keep logs why vc-0003 --logs
check 'why: changes are noticed' noticed why why why-gate
check 'events' keep events events
check 'events: changes are noticed' sh -c "head -40 events.json > some.json && python3 '$SCHEMAS' --self '$root/docs/schema/output/events.schema.json' some.json"
check 'snapshots' keep snapshots snapshots
check 'readiness' keep readiness readiness
check 'readiness: changes are noticed' noticed readiness readiness
check 'audit' keep audit audit verify
check 'audit: changes are noticed' noticed audit audit
check 'report' keep report report
check 'report: changes are noticed' noticed report report
check 'plan: changes are noticed' noticed plan plan
finish
