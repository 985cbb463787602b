# lib.sh - what the end-to-end stories share: a lab of their own, ok / not ok
# lines, and a clean end. Sourced; BIN is the build directory with slipway and
# slipway-lab.

BIN=$(cd "${BIN:-build}" && pwd)
SLIPWAY=$BIN/slipway
LAB=$BIN/slipway-lab
passed=0
failed=0
work=$(mktemp -d)
lab_pid=
helpers= # pids of whatever else a story started

ok() { passed=$((passed + 1)); echo "ok - $*"; }
not_ok() { failed=$((failed + 1)); echo "not ok - $*"; }

# check "what must be true" COMMAND...
check() {
    what=$1
    shift
    if "$@"; then ok "$what"; else not_ok "$what"; fi
}

equal() { [ "$1" = "$2" ] || { echo "# got '$1', wanted '$2'" >&2; return 1; }; }

# start_lab DIR ARGUMENTS...
start_lab() {
    lab_dir=$1
    shift
    "$LAB" serve --dir "$lab_dir" "$@" > "$work/lab.out" 2> "$work/lab.err" &
    lab_pid=$!
    for _ in $(seq 200); do
        grep -q '^ready' "$work/lab.out" 2> /dev/null && return 0
        kill -0 "$lab_pid" 2> /dev/null || break
        sleep 0.1
    done
    echo "# the lab did not start:" >&2
    cat "$work/lab.err" >&2
    exit 1
}

stop_lab() {
    [ -n "$lab_pid" ] || return 0
    kill "$lab_pid" 2> /dev/null
    wait "$lab_pid" 2> /dev/null
    lab_pid=
}

stop_helpers() {
    for helper in $helpers $(jobs -p); do
        kill "$helper" 2> /dev/null
        wait "$helper" 2> /dev/null
    done
    helpers=
}

finish() {
    stop_lab
    stop_helpers
    if [ -n "${KEEP:-}" ]; then echo "# kept: $work"; else rm -rf "$work"; fi
    echo "$passed passed, $failed failed"
    [ "$failed" -eq 0 ]
    exit
}
trap 'stop_lab; stop_helpers; rm -rf "$work"; exit 1' INT TERM

# sql QUERY: ask the state's database, read only
sql() { sqlite3 -readonly "$state/slipway.db" "$1"; }
