#!/bin/bash
# verbs.sh - an operator at a second terminal: approve, pause, unpause, hold,
# set, skip, promote, rollback, gate, abort, while it runs and while nothing runs.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/e2e/lib.sh
state=$work/state
export SLIPWAY_STATE=$state

cat > "$work/scenario.yaml" << 'YAML'
settings: {update: 10s}
faults: []
YAML
start_lab "$work/lab" --appliances 14 --speed 10 --scenario "$work/scenario.yaml"
cat > "$work/lab/campaign.yaml" << 'YAML'
campaign: verbs
playbook: lab-patch
vars: {target_version: 8.0.3.00400}
strategy:
  waves:
    - {name: canary, size: 4, soak: 1h}
    - {name: rest, size: rest, soak: 1s, gate: true}
  in_flight: 3
  approval: {required: true}
YAML

# says TEXT COMMAND...: the command succeeds and says it
says() {
    text=$1
    shift
    "$@" > "$work/said" 2>&1 && grep -q -- "$text" "$work/said" || { sed 's/^/# /' "$work/said"; return 1; }
}
# refuses CODE TEXT COMMAND...
refuses() {
    want=$1 text=$2
    shift 2
    "$@" > "$work/said" 2>&1
    got=$?
    [ "$got" = "$want" ] && grep -q -- "$text" "$work/said" || { echo "# exit $got"; sed 's/^/# /' "$work/said"; return 1; }
}
run_in_background() { "$SLIPWAY" "$1" > "$work/run.out" 2>&1 & run_pid=$!; }

check "it is planned" says "Waves" "$SLIPWAY" plan "$work/lab/campaign.yaml"
check "it does not run before it is approved (exit 6)" refuses 6 "approve" "$SLIPWAY" run
check "approve says so" says "approved" "$SLIPWAY" approve --reason CHG-4711
check "approving twice is refused" refuses 1 "nothing waits" "$SLIPWAY" approve
check "hold works while nothing runs" says "held" "$SLIPWAY" hold vc-0003 --reason "customer demo"
check "an unknown target is named, with the nearest" refuses 1 "nearest is vc-0014" "$SLIPWAY" hold vc-00145 --reason x
check "a reason is asked for" refuses 64 "needs --reason" "$SLIPWAY" pause

run_in_background run
check "it starts" eventually "select count(*)>0 from target where state='changing'" 1
check "a second slipway is refused (exit 7) and told who" refuses 7 "pid $run_pid" "$SLIPWAY" resume
check "pause reaches the running owner" says "paused" "$SLIPWAY" pause --reason "look first"
wait "$run_pid"
check "the paused run comes to a safe place and ends with 3" equal "$?" 3
check "nothing is under way any more" equal "$(sql "select count(*) from target where step_state in ('issued','running')")" 0
check "pausing twice is refused" refuses 1 "does not apply" "$SLIPWAY" pause --reason again
check "resume of a paused campaign ends with 3 at once" refuses 3 "unpause" "$SLIPWAY" resume
check "unpause works while nothing runs" says "resume" "$SLIPWAY" unpause --reason "all fine"

# Somebody's verb has the lock in its hand when the timer's resume comes in.
python3 - "$state/owner.lock" > "$work/verb.out" << 'PY' &
import fcntl, json, os, struct, sys, time
lock = os.open(sys.argv[1], os.O_RDWR)
F_OFD_SETLKW = 38
fcntl.fcntl(lock, F_OFD_SETLKW, struct.pack("hhqqi4x", fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0))
os.ftruncate(lock, 0)
os.pwrite(lock, json.dumps({"pid": os.getpid(), "command": "slipway promote"}).encode(), 0)
print("held", flush=True)
time.sleep(1)
PY
verb_pid=$!
holds() { await grep -qs -- "$1" "$2" || { cat "$2"; return 1; }; }
check "a verb owns the state for a moment" holds held "$work/verb.out"
run_in_background resume
wait "$verb_pid"
check "resume waits for its end rather than to be turned away" holds "slipway resume" "$state/owner.lock"
check "three of the canary soak, the held one waits" eventually "select count(*) from target where state='soaking'" 3
check "promote ends one soak" says "promoted" "$SLIPWAY" promote vc-0001 --reason "quiet"
check "and that one succeeds" eventually "select state from target where name='vc-0001'" succeeded
check "rollback puts a soaking one back" says "rolling back" "$SLIPWAY" rollback vc-0002 --reason "customer called"
check "with its old version" eventually "select state||' '||version_now from target where name='vc-0002'" "rolled_back 8.0.2.00100"
check "a wish is no failure: the campaign runs on" equal "$(sql "select state from campaign")" running
check "promote ends the wave's soaks" says "promoted" "$SLIPWAY" promote --wave canary --reason "quiet"
check "the held one keeps the wave open" eventually "select state from target where name='vc-0004'" succeeded
check "release lets it go" says "released" "$SLIPWAY" release vc-0003
check "it soaks" eventually "select state from target where name='vc-0003'" soaking
"$SLIPWAY" promote --wave canary --reason "quiet" > /dev/null
check "the gate waits" eventually "select state from wave where name='rest'" gated
check "nobody of the gated wave has begun" equal "$(sql "select count(*) from target where wave=1 and state<>'pending'")" 0
check "set turns in_flight" says "set" "$SLIPWAY" set in_flight 2 --reason "gently"
check "a setting that is not there is refused" refuses 1 "no setting" "$SLIPWAY" set in_flihgt 2 --reason x
check "skip takes one out" says "skipped" "$SLIPWAY" skip vc-0014 --reason "decommissioned"
check "approve opens the gate" says "approved" "$SLIPWAY" approve --wave rest --reason "canary was quiet"
check "it goes on" eventually "select count(*) from target where wave=1 and state in ('snapshotting','changing')" 2
check "abort drains" says "aborted" "$SLIPWAY" abort --reason "wrong build"
wait "$run_pid"
check "the aborted run ends with 4" equal "$?" 4
check "what had begun was finished" equal "$(sql "select count(*) from target where wave=1 and state='succeeded'")" 2
check "the others were skipped" equal "$(sql "select count(*) from target where wave=1 and state='skipped'")" 8
check "an aborted campaign is not resumed" refuses 4 "aborted" "$SLIPWAY" resume
"$SLIPWAY" plan "$work/lab/campaign.yaml" > /dev/null
check "resume does not take up the old one in place of a new plan" refuses 1 "slipway --state $state run" "$SLIPWAY" resume
check "who, what, why is in the record" equal \
    "$(sql "select detail from event where kind='command' and text='pause'" | head -1)" "look first"
check "the ledger knows of no violation, and nothing is left" \
    "$LAB" ledger --dir "$work/lab" --check --finished
finish
