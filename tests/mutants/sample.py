#!/usr/bin/env python3
"""sample.py - plant bugs that nobody wrote down, and see which of them nobody notices.

  tests/mutants/sample.py --seed N [--count N] [--only PATTERN] [--kind KIND] [--build DIR]
                          [--survivors FILE] [--short]
  tests/mutants/sample.py --again FILE [--build DIR]

Draws mutations of the engine, the planner, the store, the loop, the model, the forecast, the
calendars and of what all plugins share (draw.py): a turned condition, an off-by-one, a lost
term, statement, guard or table entry, a query that asks for something else. The same seed over
the same source draws the same. PATTERN is a part of a file's path. What does not compile, or
compiles to the same program, is drawn anew and does not count.

Each runs, with the time its sound program takes and some, the tests of its folder and 400
seeds of the simulation, fastest first; then the driver, the crash matrix and whatever else
holds the changed code; then 4,000 seeds: until one fails or does not end. Nothing but DIR (a
build without sanitizers, default: build) is written; suites.py says how.

Survivors are printed as a row of table.txt, with their line, and written to FILE, which
--again plants anew, to see whether a new test notices. Those of excused.txt change nothing
that anybody could see, it says why; they are counted apart. Exit 1 if others are left.
"""
import argparse
import collections
import difflib
import glob
import json
import os
import random
import subprocess
import sys
import tempfile
import time

import draw
from run import read_table
from suites import ROOT, SIM_SEEDS, Build, complaint

FOLDERS = ["orchestrator/engine", "orchestrator/plan", "orchestrator/store",
           "orchestrator/model", "orchestrator/forecast", "orchestrator/calendar",
           "orchestrator/loop", "plugins/common"]
FILES = [folder + "/*.c" for folder in FOLDERS]
HEADERS = ["orchestrator/*/*.h", "include/slipway/*.h"]
EXCUSED = "tests/mutants/excused.txt"
MORE_SEEDS = ["--seeds", "4000", "--from", "10001", "--jobs", "2"]
SECONDS_LEAST = 30 # however short the sound program is: the machine may be busy
TIMES_SOUND = 8
DRAWS_FOR_ONE = 200 # that do not compile or say the same, before it gives up
AT_FIRST = "slipway-sim" # runs among the tests of the folder

Mutant = collections.namedtuple("Mutant", "kind file line old new text")


def read(path):
    with open(os.path.join(ROOT, path)) as file:
        return file.read()


def paths(patterns):
    found = [path for pattern in patterns for path in glob.glob(os.path.join(ROOT, pattern))]
    return sorted(os.path.relpath(path, ROOT) for path in found)


def difference(before, after):
    """(first changed line, lines as they were, lines as they are)."""
    was, now = before.splitlines(), after.splitlines()
    blocks = difflib.SequenceMatcher(None, was, now, autojunk=False).get_opcodes()
    blocks = [block for block in blocks if block[0] != "equal"]
    first, last = blocks[0], blocks[-1]
    return first[1] + 1, was[first[1]:last[2]], now[first[3]:last[4]]


def mutants_from(seed, only, kind):
    """Endless: a kind at random, then a place at random, no mutant twice."""
    texts = {path: read(path) for path in paths(FILES) if only in path}
    beside = draw.enum_neighbours(read(path) for path in paths(HEADERS) + list(texts))
    places = collections.defaultdict(list)
    for path, text in texts.items():
        for found, start, end, instead in draw.sites(path, text, beside):
            if kind in ("", found):
                places[found].append((path, start, end, instead))
    dice = random.Random(seed)
    while places:
        found = dice.choice(sorted(places))
        path, start, end, instead = places[found].pop(dice.randrange(len(places[found])))
        if not places[found]:
            del places[found]
        text = texts[path][:start] + instead + texts[path][end:]
        if text != texts[path]:
            yield Mutant(found, path, *difference(texts[path], text), text)


def mutants_of(path):
    for row in read_table(path):
        text = read(row["file"]).splitlines()
        places = [i for i in range(len(text)) if text[i:i + len(row["old"])] == row["old"]]
        wanted = int(row.get("line", 0))
        if not places:
            sys.exit(f"{row['name']}: its text is no longer in {row['file']}")
        at = min(places, key=lambda place: abs(place + 1 - wanted))
        changed = "\n".join(text[:at] + row["new"] + text[at + len(row["old"]):]) + "\n"
        yield Mutant(row["wrong"], row["file"], at + 1, row["old"], row["new"], changed)


def row_of(mutant, number):
    old, new = ("".join(f"{sign} {line}\n" for line in lines)
                for sign, lines in (("-", mutant.old), ("+", mutant.new)))
    return (f"== {number} | {mutant.kind}\nfile: {mutant.file}\nline: {mutant.line}\n{old}{new}")


