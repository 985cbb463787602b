#!/bin/bash
# peers_cut.sh - OpenSSH's server and vcsim behind a network that breaks at chosen bytes.
#
# A dry run through the proxy writes down who says what, and when. That makes a table of
# places: in handshake and login, in the start of the job and in looks at it, in the SOAP
# login, in the tasks that take and remove a snapshot, in looks at them; in both directions.
# A second run loses the answers of the effects themselves, after the effect, and so adds what
# is asked then. In the third every appliance has the faults of one line. Whatever broke: the
# job ran once on its host, vcsim was asked for one snapshot of each VM, nothing is left in
# doubt, and every sentence on the way tells a human what is going on.
#
#   LONG=1 tests/e2e/peers_cut.sh   a place after every EVERY (307) bytes, in as many campaigns
#                                   as that takes, over HOSTS (26) at a time
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/e2e/lib.sh
. tests/e2e/peers/hosts.sh
. tests/e2e/peers/manager.sh
. tests/e2e/peers/guests.sh
. tests/e2e/peers/network.sh
LONG=${LONG:-0}
EVERY=${EVERY:-307}
HOSTS=${HOSTS:-26}
state=

if ! [ -x "$SSHD" ] || ! have_vcsim; then
    [ -z "${CI:-}" ] || not_ok "sshd, vcsim and govc are here (CI is set)"
    echo "SKIPPED peers_cut: needs $SSHD and vcsim (looked for $VCSIM and $GOVC)"
    finish
fi

places() { # ROUND ARGUMENT...: lines of the table, of what was said in that round
    python3 tests/lib/fault_places.py "$work/turns.$1" "$work/intents.$1" "${@:2}"
}

# For each line of the table on stdin, up to HOSTS of them, one host: its faults to stdout.
deal() {
    for i in $(seq 0 $((HOSTS - 1))); do
        read -r line || break
        own=$(address_of "$i")
        sed "s/ + /\\n${line%% *} /; s/127\.\(6.\)\.[0-9.]*/127.\1.${own#127.66.}/g" <<< "$line"
    done
}

hosts_in() { sed 's/^127\.6.\.\([0-9]*\)\.\([0-9]*\) .*/\1 \2/' "$1" | sort -u | awk '{print $1 * 100 + $2 - 1}' | sort -n; }

# What must be true of the hosts of a round, whatever broke.
check_round() { # NAME INDEXES
    count=$(echo $2 | wc -w)
    check "$1: it ends well" equal "$code $(sql "select group_concat(state || ' ' || n) from
        (select state, count(*) n from target group by state)")" "0 succeeded $count"
    for i in $2; do cat "$work/ledgers/$(name_of "$i")"; done > "$work/ran"
    check "$1: each job ran once" equal "$(sort "$work/ran" | uniq -c | awk '{print $1, $2}' | tr '\n' ' ')" "$count begun $count done "
    check "$1: one snapshot was asked for of each VM" equal \
        "$(asked CreateSnapshot_Task) $(snapshots_other_than_one)" "$count "
    check "$1: and its removal" equal "$(asked RemoveSnapshot_Task)" "$count"
    check "$1: no snapshot is left" equal "$(vms_with_snapshots)" ""
    check "$1: no intent is open" equal "$(sql "select count(*) from intent where settled_ms is null")" 0
    check "$1: the record is whole" slipway audit verify > "$work/audit"
    check "$1: every doubt says whose it is, and what nobody knows" equal "$(sql "select text from event
        where event = 'unknown' and text not like '%127.6%may or may not have acted%'
        and text not like '127.6%its end is not known%'")" ""
}

# Most of the places were come to: with other timing a connection may say less than in the dry run.
check_faults() { # NAME
    meant=$(wc -l < "$work/faults")
    echo "# $1: $(wc -l < "$work/broken") of $meant faults, $(sql "select count(*) from event where event = 'unknown'") effects in doubt"
    check "$1: the network was as bad as it should be" test "$(wc -l < "$work/broken")" -ge $((meant * 8 / 10))
    [ "$(wc -l < "$work/broken")" -eq "$meant" ] ||
        diff <(cut -d' ' -f1,3-5 "$work/faults" | sort) <(sed 's/:[0-9]*//' "$work/broken" | awk '{print $1, $3, $4, $2}' | sort)
}

prepare_sshd
mkdir -p "$work/ledgers"
serve_hosts "$HOSTS"
start_vcsim "$HOSTS" CreateSnapshot:400,RemoveSnapshot:300,RevertToSnapshot:300
playbook
await_vcsim

: > "$work/none"
round dry "$work/none" 0
check_round "nothing broken" 0

HOSTS=3 deal < <(places dry --effects upgrade snapshot prune) > "$work/doubts"
round doubt "$work/doubts" "0 1 2"
check_round "answers of effects lost" "0 1 2"
check "answers of effects lost: all three were" equal "$(wc -l < "$work/broken")" 3

# the table, and then its lines, as many hosts at a time as there are
if [ "$LONG" = 1 ]; then
    places dry --every "$EVERY" > "$work/table"
    places doubt --after "$work/doubts" --every "$EVERY" > "$work/table.doubt"
else
    places dry --pick $((HOSTS - HOSTS / 4)) > "$work/table"
    places doubt --after "$work/doubts" --pick $((HOSTS / 4)) > "$work/table.doubt"
fi
number=0 dealt=0
while true; do
    deal < <(cat "$work/table" "$work/table.doubt" | tail -n +$((dealt + 1))) > "$work/faults"
    [ -s "$work/faults" ] || break
    number=$((number + 1)) indexes=$(hosts_in "$work/faults" | tr '\n' ' ')
    dealt=$((dealt + $(wc -w <<< "$indexes")))
    round "faults-$number" "$work/faults" "$indexes"
    check_round "faults $number" "$indexes"
    check_faults "faults $number"
done
check "the network itself did not break" test ! -s "$work/proxy.err"
[ "$failed" -eq 0 ] || tail -n 40 "$work/proxy.err" "$work/run.out" "$work/run.err"
finish
