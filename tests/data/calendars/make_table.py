#!/usr/bin/env python3
"""make_table.py - the table of tests/unit/calendar/test_table.c, by another implementation.

    python3 tests/data/calendars/make_table.py > tests/data/calendars/table.txt

Recurrence is python-dateutil's, on local times without a zone; the zones are Python's
zoneinfo. Nothing of slipway is used. A local time becomes an instant with fold=0: the
offset before the gap for one that does not exist, the first for one that occurs twice
(PEP 495, and RFC 5545 3.3.5 says the same). Years after 2024 are left out, so that new
versions of the time-zone data do not change the table.

One case:   case NAME / v LINE of the VEVENT ("-" begins another VEVENT) / range FROM UNTIL
            o START END (each occurrence)  or  many COUNT SHA-256 of those lines / end
Times are seconds since 1970. The output is the same each time: the seed is fixed.
"""
import hashlib
import random
import sys
from datetime import date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

from dateutil.rrule import rrulestr

UTC = timezone.utc
ZONES = ["Europe/Paris", "Europe/Dublin", "America/New_York", "America/St_Johns",
         "Australia/Lord_Howe", "Asia/Kolkata", "Asia/Kathmandu", "Africa/Casablanca",
         "America/Sao_Paulo", "Asia/Pyongyang", "Europe/Istanbul", "Pacific/Apia",
         "Antarctica/Troll", "UTC"]
RANDOM = random.Random(5545)
names = set()


def stamp(t):
    return int(t.timestamp())


def instant(local, zone):
    return stamp(local.replace(tzinfo=ZoneInfo(zone), fold=0).astimezone(UTC))


def text(t):
    return t.strftime("%Y%m%dT%H%M%S")


def prop(name, local, zone):
    if zone == "UTC":
        return f"{name}:{text(local)}Z"
    return f"{name};TZID={zone}:{text(local)}"


def emit(name, lines, first, last, occurrences, digest=False):
    assert name not in names, name
    names.add(name)
    print("case", name)
    for line in lines:
        print("v", line)
    low, high = stamp(first.replace(tzinfo=UTC)), stamp(last.replace(tzinfo=UTC))
    print("range", low, high)
    rows = sorted({(a, b) for a, b in occurrences if a < high and b > low})
    shown = [f"o {a} {b}" for a, b in rows]
    if digest:
        whole = "".join(row + "\n" for row in shown)
        print("many", len(rows), hashlib.sha256(whole.encode()).hexdigest())
    else:
        for row in shown:
            print(row)
    print("end")


def recur(rule, start, until=None, limit=datetime(2026, 1, 1)):
    """Local times of the rule, which has no UNTIL of its own."""
    found = []
    for t in rrulestr(f"RRULE:{rule}", dtstart=start):
        if t > limit or (until and t > until):
            break
        found.append(t)
    return found


def duration(seconds):
    hours, rest = divmod(seconds, 3600)
    minutes, rest = divmod(rest, 60)
    return "PT" + (f"{hours}H" if hours else "") + (f"{minutes}M" if minutes else "") + \
        (f"{rest}S" if rest else "")


def series(name, zone, start, length, rule, first, last, *, extra=(), until=None,
           until_text="", without=(), plus=(), digest=False):
    times = recur(rule, start, until)
    times = [t for t in times if t not in without]
    out = [(instant(t, zone), instant(t, zone) + length) for t in times]
    out += [(instant(t, zone), instant(t, zone) + length) for t in plus]
    lines = [prop("DTSTART", start, zone), "DURATION:" + duration(length),
             "RRULE:" + rule + until_text, *extra]
    emit(name, lines, first, last, out, digest)


def transitions(zone):
    """Local times around each change of offset from 2008 to 2024."""
    info, found = ZoneInfo(zone), []
    t = datetime(2008, 1, 1, tzinfo=UTC)
    step = timedelta(hours=6)
    while t.year < 2025:
        if t.astimezone(info).utcoffset() != (t + step).astimezone(info).utcoffset():
            low, high = t, t + step
            while high - low > timedelta(minutes=1):
                middle = low + (high - low) / 2
                middle = middle.replace(second=0, microsecond=0)
                if middle in (low, high):
                    break
                if middle.astimezone(info).utcoffset() == low.astimezone(info).utcoffset():
                    low = middle
                else:
                    high = middle
            found.append(high)
        t += step
    return found


