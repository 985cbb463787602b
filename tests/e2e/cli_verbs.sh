#!/bin/bash
# cli_verbs.sh - an operator before the campaign: init, lint, inventory, plugins,
# doctor, help, completion; and what each says when it is given rubbish.
#
# BLESS=1 writes docs/slipway.1 instead of comparing it.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/e2e/lib.sh
root=$PWD
unset SLIPWAY_STATE SLIPWAY_SHARE
cd "$work" || exit 1

# says TEXT COMMAND...: it succeeds, and says it on stdout
says() {
    text=$1
    shift
    "$@" > "$work/said" 2> "$work/err" && grep -qF -- "$text" "$work/said" ||
        { cat "$work/said" "$work/err" | sed 's/^/# /'; return 1; }
}
# refuses CODE TEXT COMMAND...: it exits so, and says it (on stdout or stderr)
refuses() {
    want=$1 text=$2
    shift 2
    "$@" > "$work/said" 2>&1
    got=$?
    [ "$got" = "$want" ] && grep -qF -- "$text" "$work/said" ||
        { echo "# exit $got"; sed 's/^/# /' "$work/said"; return 1; }
}
# json FILTER COMMAND...: its JSON has a schema version and FILTER is true of it
json() {
    filter=$1
    shift
    "$@" > "$work/said" 2> "$work/err"
    jq -e "(.schema_version == 1) and ($filter)" "$work/said" > /dev/null ||
        { head -c 2000 "$work/said" | sed 's/^/# /'; return 1; }
}

# ---- init ----
check 'init makes a state and a sample' says 'wrote   new/fleet.yaml' "$SLIPWAY" init new
check 'the state is for its owner only' equal "$(stat -c %a new/.slipway)" 700
check 'so is the folder of secrets' equal "$(stat -c %a new/secrets)" 700
echo '# mine' > new/campaign.yaml
check 'without a plan the calendars ask for one only' refuses 1 'make a plan with: slipway plan' env -C new "$SLIPWAY" calendar show
check 'init again keeps what is there' says 'kept    new/campaign.yaml' "$SLIPWAY" init new
check 'and does not touch it' equal "$(cat new/campaign.yaml)" '# mine'
ln -s /nowhere new/.gitignore.link && rm new/campaign.yaml && ln -s "$work/stolen" new/campaign.yaml
check 'a dangling link counts as there' says 'kept    new/campaign.yaml' "$SLIPWAY" init new
check 'and nothing is written through it' test ! -e stolen
rm new/campaign.yaml
"$SLIPWAY" init new > /dev/null
check 'what init writes passes lint' says '3 files, no problems' \
    "$SLIPWAY" lint new/campaign.yaml new/fleet.yaml new/playbooks/linux-patch.yaml
check 'a plan of no file is refused by name' refuses 1 'slipway: nofile.yaml: cannot be read' "$SLIPWAY" plan nofile.yaml
check 'and can be planned' says 'Next' env -C new "$SLIPWAY" plan campaign.yaml
check 'a plan says once what to type' equal "$(env -C new "$SLIPWAY" plan campaign.yaml | grep -c 'slipway run')" 1
check 'a plan elsewhere is named to run' says 'run p.json' env -C new "$SLIPWAY" plan campaign.yaml --out p.json
echo x > file
check 'init refuses a file in its place' refuses 1 'something else has that name' "$SLIPWAY" init file
check 'init takes one folder' refuses 64 'init takes [DIR]' "$SLIPWAY" init a b

