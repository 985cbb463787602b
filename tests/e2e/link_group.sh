#!/bin/bash
# link_group.sh - linked vCenters go as one, with the playbook as it is shipped: shut down,
# snapshotted cold and started together, changed one after another, and put back together.
# Stories: one that is not selected comes along; slipway is killed in every phase of the
# barrier and of the rollback; a member turns sick; replication stays broken.
#
# The oracle is the lab: its ledger gives the order of what the machines went through.
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck disable=SC1091
. tests/e2e/lib.sh
state=$work/state
export ASAN_OPTIONS=${ASAN_OPTIONS:-detect_leaks=1}
export SLIPWAY_STATE=$state
old=8.0.2.00200 new=8.0.3.00400
MEMBERS='vc-0001 vc-0002 vc-0003'

# The playbook as it is shipped, in the time of a lab: hours are seconds.
playbook() { # DIR
    mkdir -p "$1/playbooks"
    sed -E 's/every: [13]0s/every: 300ms/
        s/^snapshot: \{/&settle: 3s, /
        s/expected: .*/expected: 5s/; s/\b2h\b/60s/; s/\b45m\b/40s/; s/\b30m\b/30s/; s/\b(20|15|10)m\b/20s/' \
        playbooks/vcsa-patch.yaml > "$1/playbooks/vcsa-patch.yaml"
}

# Three linked vCenters and one that stands alone; the third is not selected.
begin() { # NAME; the faults come on standard input
    rm -rf "$state"
    {
        echo 'settings: {boot: 2s, shutdown: 2s, update: 4s, stage: 1s, snapshot: 1s, revert: 1s, remove: 300ms, power: 300ms}'
        cat
    } > "$work/$1.yaml"
    playbook "$work/$1"
    start_lab "$work/$1" --kind vcsa --linked 3x1 --appliances 4 --managers 1 --speed 8 --scenario "$work/$1.yaml"
    cat > "$work/$1/campaign.yaml" << YAML
campaign: $1
playbook: vcsa-patch
fleet: fleet.yaml
select: name <> 'vc-0003'
vars: {target_version: $new}
strategy:
  waves: [{name: all, size: rest, soak: 1s}]
  in_flight: 4
  limits: {repo: 4}
  budget: {wave: 1, campaign: 1}
YAML
    "$SLIPWAY" plan "$work/$1/campaign.yaml" > "$work/plan.out" 2>&1 || cat "$work/plan.out"
}

states() { sql 'select group_concat(state) from (select state from target order by name)'; }
versions() { for n in $MEMBERS; do echo "$(cat "$lab_dir/appliances/$n/version")"; done | tr '\n' ' '; }
group_state() { sql 'select state from unit' 2> /dev/null; }
# What the members went through, as lines of "KIND MEMBER POWER".
ledger() { jq -r 'select(.link_group == "sso-01" or (.appliance // "" | IN("vc-0001", "vc-0002", "vc-0003"))) | "\(.kind) \(.appliance) \(.power)"' "$lab_dir/ledger.jsonl"; }
number_of() { ledger | grep -c "^$1 "; } # KIND
first() { ledger | grep -n "^$1 " | head -1 | cut -d: -f1; }
last() { ledger | grep -n "^$1 " | tail -1 | cut -d: -f1; }
# Every A is before every B.
all_before() { [ "$(last "$1")" -lt "$(first "$2")" ]; }
# After each KIND the machine is off.
cold() { [ -z "$(ledger | grep "^$1 " | grep -v ' off$')" ]; }
# Nobody begins while another one's installation runs.
one_at_a_time() {
    ledger | awk '$1 == "job_start" {if (busy) exit 1; busy = 1} $1 == "update" {busy = 0}'
}
# From the last revert on: all are reverted before anybody is started.
reverted_before_started() {
    ledger | awk '$1 == "snapshot_revert" {if (on) exit 1; n++} $1 == "power_on" && n {if (n < 3) exit 1; on = 1} END {exit n != 3 || !on}'
}
judge() { # NAME
    "$LAB" ledger --dir "$lab_dir" --check --finished > "$work/ledger.out"
    check "$1: the ledger has nothing to say" equal "$?" 0
    check "$1: all snapshots were taken cold" cold snapshot_create
    check "$1: one snapshot of each, by name, whatever was killed" equal "$(number_of snapshot_create)" 3
    check "$1: no two were changed at once" one_at_a_time
    check "$1: no intent is left open" equal "$(sql 'select count(*) from intent where settled_ms is null')" 0
}

# Runs until it ends; is killed once in each of these phases of the group.
killed_in() { # PHASE...
    verb=run left=" $* "
    while :; do
        "$SLIPWAY" $verb --trust-clock >> "$work/run.out" 2>&1 &
        helpers=$!
        while kill -0 "$helpers" 2> /dev/null; do
            now=$(group_state)
            case $left in *" ${now:-none} "*) ;; *) sleep 0.05; continue ;; esac
            kill -9 "$helpers" && left=${left/ $now / }
            break
        done
        wait "$helpers" 2> /dev/null
        code=$?
        helpers=
        verb=resume
        [ "$code" = 137 ] || break
    done
    check "it was killed in each of: $*" equal "$left" ' '
}
why() { "$SLIPWAY" why "$1" 2>&1; }
says() { # WHAT MUST BE THERE, from standard input
    text=$(tr '\n' ' ' | tr -s ' ')
    case $text in *"$1"*) ;; *) echo "# not found: $1" >&2; echo "$text" | sed 's/^/# /' >&2; return 1 ;; esac
}

