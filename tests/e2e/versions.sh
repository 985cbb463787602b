#!/bin/bash
# versions.sh - releases and the ways between them, known issues beside real failures,
# and an inventory that comes from a table: path, known-issues, import, probe.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/e2e/lib.sh
root=$PWD
unset SLIPWAY_STATE
export SLIPWAY_SHARE=$root # the files of this tree are the installed ones
cd "$work" || exit 1

says() { # TEXT COMMAND...
    text=$1
    shift
    "$@" > "$work/said" 2> "$work/err" && grep -qF -- "$text" "$work/said" ||
        { cat "$work/said" "$work/err" | sed 's/^/# /'; return 1; }
}
refuses() { # CODE TEXT COMMAND...
    want=$1 text=$2
    shift 2
    "$@" > "$work/said" 2>&1
    got=$?
    [ "$got" = "$want" ] && grep -qF -- "$text" "$work/said" ||
        { echo "# exit $got"; sed 's/^/# /' "$work/said"; return 1; }
}
json() { # FILTER COMMAND...
    filter=$1
    shift
    "$@" > "$work/said" 2> "$work/err"
    jq -e "(.schema_version == 1) and ($filter)" "$work/said" > /dev/null ||
        { head -c 2000 "$work/said" | sed 's/^/# /'; return 1; }
}

# ---- path ----
check 'a patch is one hop' says 'patch: 8.0.2.00400 (8.0 U2d) -> 8.0.3.00400 (8.0 U3d), by playbook vcsa-patch' \
    "$SLIPWAY" path --from 8.0.2.00400 --to 8.0.3.00400
check 'two hops, with the stop and both playbooks' json '[.hops[].to.id] == ["7.0u3t", "8.0u3d"] and [.hops[].playbook] == ["vcsa-upgrade", "vcsa-upgrade"]' \
    "$SLIPWAY" path --json --from 6.5.0 --to '8.0 U3d'
check 'closed ways are told' json '[.refused[].why] | any(test("7.0 U3\\) was withdrawn"))' \
    "$SLIPWAY" path --json --from 6.5.0 --to '8.0 U3d'
check 'back in time is refused, with what can be had' refuses 1 'back in time; it can become 8.0.2.00200 (8.0 U2b)' \
    "$SLIPWAY" path --from 8.0.1.00400 --to 8.0.2.00000
check 'a withdrawn release is refused' refuses 1 'was withdrawn' "$SLIPWAY" path --from 7.0.2.00500 --to 7.0.3.00000
check 'an unknown target has no answer' refuses 1 'the catalogue does not know 8.0.9.00000' "$SLIPWAY" path --from 8.0.3.00400 --to 8.0.9.00000
check 'path needs a source' refuses 64 'either an appliance or --from' "$SLIPWAY" path --to 8.0u3d
check 'path needs a target' refuses 64 'path needs --to' "$SLIPWAY" path --from 8.0u3d
cat > own.yaml << 'YAML'
product: vcenter
releases: [{id: 8.0u3z, name: 8.0 U3z, version: 8.0.3.09900, date: 2025-01-01}]
lines: [{line: 8.0, playbook: our-patch}]
YAML
check 'a file of ones own counts' says 'by playbook our-patch' "$SLIPWAY" path --from 8.0u3d --to 8.0.3.9900 --versions own.yaml
check 'and says what it replaces' grep -q 'own.yaml:3 replaces line 8.0 of' said
check 'a bad file is refused with its place' refuses 1 'bad.yaml:1:1: unknown key prodct (nearest known key: product)' \
    sh -c 'echo "prodct: x" > bad.yaml; "$1" path --from 8.0u3d --to 8.0u3d --versions bad.yaml' - "$SLIPWAY"

