# lib.sh - what the end-to-end stories share: a lab of their own, ok / not ok
# lines, and a clean end. Sourced; BIN is the build directory with slipway and
# slipway-lab.

BIN=$(cd "${BIN:-build}" && pwd)
SLIPWAY=$PWD/tests/lib/slipway-json # slipway, and keeps its JSON: see finish
export SLIPWAY_REAL=$BIN/slipway
SCHEMAS=$PWD/tests/lib/schema.py
LAB=$BIN/slipway-lab
passed=0
failed=0
work=$(mktemp -d)
export JSON_KEPT=$work/json-kept
mkdir "$JSON_KEPT"
lab_pid=
helpers= # pids of whatever else a story started

ok() { passed=$((passed + 1)); echo "ok - $*"; }
not_ok() { failed=$((failed + 1)); echo "not ok - $*"; }

# check "what must be true" COMMAND...
check() {
    local what=$1
    shift
    if "$@"; then ok "$what"; else not_ok "$what"; fi
}

equal() { [ "$1" = "$2" ] || { echo "# got '$1', wanted '$2'" >&2; return 1; }; }
contains() { case $1 in *"$2"*) ;; *) echo "# '$2' is not in: $1" >&2; return 1 ;; esac; }

lab_is_up_or_gone() { grep -q '^ready' "$work/lab.out" || ! kill -0 "$lab_pid" 2> /dev/null; }

# start_lab DIR ARGUMENTS...
start_lab() {
    lab_dir=$1
    shift
    : > "$work/lab.out" # the word of the lab before this one must not count
    "$LAB" serve --dir "$lab_dir" "$@" > "$work/lab.out" 2> "$work/lab.err" &
    lab_pid=$!
    await lab_is_up_or_gone
    grep -q '^ready' "$work/lab.out" && return 0
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
    [ -z "$(ls -A "$JSON_KEPT")" ] ||
        check "what it printed as JSON fits docs/schema" python3 "$SCHEMAS" --kept "$JSON_KEPT"
    if [ -n "${KEEP:-}" ]; then echo "# kept: $work"; else rm -rf "$work"; fi
    echo "$passed passed, $failed failed"
    [ "$failed" -eq 0 ]
    exit
}
trap 'stop_lab; stop_helpers; rm -rf "$work"; exit 1' INT TERM

# free_ports N: port numbers that nobody listens on, outside of what labs take (20000 to 30000)
# and of what the kernel gives to clients, which could have one of them a moment later
free_ports() {
    python3 -c 'import random, socket, sys
free = []
while len(free) < int(sys.argv[1]):
    one = socket.socket()
    try: one.bind(("0.0.0.0", random.randrange(10000, 20000)))
    except OSError: continue
    free.append(one)
print(*(one.getsockname()[1] for one in free))' "$1"
}

# sql QUERY: ask the state's database, read only
sql() { sqlite3 -readonly "$state/slipway.db" "$1"; }

# Nothing takes so long: on a busy machine with sanitizers a second may be a minute.
PATIENCE=180

# await COMMAND...: until it is true
await() {
    local end=$((SECONDS + PATIENCE))
    until "$@"; do
        [ "$SECONDS" -lt "$end" ] || return 1
        sleep 0.05
    done
}

is_told() { [ "$(sql "$1" 2> /dev/null)" = "$2" ]; }
eventually() { # QUERY WANTED
    await is_told "$@" || { echo "# '$(sql "$1")' is not '$2': $1"; return 1; }
}
