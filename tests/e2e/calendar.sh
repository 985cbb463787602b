#!/bin/bash
# calendar.sh - somebody who plans nights: short forms and files, what is wrong with
# them, slots for the owners, and a customer who sends another calendar.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/e2e/lib.sh
unset SLIPWAY_STATE
root=$PWD
cd "$work" || exit 1

# says TEXT COMMAND...: it succeeds, and says it on stdout
says() {
    text=$1
    shift
    "$@" > said 2> err && grep -q -- "$text" said || { cat said err | sed 's/^/# /'; return 1; }
}
# refuses CODE TEXT COMMAND...
refuses() {
    want=$1 text=$2
    shift 2
    "$@" > said 2>&1
    got=$?
    [ "$got" = "$want" ] && grep -q -- "$text" said || { echo "# exit $got"; sed 's/^/# /' said; return 1; }
}
# json FILTER COMMAND...: its JSON has a schema version and FILTER is true of it
json() {
    filter=$1
    shift
    "$@" > said 2> err
    jq -e "(.schema_version == 1) and ($filter)" said > /dev/null || { head -c 3000 said | sed 's/^/# /'; cat err; return 1; }
}
quiet() { "$@" > /dev/null; }
slipway() { timeout 120 "$SLIPWAY" "$@"; }

# A Saturday, four to ten days from now. A freeze until the second Monday after it makes the first
# slots fall on the same days of the week, whatever day is today.
saturday=$(date -u -d "$(((12 - $(date -u -d '3 days' +%u)) % 7 + 4)) days" +%F)
day() { date -u -d "$saturday $1 days" +%F; } # that many days after it

# ---- short forms, without any state ----
form='Sat 23:00 +4h Europe/Paris'
check "a short form is shown without any state" says 'Calendars of Sat 23:00' slipway calendar show "$form"
check "in local time, with the zone's name" grep -q 'Sun .* CES*T' said
check "and in UTC" grep -q '20[0-9-]* 2[12]:00Z' said
check "next counts" json '(.openings | length) == 3 and ([.openings[] | .length_ms == 14400000] | all)' slipway calendar next "$form" --count 3 --json
check "no state was made" test ! -e .slipway
check "a year of it" json '.openings | length == 56 or length == 57' slipway calendar next "$form" --count 10000 --json
check "changes of the clock are said" json '[.openings[] | select(.note != null)] | length == 2 or length == 3' slipway calendar next "$form" --count 10000 --json
check "what is no form says what is one" refuses 1 'Sat' slipway calendar next 'Sat 25:00 +4h Europe/Paris'
check "a zone that is none" refuses 1 'Europe/Paris' slipway calendar next 'Sat 23:00 +4h Europe/Pariss'
check "a count that is none" refuses 64 'needs a number' slipway calendar next "$form" --count 0
check "a word that is none" refuses 64 'did you mean show' slipway calendar shwo
check "an option of another word" refuses 64 'takes no --by' slipway calendar next "$form" --by site

# ---- files ----
cat > acme.ics << 'ICS'
BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//acme//night shift//EN
BEGIN:VEVENT
UID:night-1@acme
DTSTAMP:20260101T000000Z
DTSTART;TZID=Europe/Paris:20260103T230000
DURATION:PT4H
RRULE:FREQ=WEEKLY;BYDAY=SA
SUMMARY:Night shift
END:VEVENT
END:VCALENDAR
ICS
check "a file that is fine" says 'acme.ics: 5[67] openings in 396 days, of 4h, zone Europe/Paris' slipway calendar check acme.ics
check "open, and until when, in its zone and UTC" says 'open at Sat 2027-01-16 23:30 CET (2027-01-16 22:30Z), until Sun 2027-01-17 03:00 CET (2027-01-17 02:00Z)' \
    slipway calendar check acme.ics --at 2027-01-16T22:30:00Z
check "an instant with a zone" says 'closed at Sun 2027-01-17 03:00' slipway calendar check acme.ics --at '2027-01-17 03:00 Europe/Paris'
check "as JSON" json '.checked[0].answer.open == false and .checked[0].answer.next_change == "2027-01-23T22:00:00Z"' \
    slipway calendar check acme.ics --at '2027-01-17 03:00 Europe/Paris' --json
