#!/bin/bash
# discover.sh - slipway inventory import --from-manager: what a manager holds becomes a
# piece of a fleet file, what people wrote stays as it is, and nothing is written. On the
# lab and, where it is installed, on vcsim with pages.
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck disable=SC1091
. tests/e2e/lib.sh
# shellcheck disable=SC1091
. tests/e2e/peers/manager.sh
state=$work/state
VMS=${VMS:-30}

discover() { "$SLIPWAY" --state "$state" inventory import "$@" > "$work/out" 2> "$work/err"; }
says() { grep -q -e "$1" "$work/out" || { cat "$work/out" "$work/err" >&2; return 1; }; }
refuses() { # CODE TEXT ARGUMENTS...
    local code=$1 text=$2
    shift 2
    discover "$@"
    equal "$?" "$code" && grep -q -e "$text" "$work/err"
}

# ---- the lab: vCenters, with what people left in their notes ----
start_lab "$work/lab" --appliances 5 --managers 2 --kind vcsa
fleet=$work/lab/fleet.yaml
{ sed '/^appliances:/,$d' "$fleet"; echo 'appliances: []'; } > "$work/lab/managers.yaml"
discover "$work/lab/managers.yaml" --from-manager mgmt-1
check 'a manager of a fleet file is asked' equal "$?" 0
check 'it holds three' says '^# mgmt-1: 3 machines looked at, 3 appliances: 3 new, 0 known, 0 to look at$'
check 'a vCenter is known by its product' equal "$(grep -c 'kind: vcsa' "$work/out")" 3
check 'the site comes from the notes' says '    site: rbx'
check 'so do labels' says 'customer: "c01"'
check 'no password is in it' equal "$(grep -c password "$work/out")" 0
{ sed '/^appliances:/,$d' "$fleet"; sed -n '/^appliances:/,$p' "$work/out"; } > "$work/lab/found.yaml"
check 'it completes a fleet file' "$SLIPWAY" lint "$work/lab/found.yaml" > /dev/null
discover "$work/lab/managers.yaml" --from-manager mgmt-2 --json
check 'as JSON' equal "$(jq -r '[.proposals[].name] | join(" ")' "$work/out")" 'vc-0002 vc-0004'
check 'with what an import would change' equal "$(jq -r '[.changes[].change] | unique | join(" ")' "$work/out")" added
check 'nothing was written' test ! -e "$state/slipway.db"

"$SLIPWAY" --state "$state" inventory import "$fleet" > /dev/null
discover --from-manager mgmt-1
check 'a manager of the inventory is asked' says '0 new, 3 known, 0 to look at'
check 'what is known is not proposed again' says '^appliances: \[\]$'
before=$("$SLIPWAY" --state "$state" inventory list --json)
sed -i 's/^    vm: {manager: mgmt-1, uuid: \(.*\)}/    vm: {manager: mgmt-1, name: of-\1}/; s/site: rbx/site: ours/' "$fleet"
sed -i '/name: vc-0005/,$d' "$fleet"
rm -rf "$work/state2"
"$SLIPWAY" --state "$work/state2" inventory import "$fleet" > /dev/null
state=$work/state2
discover --from-manager mgmt-1 --out "$work/new.yaml"
check 'a name that is taken is for people to look at' says '^? vc-0001: appliance vc-0001 has its name or address, and another vm'
check 'the one that is new is kept in a file' grep -q 'name: vc-0005' "$work/new.yaml"
check 'a file that is there is not overwritten' refuses 1 'does not overwrite' --from-manager mgmt-1 --out "$work/new.yaml"
check 'what people wrote is as it was' equal "$("$SLIPWAY" --state "$state" inventory show --json vc-0001 | jq -r .appliance.site)" ours
check 'the other inventory too' equal "$("$SLIPWAY" --state "$work/state" inventory list --json)" "$before"
discover --from-manager mgmt-1 --kind nsx-t
check 'another kind is not there' says ' 0 appliances: 0 new'
check 'an unknown manager is named' refuses 1 'no manager is called mgmt-7' --from-manager mgmt-7
check 'options of a file import are refused' refuses 64 'takes no --prune' --from-manager mgmt-1 --prune
check 'and the other way round' refuses 64 'takes no --folder' "$fleet" --folder x
check 'import needs something' refuses 64 'one FILE, or --from-manager'
stop_lab
check 'the ledger saw logins only' equal "$(jq -r .kind "$work/lab/ledger.jsonl" | sort -u | tr '\n' ' ')" 'fleet_begin login logout '
discover --from-manager mgmt-1
check 'a manager that is away is told' equal "$?" 1

# ---- vcsim: pages, folders, notes ----
if have_vcsim; then
    mkdir -p "$work/secrets"
    start_vcsim "$VMS" PowerOn:0
    await_vcsim
    "$GOVC" folder.create /DC0/vm/rbx > /dev/null
    first=$(vm_field 0 .name) second=$(vm_field 1 .name) third=$(vm_field 2 .name)
    "$GOVC" object.mv "/DC0/vm/$first" /DC0/vm/rbx > /dev/null 2>&1
    "$GOVC" vm.change -vm "$first" -annotation 'by the OVA
slipway: kind=vcsa customer=acme name=vc-acme' -e SET.guest.ipAddress=192.0.2.7 -e SET.guest.hostName=vc-acme.example
    "$GOVC" vm.change -vm "$second" -annotation 'slipway: kind=vcsa, tier=gold'
    "$GOVC" vm.change -vm "$third" -annotation 'slipway: ignore kind=vcsa' -e SET.guest.ipAddress=192.0.2.9
    cat > "$work/vcsim.yaml" << YAML
managers:
  - {name: sim, url: "$manager_url", tls: {pin: "$pin"}, login: {user: $slipway_user, password: {file: secrets/manager}}}
defaults: {kind: vcsa, ssh: {user: root, key: agent, hostkey: $work/vcsim.yaml}}
appliances: []
YAML
    state=$work/state3
    mark_trace
    started=$(date +%s%N)
    discover "$work/vcsim.yaml" --from-manager sim
    echo "# $VMS machines on vcsim: $((($(date +%s%N) - started) / 1000000)) ms"
    check 'vcsim is asked' says "sim: $VMS machines looked at, 2 appliances: 1 new, 0 known, 1 to look at"
    check 'the name comes from the notes' says 'name: vc-acme$'
    check 'the host from the guest' says 'host: vc-acme.example'
    check 'the site from the folder' says 'site: rbx'
    check 'one without an address is to look at' says "^# ? $second: VMware Tools tell no address"
    check 'one that people marked is left alone' equal "$(grep -c "$third" "$work/out")" 0
    check 'one login' equal "$(logins)" 1
    check 'nothing but reads' equal "$(new_trace | grep -c '_Task ')" 0
    discover "$work/vcsim.yaml" --from-manager sim --folder elsewhere
    check 'another folder has none' says '0 new'
else
    echo "SKIPPED discover on vcsim: no vcsim (Go 1.23 or newer is needed)"
    [ -z "${CI:-}" ] || not_ok "vcsim and govc are here (CI is set)"
fi
finish
