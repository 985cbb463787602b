#!/bin/bash
# run.sh - all tests: lints and static analysis, the unit tests and stories under
# AddressSanitizer and UndefinedBehaviorSanitizer, the fuzz targets, the threaded parts
# under ThreadSanitizer. Ends with one line: N passed, N failed.
#
#   tests/run.sh [--long] [--only PATTERN] [--no-fuzz] [--no-static] [--jobs N]
#
# --long:      hundreds of kills, many seeds, every crash point, planted bugs, a minute and
#              more for each fuzz target, every file through the slow analyser, coverage,
#              valgrind.
# --only:      the tests whose name matches; no ThreadSanitizer, and static and fuzz only
#              if they match.
# --jobs:      so many at a time (as many as there are cores, two at most: labs are fleets).
#
# Each test runs under test-guard, which ends it after its time, and whatever it started.
# Several run at a time, longest first (seconds.txt); a script with a line "# alone: WHY" has
# the machine for itself. Exit 1 if anything failed.
set -u
cd "$(dirname "$0")/.." || exit 1
long=0 only=. fuzz=1 static=1
JOBS=$(nproc)
at_once=$((JOBS < 2 ? JOBS : 2))
while [ $# -gt 0 ]; do
    case $1 in
    --long) long=1 ;;
    --only) only=$2; shift ;;
    --no-fuzz) fuzz=0 ;;
    --no-static) static=0 ;;
    --jobs) at_once=$2; shift ;;
    *)
        echo "usage: tests/run.sh [--long] [--only PATTERN] [--no-fuzz] [--no-static] [--jobs N]" >&2
        exit 64
        ;;
    esac
    shift
done
export LONG=$long
export SLIPWAY_VCSIM=${SLIPWAY_VCSIM:-$PWD/build/tools/vcsim}
export ASAN_OPTIONS=${ASAN_OPTIONS:-detect_stack_use_after_return=0:abort_on_error=0}
export UBSAN_OPTIONS=${UBSAN_OPTIONS:-print_stacktrace=1}
passed=0 failed=0 broken=
GUARD=build-asan/test-guard
LIMIT=${LIMIT:-900} LIMIT_LONG=14400
[ "$long" = 0 ] || LIMIT=$LIMIT_LONG
UNKNOWN_SECONDS=10 # of a test that seconds.txt does not name

out=$(mktemp -d)
declare -A index_of=() # process id: place in the list
stop() {
    for pid in "${!index_of[@]}"; do kill "$pid" 2> /dev/null; done
    wait
    rm -rf "$out"
}
trap stop EXIT
trap 'exit 130' INT TERM HUP

# build DIR SANITIZER [TARGET...]: with the quicker linker and the compiler's cache, if any
build() {
    dir=$1 sanitizer=$2
    shift 2
    if [ ! -f "$dir/build.ninja" ]; then
        faster=
        for linker in mold gold; do
            command -v "ld.$linker" > /dev/null && faster="-DCMAKE_EXE_LINKER_FLAGS=-fuse-ld=$linker" && break
        done
        command -v ccache > /dev/null && faster="$faster -DCMAKE_C_COMPILER_LAUNCHER=ccache"
        # shellcheck disable=SC2086
        cmake -S . -B "$dir" -G Ninja "-DSLIPWAY_SANITIZE=$sanitizer" $faster > /dev/null || return 1
    fi
    ninja -C "$dir" -j "$JOBS" "$@" > "$dir/build.log" 2>&1 && return 0
    grep -v '^\[' "$dir/build.log" | head -100
    return 1
}

# count NAME FILE CODE SECONDS: add up what one program printed
count() {
    local name=$1 file=$2 code=$3 p f
    p=$(sed -n 's/^\[  PASSED  \] \([0-9]*\) test.*/\1/p; s/^\([0-9]*\) passed, [0-9]* failed.*/\1/p' "$file" | awk '{s+=$1} END {print s+0}')
    f=$(sed -n 's/^\[  FAILED  \] \([0-9]*\) test.*/\1/p; s/^[0-9]* passed, \([0-9]*\) failed.*/\1/p' "$file" | awk '{s+=$1} END {print s+0}')
    [ "$code" -ne 0 ] && [ "$f" -eq 0 ] && f=1
    [ "$code" -eq 0 ] && [ "$p" -eq 0 ] && { f=1; echo "$name ran no test"; }
    passed=$((passed + p))
    failed=$((failed + f))
    if [ "$f" -gt 0 ]; then
        broken="$broken $name"
        echo "FAILED  $name"
        tail -60 "$file"
    else
        printf 'ok      %-40s %5d %5d s\n' "$name" "$p" "$4"
    fi
    grep -hE 'SKIPPED|# left behind' "$file" || true
}

# ---- a list of tests, and several of them at a time ----
names=() commands=() alone=()

# add NAME COMMAND...: to the list, if it was asked for
add() {
    local name=$1
    shift
    echo "$name" | grep -q -e "$only" || return 0
    names+=("$name")
    commands+=("$(printf '%q ' "$@")")
    if [ -f "$1" ] && head -30 "$1" | grep -aq '^# alone:'; then alone+=(1); else alone+=(0); fi
}

