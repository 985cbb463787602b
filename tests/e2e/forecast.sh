#!/bin/bash
# forecast.sh - the schedule of the example: 850 appliances, 40 customers' calendars, three
# sites. Slots are checked by another implementation of calendars (dateutil); plans that
# are made again keep them; forecasts say when it ends, what binds and what would help.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/e2e/lib.sh
unset SLIPWAY_STATE SLIPWAY_SHARE
example=$PWD/examples/four-weeks
checker=$PWD/tests/e2e/forecast_check.py
state=$work/state
start=$(date -u -d 'next monday' +%F)
from="$start 08:00 Europe/Paris"

says() { # TEXT COMMAND...
    text=$1
    shift
    "$@" > "$work/said" 2> "$work/err" && grep -qF -- "$text" "$work/said" ||
        { tail -40 "$work/said" "$work/err" | sed 's/^/# /'; return 1; }
}
refuses() { # CODE TEXT COMMAND...
    want=$1 text=$2
    shift 2
    "$@" > "$work/said" 2>&1
    got=$?
    [ "$got" = "$want" ] && grep -qF -- "$text" "$work/said" ||
        { echo "# exit $got"; head -20 "$work/said" | sed 's/^/# /'; return 1; }
}
holds() { # FILTER FILE: true of the JSON
    jq -e "$1" "$2" > /dev/null || { echo "# not so: $1"; return 1; }
}
slots_hold() { # PLAN
    python3 "$checker" "$work/x/fleet.yaml" "$1" > "$work/said" 2>&1 ||
        { sed 's/^/# /' "$work/said"; return 1; }
}

# ---- the example ----
check 'what is committed is what make.sh writes' eval \
    '"$example/make.sh" 2026-11-23 "$work/same" && diff -r -x make.sh -x README.md "$example" "$work/same"'
"$example/make.sh" "$start" "$work/x"
"$example/make.sh" "$start" "$work/again"
check 'and the same start gives the same files' diff -r "$work/x" "$work/again"
cd "$work/x" || exit 1
check 'the example has no mistakes' says 'no problems' "$SLIPWAY" lint campaign.yaml fleet.yaml

# ---- slots ----
check 'it is planned' says 'reserved: the first slot starts' "$SLIPWAY" --state "$state" plan campaign.yaml
cp "$state/plan.json" "$work/first.json"
check 'everybody has a slot' holds '[.time.slots[] | select(.[2] > 0 and .[3] > .[2])] | length == 850' "$work/first.json"
if python3 -c 'import dateutil' 2> /dev/null; then
    check 'every slot holds by another reading of the calendars' slots_hold "$work/first.json"
    jq -c '.time.slots[400][2] += 43200000 | .time.slots[400][3] += 43200000' "$work/first.json" > "$work/moved.json"
    check 'which would notice a slot that does not' eval '! slots_hold "$work/moved.json" 2> /dev/null'
else
    echo '# SKIPPED: no python3 with dateutil'
fi

# ---- again ----
check 'planned again nobody moves' says '850 slots kept, 0 moved' "$SLIPWAY" --state "$state" plan campaign.yaml
customer=$(sed -n 's/.*customer: \(c[0-9]*\), calendar: "Fri .*Warsaw".*/\1/p' fleet.yaml)
sed -i 's/"Fri \(.*Warsaw\)"/"Thu \1"/' fleet.yaml
check 'one calendar changed' says 'because its calendars no longer allow' "$SLIPWAY" --state "$state" plan campaign.yaml
cp "$state/plan.json" "$work/second.json"
jq -n --slurpfile a "$work/first.json" --slurpfile b "$work/second.json" --arg c "$customer" '
    [range(850) as $i | select($a[0].time.slots[$i][2] != $b[0].time.slots[$i][2])
     | $b[0].targets[$i].doc | if type == "string" then fromjson else . end | .labels.customer == $c]
    | {own: map(select(.)) | length, others: map(select(. | not)) | length}' > "$work/moves"
check 'moves its own customer' holds '.own > 0' "$work/moves"
check 'and few others' holds '.others <= 60' "$work/moves"
if python3 -c 'import dateutil' 2> /dev/null; then
    check 'and all slots hold again' slots_hold "$work/second.json"
fi