def changes():
    """Single events and daily ones around changes of the clock."""
    for zone in ZONES:
        info = ZoneInfo(zone)
        all_changes = transitions(zone)
        chosen = all_changes[:2] + all_changes[-4:] if len(all_changes) > 6 else all_changes
        for change in chosen:
            wall = change.astimezone(info).replace(tzinfo=None, fold=0)
            before = (change - timedelta(minutes=1)).astimezone(info).utcoffset()
            shift = change.astimezone(info).utcoffset() - before
            edge = (change + before).replace(tzinfo=None) if shift > timedelta(0) else wall
            for minutes in (-30, 0, 15, 29, 45, 60, 90):
                start = edge + timedelta(minutes=minutes)
                begin = instant(start, zone)
                name = f"change-{zone}-{text(start)}"
                if name in names:
                    continue
                first, last = start - timedelta(days=5), start + timedelta(days=5)
                emit(name, [prop("DTSTART", start, zone), "DURATION:PT3H"], first, last,
                     [(begin, begin + 10800)])
            series(f"nightly-{zone}-{change:%Y%m%d}", zone,
                   edge - timedelta(days=3) + timedelta(minutes=20), 3600 * 5,
                   "FREQ=DAILY;COUNT=8", edge - timedelta(days=9), edge + timedelta(days=9))
            # from the evening before to the morning after, the end written
            evening = edge.replace(hour=22, minute=30) - timedelta(days=1)
            morning = evening + timedelta(hours=9)
            emit(f"written-{zone}-{change:%Y%m%d}",
                 [prop("DTSTART", evening, zone), prop("DTEND", morning, zone)],
                 edge - timedelta(days=9), edge + timedelta(days=9),
                 [(instant(evening, zone), instant(morning, zone))])


RULES = [
    ("FREQ=DAILY", 1), ("FREQ=DAILY;INTERVAL=3", 1), ("FREQ=DAILY;BYDAY=MO,WE,FR", 1),
    ("FREQ=DAILY;INTERVAL=2;BYMONTH=2,3", 1), ("FREQ=DAILY;BYMONTHDAY=1,15,-1", 1),
    ("FREQ=DAILY;COUNT=40", 1), ("FREQ=DAILY;INTERVAL=5;COUNT=30;BYDAY=SA,SU", 1),
    ("FREQ=WEEKLY", 7), ("FREQ=WEEKLY;BYDAY=SA", 7), ("FREQ=WEEKLY;BYDAY=TU,TH;WKST=SU", 7),
    ("FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,SU;WKST=MO", 7),
    ("FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,SU;WKST=SU", 7),
    ("FREQ=WEEKLY;INTERVAL=3;BYDAY=WE,SA;WKST=TH", 7),
    ("FREQ=WEEKLY;BYDAY=SA,SU;BYMONTH=3,10,11", 7),
    ("FREQ=WEEKLY;COUNT=17;BYDAY=MO,TU,WE,TH,FR", 7),
    ("FREQ=WEEKLY;INTERVAL=4", 7),
    ("FREQ=MONTHLY", 31), ("FREQ=MONTHLY;BYMONTHDAY=31", 31),
    ("FREQ=MONTHLY;BYMONTHDAY=-1", 31), ("FREQ=MONTHLY;BYMONTHDAY=1,15,-3", 31),
    ("FREQ=MONTHLY;BYDAY=2TU", 31), ("FREQ=MONTHLY;BYDAY=-1SU", 31),
    ("FREQ=MONTHLY;BYDAY=1SA,3SA", 31), ("FREQ=MONTHLY;BYDAY=5WE", 31),
    ("FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1", 31),
    ("FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=1,-2", 31),
    ("FREQ=MONTHLY;BYDAY=SA;BYMONTHDAY=8,9,10,11,12,13,14", 31),
    ("FREQ=MONTHLY;INTERVAL=3;BYDAY=-1FR", 93), ("FREQ=MONTHLY;INTERVAL=2;COUNT=9", 62),
    ("FREQ=MONTHLY;BYMONTHDAY=13;BYDAY=FR", 31), ("FREQ=MONTHLY;BYDAY=SU;BYMONTH=1,6", 31),
    ("FREQ=MONTHLY;BYDAY=-5SA", 31), ("FREQ=MONTHLY;BYSETPOS=2;BYDAY=SA,SU;COUNT=20", 31),
    ("FREQ=YEARLY", 366), ("FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU", 366),
    ("FREQ=YEARLY;BYMONTH=3,11;BYDAY=2SU,1SU", 366), ("FREQ=YEARLY;BYDAY=20MO", 366),
    ("FREQ=YEARLY;BYDAY=-1MO,1MO", 366), ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29", 366),
    ("FREQ=YEARLY;BYMONTH=12;BYMONTHDAY=24,25,26,31", 366),
    ("FREQ=YEARLY;INTERVAL=2;BYMONTH=1,7;BYDAY=SA", 366),
    ("FREQ=YEARLY;BYMONTH=10;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1", 366),
    ("FREQ=YEARLY;BYDAY=SA,SU;BYSETPOS=1,10,-1", 366),
    ("FREQ=YEARLY;BYMONTHDAY=1,-1", 366), ("FREQ=YEARLY;BYMONTH=1,3,5;COUNT=20", 366),
    ("FREQ=YEARLY;BYDAY=TH;BYMONTH=6,7,8;COUNT=33", 366),
]
CLOCKS = [(0, 0), (0, 30), (1, 0), (1, 30), (2, 0), (2, 30), (2, 59), (3, 0), (22, 0),
          (23, 0), (23, 45)]