# order: places of the list; who shares the machine first, the longest of them foremost
order() {
    for i in "${!names[@]}"; do
        seconds=$(awk -v n="${names[i]}" '$1 == n {print $2}' tests/seconds.txt)
        echo "${alone[i]} ${seconds:-$UNKNOWN_SECONDS} $i"
    done | sort -k1,1n -k2,2nr -s | cut -d' ' -f3
}

begin() { # PLACE
    began[$1]=$SECONDS
    eval "$GUARD $LIMIT ${commands[$1]}" > "$out/$1.log" 2>&1 &
    index_of[$!]=$1
}

# Waits for one; what has ended is shown in the order in which it began.
await_one() {
    local ended_pid='' ended_code place
    wait -n -p ended_pid "${!index_of[@]}"
    ended_code=$?
    [ -n "$ended_pid" ] || { echo "run.sh lost its tests: $(jobs -l)" >&2; exit 1; }
    place=${index_of[$ended_pid]}
    unset "index_of[$ended_pid]"
    codes[place]=$ended_code
    took[place]=$((SECONDS - began[place]))
    while [ "$shown" -lt "${#queue[@]}" ] && [ -n "${codes[${queue[shown]}]:-}" ]; do
        place=${queue[shown]}
        count "${names[place]}" "$out/$place.log" "${codes[place]}" "${took[place]}"
        echo "${names[place]} ${took[place]}" >> build-asan/seconds.txt
        rm -f "$out/$place.log"
        shown=$((shown + 1))
    done
}

# run_list WHAT: all that was added
run_list() {
    [ "${#names[@]}" -gt 0 ] || return 0
    local phase=$SECONDS shown=0 place room
    declare -a queue=() codes=() took=() began=()
    mapfile -t queue < <(order)
    for place in "${queue[@]}"; do
        room=$at_once
        [ "${alone[place]}" = 0 ] || room=1
        while [ "${#index_of[@]}" -ge "$room" ]; do await_one; done
        begin "$place"
    done
    while [ "${#index_of[@]}" -gt 0 ]; do await_one; done
    names=() commands=() alone=()
    say_minutes "$1" "$phase"
}

say_minutes() { # WHAT BEGAN
    spent=$((SECONDS - $2))
    printf '====    %s: %d min %02d s\n' "$1" $((spent / 60)) $((spent % 60))
}

# ---- what there is ----
echo "building with AddressSanitizer and UndefinedBehaviorSanitizer"
mkdir -p build-asan
if ! build build-asan address; then
    echo "0 passed, 1 failed"
    exit 1
fi
: > build-asan/seconds.txt
say_minutes "build with AddressSanitizer" 0

tests=$(ctest --test-dir build-asan -N | sed -n 's/^ *Test *#[0-9]*: //p')
for test in $tests; do
    add "$test" "build-asan/$(echo "$test" | tr / _)"
done
for target in build-asan/fuzz_*; do
    name=${target##*/fuzz_}
    [ -x "$target" ] && add "corpus/$name" "$target" "tests/fuzz/corpus/$name"
done
run_list "unit tests and corpora"

export BIN=build-asan
for story in tests/lint/*.sh tests/e2e/*.sh; do
    case $story in */lib.sh | *'*'*) continue ;; esac
    add "$(basename "$(dirname "$story")")/$(basename "$story" .sh)" "$story"
done
run_list "lints and stories"

if [ "$static" = 1 ]; then
    add static tests/static.sh $([ "$long" = 0 ] || echo --all)
    LIMIT=7200 run_list "static analysis"
fi
if [ "$fuzz" = 1 ]; then
    add fuzz tests/fuzz/run.sh --seconds "$([ "$long" = 0 ] && echo "${FUZZ_SECONDS:-20}" || echo 120)"
    LIMIT=7200 run_list "fuzzing"
fi

if [ "$only" = . ]; then
    echo "building the threaded parts with ThreadSanitizer"
    phase=$SECONDS
    threaded=$(echo "$tests" | grep -E '^(exec|loop|rest|vcsa|common)/' | grep -v crash_matrix | tr / _)
    mkdir -p build-tsan
    # shellcheck disable=SC2086
    # libcurl's own resolver threads are not instrumented: what they share with these two's
    # resolver looks like a race, and their floods take longer than they wait.
    threaded=$(printf '%s\n' $threaded | grep -vx -e common_test_names -e common_test_lies)
    if build build-tsan thread $threaded; then
        for test in $threaded; do add "tsan/$test" "build-tsan/$test"; done
    else
        failed=$((failed + 1))
        broken="$broken tsan-build"
    fi
    say_minutes "build with ThreadSanitizer" "$phase"
    run_list "threaded parts"
fi

if [ "$long" = 1 ]; then
    cmake -S . -B build -G Ninja > /dev/null && add mutants python3 tests/mutants/run.py
    add planted python3 tests/mutants/run.py --table tests/fuzz/planted.txt
    [ ! -x tests/valgrind.sh ] || add valgrind tests/valgrind.sh
    # It says what is covered, and by its code whether that is enough.
    [ ! -x tests/coverage.sh ] || add coverage sh -c 'tests/coverage.sh && echo 1 passed, 0 failed'
    at_once=1
    run_list "planted bugs, coverage, valgrind"
fi

say_minutes "everything" 0
[ -z "$broken" ] || echo "failed:$broken"
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
