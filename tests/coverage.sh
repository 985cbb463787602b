#!/bin/bash
# coverage.sh - which lines and branches of slipway the tests run. A build of its own with
# gcc's counters (build-cov/), the unit tests and some thousand seeds of the simulation,
# then a table of folders and every branch of engine/ and plan/ that no test took.
#
#   tests/coverage.sh [--e2e] [--only FOLDER] [--files FOLDER]
#
# SEEDS: of the simulation (4000). BUILD: where to build (build-cov).
# --e2e:   the end-to-end stories too, half an hour; the figures of cli/ and of the plugins
#          mean little without them.
# --only:  the unit tests of one folder (engine, plan, store ...), and nothing else; the
#          exit code then means little.
# --files: the files of that folder with their lines that nobody ran.
#
# Exit 1 if less is covered than is demanded: every branch of engine/ and plan/, 90 % of
# the lines of each other folder. What a test that fails has run counts all the same, but
# it is named: whether tests pass is ./dev test's to say.
set -u
cd "$(dirname "$0")/.." || exit 1
SEEDS=${SEEDS:-4000}
BUILD=${BUILD:-build-cov}
export SLIPWAY_VCSIM=${SLIPWAY_VCSIM:-$PWD/build/tools/vcsim}
only= e2e=0 files=
while [ $# -gt 0 ]; do
    case $1 in
    --e2e) e2e=1 ;;
    --only) only=$2; shift ;;
    --files) files=$2; shift ;;
    *) echo "usage: tests/coverage.sh [--e2e] [--only FOLDER] [--files FOLDER]" >&2; exit 64 ;;
    esac
    shift
done

mkdir -p "$BUILD"
launcher=$(command -v ccache > /dev/null && echo -DCMAKE_C_COMPILER_LAUNCHER=ccache)
# shellcheck disable=SC2086
[ -f "$BUILD/build.ninja" ] || cmake -S . -B "$BUILD" -G Ninja -DSLIPWAY_COVERAGE=ON \
    -DCMAKE_BUILD_TYPE=Debug -DSLIPWAY_WERROR=OFF $launcher > /dev/null || exit 1
targets=
[ -z "$only" ] || targets=$(ctest --test-dir "$BUILD" -N | sed -n "s/^ *Test *#[0-9]*: //p" | grep "^$only/" | tr / _)
# shellcheck disable=SC2086
if ! ninja -C "$BUILD" -j "$(nproc)" $targets > "$BUILD/build.log" 2>&1; then
    grep -v '^\[' "$BUILD/build.log" | head -60
    exit 1
fi
find "$BUILD" -name '*.gcda' -delete

run() { # NAME COMMAND...
    name=$1
    shift
    timeout "${LIMIT:-900}" "$@" > "$BUILD/test.log" 2>&1 || echo "failed: $name (./dev test --only $name)"
}

for test in $(ctest --test-dir "$BUILD" -N | sed -n 's/^ *Test *#[0-9]*: //p' | grep "^${only:-.*}/"); do
    run "$test" "$BUILD/$(echo "$test" | tr / _)"
done
[ -n "$only" ] || LIMIT=3600 run slipway-sim "$BUILD/slipway-sim" --seeds "$SEEDS" --from 1 --jobs "$(nproc)"
if [ "$e2e" = 1 ]; then
    for story in tests/e2e/*.sh; do
        [ "$(basename "$story")" = lib.sh ] || BIN=$BUILD run "$(basename "$story" .sh)" "$story"
    done
fi

# shellcheck disable=SC2086
python3 tests/coverage.py "$BUILD" ${files:+--files $files}
