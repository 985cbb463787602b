#!/bin/bash
# few_files.sh - slipway with too few file descriptors. Where the limit itself is too low it
# begins nothing and says what to raise. Where others hold nearly all of them, it says so or
# waits; no appliance is blamed for it, nothing is done twice, and with enough of them it ends.
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck disable=SC1091
. tests/e2e/lib.sh
LIMIT=160 # more than slipway asks for at least
state=$work/state

slipway() { "$SLIPWAY" --state "$state" "$@"; }

# holding COUNT COMMAND...: with that many descriptors open already, of LIMIT
holding() {
    python3 -c 'import os, resource, sys
limit, count, *command = sys.argv[1:]
resource.setrlimit(resource.RLIMIT_NOFILE, (int(limit), int(limit)))
null = os.open("/dev/null", os.O_RDONLY)
while os.dup(null) < int(count) - 1: pass
for fd in range(3, int(count)): os.set_inheritable(fd, True)
os.execvp(command[0], command)' "$LIMIT" "$@"
}

start_lab "$work/lab" --appliances 8 --managers 1 --speed 10
sed -i 's/budget: {wave: 1, campaign: 1, mode: normal}/budget: {wave: 50, campaign: 50, mode: normal}/;
    s/budget: [01]}/budget: 50}/' "$lab_dir/campaign.yaml"
slipway plan "$lab_dir/campaign.yaml" > "$work/plan.out" 2>&1 || cat "$work/plan.out"

for limit in 8 10 12 14 20 60; do
    (ulimit -n "$limit" && exec timeout 60 "$SLIPWAY" --state "$state" run) > "$work/out" 2>&1
    code=$?
    check "at most $limit: refused (1)" equal "$code" 1
    check "at most $limit: it says why" grep -Eq 'file descriptors are allowed|Too many open files|unable to open' "$work/out"
done
check "and nobody was begun" equal "$(sql "select count(*) from target where state <> 'pending'")" 0

verb=run
for spare in 12 18 24; do
    holding $((LIMIT - spare)) timeout 12 "$SLIPWAY" --state "$state" $verb > "$work/out" 2>&1
    [ "$(sql 'select count(*) from campaign')" = 0 ] || verb=resume
    for name in $(sql "select name from target where state <> 'pending'"); do slipway why "$name"; done >> "$work/why"
    echo "# $spare left: $(sql "select group_concat(n || ' ' || state, ', ') from
        (select count(*) n, state from target group by state)")"
    check "$spare left: no appliance is blamed" equal \
        "$(sql "select name || ': ' || reason from target where state in ('failed', 'parked', 'rolled_back', 'stranded')")" ""
done
check "why says what is missing" grep -Eq 'descriptor is left for slipway|descriptor$|Too many open files' "$work/why"
timeout 300 "$SLIPWAY" --state "$state" $verb > "$work/run.out" 2>&1
code=$?
check "with enough of them it ends" equal "$code $(sql "select group_concat(n || ' ' || state) from (select count(*) n, state from target group by state)")" "0 8 succeeded"
"$LAB" ledger --dir "$lab_dir" --check > "$work/ledger.out" 2>&1
check "nothing was done twice" equal "$?" 0
check "no intent is lost" equal "$(sql "select count(*) from intent where settled_ms is null")" 0
[ "$failed" -eq 0 ] || tail -n 40 "$work/out" "$work/why" "$work/run.out" "$work/ledger.out"
finish
