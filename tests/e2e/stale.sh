#!/bin/bash
# stale.sh - the world moves between plan and run: what changed is named, the plan is
# refused (exit 6), and planning again is the way. And a yes belongs to one plan.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/e2e/lib.sh
cd "$work" || exit 1

# refuses CODE TEXT COMMAND...
refuses() {
    want=$1 text=$2
    shift 2
    "$@" > said 2>&1
    got=$?
    [ "$got" = "$want" ] && grep -q -- "$text" said || { echo "# exit $got"; sed 's/^/# /' said; return 1; }
}
says() { refuses 0 "$@"; }
slipway() { timeout 120 "$SLIPWAY" "$@"; }
plan() { slipway plan campaign.yaml > planned 2>&1 || { sed 's/^/# /' planned; return 1; }; }

slipway init new > /dev/null
cd new || exit 1
export SLIPWAY_STATE=$PWD/.slipway
state=$SLIPWAY_STATE
mkdir calendars
weekly() { # WEEKDAY: a calendar file
    cat << ICS
BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//acme//EN
BEGIN:VEVENT
UID:night@acme
DTSTAMP:$(date -u +%Y%m%dT%H%M%SZ)
DTSTART;TZID=Europe/Paris:2026010${1%:*}T230000
DURATION:PT8H
RRULE:FREQ=WEEKLY;BYDAY=${1#*:}
END:VEVENT
END:VCALENDAR
ICS
}
weekly 3:SA > calendars/acme.ics
printf 'windows:\n  - {customer: acme, calendar: calendars/acme.ics}\n' >> fleet.yaml

# A story each: change one thing, be refused, plan again, be let in (as far as approval).
let_in() { says 'approved' slipway approve --show > /dev/null 2>&1; refuses 6 'approve' slipway run; }
check "a plan" plan
check "nothing changed: it is let in, and waits for its approval" refuses 6 'approve' slipway run
slipway abort --reason "begin anew" > /dev/null

check "planned again" plan
sed -i 's/in_flight: 10/in_flight: 9/' campaign.yaml
check "the campaign changed (exit 6)" refuses 6 'campaign.yaml changed' slipway run
check "one line says how many things changed" grep -q 'is stale, 2 things changed' said
check "what it says now and what it said" grep -q 'in.flight changed from 10 to 9' said
check "and how to go on" grep -q 'plan again with: slipway.* plan .*/campaign.yaml' said
check "approving it is refused as well" refuses 6 'campaign.yaml changed' slipway approve --reason x

check "planned again" plan
sed -i 's/version: "1.3"/version: "1.4"/; s/192.0.2.12$/192.0.2.99/' fleet.yaml
check "the fleet changed" refuses 6 'fleet.yaml' slipway run
check "what it had before and what it has now" grep -q 'web-03.*from 1.3 to 1.4\|from 1.3 to 1.4.*web-03' said

check "planned again" plan
printf '# a comment\n' >> playbooks/linux-patch.yaml
check "the playbook changed" refuses 6 'playbook linux-patch' slipway run
check "planned again" plan
script=$(find playbooks -name '*.sh' | head -1)
printf '# a comment\n' >> "$script"
check "a script of the playbook changed" refuses 6 'step upgrade changed: content of its files' slipway run

check "planned again" plan
weekly 3:SA > calendars/acme.ics
check "a calendar that is only written anew moves nothing: let in" refuses 6 'approve' slipway run
slipway abort --reason "begin anew" > /dev/null
check "planned again" plan
weekly 2:FR > calendars/acme.ics
check "a calendar that moves" refuses 6 'calendars/acme.ics (customer=acme) changed: 5[67] openings moved' slipway run
check "with the first of them" grep -q 'the first: ' said
echo rubbish > calendars/acme.ics
check "a calendar that is none any more" refuses 6 'calendars/acme.ics' slipway run
weekly 3:SA > calendars/acme.ics

# time-zone data of another release: a copy whose version line differs
zones=$work/zoneinfo
mkdir -p "$zones/Europe"
cp /usr/share/zoneinfo/Europe/Paris "$zones/Europe/"
cp /usr/share/zoneinfo/UTC "$zones/" 2> /dev/null
echo '# version 2099z' > "$zones/tzdata.zi"
check "planned again" plan
check "other time-zone data" refuses 6 'time-zone data changed from 20.* to 2099z' env TZDIR="$zones" "$SLIPWAY" run

# somebody upgraded one by hand, and the inventory saw it
check "planned again" plan
slipway inventory import fleet.yaml > /dev/null
sqlite3 "$state/slipway.db" "update appliance set seen_version='1.4.9', seen_ms=(strftime('%s','now')+10)*1000 where name='web-01'" 2> err || sed 's/^/# /' err
check "a version that was read back since" refuses 6 '1 target changed its version outside of this plan: web-01 1.4 -> 1.4.9' slipway run
sqlite3 "$state/slipway.db" "update appliance set seen_version=null, seen_ms=null" 2> err

# files that went away say nothing about the plan: it holds everything
mv campaign.yaml elsewhere.yaml
check "a campaign that is not there any more is mentioned" refuses 6 'not compared with the plan: .*campaign.yaml' slipway run
check "and is no reason: it waits for its approval" grep -q 'approve' said
mv elsewhere.yaml campaign.yaml

# ---- a yes belongs to one plan ----
check "what would be approved is shown" says 'Targets *3 targets in 2 waves' slipway approve --show
check "with its digest" grep -q "^Plan $(jq -r '.digest[0:12]' "$state/plan.json")" said
check "and its nights" grep -q 'Nights' said
check "showing approves nothing" equal "$(sqlite3 -readonly "$state/slipway.db" "select count(*) from event where kind='approved'")" 0
plan # another one, while the first waits for its approval
check "a yes to another plan than the one that waits is refused" refuses 6 'is not the one of the campaign that waits' slipway approve --reason x
slipway abort --reason "planned again" > /dev/null
check "approved, with an end" says 'Holds *until' slipway approve --reason CHG-4711 --expires 14d
check "shown later it is one that holds" says 'approved; give it another end' slipway approve --show
check "an end that is none" refuses 64 '--expires needs a duration' slipway approve --expires tomorrow
check "who, what for and of which plan is recorded" equal \
    "$(sqlite3 -readonly "$state/slipway.db" "select text||' '||(detail=(select digest from campaign where id=event.campaign)) from event where kind='approved' order by seq desc limit 1")" "CHG-4711 1"
slipway abort --reason "for an hour only" > /dev/null
sed -i "s,^  approval: .*,&\n  zone: Europe/Paris," campaign.yaml
check "planned again" plan
# Soon, but not before it is entered: that takes as long as the look at it takes here and now.
begun=$SECONDS
slipway approve --show > /dev/null 2>&1
check "a yes that ends soon" says 'Holds *until' slipway approve --reason CHG-4712 --expires $((2 + 4 * (SECONDS - begun)))s
is_over() { slipway approve --show 2>&1 | grep -q 'no longer: it expired'; }
await is_over
check "after its end nothing starts (exit 6)" refuses 6 'approv' slipway run --trust-clock
check "why is said, in local time and in UTC, and what to do" grep -q 'ended at .* CES\?T (.*Z) .* approve --show' said
check "what is shown is a yes that expired, and when" says 'Holds *no longer: it expired .* CES\?T (.*Z)' slipway approve --show
check "and what to do" grep -q 'nothing starts before it is approved again: .* approve$' said
check "it does not pass for one that was never given" equal "$(grep -c 'not approved yet' said)" 0
check "a new yes lets it in" says 'approved' slipway approve --reason CHG-4713 --expires 14d
finish
