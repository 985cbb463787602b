#!/bin/bash
# upgrade.sh - slipway itself is upgraded amid a campaign: whoever runs it is killed, its
# state becomes one that a slipway of schema 4 left behind, and this slipway goes on with
# it. The other way round an older slipway refuses what a newer one wrote, and neither
# state nor appliances notice.
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck disable=SC1091
. tests/e2e/lib.sh
state=$work/state
export SLIPWAY_STATE=$state
TARGETS=8

# What schemas 5 and 6 brought is taken away again (orchestrator/store/schema.c).
to_schema_4() {
    sqlite3 "$state/slipway.db" "
        PRAGMA foreign_keys=OFF;
        BEGIN IMMEDIATE;
        DROP INDEX target_unit;
        ALTER TABLE target DROP COLUMN companion;
        ALTER TABLE target DROP COLUMN unit;
        ALTER TABLE target DROP COLUMN arrived;
        ALTER TABLE target DROP COLUMN off;
        DROP TABLE unit;
        PRAGMA user_version=4;
        COMMIT;
        PRAGMA wal_checkpoint(TRUNCATE);" > /dev/null
}

state_sum() { sqlite3 -readonly "$state/slipway.db" .dump | sha256sum; }
# Nothing is asked of anybody without a login; what is under way ends by itself.
effects() { grep -c '"kind":"login"' "$lab_dir/ledger.jsonl"; }

# refused WHAT TEXT: resume ends with 1 and says TEXT; nothing changes, here or there
refused() {
    before=$(state_sum) effects_before=$(effects)
    "$SLIPWAY" resume > "$work/refused" 2>&1
    code=$?
    check "$1: it is refused" test "$code" -ne 0 -a "$code" -lt 64
    check "$1: the sentence says what to do" grep -q -- "$2" "$work/refused" || sed 's/^/# /' "$work/refused"
    check "$1: the state is as it was" equal "$(state_sum)" "$before"
    check "$1: the appliances heard nothing" equal "$(effects)" "$effects_before"
}

start_lab "$work/lab" --appliances $TARGETS --speed 5
"$SLIPWAY" plan "$lab_dir/campaign.yaml" > "$work/plan.out" 2>&1 || not_ok "plan"
"$SLIPWAY" run > "$work/run.out" 2>&1 &
pid=$!
check "effects are under way" eventually "select count(*) > 0 and (select count(*) from target where state = 'changing') > 0
    from intent where settled_ms is null and class <> 'read'" 1
kill -9 $pid
wait $pid 2> /dev/null
check "the killed one left something in doubt" test "$(sql "select count(*) from intent where settled_ms is null")" -gt 0
newest=$(sql "pragma user_version")

sqlite3 "$state/slipway.db" "PRAGMA user_version=$((newest + 1))" "PRAGMA wal_checkpoint(TRUNCATE)" > /dev/null
refused "a newer schema" "newer slipway"
sqlite3 "$state/slipway.db" "PRAGMA user_version=$newest" "PRAGMA wal_checkpoint(TRUNCATE)" > /dev/null

cp "$state/slipway.db" "$work/kept.db"
sqlite3 "$state/slipway.db" "UPDATE plan SET json =
    CAST(replace(CAST(json AS TEXT), '\"slipway_plan\":', '\"slipway_plan\":9') AS BLOB)" \
    "PRAGMA wal_checkpoint(TRUNCATE)" > /dev/null
refused "a newer plan" "newer slipway"
rm -f "$state/slipway.db-wal" "$state/slipway.db-shm"
cp "$work/kept.db" "$state/slipway.db"

to_schema_4
check "the state is one of schema 4" equal "$(sql "pragma user_version")" 4
"$SLIPWAY" resume > "$work/run.out" 2>&1
code=$?
check "the newer slipway goes on and ends it" equal "$code" 0
check "with today's schema" equal "$(sql "pragma user_version")" "$newest"
check "a copy of the old state is kept" ls "$state"/slipway.db.before-v*
check "all succeeded" equal "$(sql "select count(*) from target where state = 'succeeded'")" $TARGETS
check "nothing was done twice, and nothing is left" "$LAB" ledger --dir "$lab_dir" --check --finished
check "the record is whole" "$SLIPWAY" audit verify
check "no intent is left open" equal "$(sql "select count(*) from intent where settled_ms is null")" 0
[ "$failed" -eq 0 ] || cat "$work/run.out"
finish
