#!/bin/bash
# failures_field.sh - the failures of the catalogue that hide until somebody asks, or come back
# after a rollback: registrations with an old certificate, a vpxd that Single Sign-On does not
# know, a repository whose certificate is not trusted, a signing certificate that ends unseen and
# shows at the restart, a host that is lost by the revert, a member that was reverted alone.
# Each is named with its cause, and with what to do.
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck disable=SC1091
. tests/e2e/lib.sh
SLIPWAY_SHARE=$PWD
export SLIPWAY_SHARE ASAN_OPTIONS=${ASAN_OPTIONS:-detect_leaks=1}
state=$work/state
more= # what else is changed in a playbook

campaign() { # DIR PLAYBOOK TARGET SELECT
    mkdir -p "$1/playbooks"
    sed -E 's/every: (10|30)s/every: 300ms/; s/old_within: .*/old_within: 15s/; s/services_within: .*/services_within: 3s/
        s/for: (45|30|15|10)m/for: 6s/; s/boot_timeout: .*/boot_timeout: 12s/
        '"$more" "playbooks/$2.yaml" > "$1/playbooks/$2.yaml"
    cat > "$1/campaign.yaml" << YAML
campaign: $(basename "$1")-$2
playbook: $2
fleet: fleet.yaml
select: ${4:-"1"}
vars: {target_version: $3}
strategy:
  waves: [{name: all, size: rest, soak: 1s}]
  in_flight: 20
  limits: {repo: 20}
  budget: {wave: 20, campaign: 20}
YAML
    "$SLIPWAY" --state "$state" plan "$1/campaign.yaml" > "$work/plan.out" 2>&1 || cat "$work/plan.out"
    timeout 200 "$SLIPWAY" --state "$state" run > "$work/run.out" 2> "$work/run.err"
}
state_of() { sql "select state from target where name = '$1'"; }
issue_of() { "$SLIPWAY" --state "$state" why "$1" --json | jq -r '.known_issue.id // "none"'; }
why() { "$SLIPWAY" --state "$state" why "$1" | tr -s '\n ' '  '; }
told() { # NAME STATE ISSUE
    check "$1 is $2, and why names $3" equal "$(state_of "$1") $(issue_of "$1")" "$2 $3"
}
warned() { # NAME STEP
    check "$1 was warned by $2" grep -qE "$1 .*(step|check) $2 .*(found|expected)" <("$SLIPWAY" --state "$state" events 2> /dev/null)
}

# ---- by REST ----
cat > "$work/rest.yaml" << YAML
settings: {boot: 1s, update: 4s, stage: 500ms, snapshot: 300ms, revert: 300ms, remove: 200ms, power: 200ms}
vcsa: {versions: [6.7.0.40000], offers: [6.7.0.43000]}
faults:
  - {appliance: vc-0001, fault: old_thumbprint}
  - {appliance: vc-0001, fault: cdrom}
  - {appliance: vc-0002, fault: repo_untrusted}
  - {appliance: vc-0003, fault: sts_expired}
  - {appliance: vc-0004, fault: sso_lost}
  - {appliance: vc-0005, fault: update_lies}
  - {appliance: vc-0005, fault: host_lost_revert}
YAML
start_lab "$work/rest" --kind vcsa --appliances 5 --managers 1 --scenario "$work/rest.yaml"
campaign "$work/rest" vcsa-patch 6.7.0.43000
told vc-0002 failed repository-untrusted
told vc-0003 stranded services-down-after-revert
check "and its installation tells what ended" grep -q "vmware-stsd is not running though.*STS signing certificate" <(why vc-0003)
check 'that no revert mends it is said at once' grep -q 'no revert mends that' <(why vc-0003)
told vc-0004 failed registration-missing
told vc-0005 rolled_back none
check 'an old certificate is told, and stops no patch' equal "$(state_of vc-0001)" succeeded
warned vc-0001 registrations-trusted
warned vc-0001 extensions-trusted
warned vc-0001 cd-rom
warned vc-0001 interop-known
check 'and which solution nobody knows' grep -q 'interop-known.*com.lab.backup 12.1' <("$SLIPWAY" --state "$state" events 2> /dev/null)
warned vc-0005 hosts-back
check 'which host the revert lost is named' grep -q 'vc-0005.*esx-3.lab' <("$SLIPWAY" --state "$state" events 2> /dev/null)
"$LAB" ledger --dir "$lab_dir" --check > "$work/ledger.out" || cat "$work/ledger.out"
check 'the ledger has nothing to say' grep -q '^OK' "$work/ledger.out"
stop_lab
rm -rf "$state"