# ---- forecast ----
forecast() { "$SLIPWAY" --state "$state" forecast --from "$from" --failure-rate 2% --seeds 10 "$@"; }
forecast --json --in-flight 20 --deadline "$(date -u -d "$start + 12 days" +%F)" > "$work/f.json"
check 'a forecast has a schema version' holds '.schema_version == 1' "$work/f.json"
check 'half of the runs end before nine in ten' holds '.planned.p50_end <= .planned.p90_end and .planned.p50_end != null' "$work/f.json"
check 'all targets start once' holds '([.planned.nights[].usual] | add) == 850 and ([.planned.weeks[].usual] | add) == 850' "$work/f.json"
check 'no night has more than windows and places allow' holds '[.planned.nights[].starts.p90] | max < 300' "$work/f.json"
check 'failures are as many as was said' holds '.planned.failed.p50 >= 8 and .planned.failed.p50 <= 30' "$work/f.json"
check 'twelve days are not enough' holds '.planned.runs_in_time == 0 and .planned.p90_end > .deadline' "$work/f.json"
check 'what binds is ranked' holds '.binding | length > 0 and (map(.saves_ms) | . == (sort | reverse))' "$work/f.json"
check 'the customers'\'' windows bind' holds '.binding[0].kind == "windows"' "$work/f.json"
check 'more at once does not end later' holds '.changed.p50_end <= .planned.p50_end' "$work/f.json"
check 'the longest way is not before the deadline' holds '[.planned.weeks[] | select(.before_deadline | not)] | length > 0' "$work/f.json"
forecast --json --in-flight 20 --deadline "$(date -u -d "$start + 12 days" +%F)" > "$work/g.json"
check 'the same question has the same answer' cmp "$work/f.json" "$work/g.json"
forecast --json --deadline "$(date -u -d "$start + 27 days" +%F)" > "$work/h.json"
check 'whatever is proposed holds the deadline' holds '.deadline as $d | all(.remedies[]; .p90_end != null and .p90_end <= $d)' "$work/h.json"
check 'one more night is understood' says 'also Wed 22:00 +4h' forecast --add-window 'Wed 22:00 +4h Europe/Paris'
check 'the text shows weeks, nights and what binds' eval 'grep -q "^By week" "$work/said" && grep -q "^By night" "$work/said" && grep -q "^What binds" "$work/said"'
check 'and the zone of every instant' eval '! grep -E " [0-9]{2}:[0-9]{2}( |$)" "$work/said" | grep -vE "[0-9]{2}:[0-9]{2} (CET|CEST|Europe)|\+4h|[0-9]h" | grep -q .'

# ---- a campaign that has begun ----
sed 's/^  cut_off/  min_notice: 72h\n  cut_off/' campaign.yaml > noticed.yaml
check 'with notice nobody has a slot in the next three days' eval '
    "$SLIPWAY" --state "$work/begun" plan noticed.yaml > /dev/null 2>&1 &&
    jq -e "([.time.slots[][2]] | min) >= .created_ms + 72 * 3600000" "$work/begun/plan.json" > /dev/null'
"$SLIPWAY" --state "$work/begun" run --no-wait > "$work/run.out" 2>&1
check 'the campaign begins and waits' equal $? 5
check 'what is left of it is forecast' says '850 targets left of 850' "$SLIPWAY" --state "$work/begun" forecast --seeds 3

# ---- rubbish ----
check 'a rate is a percentage' refuses 64 'a percentage is needed' "$SLIPWAY" --state "$state" forecast --failure-rate 2
check 'a cap names what the plan knows' refuses 64 'the plan has no rule for it' "$SLIPWAY" --state "$state" forecast --max-unavailable planet=3
check 'a cap has a number' refuses 64 'label=number' "$SLIPWAY" --state "$state" forecast --max-unavailable site
check 'a soak has a unit' refuses 64 'a duration with its unit' "$SLIPWAY" --state "$state" forecast --soak 5
check 'a window is a short form' refuses 64 '--add-window' "$SLIPWAY" --state "$state" forecast --add-window 'whenever'
check 'seeds are a number' refuses 64 'a number from 1 to' "$SLIPWAY" --state "$state" forecast --seeds 0
check 'a date is a date' refuses 64 '--from' "$SLIPWAY" --state "$state" forecast --from tomorrow
check 'no plan is said' refuses 1 'make one with' "$SLIPWAY" --state "$work/none" forecast
echo '{}' > "$work/empty.json"
check 'nor is any file a plan' refuses 6 'empty.json' "$SLIPWAY" --state "$work/none" forecast "$work/empty.json"
finish