def rules():
    """Every rule in some zones, with starts and lengths drawn by chance."""
    for number, (rule, period) in enumerate(RULES):
        for zone in RANDOM.sample(ZONES, 5):
            year = RANDOM.choice([2009, 2011, 2014, 2016, 2018, 2020])
            day = date(year, 1, 1) + timedelta(days=RANDOM.randrange(366))
            hour, minute = RANDOM.choice(CLOCKS)
            start = datetime(day.year, day.month, day.day, hour, minute)
            length = RANDOM.choice([3600, 7200, 14400, 12600, 26 * 3600, 90061])
            first = start + timedelta(days=RANDOM.randrange(-30, 400))
            last = first + timedelta(days=min(max(60, period * 14), 1500))
            last = min(last, datetime(2024, 12, 31))
            series(f"rule-{number:02}-{zone}", zone, start, length, rule, first, last)


def ends():
    """UNTIL in UTC, local, on the edge; COUNT with exclusions."""
    for zone in ZONES:
        start = datetime(2019, 3, 2, 2, 30)
        for shift in (-1, 0, 1):
            last = instant(datetime(2019, 10, 26, 2, 30), zone) + shift
            times = [t for t in recur("FREQ=WEEKLY;BYDAY=SA,SU", start, limit=datetime(2020, 1, 1))
                     if instant(t, zone) <= last]
            until = datetime.fromtimestamp(last, UTC)
            emit(f"until-utc-{shift}-{zone}",
                 [prop("DTSTART", start, zone), "DURATION:PT1H",
                  f"RRULE:FREQ=WEEKLY;BYDAY=SA,SU;UNTIL={text(until)}Z"],
                 datetime(2019, 1, 1), datetime(2020, 1, 1),
                 [(instant(t, zone), instant(t, zone) + 3600) for t in times])
        local = datetime(2019, 6, 15, 2, 30)
        series(f"until-local-{zone}", zone, start, 7200, "FREQ=DAILY;INTERVAL=7",
               datetime(2019, 1, 1), datetime(2020, 1, 1), until=local,
               until_text="" if zone == "UTC" else f";UNTIL={text(local)}") \
            if zone != "UTC" else None
        without = [datetime(2019, 3, 31, 2, 30), datetime(2019, 10, 27, 2, 30),
                   datetime(2019, 4, 7, 2, 30)]
        plus = [datetime(2019, 5, 1, 1, 0), datetime(2019, 3, 31, 2, 45)]
        lists = [prop("EXDATE", without[0], zone) + "," + text(without[1]) +
                 ("Z" if zone == "UTC" else ""), prop("EXDATE", without[2], zone),
                 prop("RDATE", plus[0], zone), prop("RDATE", plus[1], zone)]
        series(f"lists-{zone}", zone, start, 5400, "FREQ=WEEKLY;BYDAY=SU,SA;COUNT=60",
               datetime(2019, 1, 1), datetime(2020, 1, 1), extra=lists, without=without,
               plus=plus)


