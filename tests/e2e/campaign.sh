#!/bin/bash
# campaign.sh - a fleet of vCenters, some of them linked, a tenth of them with faults that a
# seed draws, patched with playbooks/vcsa-patch.yaml; a script does what the operator would:
# approves, unpauses with a reason, repairs what is stranded, decides about what is parked.
# Whatever the faults were, the invariants hold (see `judge`). The oracle is the lab.
#
#   tests/e2e/campaign.sh [FIRST_SEED [LAST_SEED]]
#
# SIZE vCenters (30; 300 if LONG is 1), LINKED groups (3x2; nothing: none), FAULTY percent (10),
# SPEED of the lab, SCENARIO (campaign/mix.yaml). KEEP keeps what failed.
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck disable=SC1091
. tests/e2e/lib.sh
export ASAN_OPTIONS=${ASAN_OPTIONS:-detect_leaks=1}
size=30 linked=3x2
[ "${LONG:-0}" = 1 ] && size=300
size=${SIZE:-$size} linked=${LINKED-$linked}
speed=${SPEED:-8}
target=8.0.3.00400 source=8.0.2.00200
ROUNDS=60 # of run and of what the operator does then

# The playbook as it is shipped, in the time of a lab: hours are seconds.
playbook() { # DIR
    mkdir -p "$1/playbooks"
    sed -E 's/every: [13]0s/every: 300ms/
        s/^snapshot: \{/&settle: 3s, /
        s/expected: .*/expected: 5s/; s/\b2h\b/60s/; s/\b45m\b/40s/; s/\b30m\b/30s/; s/\b(20|15|10)m\b/20s/' \
        playbooks/vcsa-patch.yaml > "$1/playbooks/vcsa-patch.yaml"
}

campaign() { # DIR
    cat > "$1/campaign.yaml" << YAML
campaign: seed-$seed
playbook: vcsa-patch
fleet: fleet.yaml
vars: {target_version: $target}
strategy:
  waves:
    - {name: canary, size: 4, cover: [site], soak: 1s}
    - {name: tenth, size: "10%", soak: 1s}
    - {name: rest, size: rest, gate: true, soak: 1s}
  in_flight: $((size / 5 + 4))
  limits: {manager: 16, repo: 20}
  budget: {wave: 1, campaign: 4}
  approval: {required: true}
YAML
}

slip() { "$SLIPWAY" --state "$state" "$@" >> "$run/operator.out" 2>&1; }
names() { # STATE...
    for one in "$@"; do sql "select name from target where state = '$one' order by name"; done
}

# Nobody can go on with a machine that does not start: somebody goes there.
repair() { # NAME
    echo "repair $1" > "$lab_dir/control"
    slip rollback "$1" --reason 'repaired, once more'
}

# ---- what the operator does when slipway stops ----
decide() { # EXIT
    case $1 in
    3) # not paused: what is in doubt uses the budget up, and is looked at first
        slip unpause --reason "seed $seed: looked at $(names failed rolled_back parked | tr '\n' ' ')" || settle
        ;;
    5) slip approve --wave rest --reason 'the tenth was fine' || sleep 0.3 ;;
    6) slip approve --reason "seed $seed" ;;
    8)
        for n in $(names stranded); do repair "$n"; done
        slip unpause --reason "seed $seed: repaired what was stranded"
        ;;
    *) return 1 ;;
    esac
}

# What is parked needs a decision: back to where it was, or, without a way back, left alone.
settle() {
    parked=$(names parked)
    [ -n "$parked" ] || return 1
    for n in $parked; do
        slip why "$n"
        slip rollback "$n" --reason 'parked: back' || slip skip "$n" --reason 'parked: left'
    done
    return 0 # of a link group the first went for all, and the others were refused
}

operate() {
    rounds=0
    while [ $((rounds += 1)) -le "$ROUNDS" ]; do
        timeout 900 "$SLIPWAY" --state "$state" run --no-wait --trust-clock >> "$run/run.out" 2>> "$run/run.err" &
        helpers=$!
        wait "$helpers"
        status=$?
        echo "round $rounds: exit $status" >> "$run/operator.out"
        decide "$status" && continue
        case $status in
        0 | 4) settle || return 0 ;;
        *) return 1 ;;
        esac
    done
    return 1
}

