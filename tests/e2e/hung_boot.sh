#!/bin/bash
# hung_boot.sh - a vCenter that goes down for the restart of its installation and never comes
# up: whoever looks at `status` sees that nobody works there, and until when slipway waits.
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck disable=SC1091
. tests/e2e/lib.sh
state=$work/state
export ASAN_OPTIONS=${ASAN_OPTIONS:-detect_leaks=1}

cat > "$work/scenario.yaml" << YAML
settings: {boot: 1s, update: 1s, stage: 300ms, snapshot: 200ms}
vcsa: {versions: [7.0.3.00500], offers: [7.0.3.02200]}
faults:
  - {appliance: vc-0001, fault: boot_hangs}
YAML
mkdir -p "$work/fleet/playbooks"
sed 's/every: [13]0s/every: 300ms/' playbooks/vcsa-patch.yaml > "$work/fleet/playbooks/vcsa-patch.yaml"
start_lab "$work/fleet" --appliances 1 --managers 1 --scenario "$work/scenario.yaml"
"$SLIPWAY" --state "$state" plan "$work/fleet/campaign.yaml" > "$work/plan.out" 2>&1 || cat "$work/plan.out"
"$SLIPWAY" --state "$state" run > "$work/run.out" 2>&1 &
helpers=$!

waits() { "$SLIPWAY" --state "$state" status 2> /dev/null | tr -s '\n ' ' ' | grep -q 'step install, silent while it restarts, deadline '; }
check 'status says that it is silent, and until when that is borne' await waits
"$SLIPWAY" --state "$state" status --json > "$work/status.json"
check 'for scripts too' equal "$(jq -r '.at_work.listed[0] | "\(.name) \(.begun != null) \(.deadline > .begun)"' "$work/status.json")" 'vc-0001 true true'
stop_helpers
stop_lab
finish
