# signals.sh - Ctrl-C once and twice, SIGTERM, SIGHUP: exit 130, with the command
# that goes on, word by word; it does, and nothing is done twice.

resumed= # "pid appliance" of each that goes on, and what it was about

# interrupted_by "what" APPLIANCE SIGNAL...: interrupt, then go on in the background
interrupted_by() {
    what=$1 appliance=$2
    shift 2
    fresh_state "stop-$appliance"
    mark_ledger
    plan "$(only "stop-$appliance" "name = '$appliance'" 1s)"
    begin "$appliance"
    for signal in "$@"; do
        kill -s "$signal" "$pid" 2> /dev/null
        sleep 0.2
    done
    wait "$pid"
    check "$what: exit 130" equal "$?" 130
    command=$(sed -n 's/.*\(slipway --state [^ ]* resume\).*/\1/p' "$work/run.out" | head -n 1)
    check "$what: it names the command" equal "$command" "slipway --state $state resume"
    check "$what: nothing is ordered any more" equal "$(effects "$appliance")" 2
    (unset SLIPWAY_STATE && cd / && PATH=$BIN:$PATH exec $command) > "$work/$appliance.out" 2>&1 &
    resumed="$resumed $!:$appliance"
}
interrupted_by "Ctrl-C" vc-0018 INT
interrupted_by "Ctrl-C twice" vc-0019 INT INT
interrupted_by "SIGTERM" vc-0020 TERM
interrupted_by "SIGHUP" vc-0021 HUP
lines=0
for one in $resumed; do
    appliance=${one#*:} state=$work/state-stop-${one#*:}
    wait "${one%:*}"
    check "$appliance: the command ends well" equal "$? $(sql "select state from target")" "0 succeeded"
    check "$appliance: its update was done once" equal "$(updates "$appliance")" 1
done
check "after all that: no violation in the ledger" "$LAB" ledger --dir "$work/lab" --check
