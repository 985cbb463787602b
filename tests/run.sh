#!/bin/bash
# run.sh - all tests: the unit tests and stories under AddressSanitizer and
# UndefinedBehaviorSanitizer, the threaded parts under ThreadSanitizer, the
# end-to-end stories on the lab, on sshd and on vcsim. Ends with one line:
# N passed, N failed.
#
#   tests/run.sh [--long] [--only PATTERN]
#
# --long: hundreds of kills, many seeds, every crash point, planted bugs. Exit 1 if anything failed.
set -u
cd "$(dirname "$0")/.." || exit 1
long=0
only=.
while [ $# -gt 0 ]; do
    case $1 in
    --long) long=1 ;;
    --only) only=$2; shift ;;
    *) echo "usage: tests/run.sh [--long] [--only PATTERN]" >&2; exit 64 ;;
    esac
    shift
done
JOBS=$(nproc)
export LONG=$long
export SLIPWAY_VCSIM=${SLIPWAY_VCSIM:-$PWD/build/tools/vcsim}
export ASAN_OPTIONS=${ASAN_OPTIONS:-detect_stack_use_after_return=0:abort_on_error=0}
export UBSAN_OPTIONS=${UBSAN_OPTIONS:-print_stacktrace=1}
passed=0
failed=0
broken=

build() { # DIR SANITIZER [TARGET...]
    dir=$1 sanitizer=$2
    shift 2
    [ -f "$dir/build.ninja" ] || cmake -S . -B "$dir" -G Ninja "-DSLIPWAY_SANITIZE=$sanitizer" > /dev/null || return 1
    ninja -C "$dir" -j "$JOBS" "$@" > "$dir/build.log" 2>&1 && return 0
    grep -v '^\[' "$dir/build.log" | head -100
    return 1
}

# count NAME FILE CODE: add up what one program printed
count() {
    name=$1 file=$2 code=$3
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
        printf 'ok      %-40s %5d\n' "$name" "$p"
    fi
    grep -h 'SKIPPED' "$file" || true
}

run_one() { # NAME COMMAND...
    name=$1
    shift
    echo "$name" | grep -q -e "$only" || return 0
    timeout "${LIMIT:-900}" "$@" > "$out/$(echo "$name" | tr / _).log" 2>&1
    count "$name" "$out/$(echo "$name" | tr / _).log" $?
}

out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT

echo "building with AddressSanitizer and UndefinedBehaviorSanitizer"
mkdir -p build-asan
if ! build build-asan address; then
    echo "0 passed, 1 failed"
    exit 1
fi
for test in $(ctest --test-dir build-asan -N | sed -n 's/^ *Test *#[0-9]*: //p'); do
    run_one "$test" "build-asan/$(echo "$test" | tr / _)"
done
for target in build-asan/fuzz_*; do
    name=${target##*/fuzz_}
    [ -x "$target" ] && run_one "fuzz/$name" "$target" "tests/fuzz/corpus/$name"
done
for story in tests/lint/*.sh tests/e2e/*.sh; do
    case $story in */lib.sh | *'*'*) continue ;; esac
    BIN=build-asan run_one "$(basename "$(dirname "$story")")/$(basename "$story" .sh)" "$story"
done

echo "building the threaded parts with ThreadSanitizer"
threaded=$(ctest --test-dir build-asan -N | sed -n 's/^ *Test *#[0-9]*: //p' | grep -E '^(exec|loop|rest|vcsa|common)/' | grep -v crash_matrix | tr / _)
mkdir -p build-tsan
# shellcheck disable=SC2086
if [ "$only" = . ] && build build-tsan thread $threaded; then
    for test in $threaded; do
        run_one "tsan/$test" "build-tsan/$test"
    done
elif [ "$only" = . ]; then
    failed=$((failed + 1))
    broken="$broken tsan-build"
fi

if [ "$long" = 1 ]; then
    echo "planting bugs"
    cmake -S . -B build -G Ninja > /dev/null && LIMIT=7200 run_one mutants python3 tests/mutants/run.py
fi

[ -z "$broken" ] || echo "failed:$broken"
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
