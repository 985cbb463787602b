#!/bin/bash
# sim.sh - the engine on virtual time: 2,000 seeds, 20,000 with LONG=1; each seed is a
# whole campaign with faults, operators and crashes, run twice (tests/sim/sim.h). Before
# them the stories: what seeds that found something were shrunk to.
#
#   BIN=build-asan tests/e2e/sim.sh
#
# alone: a seed on every core
set -u
cd "$(dirname "$0")/../.." || exit 1
seeds=2000
[ "${LONG:-0}" = 1 ] && seeds=20000
sim=${BIN:-build}/slipway-sim
found=$(mktemp)
trap 'rm -f "$found"' EXIT
"$sim" --scenario tests/sim/stories/*.txt || exit 1
"$sim" --seeds "${SEEDS:-$seeds}" --from "${FROM:-1}" --jobs "$(nproc)" --shrink --out "$found"
