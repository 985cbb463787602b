#!/bin/bash
# style.sh - the rules of form that a program can see: files that introduce themselves,
# lengths, headers that compile alone, the formatter, no goto, no path of one machine.
#
#   BIN=build tests/lint/style.sh
set -u
cd "$(dirname "$0")/../.." || exit 1
passed=0 failed=0
PRODUCT_LINES=500 TEST_LINES=800 FUNCTION_LINES=80

# Longer: tables of scripted answers; and one that is a few lines over.
long_allowed='^(tests/unit/vsphere/test_scripted|orchestrator/loop/driver)\.c$'

# check NAME FILE: an empty file is good, else its lines are the reasons
check() {
    if [ -s "$2" ]; then
        failed=$((failed + 1))
        echo "not ok - $1"
        sed 's/^/#   /' "$2"
    else
        passed=$((passed + 1))
        echo "ok - $1"
    fi
}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# The sources that git knows, or all of an unpacked archive.
{ git ls-files '*.c' '*.h' 2> /dev/null || find include orchestrator plugins tests -name '*.[ch]'; } |
    grep -E '^(include|orchestrator|plugins|tests)/' | while read -r file; do
    [ -f "$file" ] && echo "$file"
done > "$work/all"
grep -v '^tests/' "$work/all" > "$work/product"
grep '^tests/' "$work/all" > "$work/tests"

while read -r file; do
    head -c 2 "$file" | grep -q '^/\*' || echo "$file opens with no comment"
done < "$work/all" > "$work/found"
check "every file says what it is for" "$work/found"

# Functions open and close in column 0; initialisers of tables are no functions.
xargs -a "$work/all" awk -v most=$FUNCTION_LINES '
    /^\{$/ { from = FNR }
    /^\}$/ { if (from && FNR - from > most) print FILENAME ":" from ": " FNR - from " lines"; from = 0 }
' > "$work/found"
check "no function is longer than $FUNCTION_LINES lines" "$work/found"

{
    xargs -a "$work/product" wc -l | awk -v most=$PRODUCT_LINES '$2 != "total" && $1 > most {print $2 ": " $1}'
    xargs -a "$work/tests" wc -l | awk -v most=$TEST_LINES '$2 != "total" && $1 > most {print $2 ": " $1}'
} | grep -vE "$(echo "$long_allowed" | sed 's/\$$/:/')" > "$work/found"
check "files have at most $PRODUCT_LINES lines, tests $TEST_LINES" "$work/found"

# Each in a compilation of its own, as the first and only include.
flags=$(pkg-config --cflags libssh2 libcurl libxml-2.0 jansson sqlite3 libfyaml libmicrohttpd libssh cmocka 2> /dev/null)
# shellcheck disable=SC2086
grep '\.h$' "$work/all" | grep -v '^tests/plugin-example/' |
    xargs -P "$(nproc)" -I{} sh -c '
        printf "#include \"%s\"\n" "{}" |
            ${CC:-cc} -std=c17 -D_GNU_SOURCE -fsyntax-only -x c -I. -Iinclude -Iorchestrator \
                -Iplugins -Itests/lib -Itests/lab -Itests/sim '"$flags"' - 2>&1 |
            grep -E "error" | head -2 | sed "s|^|{}: |"
    ' > "$work/found"
check "every header compiles alone" "$work/found"

if command -v clang-format > /dev/null; then
    xargs -a "$work/all" -P "$(nproc)" -n 40 clang-format --dry-run 2>&1 |
        grep -E 'warning|error' | cut -d: -f1 | sort -u > "$work/found"
    check "the formatter has nothing to do" "$work/found"
else
    echo "# SKIPPED: no clang-format here"
fi

xargs -a "$work/all" grep -nE '(^|[^_[:alnum:]])goto [a-z_]+;' > "$work/found"
check "no goto" "$work/found"

find tests/e2e -maxdepth 1 -name '*.sh' ! -name lib.sh ! -perm -u+x > "$work/found"
check "stories can be run" "$work/found"

# Tests make their directories with mkdtemp; nothing names a place of one machine.
{
    xargs -a "$work/product" grep -nE '"(/tmp|/work|/home|/root)(/|")' | grep -vE 'TMPDIR'
    xargs -a "$work/tests" grep -nE '"/(work|home)/'
    xargs -a "$work/tests" grep -nE '"/tmp/[^"]*"' | grep -vE 'XXXXXX"|"/tmp/x?"'
} > "$work/found"
check "no path of one machine" "$work/found"

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