def days():
    """Whole days: from local midnight to local midnight."""
    for zone in ZONES:
        if zone == "UTC":
            continue
        for number, (rule, length) in enumerate(
                [("FREQ=WEEKLY;BYDAY=SU", 1), ("FREQ=MONTHLY;BYMONTHDAY=-1", 2),
                 ("FREQ=YEARLY;BYMONTH=12;BYMONTHDAY=20", 16), ("FREQ=DAILY;INTERVAL=10", 3)]):
            start = datetime(2015, 1, 4) if "WEEKLY" in rule else datetime(2015, 1, 31)
            times = recur(rule, start)
            without = [t for t in times if t.month == 3][:2]
            lines = [f"DTSTART;VALUE=DATE:{start:%Y%m%d}",
                     f"DTEND;VALUE=DATE:{start + timedelta(days=length):%Y%m%d}",
                     f"RRULE:{rule}", f"X-TEST-ZONE:{zone}"]
            if without:
                lines.append("EXDATE;VALUE=DATE:" + ",".join(f"{t:%Y%m%d}" for t in without))
            emit(f"days-{number}-{zone}", lines, datetime(2015, 2, 1), datetime(2018, 1, 1),
                 [(instant(t, zone), instant(t + timedelta(days=length), zone))
                  for t in times if t not in without])


def overrides():
    """Occurrences that were moved, shortened or cancelled."""
    for zone in ZONES:
        start = datetime(2017, 1, 7, 23, 0)
        times = recur("FREQ=WEEKLY;BYDAY=SA", start)
        moved, shortened, cancelled, far = times[4], times[11], times[20], times[60]
        out = [(instant(t, zone), instant(t, zone) + 14400) for t in times
               if t not in (moved, shortened, cancelled, far)]
        target = moved + timedelta(days=2, hours=-3)
        out.append((instant(target, zone), instant(target, zone) + 14400))
        out.append((instant(shortened, zone), instant(shortened, zone) + 3600))
        early = datetime(2017, 3, 1, 12, 0)  # an occurrence of 2018, moved into the range
        out.append((instant(early, zone), instant(early, zone) + 1800))
        lines = ["UID:series", prop("DTSTART", start, zone), "DURATION:PT4H",
                 "RRULE:FREQ=WEEKLY;BYDAY=SA",
                 "-", "UID:series", prop("RECURRENCE-ID", moved, zone),
                 prop("DTSTART", target, zone), "DURATION:PT4H",
                 "-", "UID:series", prop("RECURRENCE-ID", shortened, zone),
                 prop("DTSTART", shortened, zone), "DURATION:PT1H",
                 "-", "UID:series", prop("RECURRENCE-ID", cancelled, zone),
                 prop("DTSTART", cancelled, zone), "DURATION:PT4H", "STATUS:CANCELLED",
                 "-", "UID:series", prop("RECURRENCE-ID", far, zone),
                 prop("DTSTART", early, zone), "DURATION:PT30M"]
        emit(f"overrides-{zone}", lines, datetime(2017, 1, 1), datetime(2017, 12, 31), out)


def long():
    """Twenty years, as a digest."""
    for zone in ZONES:
        for number, rule in enumerate(["FREQ=DAILY", "FREQ=WEEKLY;BYDAY=SA,SU",
                                       "FREQ=MONTHLY;BYDAY=2TU,-1SU",
                                       "FREQ=YEARLY;BYMONTH=3,10;BYDAY=-1SU"]):
            series(f"twenty-years-{number}-{zone}", zone, datetime(2003, 6, 15, 2, 30), 9000,
                   rule, datetime(2004, 1, 1), datetime(2024, 1, 1), digest=True)


if __name__ == "__main__":
    print("# made by make_table.py; do not edit", file=sys.stdout)
    changes()
    rules()
    ends()
    days()
    overrides()
    long()
    print(f"{len(names)} cases", file=sys.stderr)