# ---- the judgement ----
version_of() { cat "$lab_dir/appliances/$1/version"; }
faulty() { grep -l '^# fault' "$lab_dir"/outside/*/faults | sed 's|.*/outside/||; s|/faults||'; }
group_of() { sql "select coalesce(link_group, '') from target where name = '$1'" 2> /dev/null; }

# Who has no fault, and is in no group with one, must have succeeded.
left_behind() {
    faulty | sort > "$run/faulty"
    sed -n 's/.*name: \(vc-[0-9]*\).*/\1/p; s/.*link_group: \(.*\)/ \1/p' "$lab_dir/fleet.yaml" |
        awk '/^vc/ {n = $1; g[n] = ""} /^ / {g[n] = $1} END {for (n in g) print n, g[n]}' | sort > "$run/groups"
    awk 'FILENAME == ARGV[1] {bad[$1] = 1; next} bad[$1] {if ($2) sick[$2] = 1} {g[$1] = $2}
        END {for (n in g) if (!bad[n] && !(g[n] in sick)) print n}' "$run/faulty" "$run/groups" | sort > "$run/well"
    names succeeded | sort | comm -23 "$run/well" -
}

# Disk and word agree: succeeded has the new version, everything else the old one.
contradictions() {
    sql "select name, state from target order by name" | while IFS='|' read -r n s; do
        v=$(version_of "$n")
        case $s in
        succeeded) [ "$v" = "$target" ] || echo "$n is $s with $v" ;;
        rolled_back | failed | skipped) [ "$v" = "$source" ] || echo "$n is $s with $v" ;;
        *) echo "$n is $s" ;;
        esac
    done
}

# Left by slipway's own account, or by a backup that is none of our business.
foreign_leftovers() {
    "$SLIPWAY" --state "$state" snapshots --json > "$run/snapshots.json" 2> /dev/null
    for list in "$lab_dir"/outside/*/snapshots; do
        sed 's/^.//' "$list" 2> /dev/null
    done | while read -r ref; do
        [ -n "$ref" ] || continue
        name=$(jq -r .name "$lab_dir/snapshots/$ref.json")
        case $name in VEEAM*) continue ;; esac
        jq -e --arg n "$name" '[.. | strings] | index($n)' "$run/snapshots.json" > /dev/null || echo "$ref $name"
    done
}

requests() { jq "$1" "$lab_dir"/outside/vc-*/requests.json | sort -n; } # JQ: over all vCenters, sorted numbers
spread() { awk '{v[NR] = $1; s += $1} END {printf "median %d, most %d, sum %d", v[int((NR + 1) / 2)], v[NR], s}'; }
LOGINS='(."POST /session" // 0) + (."POST /com/vmware/cis/session" // 0)'
LOOKS='[to_entries[] | select(.key | endswith("sessions left open") | not) | .value] | add // 0'

# The ledger's findings, without those about machines that stay as they are by a decision.
ledger_findings() { "$LAB" ledger --dir "$lab_dir" --check --finished > "$run/ledger.out"; grep VIOLATION "$run/ledger.out" | grep -v 'snapshot slipway/.* is left$'; }

judge() {
    check "seed $seed: the campaign ended" equal "$ended" 0
    ledger_findings > "$run/findings"
    check "seed $seed: the ledger has nothing to say" equal "$(cat "$run/findings")" ''
    check "seed $seed: what slipway says is what is there" equal "$(contradictions)" ''
    check "seed $seed: whoever had no fault succeeded" equal "$(left_behind)" ''
    check "seed $seed: no snapshot is left that slipway does not list" equal "$(foreign_leftovers)" ''
    stop_lab
    check "seed $seed: no session is left open" equal "$(requests '."sessions left open"' | tail -1)" 0
    echo "# seed $seed: $(sql 'select state, count(*) from target group by state' | tr '\n' ' ')in $took s, $rounds rounds, $(wc -l < "$run/faulty") faulty"
    echo "# requests per target: $(requests "$LOOKS" | spread)"
    echo "# logins per target:   $(requests "$LOGINS" | spread)"
    check "seed $seed: a login is for many requests" test "$(requests "$LOGINS" | awk '{s += $1} END {print s}')" -le "$(requests "$LOOKS" | awk '{s += $1} END {print int(s / 6)}')"
    check "seed $seed: no login per look" test "$(requests "$LOGINS" | tail -1)" -le 60
}

for seed in $(seq "${1:-1}" "${2:-${1:-1}}"); do
    run=$work/seed-$seed state=$run/state
    before=$failed
    playbook "$run/lab"
    start_lab "$run/lab" --appliances "$size" --managers 5 --kind vcsa ${linked:+--linked "$linked"} \
        --faulty "${FAULTY:-10}%" --seed "$seed" --speed "$speed" --scenario "${SCENARIO:-tests/e2e/campaign/mix.yaml}"
    campaign "$run/lab"
    slip plan "$run/lab/campaign.yaml" || cat "$run/operator.out"
    begun=$(date +%s)
    operate
    ended=$?
    took=$(($(date +%s) - begun))
    judge
    [ "$failed" = "$before" ] || "$LAB" faults --dir "$lab_dir" | sed 's/^/# /'
    [ -n "${KEEP:-}" ] && [ "$failed" != "$before" ] || rm -rf "$run"
done
finish