# ---- plan ----
"$SLIPWAY" init new > /dev/null
sed -i 's/kind: linux/kind: vcsa/; s/version: "1.4"/version: 6.5.0/; s/version: "1.3"/version: 8.0.1.00400/' new/fleet.yaml
sed -i "s/^select.*/select: kind = 'vcsa'/; s/target_version: .*/target_version: 8.0.2.00000/" new/campaign.yaml
check 'plan says who needs two hops' says '2 targets at 6.5.0 need 2 hops: vcsa-upgrade to 7.0.3.01400' \
    env -C new "$SLIPWAY" plan --no-save campaign.yaml
tr -s ' \n' ' ' < said > flat
check 'and which campaigns to make' grep -q "hop 1 of 2: linux-1.5-hop1.yaml, a copy of this campaign with campaign: linux-1.5-hop1, playbook: vcsa-upgrade" flat
check 'one for each hop' grep -q "hop 2 of 2: .*target_version: 8.0.2.00000, and to its select AND version_cmp(version, '7.0.3.01400') = 0" flat
check 'and that they are not begun' grep -q 'so they are left out of this one' flat
check 'each after the one before' grep -q 'campaign: linux-1.5-hop2, after: linux-1.5-hop1, playbook:' flat
check 'nobody told how old their hosts are' grep -q 'of a major upgrade without the label hosts_oldest' flat
check 'and who has no way' grep -q '1 target at 8.0.1.00400: no way leads from' said
cp new/fleet.yaml new/fleet.before
sed -i 's/target_version: .*/target_version: 7.0.3.01400/' new/campaign.yaml
sed -i 's/labels: {/&hosts_oldest: "6.0", /' new/fleet.yaml
check 'hosts that are too old are named' says 'their oldest ESXi hosts are 6.0' env -C new "$SLIPWAY" plan --no-save campaign.yaml
check 'with what to do' grep -q 'manages none before 6.5' <(tr -s ' \n' ' ' < said)
sed -i 's/hosts_oldest: "6.0"/hosts_oldest: "6.7"/' new/fleet.yaml
check 'new enough ones are not' test -z "$(env -C new "$SLIPWAY" plan --no-save campaign.yaml | grep 'oldest ESXi')"
mv new/fleet.before new/fleet.yaml
sed -i 's/target_version: .*/target_version: 8.0.9.00000/' new/campaign.yaml
check 'what is not known is a warning' json '[.notes[] | select(.text | test("does not know 8.0.9.00000")) | .kind] | length == 2 and all(. == "warning")' \
    env -C new "$SLIPWAY" plan --json --no-save campaign.yaml

# ---- link groups, of which some need other hops ----
rm -rf linked
"$SLIPWAY" init linked > /dev/null
sed -i 's/kind: linux/kind: vcsa/; s/version: "1.4"/version: 8.0.2.00200\n    link_group: sso-1/; s/version: "1.3"/version: 6.5.0\n    link_group: sso-1/' linked/fleet.yaml
sed -i "s/^select.*/select: kind = 'vcsa'/; s/target_version: .*/target_version: 8.0.3.00400/; s/site: 1/site: 2/; s/manager: 2/manager: 3/" linked/campaign.yaml
check 'who needs other hops goes along with its group, and why is said' \
    says 'link group sso-1: web-03 (at 6.5.0, which needs 2 hops) is left out of this campaign and goes along with it all the same, unchanged: shut down, snapshotted cold' \
    sh -c '"$1" plan --no-save linked/campaign.yaml | tr -s "\n " "  "' - "$SLIPWAY"
check 'it is named to programs, too' json '[.notes[] | select(.text | test("goes along with it")) | .kind] == ["warning"] and .units[0].companions == ["web-03"]' \
    "$SLIPWAY" plan --json --no-save linked/campaign.yaml
sed -i 's/8.0.2.00200/7.0.3.01400/' linked/fleet.yaml
check 'no upgrade leaves a member two hops behind' \
    refuses 0 'link group sso-1 is left out whole: web-01, web-02 would become 8.0.3.00400 while web-03 (6.5.0) stays more than one upgrade behind' \
    "$SLIPWAY" plan --no-save linked/campaign.yaml
