# probe.sh BASE ID FINGERPRINT TAIL_BYTES
#
# What became of a job? Changes nothing. First line:
#   slipway-probe STATE RC BOOT_THEN BOOT_NOW AGE_S
# second line: the last progress that the job told, or nothing; then, when DONE,
# the end of its output (and the end of its errors on stderr).
#
#   ABSENT      no such job
#   UNREADABLE  this user cannot tell
#   MISMATCH    the key belongs to another job
#   CLAIMED     published, never started
#   RUNNING     its supervisor lives, or at least something of its command
#   DONE        RC is final
#   ORPHANED    started, and neither supervisor nor command live
#   REBOOTED    started before the last boot, and has no return code
set -f
LC_ALL=C
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export LC_ALL PATH
dir=$1/$2 fingerprint=$3 tail_bytes=$4
boot=$(cat "${SLIPWAY_BOOT_ID_FILE:-/proc/sys/kernel/random/boot_id}" 2>/dev/null)
rc=- born=- age=0 progress=

text() {
    cat "$dir/$1" "$dir/$1.prev" "$dir/$1.tail" 2>/dev/null | tail -c "$tail_bytes"
}

answer() {
    printf 'slipway-probe %s %s %s %s %s\n%s\n' "$1" "$rc" "$born" "${boot:--}" "$age" "$progress"
    if [ "$1" = DONE ]; then
        text out
        text err >&2
    fi
    exit 0
}

# Does a process of the command's session live? Its leader may be dead, and what
# it called, say rpm, go on.
session_lives() {
    session=
    [ -r "$dir/child" ] && read -r session <"$dir/child" && [ -n "$session" ] || return 1
    set +f
    for process in /proc/[0-9]*/stat; do
        { read -r stat <"$process"; } 2>/dev/null || continue
        set -- ${stat##*) }
        [ "$4" = "$session" ] && [ "$1" != Z ] && return 0
    done
    return 1
}

# Only what can be searched can be said to be absent.
above=$1
while [ ! -d "$above" ]; do
    above=${above%/*}
    above=${above:-/}
done
[ -x "$above" ] || answer UNREADABLE
[ -d "$dir" ] || answer ABSENT
[ -r "$dir/hash" ] && [ -r "$dir/lock" ] && [ -r "$dir/boot" ] || answer UNREADABLE
read -r have <"$dir/hash"
read -r born <"$dir/boot"
[ "${have%% *}" = "$fingerprint" ] || answer MISMATCH
born_at=$(stat -c %Y "$dir/hash" 2>/dev/null) && age=$(($(date +%s) - born_at))
progress=$(text out | sed -n 's/^slipway-progress: //p' | tail -n 1 | cut -c 1-200)

if [ ! -e "$dir/rc" ]; then
    exec 9<"$dir/lock"
    flock -n -s 9 || answer RUNNING
    # The lock is ours: nobody starts now. The rc may have come in between.
    if [ ! -e "$dir/rc" ]; then
        [ -e "$dir/started" ] || answer CLAIMED
        read -r ignored started_boot <"$dir/started"
        [ "$started_boot" = "$boot" ] || answer REBOOTED
        session_lives && answer RUNNING
        answer ORPHANED
    fi
fi
read -r rc <"$dir/rc"
answer DONE
