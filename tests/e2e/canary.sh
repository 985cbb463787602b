#!/bin/bash
# canary.sh - secrets with a recognisable value go through whole campaigns: good ones, one
# with a refused password, one with a failing job that prints them, one with dead doors.
# Afterwards nothing that slipway wrote, printed or was started with may hold one of them,
# in any encoding.
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck disable=SC1091
. tests/e2e/lib.sh
state=$work/state
said=$work/said
mkdir -p "$said"

# Every character that some format escapes; no two secrets share a part.
SLIPWAY_LAB_PASSWORD='Qanary"7<&>%+/\ '"'"'$x;ü'
export SLIPWAY_LAB_PASSWORD
token='t0ken"of<the>&Campaign/+%\ 42'
command_secret='made-by-a=helper"<&>/+ %zz'
backup_secret='Bk"<&>Password-1/+%'

# keep NAME COMMAND...: run it, keep what it says
keep() {
    name=$1
    shift
    timeout 300 "$@" > "$said/$name.out" 2> "$said/$name.err"
}

# watch: the arguments of slipway and its children, as the machine's users see them
watch_arguments() {
    while :; do
        for process in /proc/[0-9]*; do
            case $(tr '\0' ' ' < "$process/cmdline" 2> /dev/null) in
            *slipway-lab*) ;;
            *slipway*) tr '\0' '\n' < "$process/cmdline" ;;
            esac
        done 2> /dev/null >> "$said/arguments"
        sleep 0.1
    done
}

ask_everything() { # PREFIX
    for verb in status why events report audit snapshots doctor 'inventory list' 'known-issues list' plugins; do
        # shellcheck disable=SC2086
        keep "$1-${verb// /-}" "$SLIPWAY" --state "$state" $verb
        # shellcheck disable=SC2086
        keep "$1-${verb// /-}-json" "$SLIPWAY" --state "$state" $verb --json
    done
    for target in $(sql 'select name from target'); do
        keep "$1-why-$target" "$SLIPWAY" --state "$state" why "$target"
        keep "$1-why-$target-json" "$SLIPWAY" --state "$state" why "$target" --json
    done
    keep "$1-page" "$SLIPWAY" --state "$state" report --html "$said/$1.html" --csv "$said/$1.csv" --md "$said/$1.md"
}

secret_file() { # PATH TEXT
    (umask 077 && printf '%s\n' "$2" > "$1")
}

# ---- jobs that print what they were given ----
cat > "$work/jobs.yaml" << 'YAML'
faults: [{appliance: vc-0003, fault: rejects_login}, {appliance: vc-0004, fault: {drop_reply: {method: CreateSnapshot_Task, times: 1}}}]
YAML
start_lab "$work/jobs" --appliances 4 --managers 1 --speed 10 --scenario "$work/jobs.yaml"
secret_file "$lab_dir/secrets/token" "$token"
secret_file "$work/helper-says" "$command_secret"
printf '#!/bin/sh\ncat %s\n' "$work/helper-says" > "$lab_dir/secrets/helper"
chmod 700 "$lab_dir/secrets/helper"
cat > "$lab_dir/playbooks/tell.sh" << 'SH'
#!/bin/sh
# Prints its secrets as badly written scripts do.
echo "slipway-progress: 10 using $TOKEN"
echo "token is $TOKEN"; printf '%s' "$TOKEN" | base64 -w0; echo
printf '%s' "$HELPED" | od -An -tx1 -w64 | tee /dev/fd/2 | tr -d ' \n'; echo
printf '%s' "$TOKEN" | od -An -v -tx1 -w64 | sed 's/ /%/g'
printf '%s' "$TOKEN" | od -An -v -tx1 -w64 | sed 's/ /\\u00/g'
printf '%s' "$TOKEN" | od -An -v -tu1 -w64 | sed 's/ *\([0-9][0-9]*\)/\&#\1;/g'
echo "cannot log in with '$TOKEN' and $HELPED" >&2
case $HOME in *vc-0002) exit 1 ;; esac
"$HOME/bin/appliance-update" --to "$TARGET"
SH
cat > "$lab_dir/playbooks/tell.yaml" << YAML
playbook: tell
rollback: snapshot
snapshot: {settle: 2s}
version:
  - {id: version-rest, use: rest.request, with: {path: /api/appliance/system/version}, value: "result ->> '$.json.version'", timeout: 20s}
steps:
  - id: tell
    phase: change
    use: ssh.job
    with:
      script: tell.sh
      env: {TARGET: 8.0.3.00400}
      secret_env: {TOKEN: {file: $lab_dir/secrets/token}, HELPED: {cmd: [$lab_dir/secrets/helper]}}
    timeout: 2m
    on_failure: rollback
health:
  - id: version
    use: rest.request
    with: {path: /api/appliance/system/version}
    expect: result ->> '$.json.version' = '8.0.3.00400'
    baseline: ignore
    for: 20s
    every: 500ms