# ---- lint ----
head -c 100000000 /dev/zero > huge.yaml
mkfifo pipe.yaml
: > empty.yaml
echo 'other: 1' > other.yaml
check 'lint reads no file of 100 MB' refuses 1 'is larger than 16 MiB' "$SLIPWAY" lint huge.yaml
check 'lint reads no pipe' refuses 1 'is not a regular file' timeout 10 "$SLIPWAY" lint pipe.yaml
check 'lint reads no folder' refuses 1 'is not a regular file' "$SLIPWAY" lint .
check 'lint says that a file is not there' refuses 1 'nope.yaml: cannot be read: No such file' "$SLIPWAY" lint nope.yaml
check 'lint says that a file is empty' refuses 1 'is empty' "$SLIPWAY" lint empty.yaml
check 'lint asks what a file is' refuses 1 'nobody knows what it is' "$SLIPWAY" lint other.yaml
check 'lint needs a file' refuses 64 'lint needs FILE' "$SLIPWAY" lint
rm huge.yaml pipe.yaml
sed 's/site: south/sit: south/; s/web-02/web-01/' new/fleet.yaml > new/bad.yaml
check 'all mistakes at once: the key' refuses 1 'bad.yaml:44:5: unknown key sit (nearest known key: site)' "$SLIPWAY" lint new/bad.yaml
check 'all mistakes at once: the name' grep -q 'web-01 is there already' "$work/said"
printf 'campaign: x\nplaybook: linux-patch\nvars: {target_version: "1", repo: x}\nstrategy: {waves: [{size: rest}]}\n' > alone.yaml
check 'a campaign without fleet is a problem of the campaign' refuses 1 'alone.yaml:1:1: no fleet' "$SLIPWAY" lint alone.yaml
cp new/bad.yaml new/fleet-bad.yaml
check 'what a campaign and a name both show is told once' equal \
    "$("$SLIPWAY" lint alone.yaml --fleet new/bad.yaml new/bad.yaml | grep -c 'unknown key sit')" 1
check 'lint --json' json '.errors == 1 and .files[0].kind == "unknown" and (.problems[0].text | test("empty"))' \
    "$SLIPWAY" lint --json empty.yaml

# ---- plugins ----
check 'plugins are listed' says 'vsphere' "$SLIPWAY" plugins
check 'one plugin is shown whole' says 'ssh.reboot' "$SLIPWAY" plugins ssh
check 'an operation names its plugin' says 'ssh.reboot' "$SLIPWAY" plugins ssh.run
check 'an unknown plugin' refuses 1 'did you mean vsphere?' "$SLIPWAY" plugins vsfere
check 'plugins --json' json '[.plugins[].operations[] | select(.use == "ssh.run") | .options[] | select(.name == "argv" and .type == "list" and .required)] | length == 1' \
    "$SLIPWAY" plugins --json

# ---- inventory, against a lab ----
start_lab "$work/lab" --appliances 6 --speed 20
export SLIPWAY_STATE=$work/state
check 'no state: say how to make one' refuses 1 'make it with: slipway init' "$SLIPWAY" inventory list
check 'import makes the state' says '6 appliances (6 new, 0 changed, 0 as before), 2 managers' "$SLIPWAY" inventory import lab/fleet.yaml
check 'import again changes nothing' says '(0 new, 0 changed, 6 as before)' "$SLIPWAY" inventory import lab/fleet.yaml
check 'a table that is not there' refuses 1 'fleet.csv: cannot be read' "$SLIPWAY" inventory import fleet.csv
check 'a bad fleet imports nothing' refuses 1 'nothing was imported: 2 errors' "$SLIPWAY" inventory import new/bad.yaml
check 'and the inventory is as it was' json '.appliances | length == 6' "$SLIPWAY" inventory list --json
check 'list finds a site' json '[.appliances[].name] == ["vc-0002", "vc-0005"]' "$SLIPWAY" inventory list --json --site gra
check 'list finds a label' json '[.appliances[].name] == ["vc-0001", "vc-0005"]' "$SLIPWAY" inventory list --json --label tier=gold
check 'list finds a name' json '[.appliances[].name] == ["vc-0003"]' "$SLIPWAY" inventory list --json --name '*3'
check 'nobody is like that' says 'no appliance of the inventory is like that' "$SLIPWAY" inventory list --kind vcsa
check 'show knows the way to it' says '/known_hosts' "$SLIPWAY" inventory show vc-0002
check 'secrets are references' says '{"file":"' "$SLIPWAY" inventory show vc-0002
check 'and never values' sh -c '! grep -qF "$(cat lab/secrets/appliances)" said'
check 'show suggests a name' refuses 1 'did you mean vc-0002?' "$SLIPWAY" inventory show vc-002
check 'show --json holds the document' json '.appliance.document.ssh.user == "root"' "$SLIPWAY" inventory show --json vc-0002
check 'a word that is none' refuses 64 'did you mean list' "$SLIPWAY" inventory lst
check 'an option of another word' refuses 64 'inventory list takes no --prune' "$SLIPWAY" inventory list --prune
check 'a label without a name' refuses 64 '--label needs' "$SLIPWAY" inventory list --label =x