class Suites:
    """Which programs hold a file, and how long they take with the source as it stands."""

    def __init__(self, build, options):
        self.build, self.short = build, options.short
        folders = {os.path.basename(folder) for folder in paths(["orchestrator/*", "plugins/*"])}
        if options.short:
            folders = {path.split("/")[1] for path in paths(FILES) if options.only in path}
        self.programs = [p for p in build.programs
                         if p.split("_test_")[0] in folders or p == AT_FIRST]
        build.ninja("test-guard", *self.programs)
        self.seconds = self.sound_seconds()
        self.names = {p: self.symbols(os.path.join(build.folder, p)) for p in self.programs}

    def symbols(self, path, *which):
        said = subprocess.run(["nm", "--defined-only", *which, path], check=True,
                              capture_output=True, text=True).stdout
        return {line.split()[-1] for line in said.splitlines() if line}

    def words(self, program):
        return [program, "--seeds", SIM_SEEDS, "--jobs", "2"] if program == AT_FIRST else [program]

    def sound_seconds(self):
        """Measured once for each program as it was built, and kept in the build."""
        path, known = os.path.join(self.build.folder, "sound-seconds.json"), {}
        if os.path.exists(path):
            with open(path) as file:
                known = json.load(file)
        seconds = {}
        for program in self.programs:
            made = os.path.join(self.build.folder, program)
            if known.get(program, [0])[0] == os.path.getmtime(made):
                seconds[program] = known[program][1]
                continue
            began = time.monotonic()
            code, said = self.build.guarded([made, *self.words(program)[1:]])
            if code:
                print(f"{program} fails with the source as it stands, and is left out:\n{said[-600:]}")
                continue
            seconds[program] = time.monotonic() - began
            known[program] = [os.path.getmtime(made), seconds[program]]
            with open(path, "w") as file:
                json.dump(known, file)
        return seconds

    def runs(self, path, made):
        """(words, seconds that it may take) in the order in which they are tried."""
        names, own = self.symbols(made, "-g"), path.split("/")[1] + "_test_"
        holders = [p for p in self.seconds if names & self.names[p] and
                   (not self.short or p.startswith(own) or p == AT_FIRST)]
        holders.sort(key=lambda p: (not p.startswith(own) and p != AT_FIRST, self.seconds[p]))
        for program in holders:
            yield self.words(program), self.limit(program)
        if AT_FIRST in holders and not self.short:
            yield [AT_FIRST, *MORE_SEEDS], 10 * self.limit(AT_FIRST)

    def limit(self, program):
        return int(SECONDS_LEAST + TIMES_SOUND * self.seconds[program])


class Trial:
    def __init__(self, build, folder, options):
        self.build, self.folder, self.sound = build, folder, {}
        self.suites = Suites(build, options)

    def object_of(self, path, text):
        try:
            made, _ = self.build.compile(path, text, self.folder)
        except subprocess.TimeoutExpired:
            return None
        return made

    def says_the_same(self, path, made):
        """The compiler sees no difference. `made` is left as it was."""
        with open(made, "rb") as file:
            now = file.read()
        if path not in self.sound:
            with open(self.object_of(path, read(path)), "rb") as file:
                self.sound[path] = file.read()
            with open(made, "wb") as file:
                file.write(now)
        return now == self.sound[path]

    def noticed(self, mutant, made):
        """(program, what it said) of the first that notices, or (None, programs that ran)."""
        ran = 0
        for run, seconds in self.suites.runs(mutant.file, made):
            said = complaint(self.build, run, made, mutant.file, self.folder, seconds)
            if said:
                return run[0], said
            ran += 1
        return None, f"{ran} programs were content"


def suite_of(program):
    return "sim" if program == AT_FIRST else program.replace("_test_", "/test_")


def try_out(options, mutants, trial, excused):
    caught, survivors, count, left_over = collections.Counter(), [], 0, 0
    tried = 0
    for mutant in mutants:
        if count == options.count or tried == DRAWS_FOR_ONE * options.count:
            break
        tried += 1
        made = trial.object_of(mutant.file, mutant.text)
        if not made or trial.says_the_same(mutant.file, made):
            continue
        count += 1
        if (mutant.file, tuple(mutant.old), tuple(mutant.new)) in excused:
            left_over += 1
            print(f"ok - {count} {mutant.kind} {mutant.file}:{mutant.line}: excused", flush=True)
            continue
        began = time.monotonic()
        program, said = trial.noticed(mutant, made)
        print(f"{'ok' if program else 'SURVIVED'} - {count} {mutant.kind} {mutant.file}:"
              f"{mutant.line} ({time.monotonic() - began:.0f} s): {said}", flush=True)
        if program:
            caught[suite_of(program)] += 1
            continue
        survivors.append(mutant)
        row = row_of(mutant, f"{options.seed}-{count}")
        print(row, flush=True)
        if options.survivors:
            with open(options.survivors, "a") as file:
                file.write(row + "\n")
    for suite, number in caught.most_common():
        print(f"caught by {suite}: {number}")
    print(f"{count} planted, {sum(caught.values())} caught, {left_over} excused, "
          f"{len(survivors)} survived")
    return survivors


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=20)
    parser.add_argument("--only", default="")
    parser.add_argument("--kind", default="", choices=["", *draw.KINDS])
    parser.add_argument("--build", default="build")
    parser.add_argument("--short", action="store_true", help="the folder's tests and 400 seeds")
    parser.add_argument("--survivors", help="where survivors are added")
    parser.add_argument("--again", help="survivors of an earlier run")
    options = parser.parse_args()
    build = Build(options.build)
    rows = read_table(os.path.join(ROOT, EXCUSED))
    excused = {} if options.again else {(r["file"], tuple(r["old"]), tuple(r["new"])) for r in rows}
    mutants = mutants_from(options.seed, options.only, options.kind)
    if options.again:
        mutants = mutants_of(options.again)
        options.count = len(read_table(options.again))
    with tempfile.TemporaryDirectory(dir=build.folder) as folder:
        return 1 if try_out(options, mutants, Trial(build, folder, options), excused) else 0


if __name__ == "__main__":
    sys.exit(main())
