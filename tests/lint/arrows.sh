#!/bin/bash
# arrows.sh - may this folder include that one? The arrows of orchestrator/README.md,
# as a table. Linking allows too much: every folder sees every header.
set -u
cd "${LINT_ROOT:-$(dirname "$0")/../..}" || exit 1
passed=0 failed=0
# However it is written: "#include", "#  include", with quotes or brackets.
INCLUDE='^[[:space:]]*#[[:space:]]*include[[:space:]]*'

# FOLDER may include headers of these folders, besides its own.
allowed() {
    case $1 in
    orchestrator/util | include/slipway) echo slipway ;;
    orchestrator/model) echo slipway util ;;
    orchestrator/expr) echo slipway util ;;
    orchestrator/engine) echo slipway util model ;;
    orchestrator/forecast) echo slipway util model engine ;;
    orchestrator/plan) echo slipway util model ;;
    orchestrator/calendar) echo slipway util model ;;
    orchestrator/playbook) echo slipway util model expr ;;
    orchestrator/catalogue) echo slipway util model playbook ;;
    orchestrator/known) echo slipway util model expr playbook ;;
    orchestrator/store) echo slipway util model engine ;;
    orchestrator/exec) echo slipway util expr ;;
    orchestrator/loop) echo slipway util model engine store exec expr ;;
    orchestrator/report) echo slipway util model engine store ;;
    orchestrator/cli) echo slipway util model engine store exec loop report plan playbook expr calendar forecast catalogue known ;;
    plugins/common | plugins/builtin | plugins/exec) echo slipway util ;;
    plugins/vcsa) echo slipway util common vsphere playbook ;;
    plugins/vcsa_cli) echo slipway util common ssh ;;
    plugins/*) echo slipway util common ;;
    *) echo none ;;
    esac
}

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

found=$(mktemp)
trap 'rm -f "$found"' EXIT

for folder in orchestrator/*/ plugins/*/ include/slipway/; do
    folder=${folder%/}
    own=$(basename "$folder")
    may=" $own $(allowed "$folder") "
    : > "$found"
    for file in "$folder"/*.[ch]; do
        [ -f "$file" ] || continue
        sed -nE "s|$INCLUDE[\"<]([A-Za-z0-9_.-]+)/.*|\1|p" "$file" | while read -r used; do
            [ "$used" = .. ] || [ -d "orchestrator/$used" ] || [ -d "plugins/$used" ] || [ -d "include/$used" ] || continue
            case $may in *" $used "*) ;; *) echo "$file includes $used/" ;; esac
        done
        grep -nE "$INCLUDE([^\"<[:space:]]|[\"<][^\">]*(\.\.|\.c[\">]))" "$file" | sed "s|^|$file:|"
    done | sort -u > "$found"
    check "$folder includes only what it may" "$found"
done

# What is a function stays one; symbols.sh says it again of what is linked.
grep -nE "$INCLUDE"'[<"](time|pthread|unistd|fcntl|poll|sqlite3|curl/.*|libssh2|sys/(socket|stat|epoll|mman))\.h[>"]|\b(time|clock_gettime|getenv|random|rand|fopen|open|printf)\)? *\(' \
    orchestrator/engine/*.[ch] orchestrator/plan/*.[ch] orchestrator/forecast/*.[ch] orchestrator/model/*.[ch] |
    grep -vE '\(void\)(v?sn|f)printf|vasprintf|/\*|\* ' > "$found"
check "engine, plan, forecast and model read no clock, file, environment or network" "$found"

# doctor_machine.c only asks libraries for their versions.
grep -lE "$INCLUDE"'[<"]sqlite3\.h' -r orchestrator plugins |
    grep -vE '^orchestrator/(store/|expr/|cli/doctor_machine\.c)' > "$found"
check "only store and expr speak to SQLite" "$found"

grep -lE "$INCLUDE"'[<"]libssh2' -r orchestrator plugins | grep -v '^plugins/ssh/' > "$found"
grep -lE "$INCLUDE"'[<"](curl/|libxml/)' -r orchestrator plugins |
    grep -vE '^(plugins/common/|orchestrator/main\.c)' >> "$found"
grep -lE "$INCLUDE"'[<"]libfyaml' -r orchestrator plugins |
    grep -vE '^orchestrator/(playbook/|cli/doctor_machine\.c)' >> "$found"
check "each library is wrapped in one folder" "$found"

grep -nE '\b(strcpy|strcat|sprintf|vsprintf|gets|system|popen|atoi|atol|strtok|rand|localtime|alloca)\)?\(' \
    -r orchestrator plugins --include=*.[ch] | grep -vE ':[0-9]+: *(\*|/\*)' > "$found"
check "no function that cannot be used safely" "$found"

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