check 'probe needs to know how, and says a way that works' refuses 1 'inventory probe --playbook linux-patch' "$SLIPWAY" inventory probe
cp lab/secrets/id_ed25519 id.kept
cp lab/secrets/appliances pw.kept
echo wrong > lab/secrets/appliances
ssh-keygen -q -t ed25519 -N '' -f id.other && cat id.other > lab/secrets/id_ed25519
check 'a refused login is no silence' refuses 4 '1 asked, 1 refused' \
    "$SLIPWAY" inventory probe --campaign lab/campaign.yaml vc-0001
check 'and says why' grep -q '^! vc-0001: ' said
cat id.kept > lab/secrets/id_ed25519
cat pw.kept > lab/secrets/appliances
echo 8.0.9 > lab/appliances/vc-0003/version
echo 'poweroff vc-0004' > lab/control
await grep -qs off lab/outside/vc-0004/power
check 'probe exits 4 when somebody does not answer' refuses 4 '6 asked, 4 same, 1 drift, 1 unreachable' \
    "$SLIPWAY" inventory probe --campaign lab/campaign.yaml
check 'and says why' grep -q '^! vc-0004: ' said
check 'what was read back is remembered' json '.appliance.seen_version == "8.0.9" and .appliance.version == "8.0.2.00100"' \
    "$SLIPWAY" inventory show --json vc-0003
check 'silence is not remembered' json '.appliance.seen_version == null' "$SLIPWAY" inventory show --json vc-0004
check 'probe of one, by a playbook' json '.recorded and (.appliances | length == 1) and .appliances[0].verdict == "drift"' \
    "$SLIPWAY" inventory probe --json --playbook lab/playbooks/lab-patch.yaml vc-0003
check 'probe of nobody' refuses 1 'did you mean' "$SLIPWAY" inventory probe --playbook lab/playbooks/lab-patch.yaml vc-000
check 'probe leaves nothing but logins and logouts' equal "$(jq -r .kind lab/ledger.jsonl | sort -u | tr '\n' ' ')" 'fleet_begin guest_shutdown login login_refused logout '


sed '/name: vc-0006/,$d' lab/fleet.yaml > lab/small.yaml
check 'what is not named is kept' says '1 more of the inventory are not in the file' "$SLIPWAY" inventory import lab/small.yaml
check 'unless pruned' says '1 forgotten' "$SLIPWAY" inventory import lab/small.yaml --prune

# ---- a state that somebody runs ----
"$LAB" help > /dev/null 2>&1
"$SLIPWAY" plan lab/campaign.yaml > /dev/null
"$SLIPWAY" run > run.out 2>&1 &
helpers=$!
has_owner() { "$SLIPWAY" doctor | grep -q '^ok    owner: pid'; }
await has_owner
check 'doctor sees who runs' says "owner: pid $helpers" "$SLIPWAY" doctor
check 'import is refused while it runs' refuses 7 'import again when it has ended' "$SLIPWAY" inventory import lab/fleet.yaml
check 'init is fine while it runs' says 'Next' "$SLIPWAY" init beside
check 'probe says that it recorded nothing' json '.recorded == false and (.not_recorded | test("owned by pid"))' \
    "$SLIPWAY" inventory probe --json --campaign lab/campaign.yaml vc-0001
kill -INT "$helpers"
wait "$helpers"
helpers=
check 'doctor sees a campaign that nobody drives' says 'nobody drives it; go on with: slipway --state' "$SLIPWAY" doctor
check 'doctor verifies the chain' says 'records, head' "$SLIPWAY" doctor

# ---- doctor ----
check 'doctor --json' json '.fail == 0 and ([.findings[] | select(.what == "audit" and .level == "ok")] | length == 1)' \
    "$SLIPWAY" doctor --json
