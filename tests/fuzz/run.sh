#!/bin/bash
# run.sh - the fuzz targets for some time each. New inputs are kept in build-fuzz/found;
# one that breaks something is named and makes it fail. Says how many inputs each target
# ate, and how many places of the program they reached.
#
#   tests/fuzz/run.sh [--seconds N] [--only PATTERN]
#
# alone: a target on every core
set -u
cd "$(dirname "$0")/../.." || exit 1
seconds=60 only=.
while [ $# -gt 0 ]; do
    case $1 in
    --seconds) seconds=$2; shift ;;
    --only) only=$2; shift ;;
    *) echo "usage: tests/fuzz/run.sh [--seconds N] [--only PATTERN]" >&2; exit 64 ;;
    esac
    shift
done
BYTES_MAX=65536 ONE_INPUT_SECONDS=10 MEMORY_MIB=3000

if ! command -v clang > /dev/null; then
    echo "# SKIPPED: no clang here, so no libFuzzer"
    [ -z "${CI:-}" ] || { echo "0 passed, 1 failed"; exit 1; }
    echo "1 passed, 0 failed"
    exit 0
fi
names=$(for file in tests/fuzz/fuzz_*.c; do basename "$file" .c; done | sed 's/^fuzz_//' | grep -e "$only")
mkdir -p build-fuzz/found
launcher=$(command -v ccache > /dev/null && echo -DCMAKE_C_COMPILER_LAUNCHER=ccache)
# shellcheck disable=SC2086
[ -f build-fuzz/build.ninja ] ||
    cmake -S . -B build-fuzz -G Ninja -DSLIPWAY_FUZZ=ON -DCMAKE_C_COMPILER=clang $launcher > /dev/null || exit 1
# shellcheck disable=SC2046,SC2086
if ! ninja -C build-fuzz $(printf 'fuzz_%s ' $names) > build-fuzz/build.log 2>&1; then
    grep -v '^\[' build-fuzz/build.log | head -40
    exit 1
fi

one() { # NAME
    mkdir -p "build-fuzz/found/$1" "tests/fuzz/corpus/$1"
    words=tests/fuzz/dict/$1.dict
    if build-fuzz/fuzz_"$1" $([ ! -f "$words" ] || echo "-dict=$words") -max_total_time="$seconds" -max_len=$BYTES_MAX -timeout=$ONE_INPUT_SECONDS \
        -rss_limit_mb=$MEMORY_MIB -print_final_stats=1 -artifact_prefix="build-fuzz/found/$1-" \
        "build-fuzz/found/$1" "tests/fuzz/corpus/$1" > "build-fuzz/found/$1.log" 2>&1; then
        inputs=$(sed -n 's/.*number_of_executed_units: *//p' "build-fuzz/found/$1.log")
        reached=$(grep -oE 'cov: [0-9]+' "build-fuzz/found/$1.log" | tail -1 | tr -dc 0-9)
        echo "ok - $1: $inputs inputs, $reached places"
    else
        echo "not ok - $1: see build-fuzz/found/$1.log"
        grep -E 'broken|ERROR|SUMMARY|Test unit written' "build-fuzz/found/$1.log" | sed 's/^/#   /'
    fi
}
export -f one
export seconds BYTES_MAX ONE_INPUT_SECONDS MEMORY_MIB
# shellcheck disable=SC2086
printf '%s\n' $names | xargs -P "$(nproc)" -I{} bash -c 'one {}' | tee build-fuzz/found/summary
passed=$(grep -c '^ok' build-fuzz/found/summary)
failed=$(grep -c '^not ok' build-fuzz/found/summary)
echo "# $(awk '/inputs/ {s += $4} END {print s + 0}' build-fuzz/found/summary) inputs, $seconds s for each target"
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
