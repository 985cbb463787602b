# flight.sh - 850 appliances of the lab in flight at once: what slipway itself needs
# for it, and how fast it is back after SIGKILL. The lab shares the two cores, so
# wall clock says little here; CPU and memory are slipway's own. Sourced by bench.sh.

FLIGHT=850

lab_is_ready() { grep -q '^ready' "$work/lab.out"; }

start_fleet() {
    cat > scenario.yaml << 'END'
settings: {boot: 2s, update: 30s, snapshot: 2s, revert: 2s, remove: 1s, power: 1s}
END
    "$LAB" serve --dir lab --appliances "$FLIGHT" --scenario scenario.yaml \
        > "$work/lab.out" 2> "$work/lab.err" &
    lab=$!
    own "$lab"
    await 30 lab_is_ready
}

# One wave, everybody at once, nothing in the way.
write_flight() {
    cat > lab/flight.yaml << END
campaign: $1
playbook: lab-patch
vars: {target_version: $2}
strategy:
  waves: [{name: all, size: rest, soak: 5s, budget: $FLIGHT}]
  in_flight: $FLIGHT
  limits: {manager: $FLIGHT}
  budget: {wave: $FLIGHT, campaign: $FLIGHT, mode: normal}
END
}

in_flight() { ask "$1/slipway.db" "SELECT in_flight FROM campaign ORDER BY id DESC LIMIT 1"; }

most_in_flight() {
    most=0
    while kill -0 "$1" 2> /dev/null; do
        now=$(in_flight "$2")
        [ "${now:-0}" -gt "$most" ] && most=$now
        sleep 0.5
    done
    echo "$most"
}

bench_through() {
    write_flight through 8.0.3.00400
    "$SLIPWAY" --state through plan lab/flight.yaml > "$work/through.plan" 2>&1 || return 1
    measure through "$SLIPWAY" --state through run --figures &
    run=$!
    own "$run"
    most=$(most_in_flight "$run" through)
    wait "$run"
    calls=$(figure "$work/through.err" calls)
    settled=$(ask through/slipway.db \
        "SELECT count(*) FROM event WHERE kind = 'step' AND event IN ('finished', 'fail')")
    if [ "${calls:-0}" -eq 0 ] || [ "${settled:-0}" -eq 0 ]; then
        say "the campaign did not run: $(tail -2 "$work/through.err")"
        return 1
    fi
    cpu_ms=$(divide "$(cpu_of through)" 0.001 0)
    row "targets in flight at once, the most seen" - "$most" ""
    row "peak memory" 100 "$(divide "$(peak_of through)" 1024 1)" MiB
    row "CPU of a call (start, poll or probe), durable" 2 "$(divide "$cpu_ms" "$calls")" ms
    row "CPU of a settled activity" - "$(divide "$cpu_ms" "$settled")" ms
    row "calls" - "$calls" ""
    row "targets a minute, the lab on the same cores" - \
        "$(divide "$((FLIGHT * 60))" "$(wall_of through)" 0)" /min
}

# Every session died with the process, so whatever it does first on the network is a
# new login, and the lab's ledger has the time of it.
first_touch() {
    awk -F'[:,]' -v since="$1" '/"t_ms"/ && $2 + 0 >= since {printf "%.0f\n", $2; exit}' lab/ledger.jsonl
}
touched() { [ -n "$(first_touch "$1")" ]; }
enough_in_flight() { [ "$(in_flight killed)" -ge $((FLIGHT * 9 / 10)) ] 2> /dev/null; }

bench_killed() {
    write_flight killed 8.0.3.00500
    "$SLIPWAY" --state killed plan lab/flight.yaml > "$work/killed.plan" 2>&1 || return 1
    "$SLIPWAY" --state killed run > "$work/killed.out" 2>&1 &
    run=$!
    own "$run"
    await 120 enough_in_flight || say "fewer than nine tenths were in flight when it was killed"
    count=$(in_flight killed)
    end "$run" -KILL
    sleep 1 # what the lab still had to write down of the dead process
    since=$(date +%s%3N)
    "$SLIPWAY" --state killed resume > "$work/resumed.out" 2>&1 &
    run=$!
    own "$run"
    await 20 touched "$since"
    at=$(first_touch "$since")
    end "$run" -KILL
    [ -n "$at" ] || return 1
    row "SIGKILL with $count in flight, resume: first call after" 2 \
        "$(divide $((at - since)) 1000)" s
}

bench_flight() {
    heading "$FLIGHT targets of the lab in flight"
    mkdir "$work/flight"
    cd "$work/flight" || return 1
    start_fleet || {
        say "the lab did not start: $(tail -1 "$work/lab.err")"
        return 1
    }
    bench_through && bench_killed
    result=$?
    end "$lab"
    return "$result"
}
