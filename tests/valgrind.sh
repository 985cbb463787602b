#!/bin/bash
# valgrind.sh - what the sanitizers do not see: a short suite under memcheck, for memory
# that nobody set, that nobody may read and that is definitely lost, and one whole
# campaign on the lab. Ends with one line, N passed, N failed.
#
#   tests/valgrind.sh              BUILD=DIR: a build directory without sanitizers (build)
set -u
cd "$(dirname "$0")/.." || exit 1
BUILD=${BUILD:-build}
TARGETS=3
programs="util/test_json util/test_text util/test_redact util/test_file playbook/test_yaml
    calendar/test_events calendar/test_zone plan/test_planner engine/test_steps engine/test_campaign
    expr/test_expr store/test_records store/test_intents store/test_open exec/test_secret
    common/test_xml vsphere/test_scripted vcsa/test_session nsx/test_hostile loop/test_driver"
memcheck="valgrind --quiet --error-exitcode=99 --leak-check=full --show-leak-kinds=definite
    --errors-for-leak-kinds=definite --track-fds=no --child-silent-after-fork=yes --num-callers=20"

if ! command -v valgrind > /dev/null; then
    echo "SKIPPED valgrind: it is not installed"
    [ -z "${CI:-}" ] && { echo "1 passed, 0 failed"; exit 0; }
    echo "0 passed, 1 failed"
    exit 1
fi
targets=$(echo "$programs" | tr '/' '_')
cmake -S . -B "$BUILD" -G Ninja > /dev/null &&
    # shellcheck disable=SC2086
    ninja -C "$BUILD" slipway slipway-lab $targets > "$BUILD/valgrind-build.log" 2>&1 ||
    { tail -20 "$BUILD/valgrind-build.log"; echo "0 passed, 1 failed"; exit 1; }

BIN=$BUILD
# shellcheck disable=SC1091
. tests/e2e/lib.sh

for program in $programs; do
    # shellcheck disable=SC2086
    timeout 600 $memcheck "$BUILD/${program/\//_}" > "$work/out" 2>&1
    check "$program" equal "$?" 0 || grep -v '^\[' "$work/out" | head -40
done

# A campaign under memcheck is slow: short, and with time for every answer.
story_campaign() {
    state=$work/state
    export SLIPWAY_STATE=$state
    start_lab "$work/lab" --appliances $TARGETS --speed 5
    for verb in "plan $lab_dir/campaign.yaml" run status "why vc-0001" "audit verify" "report --html $work/page.html"; do
        # shellcheck disable=SC2086
        timeout 900 $memcheck "$SLIPWAY" $verb > "$work/out" 2> "$work/err"
        check "slipway ${verb%% /*}" equal "$?" 0 || head -60 "$work/err"
    done
    check "the campaign succeeded" equal "$(sql "select count(*) from target where state = 'succeeded'")" $TARGETS
    check "nothing was done twice" "$LAB" ledger --dir "$lab_dir" --check --finished
}

story_campaign
finish
