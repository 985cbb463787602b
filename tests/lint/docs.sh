#!/bin/bash
# docs.sh - do the pages tell the truth where a program can see it? Links lead to files,
# named verbs and tests exist, and the three files of the README pass lint and plan.
set -u
cd "$(dirname "$0")/../.." || exit 1
BIN=$(cd "${BIN:-build}" && pwd)
passed=0 failed=0
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

pages() { git ls-files '*.md' 2> /dev/null || find . -name '*.md' -not -path './build*'; }

pages | while read -r page; do
    grep -oE '\]\([^)#: ]+(#[^)]*)?\)' "$page" | sed 's/^](//; s/[)#].*//' | while read -r link; do
        [ -e "$(dirname "$page")/$link" ] || echo "$page: $link leads nowhere"
    done
done > "$work/links"
check "links lead to files" "$work/links"

# A verb stands behind "slipway " in `quotations` and at the beginning of lines of code.
"$BIN/slipway" --help | sed -n '/^Verbs:/,/^$/s/^  \([a-z-]*\) .*/\1/p' > "$work/verbs"
for page in $(pages); do
    awk '/^```/ {code = !code; next} code {print}' "$page" | grep -oE '^(\$ |sudo [^;]* )?slipway .*'
    grep -oE '`slipway [^`=]*`' "$page" | tr -d '`'
done | sed 's/.*slipway \(--[a-z-]* [^ ]* \)*//; s/^-.*//; s/[^a-z-].*//' | grep . | sort -u |
    grep -vxFf "$work/verbs" > "$work/unknown"
check "verbs exist" "$work/unknown"

# Stories in italics are functions of the program named last before them: *a gate waits* is
# a_gate_waits.
TEST='(e2e/[a-z0-9_]+|[a-z_]+/test_[a-z0-9_]+)'
file_of() { case $1 in e2e/*) echo "tests/$1.sh" ;; *) echo "tests/unit/$1.c" ;; esac; }
tr '\n' ' ' < docs/reliability.md | sed 's/  */ /g; s/\*\*[^*]*\*\*//g' |
    grep -oE "\`$TEST\`|\*[a-z][a-z ]+[a-z]\*" > "$work/proofs"
sed -n 's/`//gp' "$work/proofs" | sort -u | while read -r test; do
    [ -f "$(file_of "$test")" ] || echo "$test is not there"
done > "$work/tests"
check "tests that prove promises exist" "$work/tests"

file=
while read -r proof; do
    case $proof in
    \`*) file=$(file_of "$(echo "$proof" | tr -d \`)") && continue ;;
    '*not started*') continue ;;
    esac
    story=$(echo "$proof" | tr -d '*' | tr ' ' _)
    grep -qE "\b$story\b" "$file" 2> /dev/null || echo "no story in $file: $proof"
done < "$work/proofs" > "$work/stories"
check "stories that prove promises exist" "$work/stories"

# The YAML blocks of the README; each names its file in its first line.
mkdir -p "$work/own/playbooks" "$work/own/secrets"
awk -v dir="$work/own/" '/^```yaml/ {inside = 1; next} /^```/ {inside = 0; file = ""; next}
    inside && file == "" && /^# [a-z\/]+\.yaml/ {file = dir $2}
    inside && file != "" {print > file}' README.md
ssh-keygen -q -t ed25519 -N '' -f "$work/own/secrets/id_ed25519"
: > "$work/own/known_hosts"
(cd "$work/own" && "$BIN/slipway" lint fleet.yaml playbooks/nginx.yaml campaign.yaml &&
    "$BIN/slipway" plan --no-save campaign.yaml) > "$work/out" 2>&1 || cat "$work/out" > "$work/own.bad"
check "the files of the README can be planned" "$work/own.bad"

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
