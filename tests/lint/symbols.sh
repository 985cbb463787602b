#!/bin/bash
# symbols.sh - what is a function stays one, as the linker sees it: the objects of the
# engine, the planner and the model call no clock, file, network, thread, environment
# or chance; and only view.c writes to stderr, on its way to abort().
#
#   BIN=build tests/lint/symbols.sh
set -u
cd "$(dirname "$0")/../.." || exit 1
BIN=${BIN:-build}
passed=0 failed=0
forbidden='time|clock_gettime|gettimeofday|nanosleep|sleep|usleep|open|openat|fopen|fdopen|read|write|pread|pwrite|close|socket|connect|send|recv|poll|select|epoll_.*|fork|exec.*|system|popen|pthread_.*|sqlite3_.*|curl_.*|rand|random|srand|getrandom|getenv|secure_getenv|setenv|exit|_exit|signal|sigaction|printf|puts|putchar|perror|localtime.*|setlocale|mmap|stat|unlink|syscall|dlopen|dlsym'
unsafe='strcpy|strcat|stpcpy|sprintf|vsprintf|gets|system|popen|atoi|atol|atof|strtok|rand|srand|localtime|gmtime|ctime|asctime|tmpnam|mktemp|setenv|putenv|alloca'

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

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

# undefined LIBRARY: "object symbol", one a line; fortified names count as the plain ones
undefined() {
    nm -A -u "$1" 2> /dev/null | awk '{split($1, at, ":"); print at[2], $NF}' |
        sed -E 's/@.*//; s/ __([a-z_]+)_chk$/ \1/'
}

for part in engine plan model; do
    library=$BIN/libpart_$part.a
    if [ ! -f "$library" ]; then
        echo "$library is not built" > "$work/found"
        check "part $part is there" "$work/found"
        continue
    fi
    undefined "$library" > "$work/symbols"
    grep -E " ($forbidden)\$" "$work/symbols" > "$work/found"
    check "$part calls nothing that is not a function of its arguments" "$work/found"
    grep -E ' (fprintf|vfprintf|fwrite|fputs|fputc|stderr|stdout|abort)$' "$work/symbols" |
        grep -vE '^(view\.c|emit\.c)\.o ' > "$work/found"
    check "$part writes to no stream" "$work/found"
done

# By whatever name or pointer it was reached in the source.
for library in "$BIN"/libpart_*.a "$BIN"/libplugin_*.a; do
    undefined "$library" | grep -E " ($unsafe)\$" | sed "s|^|$(basename "$library"): |"
done > "$work/found"
check "nothing calls a function that cannot be used safely" "$work/found"

# A table of forbidden names that matches nothing would pass everything.
undefined "$BIN/libpart_store.a" | grep -cE " ($forbidden)\$" | grep -qx 0 &&
    echo "nothing forbidden is found in the store either" > "$work/found" || : > "$work/found"
check "the list of forbidden names finds them where they are" "$work/found"

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