check 'nobody of the group is begun' refuses 0 'all 3 selected appliances are left out' "$SLIPWAY" plan --no-save linked/campaign.yaml
sed -i 's/version: 6.5.0/version: 6.7.0.40000/' linked/fleet.yaml
check 'one hop behind is near enough' json '.units[0].changed == ["web-01", "web-02", "web-03"]' "$SLIPWAY" plan --json --no-save linked/campaign.yaml

# ---- known issues ----
check 'all shipped examples are right' says ' 0 of them wrong' "$SLIPWAY" known-issues test
check 'a message finds its issue' json '.issue.id == "manifest-verification"' \
    "$SLIPWAY" known-issues test --json --message 'Manifest verification failed'
check 'an unknown message says so' refuses 1 'no known issue matches' "$SLIPWAY" known-issues test --message 'all fine'
check 'one issue whole, with what to type' says 'service-control --stop applmgmt' "$SLIPWAY" known-issues show stale-update-state
check 'issues are listed' json '(.issues | length) >= 17' "$SLIPWAY" known-issues list --json
cat > lies.yaml << 'YAML'
known_issues:
  - id: lies
    title: T
    severity: block
    cause: C
    advice: A
    match: {contains: [truth]}
    examples: [a lie]
    recovery: [{use: ssh.fly}]
YAML
check 'a recovery is checked against the plugins' refuses 1 'lies.yaml:9:16: ssh.fly' "$SLIPWAY" known-issues test lies.yaml
sed -i '/recovery/d' lies.yaml
check 'an example that lies is found' refuses 1 'lies.yaml:8:16: lies: this example does not match' "$SLIPWAY" known-issues test lies.yaml

# ---- the inventory, from a table ----
cat > "$work/scenario.yaml" << 'YAML'
settings: {update: 3s}
faults:
  - {appliance: vc-0003, fault: update_fails}
