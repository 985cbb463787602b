#!/bin/bash
# disk_full.sh - the disk of the state becomes full amid a campaign: slipway stops with a
# sentence that says what to do and begins nothing more; with room again it goes on, and
# nothing was done twice.
#
#   1. a file may not grow any further (the limit of a process)
#   2. a small file system that somebody else fills; needs the right to mount
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck disable=SC1091
. tests/e2e/lib.sh
TARGETS=6
mounted=
trap '[ -z "$mounted" ] || umount "$mounted"' EXIT

# cramped KIBIBYTES COMMAND...: no file that it writes may be larger
cramped() {
    (
        trap '' XFSZ
        ulimit -f "$1"
        shift
        exec "$@"
    )
}

begin() { # NAME
    start_lab "$work/lab.$1" --appliances $TARGETS --speed 10
    "$SLIPWAY" plan "$lab_dir/campaign.yaml" > "$work/plan.out" 2>&1 || cat "$work/plan.out"
}

answers() { "$@" > "$work/answer" 2>&1; }

# What it does when there is no room, and that it can still be asked.
check_stopped() { # NAME CODE
    check "$1: it stops (exit 1)" equal "$2" 1 || cat "$work/run.err"
    check "$1: it says what to do" grep -q 'no room left on the disk.*make room.*slipway resume' "$work/run.err"
    check "$1: in one sentence" equal "$(grep -c 'no room left' "$work/run.err")" 1
    check "$1: status still answers" answers "$SLIPWAY" status
    check "$1: every effect has its intent" equal "$(effects_without_intent)" ""
}

# Jobs that appliances were asked for and of which the state knows nothing.
effects_without_intent() {
    jq -r 'select(.kind == "job_start") | .appliance' "$lab_dir/ledger.jsonl" | sort | while read -r name; do
        [ "$(sql "select count(*) from intent join target on target.campaign = intent.campaign and target.idx = intent.target
            where target.name = '$name' and step = 'upgrade'")" -ge 1 ] || echo "$name"
    done
}

check_goes_on() { # NAME
    "$SLIPWAY" resume > "$work/resumed.out" 2>&1
    check "$1: with room it goes on to the end" equal "$?" 0 || cat "$work/resumed.out"
    check "$1: nothing was done twice, and nothing is left" "$LAB" ledger --dir "$lab_dir" --check --finished
    check "$1: the record is whole" "$SLIPWAY" audit verify
    check "$1: no intent is left open" equal "$(sql "select count(*) from intent where settled_ms is null")" 0
    stop_lab
}

story_limit() {
    state=$work/state-limit
    export SLIPWAY_STATE=$state
    begin limit
    for room in 700 1000; do # in KiB; each hits another part of the campaign
        verb=run
        [ "$room" = 700 ] || verb=resume
        cramped $room "$SLIPWAY" $verb > "$work/run.out" 2> "$work/run.err"
        check_stopped "a limit of $room KiB" $?
    done
    check_goes_on "a limit"
}

# until_room_is_gone: fills what is left, as soon as a change is under way
fill_during_change() {
    eventually "select count(*) > 0 from target where state = 'changing'" 1
    cat /dev/zero > "$state/filler" 2> /dev/null
}

story_full() {
    state=$work/state-full
    export SLIPWAY_STATE=$state
    mkdir -m 0700 "$state"
    if ! mount -t tmpfs -o size=12m,mode=0700 none "$state" 2> /dev/null; then
        echo "SKIPPED disk_full: a small file system (no right to mount)"
        return
    fi
    mounted=$state
    begin full
    "$SLIPWAY" run > "$work/run.out" 2> "$work/run.err" &
    pid=$!
    fill_during_change
    while kill -0 $pid 2> /dev/null; do cat /dev/zero >> "$state/filler" 2> /dev/null; sleep 0.2; done
    wait $pid
    check_stopped "a full file system" $?
    rm -f "$state/filler"
    check_goes_on "a full file system"
}

story_limit
story_full
[ -z "$mounted" ] || umount "$mounted"
mounted=
finish
