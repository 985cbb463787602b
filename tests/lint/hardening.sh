#!/bin/bash
# hardening.sh - the linked program as the loader sees it: position independent, its tables
# read-only, no stack or segment both writable and executable, library calls with bounds,
# canaries, control-flow marks. Flags that are only written in CMakeLists.txt prove nothing.
#
#   tests/lint/hardening.sh [PROGRAM]    (without: that of build/ or build-analyze/, if any)
set -u
cd "$(dirname "$0")/../.." || exit 1
program=${1:-$(for at in build-analyze build; do [ -x "$at/slipway" ] && echo "$at/slipway" && break; done)}
passed=0 failed=0
if [ -z "$program" ]; then
    echo "# SKIPPED: no release build here; tests/static.sh makes one and asks"
    echo "1 passed, 0 failed"
    exit 0
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
readelf -W -h -l -d -n "$program" > "$work/elf" 2>&1
readelf -W --dyn-syms "$program" > "$work/symbols" 2>&1
objdump -d --no-show-raw-insn "$program" > "$work/code" 2>&1

# has NAME PATTERN [FILE]
has() { if grep -qE "$2" "$work/${3:-elf}"; then ok "$1"; else not_ok "$1"; fi; }
has_not() { if grep -qE "$2" "$work/${3:-elf}"; then not_ok "$1"; else ok "$1"; fi; }
at_least() { if [ "$2" -ge "$3" ]; then ok "$1"; else not_ok "$1: $2 places"; fi; } # NAME HAS WANTED
ok() { passed=$((passed + 1)); echo "ok - $1"; }
not_ok() { failed=$((failed + 1)); echo "not ok - $program: $1"; }

has "it can be loaded anywhere (PIE)" '^ *Type: *DYN '
has "tables of the loader are read-only afterwards (RELRO)" 'GNU_RELRO'
has "everything is bound before it begins (NOW)" 'BIND_NOW|FLAGS.*NOW'
has "the stack is not executable" 'GNU_STACK .* RW +0x'
has_not "no segment is writable and executable" 'LOAD .* RWE '
has_not "no code has to be changed to be loaded" 'TEXTREL'
has_not "no library is looked for in a place of the build (RPATH)" 'R(UN)?PATH'
has "functions with arrays have canaries" '__stack_chk_fail' symbols
has "calls of the C library know their bounds (FORTIFY)" '__(memcpy|snprintf|vsnprintf|read|memmove)_chk' symbols
if [ "$(uname -m)" = x86_64 ]; then
    # The note in the file is there only if the C library's own start files have it too.
    marks=$(grep -cE '\sendbr64' "$work/code")
    at_least "functions that pointers call are marked for the processor (IBT)" "$marks" 1000
    probes=$(grep -cE '\sor[ql] +\$0x0,(0x[0-9a-f]+)?\(%rsp' "$work/code")
    at_least "large frames touch every page of the stack (stack clash)" "$probes" 10
fi
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
