#!/bin/bash
# window.sh - windows, a freeze and a broken glass while it runs: nothing begins outside
# of its time, what began finishes, and the lab's ledger is the witness.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/e2e/lib.sh
state=$work/state
export SLIPWAY_STATE=$state

cat > "$work/scenario.yaml" << 'YAML'
settings: {update: 20s}
faults: []
YAML
start_lab "$work/lab" --appliances 9 --speed 20 --scenario "$work/scenario.yaml"
mkdir "$work/lab/calendars"

utc() { date -u -d "@$1" +%Y%m%dT%H%M%SZ; }
# opening FILE FROM UNTIL: a calendar with one event, in seconds since 1970
opening() {
    cat > "$1" << ICS
BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//window.sh//EN
BEGIN:VEVENT
UID:$(basename "$1")@lab
DTSTAMP:$(utc "$(date +%s)")
DTSTART:$(utc "$2")
DTEND:$(utc "$3")
SUMMARY:$(basename "$1" .ics)
END:VEVENT
END:VCALENDAR
ICS
}
# says TEXT COMMAND...; refuses CODE TEXT COMMAND...
refuses() {
    want=$1 text=$2
    shift 2
    "$@" > "$work/said" 2>&1
    got=$?
    [ "$got" = "$want" ] && grep -q -- "$text" "$work/said" || { echo "# exit $got"; sed 's/^/# /' "$work/said"; return 1; }
}
says() { refuses 0 "$@"; }
run_in_background() { "$SLIPWAY" "$@" > "$work/run.out" 2>&1 & run_pid=$!; }
# the first effect on each appliance: "vc-0001 MILLISECONDS"
starts() { jq -r 'select(.kind == "snapshot_create" and .appliance) | "\(.appliance) \(.t_ms)"' "$work/lab/ledger.jsonl" | sort -k2n | awk '!seen[$1]++'; }
begun() { starts | wc -l; }

now=$(date +%s)
year=$((now + 300 * 86400))
opening "$work/lab/calendars/next-year.ics" "$year" $((year + 86400))
# "vc-0001 c01" ...
customers=$(awk '$2 == "name:" && $3 ~ /^vc-/ { name = $3 } /customer:/ { gsub(/[{,]/, ""); print name, $3 }' "$work/lab/fleet.yaml")
{
    echo "windows:"
    for customer in $(echo "$customers" | awk '{ print $2 }' | sort -u); do
        [ "$customer" = c02 ] && calendar=next-year || calendar=soon
        echo "  - {customer: $customer, calendar: calendars/$calendar.ics}"
    done
} >> "$work/lab/fleet.yaml"
closed=$(echo "$customers" | awk '$2 == "c02" { print $1 }') # not before next year
urgent=$(echo "$closed" | head -1)
patient=$(echo "$closed" | tail -1)
open=$(echo "$customers" | awk '$2 != "c02"' | wc -l)
cat > "$work/lab/campaign.yaml" << 'YAML'
campaign: window
playbook: lab-patch
vars: {target_version: 8.0.3.00400}
strategy:
  zone: Europe/Paris
  waves: [{name: all, size: rest, soak: 1s}]
  in_flight: 1
YAML

# ---- before it opens ----
# Four questions are asked before that, each about as long as a plan takes here and now.
opening "$work/lab/calendars/soon.ics" $((now + 3600)) $((now + 86400))
asked_ms=$(date +%s%3N)
"$SLIPWAY" plan --no-save "$work/lab/campaign.yaml" > "$work/said" 2>&1
answered_ms=$(date +%s%3N)
opens=$((answered_ms / 1000 + 7 + (answered_ms - asked_ms) * 8 / 1000))
opening "$work/lab/calendars/soon.ics" "$opens" $((now + 86400))
check "it is planned, with calendars" says 'Next' "$SLIPWAY" plan "$work/lab/campaign.yaml"
check "closed now: --no-wait ends with 5" refuses 5 'waiting for a window' "$SLIPWAY" run --trust-clock --no-wait
check "and says when it goes on" grep -q "$(date -u -d "@$opens" +%H:%M)" "$work/said"
check "check --at says the same" says 'closed' "$SLIPWAY" calendar check --target vc-0001
check "nothing was begun" equal "$(begun)" 0

