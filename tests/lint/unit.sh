#!/bin/bash
# unit.sh - the systemd unit: systemd reads every line of it, and calls the sandbox tight
# (`systemd-analyze security` under 2.0 of 10; 0 would be a process without a network).
set -u
cd "$(dirname "$0")/../.." || exit 1
EXPOSURE_MAX=20 # in tenths
passed=0 failed=0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

say() { # NAME CODE
    if [ "$2" -eq 0 ]; then
        passed=$((passed + 1))
        echo "ok - $1"
    else
        failed=$((failed + 1))
        echo "not ok - $1"
        sed 's/^/#   /' "$work/out"
    fi
}

if ! command -v systemd-analyze > /dev/null; then
    echo "# SKIPPED: no systemd-analyze here"
    echo "1 passed, 0 failed"
    exit 0
fi

# The program need not be installed for its unit to be read.
sed "s|^ExecStart=[^ ]*|ExecStart=$(command -v true)|" packaging/slipway.service > "$work/slipway.service"
systemd-analyze verify "$work/slipway.service" > "$work/out" 2>&1
! grep -qiE 'slipway.service:.*(unknown|invalid|ignoring)' "$work/out"
say "systemd understands every line of the unit" $?

systemd-analyze security --offline=true --threshold=$EXPOSURE_MAX packaging/slipway.service > "$work/out" 2>&1
say "its sandbox is under $((EXPOSURE_MAX / 10)).$((EXPOSURE_MAX % 10)): $(sed -n 's/.*exposure level[^0-9]*\([0-9.]*\).*/\1/p' "$work/out")" $?

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
