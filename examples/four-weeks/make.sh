#!/bin/bash
# make.sh - write the example anew: 850 appliances, 40 customers with their calendars,
# three sites with freezes, and a campaign that has four weeks.
#
#   ./make.sh [START] [DIRECTORY]   START: a Monday, 2026-11-23 (default: the coming one)
#
# The same START gives the same files to the last byte.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
start=${1:-$(date -u -d 'next monday' +%F)}
out=${2:-$here}
mkdir -p "$out/calendars" "$out/playbooks"
[ "$out" = "$here" ] || cp "$here/playbooks/vcenter-update.yaml" "$out/playbooks/"

# day N: the date N days after the start; ics N HHMM: the same as iCalendar writes it
day() { date -u -d "$start + $1 days" +%F; }
ics() { date -u -d "$start + $1 days" "+%Y%m%dT$2"; }

# ---- calendars: as different programs write them ----

head_of() { # NAME PROGRAM
    printf 'BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//%s\r\nX-WR-CALNAME:%s\r\n' "$2" "$1"
}
paris_as_outlook() {
    printf '%s\r\n' 'BEGIN:VTIMEZONE' 'TZID:Romance Standard Time' 'BEGIN:STANDARD' \
        'DTSTART:16010101T030000' 'TZOFFSETFROM:+0200' 'TZOFFSETTO:+0100' \
        'RRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=-1SU;BYMONTH=10' 'END:STANDARD' 'BEGIN:DAYLIGHT' \
        'DTSTART:16010101T020000' 'TZOFFSETFROM:+0100' 'TZOFFSETTO:+0200' \
        'RRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=-1SU;BYMONTH=3' 'END:DAYLIGHT' 'END:VTIMEZONE'
}
event() { # UID LINES...
    local uid=$1
    shift
    printf 'BEGIN:VEVENT\r\nUID:%s@example\r\nDTSTAMP:20260101T000000Z\r\nSUMMARY:Maintenance\r\n' "$uid"
    printf '%s\r\n' "$@" 'END:VEVENT'
}
foot() { printf 'END:VCALENDAR\r\n'; }

outlook_weekly() { # CUSTOMER WEEKDAY OFFSET: nine in the evening, five hours, Outlook's zone
    head_of "$1" 'Microsoft Corporation//Outlook 16.0 MIMEDIR//EN'
    paris_as_outlook
    event "$1-weekly" "DTSTART;TZID=\"Romance Standard Time\":$(ics "$(($3 - 14))" 210000)" \
        "DTEND;TZID=\"Romance Standard Time\":$(ics "$(($3 - 13))" 020000)" \
        "RRULE:FREQ=WEEKLY;INTERVAL=1;BYDAY=$2"
    foot
}
google_two_nights() { # CUSTOMER DAYS OFFSET ZONE START: five hours, but not in week 2
    head_of "$1" 'Google Inc//Google Calendar 70.9054//EN'
    event "$1-nights" "DTSTART;TZID=$4:$(ics "$(($3 - 14))" "$5")" 'DURATION:PT5H' \
        "RRULE:FREQ=WEEKLY;BYDAY=$2" "EXDATE;TZID=$4:$(ics "$(($3 + 7))" "$5")"
    foot
}
utc_duration() { # CUSTOMER OFFSET: every second week, two nights, UTC, DURATION
    head_of "$1" 'Nextcloud calendar v4.6.4'
    event "$1-a" "DTSTART:$(ics "$(($2 - 14))" 200000Z)" 'DURATION:PT6H' 'RRULE:FREQ=WEEKLY;INTERVAL=2'
    event "$1-b" "DTSTART:$(ics "$(($2 - 6))" 210000Z)" 'DURATION:PT5H' 'RRULE:FREQ=WEEKLY;INTERVAL=2'
    foot
}
monthly() { # CUSTOMER: the second and the last Saturday of the month, one moved by hand
    head_of "$1" 'Mozilla.org/NONSGML Mozilla Calendar V1.1//EN'
    event "$1-second" "DTSTART;TZID=Europe/Paris:20260110T200000" \
        "DTEND;TZID=Europe/Paris:20260111T060000" 'RRULE:FREQ=MONTHLY;BYDAY=2SA'
    event "$1-last" "DTSTART;TZID=Europe/Paris:20260131T200000" \
        "DTEND;TZID=Europe/Paris:20260201T060000" 'RRULE:FREQ=MONTHLY;BYDAY=-1SA'
    foot
}
weekend() { # CUSTOMER OFFSET: all of Sunday, as an event that lasts the day
    head_of "$1" 'Apple Inc.//macOS 14.5//EN'
    event "$1-sunday" "DTSTART;VALUE=DATE:$(date -u -d "$start + $(($2 - 14)) days" +%Y%m%d)" \
        "DTEND;VALUE=DATE:$(date -u -d "$start + $(($2 - 13)) days" +%Y%m%d)" 'RRULE:FREQ=WEEKLY'
    foot
}