check 'doctor --thorough' says 'integrity check' "$SLIPWAY" doctor --thorough
chmod 644 lab/secrets/appliances
check 'doctor finds an open secret' refuses 1 'lets others at it; run: chmod 600' "$SLIPWAY" doctor
chmod 600 lab/secrets/appliances
chmod 755 state
check 'doctor finds an open state' says 'others can look into' "$SLIPWAY" doctor
chmod 700 state
mv lab/known_hosts lab/hidden
check 'doctor misses the host keys' refuses 1 'known_hosts: No such file' "$SLIPWAY" doctor
mv lab/hidden lab/known_hosts
chmod 666 lab/known_hosts
check 'doctor finds host keys that others can change' says 'known_hosts: others can change or replace it' "$SLIPWAY" doctor
chmod 600 lab/known_hosts
chmod 777 lab/secrets
check 'doctor finds secrets that others can replace' refuses 1 'others could replace it' "$SLIPWAY" doctor
chmod 700 lab/secrets
cp -r state broken
dd if=/dev/urandom of=broken/slipway.db bs=4096 seek=3 count=4 conv=notrunc 2> /dev/null
check 'doctor finds a damaged database' refuses 1 'is damaged' "$SLIPWAY" --state broken doctor
check 'doctor works before there is a state' says 'make it with: slipway init' "$SLIPWAY" --state none doctor
check 'doctor does not take a file for a state' refuses 1 'FAIL' "$SLIPWAY" --state file doctor
check 'doctor fails on a plugin folder that is not there' refuses 1 'FAIL  plugins' "$SLIPWAY" doctor --plugins nowhere

# ---- what docs/json.md promises ----
# described SECTION COMMAND...: each top-level member of its JSON stands in that section
described() {
    section=$1
    shift
    "$@" 2> "$work/err" | head -n 5000 > "$work/said"
    sed -n "/^## .*$section/,/^## /p" "$root/docs/json.md" | tr -c 'a-z_' '\n' | sort -u > words
    jq -s -r '.[0] | keys[]' said | sort -u > keys
    [ -s keys ] && [ -z "$(comm -23 keys words)" ] || { comm -23 keys words | sed 's/^/# /'; return 1; }
}
check 'lint is described' described lint "$SLIPWAY" lint --json new/fleet.yaml
check 'inventory list is described' described inventory "$SLIPWAY" inventory list --json
check 'inventory show is described' described inventory "$SLIPWAY" inventory show --json vc-0001
check 'inventory import is described' described inventory "$SLIPWAY" inventory import --json lab/small.yaml
check 'inventory probe is described' described inventory "$SLIPWAY" inventory probe --json vc-0001
check 'path is described' described path env SLIPWAY_SHARE="$root" "$SLIPWAY" path --json --from 8.0u3 --to 8.0u3d
check 'known-issues is described' described known-issues env SLIPWAY_SHARE="$root" "$SLIPWAY" known-issues list --json
check 'and its test' described known-issues env SLIPWAY_SHARE="$root" "$SLIPWAY" known-issues test --json
check 'plugins is described' described plugins "$SLIPWAY" plugins --json
check 'doctor is described' described doctor "$SLIPWAY" doctor --json
check 'plan is described' described plan "$SLIPWAY" plan --json --no-save lab/campaign.yaml
valid() { # SCHEMA FILE: with all of JSON Schema, where python3-jsonschema is installed
    python3 -c 'import json, sys, jsonschema
jsonschema.validate(json.load(open(sys.argv[2])), json.load(open(sys.argv[1])))' "$1" "$2" 2> "$work/err"
}
if python3 -c 'import jsonschema' 2> /dev/null; then
    "$SLIPWAY" plan --json --no-save lab/campaign.yaml > plan-out.json
    check 'plan --json is valid by its schema' valid "$root/docs/schema/plan.schema.json" plan-out.json
fi
check '--forecast needs a page' refuses 64 'say: slipway forecast' "$SLIPWAY" plan --no-save lab/campaign.yaml --forecast
"$SLIPWAY" plan --no-save lab/campaign.yaml --html page.html --forecast > /dev/null 2>&1
check 'a page has the forecast that was asked for' grep -q '<section id="forecast"' page.html
"$SLIPWAY" plan --no-save lab/campaign.yaml --html page.html > /dev/null 2>&1
check 'and none that was not' sh -c '! grep -q "id=.forecast" page.html'
check 'a narrow terminal cuts no line of a plan' equal \
    "$(COLUMNS=60 "$SLIPWAY" plan --no-save lab/campaign.yaml | awk '{ if (length($0) > 60 && NF > 2) print }' | wc -l)" 0
check 'status is described' described status "$SLIPWAY" status --json
check 'why is described' described status "$SLIPWAY" why --json vc-0001
check 'events is described' described status "$SLIPWAY" events --json
check 'snapshots is described' described status "$SLIPWAY" snapshots --json
check 'audit is described' described status "$SLIPWAY" audit --json verify
check 'report is described' described status "$SLIPWAY" report --json

