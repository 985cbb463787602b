# lib.sh - what the parts of the bench share: rows of the table, how a command is
# measured, and that nothing is left running. Sourced by bench.sh; `work` is a
# directory of the bench's own.
#
# CPU is user and system time of the command and of its children that it waited for.
# It grows when others use the machine, so of several runs the least counts; wall
# clock is the median, and ratios are taken between runs that alternated.

owned= # processes to end, by id

say() { echo "bench: $*" >&2; }

heading() { printf '\n%s\n' "$*"; }

# row FIGURE GOAL MEASURED UNIT: over when MEASURED exceeds GOAL; no goal: -
row() {
    mark=
    [ "$2" = - ] || mark=$(awk -v m="$3" -v g="$2" 'BEGIN {print m <= g ? "ok" : "over"}')
    limit=$2
    [ "$2" = - ] || limit="<= $2"
    printf '  %-58s %9s %9s %-9s %s\n' "$1" "$limit" "$3" "$4" "$mark"
}

skipped() { printf '  %-58s skipped: %s\n' "$1" "$2"; }

own() { owned="$owned $1"; }

# end PID [SIGNAL]
end() {
    kill "${2:--TERM}" "$1" 2> /dev/null
    wait "$1" 2> /dev/null
    owned=$(for pid in $owned; do [ "$pid" = "$1" ] || printf ' %s' "$pid"; done)
}

clean_up() {
    for pid in $owned; do end "$pid"; done
    rm -rf "$work"
}

# measure NAME COMMAND...: appends "wall_s user_s system_s peak_KiB" to $work/NAME.times
measure() {
    measured=$1
    shift
    /usr/bin/time -q -a -o "$work/$measured.times" -f '%e %U %S %M' \
        "$@" > "$work/$measured.out" 2> "$work/$measured.err"
}

# Of the runs of NAME: median wall, least CPU, largest memory.
wall_of() { sort -n "$work/$1.times" | awk '{w[NR] = $1} END {print w[int((NR + 1) / 2)]}'; }
cpu_of() { awk '{c = $2 + $3} NR == 1 || c < least {least = c} END {print least}' "$work/$1.times"; }
peak_of() { awk '$4 > most {most = $4} END {print most}' "$work/$1.times"; }

# divide A B [DIGITS]
divide() { awk -v a="$1" -v b="$2" -v d="${3:-2}" 'BEGIN {printf "%.*f", d, b ? a / b : 0}'; }

# Milliseconds of the fastest of N runs, process start and end included.
fastest_ms() {
    runs=$1
    shift
    for _ in $(seq "$runs"); do
        start=$(date +%s%N)
        "$@" > "$work/fastest.out" 2>&1 || return 1
        echo $((($(date +%s%N) - start) / 1000))
    done | sort -n | head -1 | awk '{printf "%.1f", $1 / 1000}'
}

# A figure that `slipway run --figures` said: figure FILE NAME
figure() { sed -n "s/^figures:.* $2=\([0-9]*\).*/\1/p" "$1"; }

# ask DATABASE QUERY, while its owner runs
ask() { sqlite3 -readonly "$1" "$2" 2> /dev/null; }

# await SECONDS COMMAND...: until it succeeds
await() {
    tries=$(($1 * 5))
    shift
    for _ in $(seq "$tries"); do
        "$@" && return 0
        sleep 0.2
    done
    return 1
}
