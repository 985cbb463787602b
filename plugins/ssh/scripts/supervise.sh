# supervise.sh DIR TIMEOUT_S
#
# Run the job in DIR once, in the history of this appliance, and leave a durable
# return code. Started in a session of its own by launch.sh, maybe several times.
#
#   lock     held from before the start until rc is durable: liveness
#   started  "pid boot": written durably before the command runs: at most once
#   child    pid and session of the command, to see it outlive us
#   out err  what it writes: the first MiB, then out.prev and out.tail hold the
#            last one to two
#   rc       return code; 124 when the watchdog ended it
#
# Waiting for the lock matters: a probe holds it for an instant, and a supervisor
# that gave up then would leave a job that nobody ever runs.
umask 077
ulimit -c 0
cd "$1" || exit 1
timeout=$2
[ ! -e started ] || exit 0
exec 9>>lock
tries=0
until flock -n 9; do
    [ ! -e started ] || exit 0
    tries=$((tries + 1))
    [ "$tries" -le 100 ] || exit 75
    sleep 0.1 2>/dev/null || sleep 1
done
[ ! -e started ] || exit 0

# stdin becomes file $1, durably, complete or not at all.
keep() {
    cat >"$1.new" || return 1
    sync "$1.new" 2>/dev/null || sync
    mv -f "$1.new" "$1" || return 1
    sync . 2>/dev/null || sync
}

# stdin becomes $1, bounded: the size limit ends dd, and the next part begins.
collect() {
    to=$1
    while :; do
        (ulimit -f 2048 && exec dd bs=512 of="$to" 2>/dev/null) && break
        if [ ! -s "$to" ]; then
            cat >/dev/null
            break
        fi
        if [ "$to" = "$1" ]; then
            to=$1.tail
        else
            mv -f "$to" "$1.prev"
        fi
    done
    : >"$1.end"
}

printf '%s %s\n' "$$" "$(cat "$SLIPWAY_BOOT_ID_FILE")" | keep started || exit 74

SLIPWAY_JOB_DIR=$1 SLIPWAY_JOB=${1##*/}
export SLIPWAY_JOB_DIR SLIPWAY_JOB
if [ -e secret ]; then
    . ./secret
    rm -f secret
fi
rm -f out.pipe err.pipe
mkfifo out.pipe err.pipe
# Nobody but us may hold the lock. (A function called with 9>&- would: some shells
# keep a copy of what they close for it.)
(exec 9>&- && collect out) <out.pipe &
(exec 9>&- && collect err) <err.pipe &
setsid /bin/sh -c 'echo "$$" >child && exec /bin/sh ./main' \
    </dev/null >out.pipe 2>err.pipe 9>&- &
child=$!
watchdog=
if [ "$timeout" -gt 0 ]; then
    setsid /bin/sh -c '
        sleep "$1"
        : >timedout
        kill -s TERM -- "-$2" "$2"
        sleep 5
        kill -s KILL -- "-$2" "$2"' watchdog "$timeout" "$child" 9>&- &
    watchdog=$!
fi
wait "$child"
rc=$?
[ -z "$watchdog" ] || kill -s KILL -- "-$watchdog" "$watchdog" 2>/dev/null
if [ -e timedout ]; then
    rc=124
    sleep 1
    kill -s KILL -- "-$child" 2>/dev/null
fi

# Let the collectors finish, but not wait for a daemon that keeps a pipe open.
tries=0
until [ -e out.end ] && [ -e err.end ]; do
    tries=$((tries + 1))
    [ "$tries" -le 20 ] || break
    sleep 0.1 2>/dev/null || sleep 1
done
rm -f out.pipe err.pipe
printf '%s\n' "$rc" | keep rc
