#!/bin/bash
# memory.sh - a campaign whose every process runs out of memory somewhere: each life of
# slipway gets one allocation (its own, SQLite's, libcurl's ...) that fails, later and
# later; some get none after that. Whatever it is that fails, the process ends or goes on,
# and in the end everything was done once.
#
# LIVES (12) processes, SEED repeats the places; LONG=1: 150. A program under
# AddressSanitizer brings its own allocator, so there it is SKIPPED.
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck disable=SC1091
. tests/e2e/lib.sh
LIVES=${LIVES:-$([ "${LONG:-0}" = 1 ] && echo 150 || echo 12)}
TARGETS=8
growth=$([ "${LONG:-0}" = 1 ] && echo 20 || echo 2) # the places grow by one part of so many
SEED=${SEED:-$$}
RANDOM=$SEED
state=$work/state
export SLIPWAY_STATE=$state
SLIPWAY=$SLIPWAY_REAL # nobody else is to run short of memory
if ldd "$SLIPWAY" | grep -q 'libasan\|libtsan'; then
    echo "SKIPPED memory: $SLIPWAY brings its own allocator; run it with BIN=build"
    passed=1
    finish
fi
cc -O2 -shared -fPIC -o "$work/short_memory.so" tests/lib/short_memory.c || exit 1

# short AT FOR-EVER VERB
short() {
    (
        timeout 120 env MEMORY_FAILS_AT="$1" MEMORY_FOR_EVER="$2" LD_PRELOAD="$work/short_memory.so" \
            "$SLIPWAY" "$3" > "$work/run.out" 2> "$work/run.err"
        exit
    ) 2> /dev/null # where the shell says who was aborted
}

start_lab "$work/lab" --appliances $TARGETS --speed 10
"$SLIPWAY" plan "$lab_dir/campaign.yaml" > "$work/plan.out" 2>&1 || not_ok plan
verb=run aborted=0 stopped=0 survived=0 wrong='' at=200
# Whatever a process ends of, it is no wrong access: that would be 139 or 135.
for life in $(seq "$LIVES"); do
    short $((at + RANDOM % 97)) $((life % 2)) $verb
    code=$?
    case $code in
    134) aborted=$((aborted + 1)) ;;
    0 | 3 | 4) survived=$((survived + 1)) ;;
    1 | 5 | 8) stopped=$((stopped + 1)) ;;
    *) wrong="$wrong $code(life $life)" ;;
    esac
    [ "$code" = 3 ] && "$SLIPWAY" unpause --reason 'more memory' > /dev/null
    at=$((at + at / growth + 50))
    [ "$(sql "select count(*) from campaign" 2> /dev/null || echo 0)" = 0 ] || verb=resume
done
echo "# seed $SEED: $aborted ended, $stopped stopped with a sentence, $survived went on; the last place was $at"
check "nobody ends in another way" equal "$wrong" ""
check "some were hit" test $((aborted + stopped)) -gt 3
for _ in 1 2 3 4; do
    timeout 300 "$SLIPWAY" $verb > "$work/run.out" 2>&1
    code=$?
    verb=resume
    [ "$code" = 3 ] || break
    [ "$(sql "select count(*) from target where state = 'parked'")" = 0 ] ||
        "$SLIPWAY" retry --reason 'more memory' > "$work/retry.out" 2>&1
    "$SLIPWAY" unpause --reason 'more memory' > /dev/null
done
check "with memory it goes on to the end" test "$code" -eq 0 -o "$code" -eq 4
check "nothing was done twice, and nothing is left" "$LAB" ledger --dir "$lab_dir" --check --finished
check "nobody is left in between" equal \
    "$(sql "select count(*) from target where state not in ('succeeded', 'rolled_back', 'failed')")" 0
check "the record is whole" "$SLIPWAY" audit verify
[ "$failed" -eq 0 ] || cat "$work/run.out" "$work/run.err"
finish
