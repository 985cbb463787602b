#!/bin/bash
# report_page.sh - the report as one page: of a plan with calendars, before anything is
# changed, and of the same fleet after it ran; then in a real browser, if there is one.
#
# SHOTS=DIR keeps the pictures that the browser made, to be looked at.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/e2e/lib.sh
unset SLIPWAY_STATE SLIPWAY_SHARE
pages=$work/pages
mkdir -p "$pages"

has() { grep -qF -- "$2" "$1" || { echo "# $1 does not say: $2"; return 1; }; }
lacks() { ! grep -qE -- "$2" "$1" || { echo "# $1 says: $(grep -oE -- "$2" "$1" | head -1)"; return 1; }; }
at_most() { [ "$(wc -c < "$1")" -le "$2" ] || { echo "# $1 has $(wc -c < "$1") bytes"; return 1; }; }

# ---- a plan of 850 with forty calendars ----
"$SLIPWAY" init "$work/big" > "$work/out" || exit 1
cd "$work/big" || exit 1
sed -n '/^appliances:/q; p' fleet.yaml | grep -vE '^(zone|windows|freezes):' > head.yaml
{
    cat head.yaml
    echo 'zone: Europe/Paris'
    echo 'windows:'
    days=(Mon Tue Wed Thu Fri Sat Sun)
    for c in $(seq 40); do
        echo "  - {customer: c$c, calendar: \"${days[c % 7]} 22:00 +6h Europe/Paris\"}"
    done
    echo 'appliances:'
    for i in $(seq 850); do
        sites=(rbx gra sbg)
        echo "  - {name: vm-$i, host: 127.9.$((i / 250)).$((i % 250 + 1)), kind: linux, site: ${sites[i % 3]}, version: \"1.0\", labels: {customer: c$((i % 40 + 1))}, vm: {manager: $(sed -n 's/^ *- name: //p' head.yaml | head -1), name: vm-$i}}"
    done
} > fleet.yaml
cat > campaign.yaml << 'YAML'
campaign: big
playbook: linux-patch
vars: {target_version: "1.1", repo: "https://svc:hunter2@repo.example/1.1", note: "</script><script>alert(1)</script><b>bold</b>"}
strategy:
  zone: Europe/Paris
  waves:
    - {name: canary, size: 5, soak: 24h}
    - {name: early, size: 80, gate: true}
    - {name: rest, size: rest}
  in_flight: 40
  min_notice: 72h
  max_unavailable: {customer: 2, site: 15}
  approval: {required: true}
YAML
"$SLIPWAY" plan campaign.yaml --html "$pages/plan.html" --csv "$pages/plan.csv" > "$work/out" 2> "$work/err" ||
    { cat "$work/out" "$work/err" | sed 's/^/# /' | head -20; }
check 'a plan is written as a page' test -s "$pages/plan.html"
check 'with all its targets' equal "$(grep -c '<details class="t">' "$pages/plan.html")" 850
check 'in less than 5 MB' at_most "$pages/plan.html" 5000000
check 'and as lines for a spreadsheet' equal "$(wc -l < "$pages/plan.csv")" 851
check 'text stays text' lacks "$pages/plan.html" '<b>bold|<script>alert'
check 'no secret is in it' lacks "$pages/plan.html" 'hunter2'
check 'it forbids every load' has "$pages/plan.html" "default-src &#39;none&#39;"
check 'and loads nothing' lacks "$pages/plan.html" '(src|href)="[^#]'
check 'it says who must act' has "$pages/plan.html" 'Notices to owners, 3d before their first slot'
check 'a page that cannot be written is an error' bash -c \
    "! '$SLIPWAY' plan campaign.yaml --html /nowhere/x.html > '$work/out' 2>&1 && grep -q 'cannot write /nowhere/x.html' '$work/out'"