YAML
cat > "$lab_dir/campaign.yaml" << YAML
campaign: tell
playbook: tell
fleet: fleet.yaml
strategy: {waves: [{name: all, size: rest, soak: 1s}], in_flight: 4, budget: {wave: 9, campaign: 9, mode: normal}}
YAML
watch_arguments &
helpers=$!
keep jobs-lint "$SLIPWAY" lint "$lab_dir/campaign.yaml"
keep jobs-plan "$SLIPWAY" --state "$state" plan "$lab_dir/campaign.yaml" --html "$said/jobs-plan.html"
keep jobs-probe "$SLIPWAY" --state "$state" plan "$lab_dir/campaign.yaml" --probe
keep jobs-run "$SLIPWAY" --state "$state" run
check 'the job ran with its secrets' equal "$(sql "select state from target where name = 'vc-0001'")" succeeded
check 'a failing job is put back' equal "$(sql "select state from target where name = 'vc-0002'")" rolled_back
check 'its last words are kept, without the secrets' grep -q "cannot log in with '" "$said/jobs-run.out"
ask_everything jobs
stop_lab

# ---- vCenters: sessions, answers to questions, a backup with its own password ----
cat > "$work/vcsa.yaml" << 'YAML'
settings: {boot: 1s, update: 3s, stage: 500ms, snapshot: 300ms, revert: 300ms, remove: 200ms, power: 200ms}
vcsa: {versions: [7.0.0.10700, 7.0.3.00500], offers: [7.0.3.02200]}
faults: [{appliance: vc-0003, fault: update_fails}, {appliance: vc-0004, fault: escape_text}]
YAML
start_lab "$work/vcsa" --appliances 4 --managers 1 --scenario "$work/vcsa.yaml"
secret_file "$lab_dir/secrets/backup" "$backup_secret"
mkdir -p "$lab_dir/playbooks"
sed 's/every: [13]0s/every: 300ms/' playbooks/vcsa-patch.yaml | awk -v file="$lab_dir/secrets/backup" '
    /^  - id: offered/ {
        print "  - id: save"
        print "    phase: prepare"
        print "    use: vcsa.backup"
        print "    with: {type: SFTP, location: \"sftp://backup.invalid/vc\", user: saver, password: {file: " file "}, encrypt: {file: " file "}, every: 300ms}"
        print "    on_failure: continue"
        print ""
    } { print }' > "$lab_dir/playbooks/vcsa-patch.yaml"
cat > "$lab_dir/campaign.yaml" << YAML
campaign: sessions
playbook: vcsa-patch
fleet: fleet.yaml
vars: {target_version: 7.0.3.02200}
strategy: {waves: [{name: all, size: rest, soak: 1s}], in_flight: 4, limits: {repo: 4}, budget: {wave: 9, campaign: 9, mode: normal}}
YAML
state=$work/state2
keep vcsa-plan "$SLIPWAY" --state "$state" plan "$lab_dir/campaign.yaml"
keep vcsa-run "$SLIPWAY" --state "$state" run --verbose
[ -s "$said/vcsa-run.out" ] || keep vcsa-run "$SLIPWAY" --state "$state" run
check 'a vCenter was patched with its secrets' equal "$(sql "select state from target where name = 'vc-0001'")" succeeded
check 'the backup was asked for' grep -q '"kind":"backup"' "$lab_dir/ledger.jsonl"
check 'a vCenter that fails is put back' equal "$(sql "select state from target where name = 'vc-0003'")" rolled_back
ask_everything vcsa
stop_lab
kill "$helpers" 2> /dev/null

# ---- a wrong password is not repeated in what is said of it ----
start_lab "$work/jobs" --appliances 4 --managers 1 --speed 10
secret_file "$lab_dir/secrets/appliances" "wrong-$SLIPWAY_LAB_PASSWORD"
state=$work/state3
keep wrong-plan "$SLIPWAY" --state "$state" plan "$lab_dir/campaign.yaml"
keep wrong-run "$SLIPWAY" --state "$state" run
check 'a wrong password is told' grep -q 'the login of root was refused' "$said/wrong-run.out"
ask_everything wrong
stop_lab

# ---- nothing of it may be anywhere ----
secret_file "$work/lab-password" "$SLIPWAY_LAB_PASSWORD"
secret_file "$work/backup-password" "$backup_secret"
secret_file "$work/token" "$token"
check 'arguments of processes were seen' test -s "$said/arguments"
check 'the scan finds what is there' sh -c "! python3 tests/e2e/canary/scan.py pw='$work/lab-password' -- '$work/jobs/secrets' > /dev/null"
python3 tests/e2e/canary/scan.py password="$work/lab-password" token="$work/token" helper="$work/helper-says" \
    backup="$work/backup-password" -- "$said" "$work/state" "$work/state2" "$work/state3" > "$work/scan.out"
code=$?
sed 's/^#* */# /' "$work/scan.out"
check 'no secret in state, output, reports or arguments' equal "$code" 0
finish
