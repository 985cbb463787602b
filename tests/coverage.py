#!/usr/bin/env python3
"""coverage.py - what the tests of a gcov build have run: a table of folders, the branches
of the pure folders that nobody took, and whether the demanded figures are reached.

    coverage.py BUILD [--files FOLDER]

Reads gcov's own JSON for every object of slipway (parts, plugins, main; not the tests).
Lines and branches that several objects share (inline functions of headers) are one.

A branch that cannot be taken is excused only by a comment on its line,
`/* NEVER: why */`, and it excuses that one branch: if more of the line are not taken they
are all missing. The excuses are printed, and one whose line is taken whole is an error.
Exit 1 if a figure is not reached or an excuse is wrong.
"""
import concurrent.futures
import json
import os
import pathlib
import re
import subprocess
import sys

PURE = ("orchestrator/engine", "orchestrator/plan")  # every branch is demanded
LINES_DEMANDED = 90.0
NEVER = re.compile(r"/\*\s*NEVER:\s*(.*?)\s*\*/")
ROOT = pathlib.Path(__file__).resolve().parent.parent


def notes_of(build):
    for part in sorted((build / "CMakeFiles").iterdir()):
        if re.match(r"(part_|plugin_|slipway\.dir)", part.name):
            yield from sorted(part.rglob("*.gcno"))


def read_notes(path):
    run = subprocess.run(["gcov", "--json-format", "--stdout", "--branch-probabilities", str(path)],
                         capture_output=True, check=False, cwd=path.parent)
    return [json.loads(line) for line in run.stdout.splitlines() if line.startswith(b"{")]


class Source:
    def __init__(self, path):
        self.text = (ROOT / path).read_text(errors="replace").splitlines()
        self.lines = {}     # number: times
        self.branches = {}  # (number, which of the line): times

    def add(self, line):
        number = line["line_number"]
        self.lines[number] = self.lines.get(number, 0) + line["count"]
        for which, branch in enumerate(line["branches"]):
            key = (number, which)
            self.branches[key] = self.branches.get(key, 0) + branch["count"]

    def line(self, number):
        return self.text[number - 1].strip() if number <= len(self.text) else "(the source has changed since)"

    def excuse(self, number):
        found = NEVER.search(self.line(number))
        return found.group(1) if found else None

    def missed(self, number):
        return sum(n == number and not times for (n, _), times in self.branches.items())

    def is_excused(self, number):
        return bool(self.excuse(number)) and self.missed(number) == 1

    def untaken(self):
        numbers = sorted({n for (n, _), times in self.branches.items() if not times})
        return [n for n in numbers if not self.is_excused(n)]

    def demanded(self):
        return [times for (n, _), times in self.branches.items() if times or not self.is_excused(n)]


def read_all(build):
    sources = {}
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for documents in pool.map(read_notes, notes_of(build)):
            for document in documents:
                for file in document["files"]:
                    path = os.path.normpath(os.path.join(document["current_working_directory"], file["file"]))
                    name = os.path.relpath(path, ROOT)
                    if not name.startswith(("orchestrator/", "plugins/", "include/")) or not os.path.exists(path):
                        continue
                    source = sources.setdefault(name, Source(name))
                    for line in file["lines"]:
                        source.add(line)
    return sources


def folder_of(name):
    return os.path.dirname(name)


def share(taken, all_of_them):
    return 100.0 * taken / all_of_them if all_of_them else 100.0


def sums(sources):
    lines = [times for s in sources for times in s.lines.values()]
    branches = [times for s in sources for times in s.demanded()]
    return sum(map(bool, lines)), len(lines), sum(map(bool, branches)), len(branches)


def print_row(name, figures, mark=""):
    hit, lines, taken, branches = figures
    print(f"{name:<26} {lines:>7} {share(hit, lines):>7.1f} % {branches:>8} {share(taken, branches):>7.1f} %{mark}")


def print_table(sources):
    short = False
    print(f"{'folder':<26} {'lines':>7} {'run':>9} {'branches':>8} {'taken':>9}")
    for folder in sorted({folder_of(name) for name in sources}):
        figures = sums([s for name, s in sources.items() if folder_of(name) == folder])
        hit, lines, taken, branches = figures
        reached = taken == branches if folder in PURE else share(hit, lines) >= LINES_DEMANDED
        short = short or not reached
        print_row(folder, figures, "" if reached else "  <- short of what is demanded")
    print_row("all", sums(list(sources.values())))
    return short


def print_untaken(sources):
    names = [n for n in sorted(sources) if folder_of(n) in PURE and sources[n].untaken()]
    if names:
        print("\nbranches that no test took:")
    for name in names:
        for number in sources[name].untaken():
            text = sources[name].line(number)
            of_line = sorted((w, t) for (n, w), t in sources[name].branches.items() if n == number)
            which = " ".join(str(w + 1) for w, t in of_line if not t)
            print(f"  {name}:{number}: {which} of {len(of_line)}: {text}")


def print_excuses(sources):
    wrong = False
    for name in sorted(sources):
        source = sources[name]
        for number, text in enumerate(source.text, 1):
            if not re.search(r"/\*\s*NEVER:", text):
                continue
            missed = source.missed(number)
            wrong = wrong or not missed or not source.excuse(number)
            print(f"  {name}:{number}: {'never' if missed else 'TAKEN ALL THE SAME'}: {source.excuse(number)}")
    return wrong


def print_files(sources, folder):
    print(f"\n{folder}: lines that no test ran")
    missing = [(sum(not t for t in s.lines.values()), name) for name, s in sources.items()
               if name.startswith(folder)]
    for count, name in sorted(missing, reverse=True):
        if count:
            print(f"  {count:>5} of {len(sources[name].lines):>5}  {name}")


def main():
    if len(sys.argv) not in (2, 4) or (len(sys.argv) == 4 and sys.argv[2] != "--files"):
        sys.exit("usage: coverage.py BUILD [--files FOLDER]")
    sources = read_all(pathlib.Path(sys.argv[1]).resolve())
    if not sources:
        sys.exit(f"{sys.argv[1]} holds no coverage notes: build it with -DSLIPWAY_COVERAGE=ON")
    short = print_table(sources)
    print_untaken(sources)
    wrong = print_excuses(sources)
    if len(sys.argv) == 4:
        print_files(sources, sys.argv[3])
    sys.exit(1 if short or wrong else 0)


main()