# Customer N of 40: its calendar, a file or a short form; one line for fleet.yaml. The
# nights of those overseas are the hours in which the sites are staffed.
zones=(Europe/Paris Europe/London Europe/Warsaw America/New_York Asia/Kolkata)
starts=(22:00 21:30 22:30 16:30 23:45)
windows() {
    local n=$1 name=$2 file=calendars/$2.ics
    local zone=${zones[$((n / 8))]} at=${starts[$((n / 8))]}
    case $((n % 8)) in
    0) file="Mon-Thu $at +5h $zone" ;;
    1) google_two_nights "$name" TU,TH 1 "$zone" "${at/:/}00" > "$out/$file" ;;
    2) outlook_weekly "$name" SA 5 > "$out/$file" ;;
    3) utc_duration "$name" 2 > "$out/$file" ;;
    4) weekend "$name" 6 > "$out/$file" ;;
    5) file="Sat,Sun $at +5h $zone" ;;
    6) outlook_weekly "$name" WE 2 > "$out/$file" ;;
    7) if [ "$n" = 7 ]; then monthly "$name" > "$out/$file"; else file="Fri $at +5h30m $zone"; fi ;;
    esac
    echo "  - {customer: $name, calendar: \"$file\"}"
}

rm -f "$out"/calendars/*.ics
{
    cat << END
# fleet.yaml - 850 vCenter Server Appliances at three sites. Written by make.sh.
zone: Europe/Paris

managers:
END
    for site in rbx gra sbg; do
        cat << END
  - name: mgmt-$site
    url: https://mgmt-$site.example/sdk
    tls: {pin: "sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="}
    login: {user: svc-slipway, password: {file: secrets/mgmt-$site}}
END
    done
    cat << END

# Sites are not staffed at every hour; customers say when they can do without it.
windows:
  - {site: rbx, calendar: "daily 19:00 +12h"}
  - {site: gra, calendar: "daily 19:00 +12h"}
  - {site: sbg, calendar: "Mon-Thu 19:00 +11h; Fri 19:00 +60h"}
END
    for n in $(seq 0 39); do
        windows "$n" "c$(printf %02d $((n + 1)))"
    done
    cat << END
freezes:
  - {site: rbx, calendar: "$(day 9)..$(day 10)"}   # new core routers
  - {site: gra, calendar: "$(day 4)..$(day 6)"}   # a long week-end of sales
  - {site: sbg, calendar: "$(day 18)..$(day 18)"}  # test of the power supply
  - {calendar: "$(day 28)..$(day 42)"}             # nobody is there

defaults:
  kind: vcsa
  version: 8.0.2
  ssh: {user: root, key: {file: secrets/id_ed25519}, hostkey: known_hosts}

appliances:
END
    # the first customers are the large ones
    awk 'BEGIN {
        for (k = 1; k <= 40; k++) { weight[k] = 1 / sqrt(k); sum += weight[k] }
        n = 0
        for (k = 1; k <= 40; k++) {
            share += weight[k]
            while (n < 850 && n + 0.5 < 850 * share / sum) {
                n++
                site = n % 17 < 8 ? "rbx" : n % 17 < 14 ? "gra" : "sbg"
                printf "  - {name: vc-%04d, host: vc-%04d.example, site: %s, labels: {customer: c%02d}, ", n, n, site, k
                printf "vm: {manager: mgmt-%s, uuid: 42370000-0000-0000-0000-%012d}}\n", site, n
            }
        }
    }'
} > "$out/fleet.yaml"

cat > "$out/campaign.yaml" << END
# campaign.yaml - all of them in four weeks: more than 210 a week. Written by make.sh.
campaign: vcenter-8.0u3
playbook: vcenter-update # playbooks/vcenter-update.yaml
vars: {target_version: "8.0.3", repo: https://repo.example/8.0.3}

strategy:
  waves:
    - {name: canary, size: 6, cover: [site], soak: 24h, budget: 0}
    - {name: early, size: 44, soak: 12h, budget: 1}
    - {name: rest, size: rest, soak: 1h, budget: 12}
  in_flight: 10
  max_unavailable: {customer: 5, site: 10}
  limits: {repo: 20}
  budget: {campaign: 20}
  cut_off: 30m
  min_opening: 2h
  deadline: $(day 28) 00:00 Europe/Paris
END
