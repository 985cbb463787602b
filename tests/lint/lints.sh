#!/bin/bash
# lints.sh - do the lints find what they forbid? A tree of one clean file for each folder,
# and then one bad file at a time in it: arrows.sh, symbols.sh or hardening.sh must fail and
# name what is wrong, also when it is written so that a careless pattern misses it.
set -u
cd "$(dirname "$0")/../.." || exit 1
root=$PWD
passed=0 failed=0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

ok() { passed=$((passed + 1)); echo "ok - $1"; }
not_ok() {
    failed=$((failed + 1))
    echo "not ok - $1"
    sed 's/^/#   /' "$work/out"
}

tree() {
    rm -rf "$work/tree"
    for folder in orchestrator/*/ plugins/*/ include/slipway/; do
        mkdir -p "$work/tree/$folder"
        echo '/* good.h - nothing. */' > "$work/tree/$folder/good.h"
    done
    echo '#include <sqlite3.h>' > "$work/tree/orchestrator/store/good.h"
}

# bad FILE LINE "what the lint says"
bad() {
    tree
    printf '%s\n' "$2" > "$work/tree/$1"
    if LINT_ROOT=$work/tree "$root/tests/lint/arrows.sh" > "$work/out" 2>&1; then
        not_ok "arrows.sh lets pass in $1: $2"
    elif grep -A3 '^not ok' "$work/out" | grep -qF "$3"; then
        ok "arrows.sh: $2"
    else
        not_ok "arrows.sh fails, but not because of $1: $2"
    fi
}

tree
LINT_ROOT=$work/tree tests/lint/arrows.sh > "$work/out" 2>&1 && ok "a clean tree is clean" || not_ok "a clean tree is clean"

bad orchestrator/engine/bad.c '#include "store/store.h"' 'includes store/'
bad orchestrator/engine/bad.c '  #  include "store/store.h"' 'includes store/'
bad orchestrator/engine/bad.c '#include <store/store.h>' 'includes store/'
bad orchestrator/engine/bad.c '#include "../store/store.h"' 'bad.c includes ../'
bad orchestrator/plan/bad.h '#include "plan/../store/store.h"' 'bad.h'
bad orchestrator/plan/bad.c '#define WHERE "store/store.h"
#include WHERE' 'bad.c'
bad orchestrator/plan/bad.c '#include "planner.c"' 'bad.c'
bad plugins/ssh/bad.c '#include "vsphere/soap.h"' 'includes vsphere/'
bad plugins/common/bad.c '#include "exec/exec.h"' 'includes exec/'
bad orchestrator/plan/bad.c '#include "sqlite3.h"' 'bad.c'
bad orchestrator/cli/bad.c '# include <sqlite3.h>' 'cli/bad.c'
bad plugins/rest/bad.c '#  include <curl/curl.h>' 'rest/bad.c'
bad plugins/rest/bad.c '#include "libssh2.h"' 'rest/bad.c'
bad orchestrator/engine/bad.c 'int64_t now(void) { return time(NULL); }' 'bad.c'
bad orchestrator/model/bad.c 'const char *zone(void) { return (getenv)("TZ"); }' 'bad.c'
bad plugins/exec/bad.c 'void f(char *a, char *b) { strcpy(a, b); }' 'exec/bad.c'
bad plugins/exec/bad.c 'void f(char *a, char *b) { (strcpy)(a, b); }' 'exec/bad.c'

# linked PART "SOURCE" "what symbols.sh says"
linked() {
    rm -rf "$work/build"
    mkdir -p "$work/build"
    echo 'int good(void) { return 1; }' > "$work/good.c"
    echo 'int sqlite3_open(const char *, void **); int time(void *);
        int in_store(void) { return sqlite3_open("", 0) + time(0); }' > "$work/store.c"
    printf '%s\n' "$2" > "$work/bad.c"
    for part in engine plan model store; do
        source=$work/good.c
        [ "$part" = store ] && source=$work/store.c
        [ "$part" = "$1" ] && source=$work/bad.c
        ${CC:-cc} -w -O0 -fno-builtin -c "$source" -o "$work/$part.c.o" && ar rc "$work/build/libpart_$part.a" "$work/$part.c.o"
    done
    BIN=$work/build tests/lint/symbols.sh > "$work/out" 2>&1
    code=$?
    if [ -z "$3" ]; then
        [ "$code" -eq 0 ] && ok "symbols.sh: what is clean" || not_ok "symbols.sh: what is clean"
    elif [ "$code" -ne 0 ] && grep -A3 '^not ok' "$work/out" | grep -qE " $3\$"; then
        ok "symbols.sh: $3 in $1"
    else
        not_ok "symbols.sh lets pass in $1: $2"
    fi
}

linked none '' ''
linked engine 'long time(long *); long (*clock_of_mine)(long *) = time;' time
linked engine '#define NOW ti##me
long time(long *); long f(void) { return time (0); }' time
linked plan 'long syscall(long, ...); long f(void) { return syscall(201, 0); }' syscall
linked plan 'void *dlsym(void *, const char *); void *f(void) { return dlsym(0, "time"); }' dlsym
linked model 'int getrandom(void *, long, int); int f(void) { int x; getrandom(&x, 4, 0); return x; }' getrandom
linked store 'char *strcpy(char *, const char *); void *copy = strcpy;' strcpy
linked model 'char *__strcpy_chk(char *, const char *, long); void f(char *a) { __strcpy_chk(a, a, 8); }' strcpy

# soft "WHAT" FLAGS...: hardening.sh says so of a program that was built with them
soft() {
    what=$1
    shift
    echo 'int main(void) { return 0; }' | ${CC:-cc} -x c - -O2 "$@" -o "$work/soft" 2> /dev/null
    if tests/lint/hardening.sh "$work/soft" > "$work/out" 2>&1 || ! grep '^not ok' "$work/out" | grep -q "$what"; then
        not_ok "hardening.sh lets pass: $*"
    else
        ok "hardening.sh: $*"
    fi
}

soft PIE -no-pie
soft NOW -Wl,-z,lazy
soft RELRO -Wl,-z,norelro
soft stack -z execstack
soft RPATH -Wl,-rpath,/opt/lib
soft canaries -fno-stack-protector
soft FORTIFY -U_FORTIFY_SOURCE

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
