"""run.py - plant each bug of table.txt and see that a suite notices.

  tests/mutants/run.py [--build DIR] [--only NAME] [--since NAME] [--markdown FILE]
                       [--table FILE]

DIR is a build without sanitizers (default: build); it is brought up to date first and not
changed: the one file of a mutant is compiled beside it, and linked in front of the
libraries (suites.py). A mutant that no suite notices is a failure, and so is one whose text is
no longer in the source, or whose story (tests/sim/stories) ends well. Ends with "N passed,
N failed". sample.py plants bugs that nobody wrote down.
"""
import argparse
import os
import sys
import tempfile
import time

from suites import ROOT, SIM_SEEDS, Build, complaint

SOUND_SEEDS = "40"

SAID = {
    "story": "the simulation",
    "sim": "seeded simulation",
    "engine": "stories of the engine",
    "model": "stories of the plan's parts",
    "plan": "stories of the planner",
    "loop": "driver and crash matrix",
    "store": "stories of the store, power cuts",
}


def read_table(path):
    mutants, mutant = [], None
    for number, line in enumerate(open(path), 1):
        line = line.rstrip("\n")
        if line.startswith("== "):
            name, wrong = line[3:].split(" | ")
            mutant = {"name": name, "wrong": wrong, "old": [], "new": []}
            mutants.append(mutant)
        elif line.startswith("#") or not line:
            continue
        elif line[:2] in ("- ", "+ "):
            mutant["old" if line[0] == "-" else "new"].append(line[2:])
        elif ": " in line:
            key, value = line.split(": ", 1)
            mutant[key] = value
        else:
            sys.exit(f"{path}:{number}: not understood: {line}")
    return mutants


SOUND = {}


def is_sound(build, source, run):
    """The same program with the same source as it stands, made the same way, is content."""
    if (source, run[0]) not in SOUND:
        with tempfile.TemporaryDirectory(dir=build.folder) as folder:
            made, _ = build.compile(source, open(os.path.join(ROOT, source)).read(), folder)
            run = [SOUND_SEEDS if word == SIM_SEEDS else word for word in run]
            SOUND[source, run[0]] = bool(made) and not complaint(build, run, made, source, folder)
    return SOUND[source, run[0]]


def noticed(build, suite, mutant, mutant_object, folder):
    """What the first program that notices says, or None."""
    for run in build.runs(suite):
        said = complaint(build, run, mutant_object, mutant["file"], folder)
        if said and is_sound(build, mutant["file"], run):
            return said
    return None


def replayed(build, mutant, mutant_object, folder):
    """Its story, if it has one, goes wrong with the bug."""
    if "story" not in mutant:
        return True
    program = build.link("slipway-sim", mutant_object, mutant["file"], folder)
    code, said = build.guarded([program, "--scenario", "tests/sim/stories/" + mutant["story"]])
    os.unlink(program)
    return code == 1 and "0 passed, 1 failed" in said


def judge(build, mutant):
    """(caught by, what it said, seconds)."""
    began = time.monotonic()
    source = open(os.path.join(ROOT, mutant["file"])).read()
    old, new = "\n".join(mutant["old"]) + "\n", "\n".join(mutant["new"]) + "\n"
    if source.count(old) != 1:
        return None, f"its text occurs {source.count(old)} times in {mutant['file']}", 0
    with tempfile.TemporaryDirectory(dir=build.folder) as folder:
        made, errors = build.compile(mutant["file"], source.replace(old, new), folder)
        if not made:
            return None, "does not compile: " + errors.strip()[:300], 0
        if not replayed(build, mutant, made, folder):
            return None, f"the story {mutant['story']} does not tell of it", 0
        if "story" in mutant:
            return "story", mutant["story"], time.monotonic() - began
        for suite in mutant["suites"].split():
            said = noticed(build, suite, mutant, made, folder)
            if said:
                return suite, said, time.monotonic() - began
    return None, "nobody noticed", time.monotonic() - began


def told(mutant):
    return f"; story `{mutant['story'].removesuffix('.txt')}`" if "story" in mutant else ""


def markdown(rows):
    lines = [
        "# Planted bugs, and what notices them",
        "",
        f"{len(rows)} bugs that somebody could write. Each is planted by itself, into the source "
        "as it stands;",
        "the suites of its row are run in their order until one fails, and that one must be content "
        "with the",
        "same file without the bug. A story is a scenario of `tests/sim/stories`: it goes wrong with "
        "the bug",
        "and well without. Written by `tests/mutants/run.py --markdown docs/mutants.md` from",
        "`tests/mutants/table.txt`; `./dev test --long` runs it.",
        "",
        "| planted bug | what it would do | where | caught by |",
        "|---|---|---|---|",
    ]
    for mutant, suite in rows:
        lines.append(f"| {mutant['name']} | {mutant['wrong']} | `{mutant['file']}` | "
                     f"{SAID.get(suite, 'nobody')}{told(mutant)} |")
    return "\n".join(lines) + "\n"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", default="build")
    parser.add_argument("--only", default="")
    parser.add_argument("--since", help="begin with this one of the table")
    parser.add_argument("--markdown")
    parser.add_argument("--table", default="tests/mutants/table.txt")
    options = parser.parse_args()
    build = Build(options.build)
    mutants = [m for m in read_table(os.path.join(ROOT, options.table))
               if options.only in m["name"]]
    if options.since:
        mutants = mutants[[m["name"] for m in mutants].index(options.since):]
    wanted = {"slipway-sim", "test-guard"} | {run[0] for m in mutants for s in m["suites"].split() for run in build.runs(s)}
    build.ninja(*sorted(wanted))
    rows, failed = [], 0
    for mutant in mutants:
        suite, said, seconds = judge(build, mutant)
        failed += not suite
        rows.append((mutant, suite))
        print(f"{'ok' if suite else 'not ok'} - {mutant['name']} ({seconds:.0f} s): {said}",
              flush=True)
    if options.markdown:
        with open(options.markdown, "w") as file:
            file.write(markdown(rows))
    print(f"{len(mutants) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