YAML
start_lab "$work/lab" --appliances 4 --speed 20 --scenario "$work/scenario.yaml"
state=$work/state
export SLIPWAY_STATE=$state
printf 'name,host,site,labels.tier\nvc-9,127.0.0.9,"rbx\n' > open.csv
check 'a broken table has its place' refuses 1 'open.csv:2:16: this quote is never closed' "$SLIPWAY" inventory import open.csv
check 'nothing is made by a dry run' says 'nothing was written' "$SLIPWAY" inventory import lab/fleet.yaml --dry-run
check 'not even the state' test ! -e state
"$SLIPWAY" inventory import lab/fleet.yaml > /dev/null
"$SLIPWAY" inventory list --json | jq -r '["name","host","kind","site","version","labels.tier","labels.floor"],
    (.appliances[] | [.name, .host, .kind, (if .name == "vc-0002" then "sbg" else .site end), .version, .labels.tier // "", "5"]) | @csv' > table.csv
printf '"vc-0009","127.80.0.9","linux","rbx","8.0.2.00100","gold",""\r\n' >> table.csv
sed -n '/^managers/,/^appliances/p; ' lab/fleet.yaml | sed 's/^appliances:.*/appliances: []/' > lab/base.yaml
check 'a table is compared before it is taken' says '~ vc-0002: site gra -> sbg; ' \
    "$SLIPWAY" inventory import table.csv --with lab/base.yaml --dry-run
check 'with what is new' grep -q '^+ vc-0009' said
check 'and the counts' grep -qF '5 appliances (1 new, 4 changed, 0 as before)' said
check 'nothing was taken' json '.appliances | length == 4' "$SLIPWAY" inventory list --json
check 'taken, it tells the same' json '.added == 1 and .changed == 4 and (.dry_run | not) and ([.changes[] | select(.change == "added") | .name] == ["vc-0009"])' \
    "$SLIPWAY" inventory import --json table.csv --with lab/base.yaml
check 'access comes from the defaults' json '.appliance.document.ssh.user == "root"' "$SLIPWAY" inventory show --json vc-0009
check 'again it changes nothing' says '(0 new, 0 changed, 5 as before)' "$SLIPWAY" inventory import table.csv --with lab/base.yaml
"$SLIPWAY" inventory import lab/fleet.yaml --prune > said
check 'what goes is named' grep -q '^- vc-0009' said
jq -n '{appliances: [{name: "j-1", host: "127.0.0.1", kind: "vcsa", version: "6.5.0"}]}' | tr -d '\n' > one.json
check 'JSON is taken too' says '1 appliance (1 new' "$SLIPWAY" inventory import one.json
check 'path knows the appliance' says 'j-1 (vcenter): 6.5.0 (6.5 GA)' "$SLIPWAY" path j-1 --to 7.0.3.02200
check 'an appliance of another kind has no product' refuses 1 'no product of the catalogue has appliances of kind' "$SLIPWAY" path vc-0001 --to 8.0u3d
check 'unless it is named' says 'vc-0001 (vcenter)' "$SLIPWAY" path vc-0001 --to 8.0u3d --product vcenter

# ---- what was changed outside ----
"$SLIPWAY" inventory import lab/fleet.yaml --prune > /dev/null
probe() { "$SLIPWAY" inventory probe "$@" --playbook lab/playbooks/lab-patch.yaml; }
probe > /dev/null
echo 8.0.9 > lab/appliances/vc-0002/version
check 'another version than the last one was made outside' json '[.appliances[] | select(.verdict == "outside") | .name] == ["vc-0002"]' \
    probe --json
check 'and is what slipway knows from then on' json '[.appliances[].verdict] | index("outside") == null' probe --json
echo 8.0.2.00100 > lab/appliances/vc-0002/version
check 'with a sentence' says 'it was 8.0.9 when slipway looked last' probe vc-0002

# ---- known issues beside real failures ----
mkdir -p playbooks/known-issues
cat > playbooks/known-issues/ours.yaml << 'YAML'
known_issues:
  - id: lab-update
    title: The lab's update fails
    severity: block
    source: OPS-12
    match: {use: [ssh.*], kind: [linux], matches: ["(exit|rc|status) ?1", "INSTALL_FAILED"]}
    cause: The lab was told so.
    advice: Ask whoever wrote the scenario.
    recovery: [{use: ssh.run, with: {argv: [cat, "/var/log/it's here"]}}]
    examples: ["upgrade: exit 1"]
    counter_examples: ["exit 0"]
YAML
check 'our own issue tests well' says '1 issues, 1 examples, 1 counter-examples, 0 of them wrong' "$SLIPWAY" known-issues test playbooks/known-issues/ours.yaml
"$SLIPWAY" plan lab/campaign.yaml > /dev/null
"$SLIPWAY" run --plain > run.out 2>&1
check 'one target failed' equal "$(sql "select count(*) from target where state in ('failed','rolled_back','parked')")" 1
check 'status shows cause and advice' says 'Do      Ask whoever wrote the scenario.' "$SLIPWAY" status
check 'why shows them with the recovery to type' says "By hand cat '/var/log/it'\\''s here'" "$SLIPWAY" why vc-0003
check 'why --json too' json '.known_issue.id == "lab-update" and (.known_issue.recovery | length == 1)' "$SLIPWAY" why --json vc-0003
check 'report counts targets and time' json '.known_issues | length == 1 and .[0].id == "lab-update" and .[0].targets == 1 and .[0].ended == 1 and .[0].cost_ms > 0' \
    "$SLIPWAY" report --json
check 'report says it to people' says 'Known issues' "$SLIPWAY" report
sed -i 's/kind: \[linux\]/kind: [vcsa]/' playbooks/known-issues/ours.yaml
check 'an issue of another kind is not shown' json '.known_issue == null' "$SLIPWAY" why --json vc-0003
echo 'known_issues: 7' > playbooks/known-issues/ours.yaml
check 'a bad file keeps nothing from being shown' says 'vc-0003' "$SLIPWAY" status
check 'but is told' grep -q 'so none is shown; see: slipway known-issues test' err
finish