# ---- it opens by itself ----
run_in_background run --trust-clock
check "it begins by itself when the window opens" eventually "select count(*)>0 from target where state='changing'" 1
check "not before" sh -c '[ "$(echo "$1" | awk "{print \$2; exit}")" -ge "$2" ]' - "$(starts)" "${opens}000"
kill -9 "$run_pid"
wait "$run_pid" 2> /dev/null

# ---- a clock that nobody vouches for ----
cat > "$work/unsync.c" << 'C'
#include <sys/timex.h>
int ntp_adjtime(struct timex *t) { t->status |= STA_UNSYNC; return TIME_ERROR; }
int adjtimex(struct timex *t) { return ntp_adjtime(t); }
C
cc -shared -fPIC -o "$work/unsync.so" "$work/unsync.c"
before=$(begun)
check "with a clock that is not synchronised nothing starts (exit 5), and why is said" refuses 5 'trust-clock' \
    env LD_PRELOAD="$work/unsync.so" ASAN_OPTIONS=verify_asan_link_order=0:detect_leaks=0 "$SLIPWAY" resume --no-wait
check "not one" equal "$(begun)" "$before"

run_in_background resume --trust-clock
check "killed in the middle of it, it goes on" eventually "select count(*)>=2 from target where state in ('succeeded','soaking')" 1

# ---- a freeze arrives while it runs ----
opening "$work/freeze.ics" $((now - 3600)) $((now + 7200))
check "a freeze is looked at first (exit 2)" refuses 2 'freeze' "$SLIPWAY" calendar import "$work/freeze.ics" --freeze
check "and taken while it runs" says 'heeds it from now on' "$SLIPWAY" calendar import "$work/freeze.ics" --freeze --reason 'black friday' --yes
frozen_ms=$(date +%s%3N)
let_in=$(sql "select group_concat(name) from target where state not in ('pending', 'preparing', 'ready')")
check "what was begun is finished" eventually "select count(*) from target where state in ('snapshotting','changing','checking','soaking')" 0
at_freeze=$(begun)
sleep 2
check "nothing new was begun" equal "$(begun)" "$at_freeze"
check "why says so" says 'freeze' "$SLIPWAY" why "$patient"
check "when that changes has a date and a local time" grep -q 'Next change by time: [A-Z][a-z][a-z] 20..-..-.. ..:.. CES\?T' "$work/said"
check "what the plan reserved is not taken for the next start" grep -q '^  Planned slot  ' "$work/said"
check "the calendar too" says 'frozen' "$SLIPWAY" calendar show

# ---- the glass is broken for one ----
check "without a reason it is not broken" refuses 64 'needs --reason' "$SLIPWAY" override "$urgent" --for 1h
check "for one appliance, with a reason" says . "$SLIPWAY" override "$urgent" --for 1h --reason 'CVE is exploited'
check "that one goes, freeze or not, window or not" eventually "select state from target where name='$urgent'" succeeded
check "only that one" equal "$(begun)" $((at_freeze + 1))
check "who did it, and why, is in the audit" says 'CVE is exploited' "$SLIPWAY" events --kind override

# ---- the freeze is lifted ----
opening "$work/lifted.ics" $((now - 7200)) $((now - 3600))
lifted_ms=$(date +%s%3N)
check "a freeze that is over takes its place" says 'heeds it from now on' "$SLIPWAY" calendar import "$work/lifted.ics" --as "$work/freeze.ics" --yes
check "all of the customers whose window is open" eventually "select count(*) from target where state='succeeded'" $((open + 1))
kill -INT "$run_pid"
wait "$run_pid"
check "the others wait for theirs: Ctrl-C, resumable" equal "$?" 130
check "with 5 if nobody wants to wait" refuses 5 'waiting for a window' "$SLIPWAY" resume --trust-clock --no-wait

# ---- the witness ----
outside=$(starts | awk -v opens="${opens}000" -v frozen="$frozen_ms" -v lifted="$lifted_ms" -v urgent="$urgent" -v closed="$(echo $closed)" -v let_in="$let_in" '
    $1 == urgent { next }
    index(closed, $1) { print $1 " has no window"; next }
    $2 < opens { print $1 " before its window" }
    $2 > frozen && $2 < lifted && !index(let_in, $1) { print $1 " in the freeze" }')
check "the ledger: nothing began outside of its time" equal "$outside" ''
check "the ledger knows of no violation" "$LAB" ledger --dir "$work/lab" --check
finish
