# state.sh - a state that cannot be used: owned by somebody else, damaged, from the
# future, or on a full disk. Nothing is issued, nothing is deleted, and it says what
# to do.

# A campaign that was killed in the middle of an update, so that there is something
# to lose.
interrupted() { # NAME APPLIANCE
    fresh_state "$1"
    mark_ledger
    plan "$(only "$1" "name = '$2'" 1s)"
    begin "$2"
    kill -9 "$pid"
    wait "$pid" 2> /dev/null
}

# goes_on "what" APPLIANCE: resume ends well, and its update was done once
goes_on() {
    slipway resume
    check "$1: it goes on" equal "$code $(updates "$2")" "0 1"
}

# ---- a second slipway ----

fresh_state second
mark_ledger
plan "$(only second "name = 'vc-0011'" 60s)"
begin vc-0011
slipway run
check "a second slipway: exit 7" equal "$code" 7
check "a second slipway: who is it" says "$pid"
check "a second slipway: since when" says 'since [0-9-]*[T ][0-9:]*Z'
check "a second slipway: in one line" equal "$(errors)" 1
slipway resume
check "a second slipway, resume: exit 7" equal "$code" 7
slipway status
check "a second slipway may read" equal "$code" 0
kill -9 "$pid"
wait "$pid" 2> /dev/null

# ---- damaged, or from the future ----

# unusable "what" "what it says": the state of `interrupted` cannot be used
unusable() {
    before=$(sha256sum < "$state/slipway.db") ordered=$(effects)
    ls "$state" > "$work/files"
    for verb in resume status "pause --reason x"; do
        # shellcheck disable=SC2086
        slipway $verb
        check "$1, $verb: exit 1" equal "$code" 1
        check "$1, $verb: it says what to do" says "$2"
    done
    check "$1: nothing was ordered" equal "$(effects)" "$ordered"
    check "$1: the database is as it was" equal "$(sha256sum < "$state/slipway.db")" "$before"
    check "$1: no file is gone" equal "$(ls "$state" | comm -23 "$work/files" -)" ""
}

# The database in one file, without its log.
settle() { sqlite3 "$state/slipway.db" 'pragma wal_checkpoint(truncate)' > /dev/null; }

interrupted future vc-0012
settle
version=$(sqlite3 "$state/slipway.db" 'pragma user_version')
sqlite3 "$state/slipway.db" 'pragma user_version = 999'
unusable "schema too new" 'newer slipway'
sqlite3 "$state/slipway.db" "pragma user_version = $version"
goes_on "schema right again" vc-0012

interrupted damaged vc-0013
settle
cp "$state/slipway.db" "$work/undamaged.db"
for at in $(seq 4096 8192 "$(stat -c %s "$state/slipway.db")"); do
    head -c 512 /dev/urandom | dd of="$state/slipway.db" bs=1 seek="$at" conv=notrunc status=none
done
unusable "database damaged" 'damaged\|malformed\|corrupt'
cp "$work/undamaged.db" "$state/slipway.db"
goes_on "database restored from a copy" vc-0013

# ---- a full disk ----

# A disk of 12 MiB in a namespace of its own: no root is needed.
mkdir "$work/small"
unshare -Urm bash -c 'mount -t tmpfs -o size=12m,mode=0755 none "$1" && echo mounted && exec sleep 600' \
    small "$work/small" > "$work/small.out" 2>&1 &
namespace=$!
helpers="$helpers $namespace"
await test -s "$work/small.out"
small() { nsenter -t "$namespace" -U -m --preserve-credentials -- "$@"; }
fill() { small dd if=/dev/zero "of=$work/small/filler$RANDOM" bs=4k status=none 2> /dev/null; }
empty() { small sh -c 'rm "$1"/filler*' empty "$work/small"; }

full_disk() {
    state=$work/small/state
    export SLIPWAY_STATE=$state
    real=$SLIPWAY
    mark_ledger
    SLIPWAY=$work/small-slipway
    printf '#!/bin/sh\nexec nsenter -t %s -U -m --preserve-credentials -- %s "$@"\n' "$namespace" "$real" > "$SLIPWAY"
    chmod +x "$SLIPWAY"

    plan "$(only full "name = 'vc-0014'" 1s)"
    fill
    slipway run
    check "disk full before the run: exit 1" equal "$code" 1
    check "disk full before the run: it says so" says 'no room left on the disk'
    check "disk full before the run: nothing was ordered" equal "$(effects)" 0
    empty
    begin vc-0014
    fill
    wait "$pid"
    check "disk full in the middle: exit 1" equal "$?" 1
    check "disk full in the middle: it says so" grep -q 'no room left on the disk' "$work/run.out"
    fill # the ballast that was kept for the last words, too
    ordered=$(effects)
    slipway resume
    check "disk still full: exit 1, and nothing is ordered" equal "$code $(effects)" "1 $ordered"
    empty
    goes_on "room again" vc-0014
    SLIPWAY=$real
}
if grep -q mounted "$work/small.out"; then full_disk; else echo "SKIPPED bad_input, full disk: no user namespaces here"; fi
