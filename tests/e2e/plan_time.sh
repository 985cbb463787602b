#!/bin/bash
# plan_time.sh - from files that speak of time to a plan that knows it: windows by label,
# short forms with a mistake, targets that no opening is long enough for, an inventory
# that was imported with its windows, durations of an earlier campaign, and planning again.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/e2e/lib.sh
cd "$work" || exit 1

export SLIPWAY_STATE=$work/state
slipway() { timeout 60 "$SLIPWAY" "$@"; }
# planned ARGUMENTS...: the plan of campaign.yaml as text
planned() { slipway plan campaign.yaml "$@" > text 2> said || { sed 's/^/# /' said; return 1; }; }
# finds TEXT: in the plan, however its lines are broken
finds() { tr -s '\n ' '  ' < text | grep -qF -- "$1" || { echo "# not in the plan: $1"; return 1; }; }
lacks() { ! finds "$1" > /dev/null; }
complains() {
    slipway lint "$1" > said 2>&1
    grep -qF -- "$2" said || { sed 's/^/# /' said; return 1; }
}

touch ca.pem pw id known_hosts
echo 'exit 0' > patch.sh
fleet() { # RULES
    printf '%s\n' "$1" > fleet.yaml
    cat >> fleet.yaml << 'YAML'
managers:
  - {name: m1, url: "https://127.79.0.1:8443/sdk", tls: {ca: ca.pem}, login: {user: s, password: {file: pw}}}
defaults:
  kind: linux
  ssh: {user: root, key: {file: id}, hostkey: known_hosts}
  vm: {manager: m1}
appliances:
  - {name: vc-1, host: vc-1.example, version: 8.0.1, labels: {customer: acme}, vm: {name: a}}
  - {name: vc-2, host: vc-2.example, version: 8.0.1, labels: {customer: acme}, vm: {name: b}}
  - {name: vc-3, host: vc-3.example, version: 8.0.1, labels: {customer: bolt}, vm: {name: c}}
  - {name: vc-4, host: vc-4.example, version: 8.0.2, labels: {customer: dune}, vm: {name: d}}
YAML
}
campaign() { # STRATEGY LINES
    cat > campaign.yaml << YAML
campaign: timed
playbook: ./patch.yaml
fleet: fleet.yaml
vars: {target_version: 9.0.1}
strategy:
  in_flight: 2
$1
YAML
}
cat > patch.yaml << 'YAML'
playbook: patch
rollback: snapshot
boot_timeout: 10m
version:
  - {use: ssh.run, with: {argv: [cat, /etc/appliance-version]}, value: "trim(result ->> '$.lines[0]')"}
steps:
  - {id: upgrade, phase: change, use: ssh.job, with: {script: patch.sh}, timeout: 1h, expected: 20m}
health:
  - {id: ok, use: ssh.run, with: {argv: [cat, /etc/appliance-version]}, expect: "result ->> '$.stdout' <> ''", for: 5m}
YAML

# Sentences with their place, also inside a short form.
fleet 'windows: [{customer: acme, calendar: "Sat 23:00 4h Europe/Paris"}]'
check "a mistake in a short form has line, column and the column inside" complains fleet.yaml 'fleet.yaml:1:38: calendar: column 11:'
fleet 'zone: Europe/Pariss'
check "a zone that nobody knows" complains fleet.yaml 'fleet.yaml:1:7: zone: Europe/Pariss: no such time zone; did you mean Europe/Paris?'
fleet 'windows: [{customer: acme, calendar: daily 22:00 +4h}]'
check "a short form without any zone" complains fleet.yaml 'fleet.yaml:1:38: calendar: '
printf 'BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nEND:VCALENDAR\r\n' > bad.ics
fleet 'freezes: [{customer: acme, calendar: bad.ics}]'
check "a broken file, at the line that names it and at its own" complains fleet.yaml "bad.ics:"
fleet 'windows: [{customer: acne, calendar: daily 22:00 +4h UTC}]'
check "a rule for nobody" complains fleet.yaml 'no appliance has customer: acne, so this binds nobody (nearest: acme)'
fleet 'zone: UTC'
campaign '  deadline: 2099-13-01'
check "a deadline that is no date" complains campaign.yaml 'campaign.yaml:7:13: deadline: '
campaign '  windows: [none.ics]'
check "a calendar that is not there" complains campaign.yaml 'campaign.yaml:7:13: calendar none.ics: no such file'

# Who is bound by what.
rules='zone: Europe/Paris
windows:
  - {customer: acme, calendar: "daily 22:00 +4h"}
  - {customer: bolt, calendar: "daily 22:00 +1h"}
freezes: [{customer: acme, calendar: "2099-01-01..2099-01-02"}]'
fleet "$rules"
campaign '  freezes: ["2099-02-01..2099-02-02"]
  cut_off: 30m'
check "a plan with windows" planned
check "customer=acme has its window" finds 'window customer=acme daily 22:00 +4h 2'
check "the freeze of all binds all" finds 'freeze campaign 2099-02-01..2099-02-02 4'
check "bolt's openings are too short, by name" finds '1 target has no opening before the end of the calendars'
check "with what it needs and what there is" finds 'it needs 1h20m, the longest opening is 1h'
check "who has no window is named" finds '1 target has no window and may start at any time: vc-4'
check "nobody has to look for durations" finds 'usually 21m'
check "times show the zone of the fleet" grep -Eq '22:00 CES?T' text
check "three of four have a slot" equal "$(grep -cE 'vc-[1-4] .* to ([A-Z][a-z]{2} [0-9-]{10} )?[0-9]{2}:[0-9]{2}' text)" 3

# Planning again moves nobody.
check "planned again" planned
check "everybody stays where they were" finds '4 of 4 targets stay in the wave they had'
check "a fresh plan does not look back" planned --fresh
check "and says nothing of it" lacks 'against the previous plan'

# An inventory that was imported knows the same windows.
sed -i '/^fleet:/d' campaign.yaml
slipway inventory import fleet.yaml > /dev/null
mv fleet.yaml elsewhere.yaml
check "planned from the imported inventory" planned --fresh
check "its windows came with it" finds 'window customer=acme daily 22:00 +4h 2'
check "and its zone" grep -Eq '22:00 CES?T' text
mv elsewhere.yaml fleet.yaml

# What an earlier campaign took, and whom somebody held there.
start_lab lab --appliances 6 --speed 60
export SLIPWAY_STATE=$work/lab-state
lab_plan() { slipway plan lab/campaign.yaml > text 2>&1; }
check "a plan of the lab" lab_plan
check "nothing is known yet" finds 'from the playbook: the history is too short'
slipway run > run.out 2>&1
check "the campaign is through" grep -q '6 succeeded' run.out
check "planned again after it" lab_plan
check "the history has it now" finds 'upgrade: median'
check "of six runs" finds 'of 6 runs'
stop_lab

finish
