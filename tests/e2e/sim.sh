#!/bin/bash
# sim.sh - the engine on virtual time: 2,000 seeds, 20,000 with LONG=1; each seed is a
# whole campaign with faults, operators and crashes, run twice (tests/sim/sim.h).
#
#   BIN=build-asan tests/e2e/sim.sh
set -u
cd "$(dirname "$0")/../.." || exit 1
seeds=2000
[ "${LONG:-0}" = 1 ] && seeds=20000
exec "${BIN:-build}/slipway-sim" --seeds "${SEEDS:-$seeds}" --from "${FROM:-1}" --jobs "$(nproc)" --verbose
