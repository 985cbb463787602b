#!/bin/bash
# static.sh - what compilers and analysers find without running anything:
#
#   gcc -fanalyzer   every file, in a build with the flags of a release; that binary is
#                    then looked at (lint/hardening.sh)
#   cppcheck         every file
#   clang-tidy       every file with the checks of .clang-tidy that take no time; the
#                    clang analyser, which takes ten times as long as all others, on what
#                    decides, what remembers and what reads bytes from outside
#
#   tests/static.sh [--all] [PATTERN]
#
# --all: the clang analyser on every file. PATTERN: only files that match, and without gcc.
#
# What they find wrongly stands in static/known.txt, each with its reason; everything else
# makes it fail. A tool that is not here is SKIPPED, where CI is set that is a failure.
set -u
cd "$(dirname "$0")/.." || exit 1
all=0
[ "${1:-}" = --all ] && { all=1; shift; }
pattern=${1:-.}
BUILD=${BUILD:-build-analyze}
JOBS=$(nproc)
passed=0 failed=0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Every byte that another machine or person made comes through one of these.
READERS='orchestrator/(engine|plan|util|store|expr|model)/|orchestrator/playbook/(yaml|csv|table)|orchestrator/calendar/|plugins/common/|plugins/ssh/(blob|hostkey|key|runner|signer|channel)|plugins/vsphere/(soap|fault|task|snapshot_tree)|plugins/vcsa_cli/(parse|marks|plain|staged)|plugins/exec/'

# known TOOL: standard input without what known.txt explains
known() {
    sed -n "s/^$1 | \([^|]*\) | \([^|]*\) | .*/\1\t\2/p" tests/static/known.txt > "$work/known"
    awk -F'\t' -v known="$work/known" '
        BEGIN { while ((getline line < known) > 0) { split(line, part, "\t"); file[++n] = part[1]; words[n] = part[2] } }
        { for (i = 1; i <= n; i++) if (index($0, file[i] ":") && index($0, words[i])) next; print }'
}

# check NAME FILE [HOW MANY]: an empty file is good, else its lines are the reasons
check() {
    if [ -s "$2" ]; then
        failed=$((failed + 1))
        echo "not ok - $1"
        head -60 "$2" | sed 's/^/#   /'
    else
        passed=$((passed + 1))
        echo "ok - $1 ($((SECONDS - since)) s)"
    fi
    since=$SECONDS
}

have() { # TOOL
    command -v "$1" > /dev/null && return 0
    echo "# SKIPPED: no $1 here"
    if [ -n "${CI:-}" ]; then
        echo "$1 is not installed, and CI is set" > "$work/found"
        check "$1 is here" "$work/found"
    fi
    return 1
}

root=$PWD/
since=$SECONDS
{ git ls-files 'orchestrator/*.c' 'plugins/*.c' 2> /dev/null || find orchestrator plugins -name '*.c'; } |
    while read -r file; do [ -f "$file" ] && echo "$file"; done | grep -e "$pattern" > "$work/files"

# ---- gcc ----
mkdir -p "$BUILD"
[ -f "$BUILD/build.ninja" ] ||
    cmake -S . -B "$BUILD" -G Ninja -DSLIPWAY_ANALYZE=ON -DSLIPWAY_WERROR=OFF -DCMAKE_EXPORT_COMPILE_COMMANDS=ON > /dev/null || exit 1
if [ "$pattern" = . ]; then
    # A warning is said when its file is compiled: of files that were not, the last one counts.
    ninja -C "$BUILD" -j "$JOBS" -k 0 slipway > "$work/gcc" 2>&1 || grep -A12 FAILED "$work/gcc" | head -40 > "$work/broken"
    touch "$BUILD/warnings.log"
    grep -oE '(orchestrator|plugins)/[^ ]*\.c\.o' "$work/gcc" | sed 's/o$//; s/\.$/:/' > "$work/compiled"
    { grep -vFf "$work/compiled" "$BUILD/warnings.log"; sed -n "s|^$root||; /: warning: /p" "$work/gcc"; } |
        sort -u > "$work/warnings"
    cp "$work/warnings" "$BUILD/warnings.log"
    known gcc < "$work/warnings" > "$work/found"
    [ ! -f "$work/broken" ] || cat "$work/broken" >> "$work/found"
    check "gcc -fanalyzer on $(wc -l < "$work/files") files" "$work/found"

    if [ -x "$BUILD/slipway" ]; then
        tests/lint/hardening.sh "$BUILD/slipway" > "$work/out"
        grep '^not ok' -A20 "$work/out" > "$work/found"
        check "the binary is hardened: $(grep -c '^ok' "$work/out") properties" "$work/found"
    fi
fi

# ---- cppcheck ----
if have cppcheck; then
    xargs -a "$work/files" cppcheck -q -j "$JOBS" --std=c17 --platform=unix64 -Iinclude -Iorchestrator -Iplugins \
        -D_GNU_SOURCE -DSLIPWAY_VERSION='"1"' -DSLIPWAY_SHARE_DIR='"/"' --enable=warning,portability,performance \
        --include=tests/static/cppcheck.h \
        --inline-suppr --suppressions-list=tests/static/cppcheck.txt --template='{file}:{line}: {severity}: {message} [{id}]' \
        2> "$work/cppcheck" > /dev/null
    known cppcheck < "$work/cppcheck" | grep -E '^[^ ]+:[0-9]+: ' > "$work/found"
    check "cppcheck" "$work/found"
fi

# ---- clang ----
# tidy CHECKS FILES-OF: findings to found
tidy() {
    mkdir -p "$BUILD/tidy"
    # Flags that are gcc's only.
    sed -E 's/ -(fanalyzer|ftrivial-auto-var-init=zero|fstrict-flex-arrays=3)//g' "$BUILD/compile_commands.json" > "$BUILD/tidy/compile_commands.json"
    xargs -a "$2" -P "$JOBS" -n 4 clang-tidy -p "$BUILD/tidy" --quiet --checks="$1" 2> /dev/null |
        sed "s|^$root||" | grep -E '^[^ ]+:[0-9]+:[0-9]+: (warning|error): |^error: ' | sort -u |
        known clang-tidy > "$work/found"
}
if have clang-tidy; then
    tidy '-clang-analyzer-*' "$work/files"
    check "clang-tidy" "$work/found"
    [ "$all" = 1 ] && READERS=.
    grep -E "^($READERS)" "$work/files" > "$work/readers"
    tidy '-*,clang-analyzer-*,-clang-analyzer-security.insecureAPI.*,-clang-analyzer-optin.performance.*,-clang-analyzer-valist.*' "$work/readers"
    check "the clang analyser on $(wc -l < "$work/readers") files" "$work/found"
fi

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
