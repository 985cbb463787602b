#!/usr/bin/env bash
# The simulation for millions of seeds: the whole program optimised at once by what 400
# seeds showed, without the hardening that the product has. Same seeds, same traces.
#
#   tests/sim/fast.sh [BUILD_DIR]    (build-fast)  and then  BUILD_DIR/slipway-sim
set -euo pipefail
cd "$(dirname "$0")/../.."
build=${1:-build-fast}
log=$build/fast.log
mkdir -p "$build"

make_one() {
    cmake -S . -B "$build" -G Ninja -DSLIPWAY_FAST="$1" >"$log"
    ninja -C "$build" slipway-sim >>"$log"
}
trap '[ $? = 0 ] || cat "$log"' EXIT
rm -rf "$build/profile"
make_one record
"$build/slipway-sim" --seeds 400 --from 100000 >>"$log"
make_one use
echo "$build/slipway-sim"
