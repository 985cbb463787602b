# launch.sh BASE ID HASH TIMEOUT_S ONE_BOOT MAIN CMD SUPERVISE SECRET
#
# Publish a job and start its supervisor. May be run any number of times, by
# anybody, also at once: the job directory appears complete or not at all, and
# once only; the supervisor makes sure of a single start.
#
# The payload comes on stdin: main, cmd, supervise and secret, of so many bytes.
# HASH is "fingerprint contents". With ONE_BOOT 1 the supervisor is started only
# while the appliance runs on the boot on which the job was published.
#
# Answers one line: slipway-launch OK BOOT_THEN BOOT_NOW | MISMATCH | NOBOOT |
# BUSY | REFUSED why | FAILED why.
set -f
umask 077
LC_ALL=C
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export LC_ALL PATH
base=$1 id=$2 hash=$3 timeout=$4 one_boot=$5
shift 5
dir=$base/$id
boot_file=${SLIPWAY_BOOT_ID_FILE:-/proc/sys/kernel/random/boot_id}

# Read all input first, or the sender might wait for us for ever.
reply() {
    cat >/dev/null
    printf 'slipway-launch %s\n' "$*"
    exit 0
}

fail() {
    rm -rf "$new"
    reply FAILED "$*"
}

flush() {
    sync "$@" 2>/dev/null || sync
}

# A real directory of ours that nobody else can write to.
is_ours() {
    set -- $(ls -ldn "$1" 2>/dev/null)
    case ${1:-} in
    d????-??-*) [ "$3" = "$(id -u)" ] ;;
    *) false ;;
    esac
}

is_world_writable() {
    set -- $(ls -ldn "$1" 2>/dev/null)
    case ${1:-} in
    d???????-*) false ;;
    esac
}

# Bytes $2 to $2 + $3 - 1 of the payload become file $1.
part() {
    if [ "$3" -eq 0 ]; then
        : >"$new/$1"
    else
        tail -c "+$2" "$new/payload" | head -c "$3" >"$new/$1"
    fi
}

build() {
    mkdir "$new" || return 1
    cat >"$new/payload" || return 1
    [ "$(wc -c <"$new/payload")" -eq $(($1 + $2 + $3 + $4)) ] || return 1
    part main 1 "$1" && part cmd $((1 + $1)) "$2" &&
        part supervise $((1 + $1 + $2)) "$3" || return 1
    [ "$4" -eq 0 ] || part secret $((1 + $1 + $2 + $3)) "$4" || return 1
    rm -f "$new/payload"
    printf '%s\n' "$hash" >"$new/hash" && printf '%s\n' "$boot" >"$new/boot" &&
        : >"$new/lock" || return 1
    flush "$new/main" "$new/cmd" "$new/supervise" "$new/hash" "$new/boot" "$new/lock" "$new"
}

# Under the lock of the base directory, so that nothing is ever replaced.
publish() {
    exec 8>>"$base/.lock"
    tries=0
    until flock -n 8; do
        tries=$((tries + 1))
        [ "$tries" -le 100 ] || return 1
        sleep 0.1 2>/dev/null || sleep 1
    done
    if [ -d "$dir" ]; then
        rm -rf "$new"
    else
        mv "$new" "$dir" || fail "cannot create $dir"
        flush "$base"
    fi
    exec 8>&-
}

for tool in flock setsid mkfifo dd head tail wc sync env; do
    command -v "$tool" >/dev/null 2>&1 ||
        reply REFUSED "the appliance has no $tool: jobs need util-linux and coreutils"
done
boot=$(cat "$boot_file" 2>/dev/null)
case $boot in
*[!0-9a-f-]*) reply NOBOOT ;;
????????-????-????-????-????????????) ;;
*) reply NOBOOT ;;
esac
[ -d "$base" ] || mkdir -p "$base" 2>/dev/null
is_ours "$base" ||
    reply REFUSED "$base must be a directory of the login user that nobody else can write to"
is_world_writable "${base%/*}/" &&
    reply REFUSED "the directory above $base must not be writable for everybody"
(: >>"$base/.lock") 2>/dev/null || reply FAILED "cannot write in $base: disk full, read-only?"

new=$base/.new.$id.$$
if [ ! -d "$dir" ]; then
    build "$@" 2>/dev/null || fail "cannot write the job in $base: disk full, or cut short"
    publish || { rm -rf "$new"; reply BUSY; }
fi
have=
read -r have <"$dir/hash" 2>/dev/null
[ "$have" = "$hash" ] || reply MISMATCH
read -r born <"$dir/boot"
if [ ! -e "$dir/started" ] && { [ "$one_boot" = 0 ] || [ "$born" = "$boot" ]; }; then
    cd /
    env -i PATH="$PATH" LC_ALL=C HOME="${HOME:-/}" USER="${USER:-}" LOGNAME="${LOGNAME:-}" \
        SLIPWAY_BOOT_ID_FILE="$boot_file" SLIPWAY_GUEST_ROOT="${SLIPWAY_GUEST_ROOT:-}" \
        setsid /bin/sh "$dir/supervise" "$dir" "$timeout" </dev/null >/dev/null 2>&1 &
fi
reply OK "$born" "$boot"
