#!/usr/bin/env python3
"""Check the slots of the example's plan without slipway: openings are worked out from the
files by dateutil, and what is down at once is counted from the slots.

    forecast_check.py FLEET.yaml PLAN.json

Prints one line for each fact that does not hold; exit 1 then.
"""
import datetime as dt
import json
import os
import re
import sys

from dateutil import rrule, tz

UTC = tz.UTC
DAYS = dict(Mon=0, Tue=1, Wed=2, Thu=3, Fri=4, Sat=5, Sun=6)
ZONES = {"Romance Standard Time": "Europe/Paris"}
HORIZON = dt.timedelta(days=80)


def instant(local, zone):
    """Local wall time to an instant; the example starts nothing in a night of a change."""
    return local.replace(tzinfo=tz.gettz(zone)).astimezone(UTC)


def duration(text):
    total = dt.timedelta()
    for number, unit in re.findall(r"(\d+)([dhm])", text):
        total += int(number) * dict(d=dt.timedelta(days=1), h=dt.timedelta(hours=1),
                                    m=dt.timedelta(minutes=1))[unit]
    return total


def short_form(text, zone, first):
    spans = []
    for part in text.split(";"):
        words = part.split()
        if ".." in words[0]:
            a, b = (dt.datetime.fromisoformat(d) for d in words[0].split(".."))
            where = words[1] if len(words) > 1 else zone
            spans.append((instant(a, where), instant(b + dt.timedelta(days=1), where)))
            continue
        days = []
        for item in words[0].split(","):
            if item == "daily":
                days += range(7)
            elif "-" in item:
                low, high = (DAYS[d] for d in item.split("-"))
                days += range(low, high + 1)
            else:
                days.append(DAYS[item])
        hour, minute = map(int, words[1].split(":"))
        where = words[3] if len(words) > 3 else zone
        for n in range(-2, HORIZON.days):
            day = first.replace(tzinfo=None) + dt.timedelta(days=n)
            if day.weekday() in days:
                start = instant(dt.datetime(day.year, day.month, day.day, hour, minute), where)
                spans.append((start, start + duration(words[2][1:])))
    return spans


def ics_time(value, params, zone):
    zone = params.get("TZID", "").strip('"') or zone
    zone = ZONES.get(zone, zone)
    if params.get("VALUE") == "DATE":
        return dt.datetime.strptime(value, "%Y%m%d"), zone
    if value.endswith("Z"):
        return dt.datetime.strptime(value, "%Y%m%dT%H%M%SZ"), "UTC"
    return dt.datetime.strptime(value, "%Y%m%dT%H%M%S"), zone


def ics(path, zone, first):
    spans, event = [], None
    text = open(path, newline="").read().replace("\r\n ", "").split("\r\n")
    inside = None
    for line in text:
        if line.startswith("BEGIN:") and line != "BEGIN:VCALENDAR":
            inside = inside or line[6:]
            if line == "BEGIN:VEVENT":
                event = {"EXDATE": []}
        elif line.startswith("END:") and inside == line[4:]:
            if inside == "VEVENT":
                spans += expand(event, zone, first)
            inside = None
        elif inside == "VEVENT":
            head, value = line.split(":", 1)
            name, *params = head.split(";")
            params = dict(p.split("=", 1) for p in params)
            if name == "EXDATE":
                event["EXDATE"].append((value, params))
            else:
                event[name] = (value, params)
    return spans


def expand(event, zone, first):
    start, where = ics_time(*event["DTSTART"], zone)
    if "DURATION" in event:
        length = duration(event["DURATION"][0].lower().replace("pt", ""))
    else:
        length = ics_time(*event["DTEND"], zone)[0] - start
    starts = [start]
    if "RRULE" in event:
        rule = rrule.rrulestr("RRULE:" + event["RRULE"][0], dtstart=start)
        low = first.replace(tzinfo=None) - dt.timedelta(days=3)
        starts = rule.between(low, low + HORIZON, inc=True)
    gone = {ics_time(*e, zone)[0] for e in event["EXDATE"]}
    if event["DTSTART"][1].get("VALUE") == "DATE":
        return [(instant(s, where), instant(s + length, where)) for s in starts if s not in gone]
    return [(instant(s, where), instant(s, where) + length) for s in starts if s not in gone]


def read_rules(fleet, key):
    text = open(fleet).read()
    part = re.search(r"^%s:\n((?:  - .*\n)+)" % key, text, re.M).group(1)
    for line in part.splitlines():
        body = re.search(r"\{(.*)\}", line).group(1)
        calendar = re.search(r'calendar: "([^"]*)"', body).group(1)
        label = re.match(r"(\w+): (\w+), ", body)
        yield (label.group(1), label.group(2)) if label else None, calendar


def merged(spans):
    out = []
    for low, high in sorted(spans):
        if out and low <= out[-1][1]:
            out[-1] = (out[-1][0], max(high, out[-1][1]))
        else:
            out.append((low, high))
    return out


def covers(spans, low, high):
    return any(a <= low and high <= b for a, b in spans)


def peak(items):
    """Most at once; whoever ends at an instant makes room for who starts then."""
    events = sorted([(a, 1) for a, b in items] + [(b, -1) for a, b in items],
                    key=lambda e: (e[0], e[1]))
    most = now = 0
    for _, change in events:
        now += change
        most = max(most, now)
    return most


def main():
    fleet, plan = sys.argv[1], json.load(open(sys.argv[2]))
    folder = os.path.dirname(os.path.abspath(fleet))
    zone = re.search(r"^zone: (\S+)", open(fleet).read(), re.M).group(1)
    first = dt.datetime.fromtimestamp(plan["created_ms"] / 1000, UTC)
    wrong = []

    def spans_of(calendar):
        if calendar.endswith(".ics"):
            return ics(os.path.join(folder, calendar), zone, first)
        return short_form(calendar, zone, first)

    windows = {rule: merged(spans_of(c)) for rule, c in read_rules(fleet, "windows")}
    freezes = [(rule, merged(spans_of(c))) for rule, c in read_rules(fleet, "freezes")]
    time = plan["time"]
    where = {}
    for target, row in zip(plan["targets"], time["slots"]):
        labels = json.loads(target["doc"])["labels"] if isinstance(target["doc"], str) \
            else target["doc"]["labels"]
        customer, site, name = labels["customer"], target["site"], target["name"]
        if not row[2]:
            wrong.append("%s has no slot" % name)
            continue
        start, end = (dt.datetime.fromtimestamp(ms / 1000, UTC) for ms in row[2:4])
        needed = start + dt.timedelta(milliseconds=time["paces"][row[1]]["needed_ms"])
        for rule in (("customer", customer), ("site", site)):
            if not covers(windows[rule], start, needed):
                wrong.append("%s starts %s outside of %s=%s" % ((name, start) + rule))
        for rule, spans in freezes:
            binds = rule is None or rule == ("site", site)
            if binds and any(a < needed and start < b for a, b in spans):
                wrong.append("%s starts %s into a freeze" % (name, start))
        for key in ("all", "customer=" + customer, "site=" + site):
            where.setdefault(key, []).append((row[2], row[3]))
    caps = {d["key"]: d["max"] for d in plan["domains"]}
    for key, items in where.items():
        most = plan["in_flight"] if key == "all" else caps[key]
        if peak(items) > most:
            wrong.append("%s: %d at once, %d allowed" % (key, peak(items), most))
    print("\n".join(wrong[:20]) or "%d slots hold" % len(time["slots"]))
    sys.exit(1 if wrong else 0)


main()