# ---- all is well; one comes along; killed in every phase of the barrier ----
begin together < /dev/null
check 'the plan says who comes along' says 'vc-0003 comes along and is not changed' < "$work/plan.out"
check 'the plan says what the barrier costs' says 'are down together for about' < "$work/plan.out"
killed_in shutting_down snapshotting starting proving changing
check 'the campaign succeeds' equal "$code" 0
check 'the report says when all were down, and that they are in step' says 'in step at all 3 not needed' < <("$SLIPWAY" report)
check 'all members succeeded' equal "$(states)" succeeded,succeeded,succeeded,succeeded
check 'the companion was not changed' equal "$(versions)" "$new $new $old "
judge barrier
check 'all were off before any was snapshotted' all_before guest_shutdown snapshot_create
check 'all were snapshotted before any was started' all_before snapshot_create power_on
check 'all were started before any was changed' all_before power_on job_start
check 'each was changed once' equal "$(number_of job_start)" 2
stop_lab

# ---- one turns sick: all go back, killed in every phase of that ----
begin sick << 'YAML'
faults:
  - {appliance: vc-0002, fault: sick}
YAML
killed_in powering_off reverting restarting restoring
check 'it ends with some failed (4)' equal "$code" 4
check 'all of them are rolled back, and nobody else' equal "$(states)" rolled_back,rolled_back,rolled_back,succeeded
check 'all have the old version' equal "$(versions)" "$old $old $old "
judge rollback
check 'nobody was started before the last one was reverted' reverted_before_started
check 'all were reverted cold' cold snapshot_revert
report_says() { "$SLIPWAY" report --json 2> /dev/null | jq -e "$1" > /dev/null; }
check 'the report says how long all were down, and that they went back together' report_says \
    '.link_groups[0] | .rolled_back_together and (.outages | length == 2 and .[0].snapshots and .[1].rollback and all(.took_ms > 0)) and .planned_ms > 0 and .replication == "in_step"'
check 'and who only went along' report_says '[.link_groups[0].members[] | select(.companion).name] == ["vc-0003"]'
check 'and where the evidence of the sick one lies' report_says '[.evidence[].target] == ["vc-0002"] and .evidence[0].bytes > 0'
"$SLIPWAY" report --html "$work/report.html" > /dev/null 2>&1
check 'so does the page' grep -q 'id="evidence"' "$work/report.html"
check 'replication was looked at after it, at each of them' equal \
    "$(sql "select count(*) from check_result where moment = 'restored' and verdict = 'green' and idx = $(jq '[.playbook.checks[].operation.id] | index("replication-in-step")' "$state/plan.json")")" 3
stop_lab

# ---- replication does not come back: before the change, and after the rollback ----
# The second task of a VM is its start behind the barrier, the fourth that behind its revert.
begin apart << 'YAML'
faults:
  - {appliance: vc-0001, fault: replication_lag, at_effect: 2}
  - {appliance: vc-0002, fault: update_fails}
  - {appliance: vc-0003, fault: replication_lag, at_effect: 4}
YAML
"$SLIPWAY" run --no-wait --trust-clock > "$work/run.out" 2>&1
check 'nothing was changed, and all of them wait' equal "$(states) $(number_of job_start)" 'parked,parked,parked,succeeded 0'
check 'the operator is told why, and that nothing is lost' says 'nothing is changed yet: check replication-in-step is red' < <(why vc-0001)
check 'and what to look at' says 'vdcrepadmin -f showpartnerstatus' < <(why vc-0001)
check 'by hand, the members are reverted before any is powered on' says 'only when all of them are reverted, power them on' < <(why vc-0003)
echo 'repair vc-0001' > "$lab_dir/control"
"$SLIPWAY" retry vc-0003 --reason 'vc-0001 is in step again' > "$work/retry.out" 2>&1
"$SLIPWAY" resume --no-wait --trust-clock >> "$work/run.out" 2>&1
check 'a rollback after which replication is broken is none' equal "$? $(states)" '8 stranded,stranded,stranded,succeeded'
check 'nobody was started before the last one was reverted' reverted_before_started
check 'status says what is wrong' says 'found behind ["vc-0003 from vc-0001","vc-0003 from vc-0002"]' < <("$SLIPWAY" status)
check 'and what to say when it is mended' says 'of link group sso-01 is not as it was before; mend that, then: slipway rollback' < <("$SLIPWAY" status)
check 'the way back stays open' equal "$(sql 'select count(*) from snapshot where removed_ms is null')" 3
echo 'repair vc-0003' > "$lab_dir/control"
"$SLIPWAY" rollback vc-0003 --reason 'it is in step again' > "$work/rollback.out" 2>&1
"$SLIPWAY" resume --no-wait --trust-clock >> "$work/run.out" 2>&1
check 'once more, and all are as before' equal "$(states) $(versions)" \
    "rolled_back,rolled_back,rolled_back,succeeded $old $old $old "
judge 'after two rollbacks'
[ "$failed" -eq 0 ] || tail -40 "$work/run.out"
finish
