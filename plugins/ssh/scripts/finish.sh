# finish.sh TO TEMPORARY SHA256 MODE
#
# Put a complete upload in its place, durably, if its content is right. One line
# "slipway-upload OK | BAD SHA | FAILED why". TO is replaced by one rename.
set -f
LC_ALL=C
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export LC_ALL PATH
to=$1 temporary=$2 sha=$3 mode=$4

reply() {
    printf 'slipway-upload %s\n' "$*"
    exit 0
}

flush() {
    sync "$1" 2>/dev/null || sync
}

set -- $(sha256sum <"$temporary" 2>/dev/null)
if [ "${1:-}" != "$sha" ]; then
    rm -f "$temporary"
    reply BAD "${1:-none}"
fi
chmod "$mode" "$temporary" || reply FAILED "the mode cannot be set"
flush "$temporary"
# Where mv knows no -T it would move into a directory of that name.
if ! mv -fT "$temporary" "$to" 2>/dev/null; then
    [ ! -d "$to" ] || reply FAILED "$to became a directory"
    mv -f "$temporary" "$to" 2>/dev/null || reply FAILED "$to cannot be replaced"
fi
above=${to%/*}
flush "${above:-/}"
reply OK
