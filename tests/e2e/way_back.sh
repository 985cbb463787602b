#!/bin/bash
# way_back.sh - a pause lies between a snapshot and its change, and somebody removes the
# snapshot meanwhile with a client of their own: nothing is sent to that appliance, and a
# human is told. Who still has a way back goes on.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/e2e/lib.sh
state=$work/state
export SLIPWAY_STATE=$state

cat > "$work/scenario.yaml" << 'YAML'
settings: {boot: 1s, update: 2s, stage: 300ms, snapshot: 9s, remove: 300ms, revert: 1s}
faults: []
YAML
start_lab "$work/lab" --appliances 3 --managers 1 --scenario "$work/scenario.yaml"
cat > "$work/lab/campaign.yaml" << 'YAML'
campaign: way-back
playbook: lab-patch
vars: {target_version: 8.0.3.00400}
strategy:
  waves: [{name: all, size: rest, soak: 1s}]
  in_flight: 3
  budget: {wave: 1, campaign: 1}
YAML

# ---- somebody else's client ----
soap() { # METHOD TYPE REF CHILDREN
    curl -sk -b "$work/cookies" -c "$work/cookies" -H 'Content-Type: text/xml; charset="utf-8"' --data-binary @- "$manager" << XML
<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body><$1 xmlns="urn:vim25"><_this type="$2">$3</_this>$4</$1></e:Body></e:Envelope>
XML
}
is_over() { # TASK
    soap RetrievePropertiesEx PropertyCollector propertyCollector "<specSet><propSet><type>Task</type><pathSet>info.state</pathSet></propSet><objectSet><obj type=\"Task\">$1</obj></objectSet></specSet><options/>" |
        grep -q '>success<'
}
remove_in_client() { # REFERENCE
    manager=$(sed -n 's|^ *url: *\(https:.*/sdk\).*|\1|p' "$work/lab/fleet.yaml" | head -1)
    soap Login SessionManager SessionManager "<userName>svc-slipway</userName><password>$(cat "$work/lab/secrets/managers")</password>" > /dev/null
    task=$(soap RemoveSnapshot_Task VirtualMachineSnapshot "$1" '<removeChildren>false</removeChildren>' |
        sed -n 's|.*<returnval[^>]*>\([^<]*\)</returnval>.*|\1|p')
    await is_over "$task"
}

"$SLIPWAY" plan "$work/lab/campaign.yaml" > "$work/plan.txt" || sed 's/^/# /' "$work/plan.txt"
"$SLIPWAY" run > "$work/run.out" 2>&1 &
run_pid=$!
check 'three snapshots are being taken' eventually "select count(*) from target where state='snapshotting' and step_state in ('issued', 'running')" 3
check 'somebody pauses' "$SLIPWAY" pause --reason 'wait for the customer'
wait "$run_pid"
check 'the run ends with 3, at a safe place' equal "$?" 3
check 'the snapshots are there, and nothing was changed' equal \
    "$(sql "select (select count(*) from snapshot where removed_ms is null) || ' ' || (select count(*) from target where state='changing' and step_state='waiting')")" '3 3'

check 'somebody removes one of them' remove_in_client "$(sql "select reference from snapshot where target = (select idx from target where name = 'vc-0002')")"
"$SLIPWAY" unpause --reason 'the customer is ready' > /dev/null
"$SLIPWAY" resume > "$work/run.out" 2>&1
check 'that one is parked' equal "$(sql "select group_concat(name) from target where state='parked'")" vc-0002
check 'the others are done' equal "$(sql "select count(*) from target where state='succeeded'")" 2
check 'it was never updated' equal "$(cat "$work/lab/appliances/vc-0002/version")" 8.0.2.00100
why=$("$SLIPWAY" why vc-0002 | tr -s ' \n' ' ')
check 'why says what is missing' contains "$why" 'snapshot that it would be put back to is not there any more'
check 'and that nothing was sent' contains "$why" 'nothing was sent'
check 'its snapshot is not in the books any more' equal "$(sql "select count(*) from snapshot where removed_ms is null")" 0
"$SLIPWAY" retry vc-0002 --reason 'they will not do that again' > /dev/null
"$SLIPWAY" resume > "$work/run.out" 2>&1
check 'with a snapshot of its own it goes through' equal "$(sql "select state from target where name='vc-0002'")" succeeded
check 'the ledger knows of no violation' "$LAB" ledger --dir "$work/lab" --check --finished
finish