# ---- before an upgrade to another line the same registrations stop it; linked vCenters ----
cat > "$work/check.yaml" << YAML
vcsa: {versions: [8.0.2.00200], offers: [8.0.3.00400], link_groups: {size: 3, count: 1}}
faults:
  - {appliance: vc-0002, fault: reverted_alone}
  - {appliance: vc-0004, fault: old_thumbprint}
  - {appliance: vc-0005, fault: repo_untrusted}
  - {appliance: vc-0005, fault: old_nsx}
  - {appliance: vc-0001, fault: no_tools}
YAML
start_lab "$work/check" --kind vcsa --appliances 5 --managers 1 --scenario "$work/check.yaml"
check 'who was reverted alone breaks the others' await grep -q replication_broken "$lab_dir/ledger.jsonl"
campaign "$work/check" fleet-check 8.0.3.00400
"$SLIPWAY" --state "$state" readiness --json > "$work/ready.json"
"$SLIPWAY" --state "$state" readiness > "$work/ready.txt"
finding() { # NAME STEP: what was said
    jq -r --arg n "$1" --arg s "$2" '.targets[] | select(.name == $n) | .findings[] | select(.step == $s) | tostring' "$work/ready.json"
}
for n in 1 2 3; do
    check "vc-000$n is not ready: replication is broken with vc-0002" grep -q 'found broken.*vc-0002' <(finding "vc-000$n" replication-whole)
done
check 'and nobody is told to wait' grep -q 'Change none of them' <(finding vc-0001 replication-whole)
check 'an old certificate is a warning of the night' grep -q 'lsdoctor.*vcenterserver at https://127.80.0.4:443/sdk' <(finding vc-0004 registrations-trusted)
check 'and of the extension that the vCenter serves' grep -q 'com.vmware.vim.sms' <(finding vc-0004 extensions-trusted)
check 'VMware Tools that do not run are told' grep -q 'guestToolsNotRunning' <(finding vc-0001 tools-run)
check 'a repository that is not trusted blocks' grep -q 'CERTIFICATE_VERIFY_FAILED' <(finding vc-0005 repository)
rm -rf "$state"
campaign "$work/check" vcsa-patch 8.0.3.00400 "link_group = 'sso-01' OR name = 'vc-0005'"
for n in 1 2 3; do told "vc-000$n" failed link-group-reverted-alone; done
warned vc-0005 interop
check 'and what an NSX that is too old must become' grep -q 'NSX-T 3.1.3 .*wants at least 3.2.2' <("$SLIPWAY" --state "$state" events 2> /dev/null)
check 'and no member was changed' equal "$(jq -s '[.[] | select(.kind == "snapshot_create" or .kind == "job_start")] | length' "$lab_dir/ledger.jsonl")" 0
stop_lab
rm -rf "$state"

# ---- over SSH: a 6.0 whose upgrade from 5.5 was resumed, and a repository ----
cat > "$work/old.yaml" << YAML
settings: {boot: 1s, update: 3s, stage: 500ms}
vcsa: {versions: [6.0.0.30100], offers: [6.0.0.30200]}
faults:
  - {appliance: vc-0001, fault: sso_lost}
  - {appliance: vc-0002, fault: repo_untrusted}
  - {appliance: vc-0003, fault: old_thumbprint}
YAML
start_lab "$work/old" --kind vcsa --appliances 3 --managers 1 --scenario "$work/old.yaml"
more='/id: stage$/,/with:/s|every: 300ms|every: 300ms, from: url, url: "https://repo.lab/vc"|'
campaign "$work/old" vcsa-patch-cli 6.0.0.30200
told vc-0001 failed sso-registration-lost
check 'no password was tried at a vpxd that takes nobody' equal \
    "$(jq -s '[.[] | select(.kind == "login_refused" and .appliance == "vc-0001")] | length' "$lab_dir/ledger.jsonl")" 0
told vc-0002 failed staged-before-failed
check 'the line of software-packages that tells why is told' grep -q 'stage: .*CERTIFICATE_VERIFY_FAILED' <(why vc-0002)
warned vc-0003 registrations-trusted
check 'an old certificate stops no patch here either' equal "$(state_of vc-0003)" succeeded
"$LAB" ledger --dir "$lab_dir" --check --finished > "$work/ledger.out" || cat "$work/ledger.out"
check 'the ledger of the old ones has nothing to say' grep -q '^OK' "$work/ledger.out"
finish
