#!/bin/bash
# vcha.sh - high-availability clusters, by policy: refused by vcsa-patch, or taken down by
# playbooks/vcsa-vcha-remove.yaml and built again by vcsa-vcha-build.yaml from a file for each.
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck disable=SC1091
. tests/e2e/lib.sh
export ASAN_OPTIONS=${ASAN_OPTIONS:-detect_leaks=1}
fleet=$work/fleet

cat > "$work/scenario.yaml" << YAML
settings: {boot: 2s, update: 6s, stage: 1s, snapshot: 500ms, revert: 500ms, remove: 300ms, power: 300ms}
faults:
  - {appliance: vc-0001, fault: vcha}
  - {appliance: vc-0002, fault: vcha}
YAML
mkdir -p "$fleet/playbooks" "$work/specs"
for name in vcsa-patch vcsa-vcha-remove vcsa-vcha-build; do
    sed 's/every: [13]0s/every: 300ms/; s/stable: 2/stable: 1/; s/old_within: .*/old_within: 5s/' \
        "playbooks/$name.yaml" > "$fleet/playbooks/$name.yaml"
done
for n in 1 2 3; do
    echo '{"deployment":"AUTO","active":{"ha_network":"network-7"},"passive":{},"witness":{},
        "vc_spec":{"active_location":{"hostname":"mgmt.example","username":"svc"}}}' > "$work/specs/vc-000$n.json"
done
printf 'Nodes-Secret-9!' > "$work/nodes.password"
chmod 600 "$work/nodes.password"

# go NAME PLAYBOOK SELECT: a campaign of its own; gives its exit code in $status
go() {
    cat > "$fleet/$1.yaml" << YAML
campaign: $1
playbook: $2
fleet: fleet.yaml
select: $3
vars:
  target_version: 8.0.3.00400
  vcha_specs: $work/specs
  vcha_password: {file: $work/nodes.password}
strategy:
  waves: [{name: all, size: rest}]
  in_flight: 3
  budget: {wave: 3, campaign: 3}
YAML
    "$SLIPWAY" --state "$work/state" plan "$fleet/$1.yaml" > "$work/$1.plan" 2>&1 || cat "$work/$1.plan"
    timeout 300 "$SLIPWAY" --state "$work/state" run > "$work/$1.out" 2> "$work/$1.err"
    status=$?
}
state_of() { sql "select t.state from target t join campaign c on c.id = t.campaign where t.name = '$1' order by c.id desc limit 1"; }
asked() { jq --arg k "$2" '.[$k] // 0' < "$lab_dir/outside/$1/requests.json"; }
state=$work/state

start_lab "$fleet" --kind vcsa --appliances 3 --managers 1 --scenario "$work/scenario.yaml"
go refused vcsa-patch "name = 'vc-0001'"
check 'a cluster is not patched' equal "$(state_of vc-0001)" failed
check 'it is told which playbooks are for it' grep -q 'vcsa-vcha-remove' "$work/refused.out"

go down vcsa-vcha-remove "name <> 'vc-0003'"
check 'the removal ends well' equal "$status" 0
go patch vcsa-patch "name = 'vc-0001'"
check 'then it is patched' equal "$status $(cat "$lab_dir/appliances/vc-0001/version")" '0 8.0.3.00400'
go up vcsa-vcha-build "name <> 'vc-0003'"
check 'and the cluster is built again' equal "$status" 0
go again vcsa-vcha-build "name = 'vc-0002'"
check 'what is there already is not built twice' equal "$status" 0
"$LAB" ledger --dir "$lab_dir" --check --finished > "$work/ledger.out"
check 'the ledger has nothing to say' equal "$?" 0
stop_lab
for n in 1 2; do
    check "vc-000$n was asked for it once each" equal \
        "$(asked "vc-000$n" 'POST undeploy') $(asked "vc-000$n" 'POST deploy')" '1 1'
done
grep -rqs 'Nodes-Secret-9!' "$work/state" "$work"/*.out "$work"/*.err "$work"/*.plan
check 'the password of the nodes is nowhere' test "$?" -ne 0
finish
