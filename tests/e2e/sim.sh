#!/bin/bash
# sim.sh - the engine on virtual time: 2,000 seeds, 20,000 with LONG=1; each seed is a
# whole campaign with faults, operators and crashes, run twice (tests/sim/sim.h). Seeds that
# found something once come first.
#
#   BIN=build-asan tests/e2e/sim.sh
set -u
cd "$(dirname "$0")/../.." || exit 1
seeds=2000
[ "${LONG:-0}" = 1 ] && seeds=20000
sim=${BIN:-build}/slipway-sim
again=0
while read -r seed what; do
    case $seed in '' | '#'*) continue ;; esac
    if "$sim" --seeds 1 --from "$seed" > /dev/null 2>&1; then
        again=$((again + 1))
    else
        echo "not ok - seed $seed: $what"
    fi
done < tests/sim/seeds.txt
echo "$again seeds that found something once find nothing now"
[ "$again" -eq "$(grep -c '^[0-9]' tests/sim/seeds.txt)" ] || { echo "0 passed, 1 failed"; exit 1; }
exec "$sim" --seeds "${SEEDS:-$seeds}" --from "${FROM:-1}" --jobs "$(nproc)" --verbose
