# inspect.sh TO TEMPORARY SHA256 MODE
#
# What is there before an upload? One line "slipway-upload ..." :
#   EQUAL          TO has the content already (and has the mode now)
#   TEMP SIZE SHA  a part of an earlier try, ours, can be continued
#   NONE           nothing of use; a foreign temporary file was removed
#   REFUSED why
set -f
LC_ALL=C
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export LC_ALL PATH
to=$1 temporary=$2 sha=$3 mode=$4

reply() {
    printf 'slipway-upload %s\n' "$*"
    exit 0
}

hash_of() {
    set -- $(sha256sum <"$1")
    printf '%s\n' "$1"
}

is_ours() {
    set -- $(ls -ln "$1" 2>/dev/null)
    case ${1:-} in
    -????-??-*) [ "$3" = "$(id -u)" ] ;;
    *) false ;;
    esac
}

command -v sha256sum >/dev/null 2>&1 || reply REFUSED "the appliance has no sha256sum"
above=${to%/*}
[ -d "${above:-/}" ] || reply REFUSED "there is no directory ${above:-/}: create it in a step before"
[ ! -d "$to" ] || reply REFUSED "$to is a directory: name the file in it"
if [ -e "$to" ] && [ ! -f "$to" ]; then
    reply REFUSED "$to is no regular file"
fi
if [ -f "$to" ] && [ "$(hash_of "$to")" = "$sha" ]; then
    [ -z "$mode" ] || chmod "$mode" "$to" || reply REFUSED "the mode of $to cannot be set"
    reply EQUAL
fi
if [ ! -L "$temporary" ] && [ -s "$temporary" ] && is_ours "$temporary"; then
    reply TEMP "$(($(wc -c <"$temporary")))" "$(hash_of "$temporary")"
fi
rm -f "$temporary" 2>/dev/null
if [ -e "$temporary" ] || [ -L "$temporary" ]; then
    reply REFUSED "$temporary is in the way and cannot be removed"
fi
reply NONE
