#!/bin/bash
# bad_network.sh - whole campaigns through a network that resets, cuts, stalls, drips and
# delays connections at drawn places, in both directions. Whatever is lost, nothing is done
# twice; and when the network is good again everything ends, or waits for a named human.
#
#   SEEDS="1 2 3" tests/e2e/bad_network.sh      others; LONG=1: thirty of them
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck disable=SC1091
. tests/e2e/lib.sh
SEEDS=${SEEDS:-$([ "${LONG:-0}" = 1 ] && seq -s ' ' 30 || echo 1)}
state=

# through_proxy SEED: a network in front of every port of the lab
through_proxy() {
    read -r -a peers < <(tr '\n' ' ' < "$lab_dir/ports")
    read -r -a fronts < <(free_ports "${#peers[@]}")
    ports=() edits=()
    for i in "${!peers[@]}"; do
        ports+=(--port "${fronts[$i]}:${peers[$i]}")
        edits+=(-e "s/:${peers[$i]}\\b/:${fronts[$i]}/g; s/port: ${peers[$i]}\\b/port: ${fronts[$i]}/g")
    done
    sed -i "${edits[@]}" "$lab_dir/fleet.yaml" "$lab_dir/known_hosts"
    python3 tests/lib/fault_proxy.py "${ports[@]}" --seed "$1" --log "$work/faults.$1" > "$work/proxy.out" 2> "$work/proxy.err" &
    proxy=$!
    helpers=$proxy
    await grep -qs ready "$work/proxy.out"
}

end_proxy() {
    kill "$proxy" 2> /dev/null
    wait "$proxy" 2> /dev/null
    helpers=
}

slipway() { "$SLIPWAY" --state "$state" "$@"; }

# until_settled: as an operator would, whenever it asks for a human
until_settled() {
    for _ in 1 2 3 4 5 6; do
        timeout 300 "$SLIPWAY" --state "$state" resume >> "$work/run.out" 2>> "$work/run.err"
        status=$?
        case $status in
        0 | 4) return ;;
        3)
            [ "$(sql "select count(*) from target where state = 'parked'")" -gt 0 ] &&
                slipway retry --reason 'the network was bad' >> "$work/run.out" 2>&1
            slipway unpause --reason 'the network is looked at' >> "$work/run.out" 2>&1
            ;;
        *) return ;;
        esac
    done
}

story() { # SEED
    state=$work/state.$1
    start_lab "$work/lab.$1" --appliances 6 --managers 1 --speed 10
    sed -i 's/budget: {wave: 1, campaign: 1, mode: normal}/budget: {wave: 50, campaign: 50, mode: normal}/;
        s/budget: [01]}/budget: 50}/' "$lab_dir/campaign.yaml"
    through_proxy "$1"
    slipway plan "$lab_dir/campaign.yaml" > "$work/plan.out" 2>&1 || cat "$work/plan.out"
    timeout 40 "$SLIPWAY" --state "$state" run > "$work/run.out" 2> "$work/run.err"
    first=$?
    kill -USR1 "$proxy"
    until_settled
    echo "# seed $1: $(wc -l < "$work/faults.$1") connections broken; first exit $first, last $status;" \
        "$(sql "select group_concat(n || ' ' || state, ', ') from (select count(*) n, state from target group by state)")"
    check "seed $1: the network was bad" test "$(wc -l < "$work/faults.$1")" -gt 5
    check "seed $1: in the end it is over" test "$status" -eq 0 -o "$status" -eq 4
    "$LAB" ledger --dir "$lab_dir" --check > "$work/ledger.out" 2>&1
    check "seed $1: nothing was done twice" equal "$?" 0 || cat "$work/ledger.out"
    check "seed $1: nothing is in doubt or half done" equal \
        "$(sql "select count(*) from target where state not in ('succeeded', 'rolled_back', 'failed')")" 0
    for name in $(sql "select name from target where state = 'succeeded'"); do
        equal "$(cat "$lab_dir/appliances/$name/version")" 8.0.3.00400 || not_ok "$name says succeeded"
    done
    check "seed $1: the record is whole" slipway audit verify
    check "seed $1: the network itself did not break" test ! -s "$work/proxy.err" || cat "$work/proxy.err"
    stop_lab
    end_proxy
}

for seed in $SEEDS; do story "$seed"; done
finish