sed 's/FREQ=WEEKLY/FREQ=SECONDLY/' acme.ics > bad.ics
check "what is wrong, with file and line" refuses 1 'bad.ics:9' slipway calendar check acme.ics bad.ics
check "and the others are checked all the same" grep -q 'acme.ics: 5' said
check "a file that is not there" refuses 1 'no such file' slipway calendar check nothing.ics
check "the event's name is shown" says 'Night shift' slipway calendar next acme.ics
printf 'BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nBEGIN:VEVENT\r\nUID:a\r\nDTSTART:20270116T230000Z\r\nDURATION:PT1H\r\nSUMMARY:\033[31mred\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n' > hostile.ics
slipway calendar next hostile.ics > said 2>&1
check "no escape sequence passes" sh -c '! grep -q "$(printf "\033")" said'

# ---- cron ----
check "cron becomes a short form" says '^Sat 23:00 +4h Europe/Paris$' slipway calendar import --cron '0 23 * * 6' --duration 4h --zone Europe/Paris
check "cron has no end of its own" refuses 64 'needs --duration' slipway calendar import --cron '0 23 * * 6'
check "nonsense is refused" refuses 1 . slipway calendar import --cron '0 99 * * 6' --duration 4h --zone UTC

# ---- a plan with calendars ----
slipway init new > /dev/null
cd new || exit 1
export SLIPWAY_STATE=$PWD/.slipway
mkdir calendars
cp ../acme.ics calendars/acme.ics
cat >> fleet.yaml << 'YAML'
windows:
  - {customer: acme, calendar: calendars/acme.ics}
  - {customer: globex, calendar: "Sun 01:00 +6h Europe/Paris"}
YAML
sed -i 's/approval: .*/approval: {required: false}\n  zone: Europe\/Paris\n  freezes: ["'"$(day -20)..$(day 9)"' Europe\/Paris"]/' campaign.yaml
check "it is planned" says Next slipway plan campaign.yaml
slipway plan --json --no-save campaign.yaml > plan.json
check "its JSON has the members of docs/schema/plan.schema.json and no others" quiet jq -e -n --slurpfile s "$root/docs/schema/plan.schema.json" --slurpfile v plan.json '
    def fits($s; $v):
        if $s.anyOf then $v == null or fits($s.anyOf[0]; $v)
        elif $s.type == "object" then
            ($s.properties | keys) == ($v | keys) and ([$v | to_entries[] | fits($s.properties[.key]; .value)] | all)
        elif $s.type == "array" then [$v[] | fits($s.items; .)] | all
        else true end;
    fits($s[0]; $v[0])'
check "show: whom each calendar binds" says 'customer=acme' slipway calendar show
check "the freeze too" grep -q '^ *freeze *campaign' said
check "and the files" grep -q 'calendars/acme.ics' said
check "show --json" json '(.calendars | length) == 3 and .calendars[0].targets >= 1 and .any_time == false' slipway calendar show --json
check "one target" says 'Next openings of web-01 in campaign linux-1.5' slipway calendar next web-01 --count 20
check "a target that is none" refuses 1 'web-09 is no target' slipway calendar next web-09
check "no opening of a target lies in the freeze" json "[.openings[] | select(.from < \"$(day 8)\")] | length == 0" \
    slipway calendar next web-01 --count 20 --json
check "asked as the engine asks: frozen" refuses 0 'a freeze' slipway calendar check --target web-01 --at "${saturday}T22:30:00Z"
check "asked as the engine asks: closed" says 'outside of its windows: .*calendars/acme.ics (customer=acme)' \
    slipway calendar check --target web-01 --at "$(day 18)T12:00:00Z"
check "everybody gets in" says 'each of 3 targets' slipway calendar check --plan

