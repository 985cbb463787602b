#!/bin/bash
# campaign300.sh - the figure for whole campaigns: 300 lab vCenters, 20 link groups of three,
# a tenth of them faulty, patched with playbooks/vcsa-patch.yaml, over many seeds. Every
# invariant of tests/e2e/campaign.sh must hold for each seed. Use a build for release.
#
#   tests/bench/campaign300.sh [FIRST_SEED [LAST_SEED]]     (1 to 50)
#
# BIN is the build directory (build). What is looked at is not the disk: without TMPDIR the
# fleet and the state are in memory, if there is room. Ends with: N passed, N failed.
set -u
cd "$(dirname "$0")/../.." || exit 1
[ -n "${TMPDIR:-}" ] || [ ! -w /dev/shm ] || export TMPDIR=/dev/shm
export BIN=${BIN:-build} SIZE=${SIZE:-300} LINKED=${LINKED-3x20} SPEED=${SPEED:-8} FAULTY=10
exec tests/e2e/campaign.sh "${1:-1}" "${2:-50}"