# ---- a campaign that ran ----
cat > "$work/scenario.yaml" << 'YAML'
settings: {update: 5s}
faults: []
YAML
cd "$work" || exit 1
start_lab "$work/lab" --appliances 6 --speed 20 --scenario "$work/scenario.yaml"
state=$work/state
export SLIPWAY_STATE=$state
cat > "$work/lab/campaign.yaml" << 'YAML'
campaign: ran
playbook: lab-patch
vars: {target_version: 8.0.3.00400}
strategy:
  waves: [{name: canary, size: 2, soak: 1s}, {name: rest, size: rest, soak: 1s}]
YAML
"$SLIPWAY" plan "$work/lab/campaign.yaml" > "$work/out" 2>&1 || sed 's/^/# /' "$work/out"
"$SLIPWAY" run > "$work/out" 2>&1
check 'the lab fleet is upgraded' equal $? 0
check 'its report is a page, too' "$SLIPWAY" report --html "$pages/ran.html"
check 'that tells of a finished campaign' has "$pages/ran.html" 'Report of a finished campaign'
check 'and what happened to each' equal "$(grep -c '<ol class="moments">' "$pages/ran.html")" \
    "$((6 + $(grep -c '<h3>Campaign and waves\|<h3>Who did what' "$pages/ran.html")))"
check 'and that no calendar binds it' has "$pages/ran.html" 'It is not planned with calendars'
check 'report --csv' equal "$("$SLIPWAY" report --csv | grep -c succeeded)" 6
check 'report --markdown' bash -c "'$SLIPWAY' report --markdown | grep -q '^## Schedule'"
check 'report --json' bash -c "'$SLIPWAY' report --json | jq -e '.schedule.targets | length == 6' > /dev/null"
stop_lab

# ---- in a browser ----
browser=$(command -v chromium || command -v chromium-browser || command -v google-chrome || true)
if [ -z "$browser" ]; then
    echo "# SKIPPED: no Chromium here: the page was not opened"
    finish
fi
# browse NAME OPTIONS...: what it printed is in NAME.out, what it complained of in NAME.err
browse() {
    name=$1
    shift
    mkdir -p "$work/profile"
    timeout -k 5 120 "$browser" --headless=new --no-sandbox --disable-gpu --disable-dev-shm-usage \
        --disable-background-networking --disable-component-update --disable-sync --no-first-run \
        --host-resolver-rules='MAP * ~NOTFOUND' --hide-scrollbars --enable-logging=stderr \
        --user-data-dir="$work/profile" "$@" > "$work/$name.out" 2> "$work/$name.err"
}
# The policy makes every attempt to load something a complaint.
quiet() { ! grep -E 'CONSOLE' "$work/$1.err" | grep -v 'INFO:CONSOLE.*DevTools' | grep . ; }
picture() { [ "$(wc -c < "$1")" -gt 20000 ] && [ "$(head -c 4 "$1" | tail -c 3)" = PNG ]; }

browse dom --dump-dom "file://$pages/plan.html"
check 'the page opens from the disk without a complaint' quiet dom
check 'its script counted the rows' has "$work/dom.out" '850 of 850'
check 'and made real buttons' equal "$(grep -o '<button type="button">' "$work/dom.out" | wc -l)" 9
check 'no text became an element' lacks "$work/dom.out" '<script>alert|<b>bold'
browse wide --window-size=1280,1800 --screenshot="$pages/wide.png" "file://$pages/plan.html"
check 'a picture on a desk' picture "$pages/wide.png"
browse phone --window-size=500,1800 --screenshot="$pages/phone.png" "file://$pages/plan.html"
check 'a narrow one' picture "$pages/phone.png"
browse dark --blink-settings=preferredColorScheme=0 --window-size=1280,1800 \
    --screenshot="$pages/dark.png" "file://$pages/ran.html"
check 'a dark one' picture "$pages/dark.png"
browse paper --no-pdf-header-footer --print-to-pdf="$pages/plan.pdf" "file://$pages/plan.html"
check 'on paper' equal "$(head -c 5 "$pages/plan.pdf")" '%PDF-'
check 'all of that without a complaint' bash -c \
    "! grep -h CONSOLE '$work/wide.err' '$work/phone.err' '$work/dark.err' '$work/paper.err'"
[ -z "${SHOTS:-}" ] || cp "$pages"/* "$SHOTS"
finish