# ---- slots for the owners ----
check "slots are exported, a file for each customer" says '3 slots of linux-1.5 in 2 files under slots, 2 written, 0 as before; 3 slots new' slipway calendar export
check "as acme reads them" grep -q 'SUMMARY:web-01\\, ' slots/acme.ics
check "with what happens" grep -q 'linux-1.5' slots/acme.ics
check "our own reader takes them" says 'acme.ics: ' slipway calendar check slots/acme.ics
cp -r slots before
check "again: nothing moved, nothing is written" says '0 written, 2 as before; no slot moved' slipway calendar export
check "not a byte" diff -r slots before
check "by site" says 'in 2 files' slipway calendar export --by site --out sites
check "safe names" test -f sites/north.ics
check "a calendar of somebody else is not overwritten" refuses 1 'was not exported by slipway' slipway calendar export --out calendars
check "not a byte of it" diff calendars/acme.ics ../acme.ics

# ---- another calendar arrives ----
sed 's/20260103T230000/20260102T220000/; s/BYDAY=SA/BYDAY=FR/' ../acme.ics > friday.ics
check "what it moves is shown before it is taken (exit 2)" refuses 2 'openings moved' slipway calendar import friday.ics --as calendars/acme.ics
check "which slots" grep -q '^ *moved *web-0[12]' said
check "and how it is taken" grep -q -- '--yes' said
check "nothing was changed" diff calendars/acme.ics ../acme.ics
check "as JSON" json '.changes and (.taken | not) and (.slots | length) == 2' slipway calendar import friday.ics --as calendars/acme.ics --json
check "it must be said for what it stands" refuses 64 'say --as SOURCE' slipway calendar import friday.ics
check "the same one changes nothing" refuses 0 'nothing moves' slipway calendar import ../acme.ics --as calendars/acme.ics
check "a new freeze is shown too" refuses 2 'freeze' slipway calendar import "$(day 13)..$(day 17) Europe/Paris" --freeze
check "for a label that nobody has it is refused at once" refuses 1 'cstomer=acme names no target of' slipway calendar import "$(day 13)..$(day 17) Europe/Paris" --freeze --label cstomer=acme
check "taken" says 'Taken' slipway calendar import friday.ics --as calendars/acme.ics --yes
check "the file is the new one" diff calendars/acme.ics friday.ics
check "the plan that was pinned before is stale (exit 6)" refuses 6 'calendars/acme.ics (customer=acme) changed: .* openings moved' slipway run
check "with the command to plan again" grep -q 'plan again with: slipway.* plan .*campaign.yaml' said
check "planned again" says Next slipway plan campaign.yaml
check "the export moves the events" says '2 slots moved' slipway calendar export
check "which stay the same events" equal "$(grep -h ^UID slots/acme.ics | sort)" "$(grep -h ^UID before/acme.ics | sort)"
check "with a higher number" equal "$(grep -c '^SEQUENCE:1' slots/acme.ics)" 2
sed -i 's/^select:.*/select: name <> '"'web-02'"'/' campaign.yaml
slipway plan campaign.yaml > /dev/null 2>&1
check "who is no longer planned is cancelled" says '1 slot gone' slipway calendar export
check "in the owner's calendar" equal "$(grep -c '^STATUS:CANCELLED' slots/acme.ics)" 1
check "once" says 'no slot moved' slipway calendar export

# ---- who would wait for ever ----
cat > calendars/short.ics << 'ICS'
BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//globex//EN
BEGIN:VEVENT
UID:tea@globex
DTSTART:DAYT150000Z
DURATION:PT5M
END:VEVENT
END:VCALENDAR
ICS
sed -i "s/DAY/$(day 15 | tr -d -)/" calendars/short.ics
sed -i 's/"Sun 01:00 +6h Europe\/Paris"/calendars\/short.ics/' fleet.yaml
slipway plan campaign.yaml > /dev/null 2>&1
check "a target that never gets a long enough opening is listed" refuses 1 'web-03' slipway calendar check --plan
check "with what it needs and what it gets" json '.starved[0].longest_opening_ms == 300000 and .starved[0].needed_ms > 300000' slipway calendar check --plan --json
finish