# ---- help, manual page, completion ----
check 'every verb has help with an example' sh -c '
    for verb in $("$1" help | sed -n "/^Verbs:/,/^$/s/^  \([a-z-]*\) .*/\1/p"); do
        "$1" help "$verb" | sed -n "/^Example:/,\$p" | grep -q "slipway.* $verb\|slipway $verb" || { echo "# $verb"; exit 1; }
    done' - "$SLIPWAY"
check 'help suggests a verb' refuses 64 'did you mean plan' "$SLIPWAY" help pln
check 'an option that is none' refuses 64 'no option --flet, did you mean --fleet; see: slipway lint --help' "$SLIPWAY" lint --flet x
check 'an option before the verb that is none' refuses 64 'no option --sate, did you mean --state' "$SLIPWAY" --sate x lint
check 'an option without its value' refuses 64 '--state needs a value' "$SLIPWAY" lint x --state

if [ -n "${BLESS:-}" ]; then "$SLIPWAY" help --man > "$root/docs/slipway.1"; fi
check 'docs/slipway.1 is what the tables say (BLESS=1 writes it)' sh -c '"$1" help --man | diff - "$2" > diff.out || { head -20 diff.out | sed "s/^/# /"; false; }' - "$SLIPWAY" "$root/docs/slipway.1"
if command -v groff > /dev/null; then
    check 'roff has no complaint' equal "$(groff -man -ww -Tutf8 -z "$root/docs/slipway.1" 2>&1)" ''
fi

# The script of bash, asked as bash would.
mkdir -p bin && ln -s "$SLIPWAY" bin/slipway
cat > complete.bash << 'END'
PATH=$PWD/bin:$PATH
source <(slipway completion bash)
compopt() { :; }
COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
_slipway
echo "${COMPREPLY[*]}"
END
completes() { # WANTED WORDS...
    wanted=$1
    shift
    equal "$(bash complete.bash "$@")" "$wanted"
}
check 'bash completes a verb' completes 'plan plugins' slipway pl
check 'bash completes a word' completes 'show' slipway inventory s
check 'bash completes an appliance' completes 'vc-0001 vc-0002 vc-0003 vc-0004 vc-0005' slipway inventory show vc
check 'bash completes a target' completes 'vc-0001' slipway skip vc-0001
check 'bash completes a file' completes 'lab/fleet.yaml' slipway inventory import lab/fleet.y
check 'bash completes an option' completes '--fleet' slipway lint --fl
check 'bash completes the value of an option' completes 'lab/campaign.yaml' slipway lint --fleet lab/campaign.
check 'bash takes the state of the line' completes '' slipway --state none inventory show vc
check 'bash completes a campaign' completes 'lab-patch' slipway status --campaign la
for shell in zsh fish; do
    "$SLIPWAY" completion $shell > "complete.$shell"
    command -v $shell > /dev/null || continue
    check "the script for $shell is sound" $shell -n "complete.$shell"
done
if command -v fish > /dev/null; then
    check 'fish completes an appliance' equal "$(PATH=$PWD/bin:$PATH fish --no-config -c 'source complete.fish; complete -C "slipway inventory show vc-0002"')" vc-0002
    fish_says() { # WORDS LINE: what it offers, without descriptions
        offered=$(PATH=$PWD/bin:$PATH fish --no-config -c "source complete.fish; complete -C '$2'" | cut -f 1 | tr '\n' ' ')
        equal "${offered% }" "$1"
    }
    check 'fish completes a verb' fish_says inventory 'slipway inven'
    check 'fish completes a verb behind an option with a value' fish_says inventory 'slipway --state .slipway inven'
    check 'fish completes a word' fish_says 'import list probe show' 'slipway inventory '
    check 'fish completes an option' fish_says --fleet 'slipway lint --fl'
    check 'fish completes a file' fish_says lab/campaign.yaml 'slipway lint --fleet lab/camp'
    check 'fish completes a campaign, and offers no files for one' fish_says lab-patch 'slipway status --campaign '
    check 'fish offers nothing for what only people know' fish_says '' 'slipway hold vc-0001 --reason '
fi
check 'completion is for shells' refuses 64 'bash, zsh and fish' "$SLIPWAY" completion tcsh
finish
