#!/bin/bash
# demo.sh - a rolling upgrade on a lab fleet, in under a minute: 24 appliances on
# loopback, three waves. One appliance falls ill after its update and is put back
# by itself; its wave's failure budget pauses the campaign; the operator looks,
# unpauses, and it is finished.
set -eu
bin=$(cd "$1" && pwd)
PATH=$bin:$PATH
dir=${DEMO_DIR:-$PWD/.demo}
export SLIPWAY_STATE=$dir/state
lab_pid=

step() {
    if [ -t 1 ]; then printf '\n\033[1m$ %s\033[0m\n' "$*"; else printf '\n$ %s\n' "$*"; fi
}

end() {
    [ -z "$lab_pid" ] || kill "$lab_pid" 2> /dev/null || true
    [ -z "$lab_pid" ] || wait "$lab_pid" 2> /dev/null || true
}
trap end EXIT
trap 'exit 130' INT TERM

rm -rf "$dir"
mkdir -p "$dir"
cat > "$dir/scenario.yaml" << 'YAML'
faults:
  - {appliance: vc-0008, fault: sick}
YAML
echo "A lab fleet of 24 appliances and 2 managers on 127.80.0.0/16; vc-0008 will fall ill after"
echo "its update. Everything is in ${dir#"$PWD"/}."
slipway-lab serve --dir "$dir/lab" --appliances 24 --speed 10 --scenario "$dir/scenario.yaml" > "$dir/lab.out" 2> "$dir/lab.err" &
lab_pid=$!
for _ in $(seq 100); do
    grep -q '^ready' "$dir/lab.out" && break
    kill -0 "$lab_pid" 2> /dev/null || { cat "$dir/lab.err"; exit 1; }
    sleep 0.1
done
cat > "$dir/lab/campaign.yaml" << 'YAML'
# Written by the demo; slipway-lab's own campaign.yaml looks the same.
campaign: demo
playbook: lab-patch
select: "version_cmp(version, '8.0.3.00400') < 0"
vars: {target_version: 8.0.3.00400}
strategy:
  waves:
    - {name: canary, size: 3, cover: [site], soak: 2s, budget: 0}
    - {name: second, size: 9, soak: 1s, budget: 0}
    - {name: rest, size: rest, soak: 1s}
  in_flight: 12
  max_unavailable: {site: 4}
  limits: {manager: 6}
  budget: {wave: 1, campaign: 3}
YAML

step "slipway plan campaign.yaml"
slipway plan "$dir/lab/campaign.yaml"

step "slipway run"
code=0
slipway run || code=$?
if [ "$code" = 3 ]; then
    step "slipway why vc-0008"
    slipway why vc-0008
    step "slipway unpause --reason 'vc-0008 was ill before, ticket 4711'"
    slipway unpause --reason 'vc-0008 was ill before, ticket 4711'
    step "slipway resume"
    code=0
    slipway resume || code=$?
fi

step "slipway report"
slipway report
step "slipway-lab ledger --check     # what the appliances themselves received"
slipway-lab ledger --dir "$dir/lab" --check --finished | tail -3
echo
if [ "$code" = 4 ]; then
    echo "23 upgraded, vc-0008 put back by itself, nothing done twice (exit code 4: some failed)."
    echo "Look around: SLIPWAY_STATE=${SLIPWAY_STATE#"$PWD"/} build/slipway status"
    exit 0
fi
echo "the demo ended with exit code $code, which was not expected"
exit 1
