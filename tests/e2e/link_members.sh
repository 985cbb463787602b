#!/bin/bash
# link_members.sh - the nodes that linked vCenters tell against the members that the fleet file
# declares, with the playbooks as they are shipped: one that the file lacks, one too many, one
# under another name; by REST, and over SSH for releases that tell nothing by REST.
#
# The oracle is the lab: nobody is shut down, snapshotted or changed before both agree.
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck disable=SC1091
. tests/e2e/lib.sh
state=$work/state
export ASAN_OPTIONS=${ASAN_OPTIONS:-detect_leaks=1}
export SLIPWAY_STATE=$state

playbooks() { # DIR
    mkdir -p "$1/playbooks"
    for name in vcsa-patch vcsa-patch-cli; do
        sed -E 's/every: [13]0s/every: 300ms/; s/^snapshot: \{/&settle: 3s, /
            s/expected: .*/expected: 5s/; s/\b2h\b/60s/; s/\b45m\b/40s/; s/\b30m\b/30s/; s/\b(20|15|10)m\b/20s/' \
            "playbooks/$name.yaml" > "$1/playbooks/$name.yaml"
    done
}

campaign() { # DIR NAME PLAYBOOK TARGET
    cat > "$1/campaign.yaml" << YAML
campaign: $2
playbook: $3
fleet: fleet.yaml
select: name <> 'vc-0004'
vars: {target_version: $4}
strategy:
  waves: [{name: all, size: rest, soak: 1s}]
  in_flight: 4
  limits: {repo: 4}
  budget: {wave: 3, campaign: 3}
YAML
}

# Entries of the fleet file begin with "  - name:".
without() { # NAME
    awk -v "name=$1" '/^  - name: / {gone = ($3 == name)} !gone' "$work/whole.yaml"
}
also_in() { # NAME GROUP
    awk -v "name=$1" -v "group=$2" '{print} /^  - name: / && $3 == name {print "    link_group: " group}' "$work/whole.yaml"
}
begin() { # NAME: a campaign of its own on the fleet of today
    rm -rf "$state"
    campaign "$dir" "$1" "$book" "$new"
    "$SLIPWAY" plan "$dir/campaign.yaml" > "$work/plan.out" 2>&1 || cat "$work/plan.out"
    timeout 120 "$SLIPWAY" run --trust-clock > "$work/run.out" 2>&1
}
states() { sql 'select group_concat(state) from (select state from target order by name)'; }
touched() { jq -r 'select(.kind | IN("snapshot_create", "job_start", "guest_shutdown", "power_off")) | .appliance' "$lab_dir/ledger.jsonl"; }
says() { # WHAT, from standard input
    text=$(tr '\n' ' ' | tr -s ' ')
    case $text in *"$1"*) ;; *) echo "# not found: $1" >&2; echo "$text" | sed 's/^/# /' >&2; return 1 ;; esac
}
why() { "$SLIPWAY" why "$1" 2>&1; }

# ---- by REST: three linked ones and one alone ----
dir=$work/rest book=vcsa-patch new=8.0.3.00400
echo 'settings: {boot: 1s, shutdown: 1s, update: 2s, stage: 500ms, snapshot: 300ms, revert: 300ms, remove: 200ms, power: 200ms}' > "$work/rest.yaml"
playbooks "$dir"
start_lab "$dir" --kind vcsa --linked 3x1 --appliances 4 --managers 1 --speed 8 --scenario "$work/rest.yaml"
cp "$dir/fleet.yaml" "$work/whole.yaml"

without vc-0003 > "$dir/fleet.yaml"
begin lacking
check 'a partner that the fleet file lacks: nobody goes on' equal "$(states)" failed,failed
check 'it is named' says 'undeclared ["vc-0003"]' < <(why vc-0001)
check 'and what to do' says 'Add those of `undeclared` to the fleet file with this link_group' < <(why vc-0002)

also_in vc-0004 sso-01 > "$dir/fleet.yaml"
begin surplus
check 'a member that its partners do not know: nobody goes on' equal "$(states)" failed,failed,failed,failed
check 'it is named, too' says 'unconfirmed ["vc-0004"]' < <(why vc-0003)

sed 's/^  - name: vc-0003/  - name: paris/' "$work/whole.yaml" > "$dir/fleet.yaml"
begin renamed
check 'a name that fits nobody is not guessed' equal "$(states)" failed,failed,failed
check 'both lists are told' says 'it tells vc-0003, the fleet file declares paris' < <(why paris)
check 'and how to say who is who' says 'labels: {pnid: NAME}' < <(why vc-0001)
check 'until here nobody was touched' equal "$(touched)" ''

sed -i '/^  - name: paris/,/^  - name: vc-0004/s/labels: {/labels: {pnid: VC-0003., /' "$dir/fleet.yaml"
begin named
check 'with the name that its partners use all go' equal "$(states)" succeeded,succeeded,succeeded
"$LAB" ledger --dir "$lab_dir" --check --finished > "$work/ledger.out"
check 'and the ledger has nothing to say' equal "$?" 0
stop_lab

# ---- over SSH: 6.5 has no such answer by REST ----
dir=$work/ssh book=vcsa-patch-cli new=6.5.0.24100
cat > "$work/ssh.yaml" << 'YAML'
settings: {boot: 1s, shutdown: 1s, update: 2s, stage: 500ms, snapshot: 300ms, revert: 300ms, remove: 200ms, power: 200ms}
vcsa: {versions: [6.5.0.20000], offers: [6.5.0.24100]}
YAML
playbooks "$dir"
start_lab "$dir" --kind vcsa --linked 2x1 --appliances 2 --managers 1 --speed 8 --scenario "$work/ssh.yaml"
cp "$dir/fleet.yaml" "$work/whole.yaml"
without vc-0002 > "$dir/fleet.yaml"
begin cli-lacking
check 'over SSH, too, nobody goes on' equal "$(states) $(touched)" 'failed '
check 'and the partner is named' says 'undeclared ["vc-0002"]' < <(why vc-0001)
cp "$work/whole.yaml" "$dir/fleet.yaml"
begin cli-whole
check 'with all of them in the fleet file all go' equal "$(states)" succeeded,succeeded
stop_lab

finish
