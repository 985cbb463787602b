"""run.py - plant each bug of table.txt and see that a suite notices.

  tests/mutants/run.py [--build DIR] [--only NAME] [--markdown FILE]

DIR is a build without sanitizers (default: build); it is brought up to date first and not
changed: the one file of a mutant is compiled beside it, and linked in front of the
libraries. A mutant that no suite notices is a failure, and so is one whose text is no
longer in the source. Ends with "N passed, N failed".
"""
import argparse
import json
import os
import shlex
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SIM_SEEDS = "400"
SECONDS_MOST = 600

SUITES = {
    "sim": [["slipway-sim", "--seeds", SIM_SEEDS, "--jobs", "2"]],
    "engine": "engine_test_",
    "plan": "plan_test_",
    "loop": [["loop_test_driver"], ["loop_test_request"], ["loop_test_crash_matrix"]],
    "store": "store_test_",
}
SAID = {
    "sim": "seeded simulation",
    "engine": "stories of the engine",
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


class Build:
    def __init__(self, folder):
        self.folder = os.path.join(ROOT, folder)
        rows = json.loads(self.ninja("-t", "compdb"))
        self.compiles = {row["file"]: row["command"] for row in rows if row["file"].endswith(".c")}
        targets = self.ninja("-t", "targets", "all").splitlines()
        self.programs = [t.split(":")[0] for t in targets if "C_EXECUTABLE_LINKER" in t]

    def ninja(self, *arguments):
        return subprocess.run(["ninja", "-C", self.folder, "--quiet", *arguments],
                              check=True, capture_output=True, text=True).stdout

    def runs(self, suite):
        wanted = SUITES[suite]
        if isinstance(wanted, str):
            return [[p] for p in self.programs if p.startswith(wanted)]
        return wanted

    def compile(self, source, text, folder):
        """The object of `text` in the place of `source`."""
        changed, out = os.path.join(folder, "mutant.c"), os.path.join(folder, "mutant.o")
        with open(changed, "w") as file:
            file.write(text)
        path = os.path.join(ROOT, source)
        words = shlex.split(self.compiles[path])
        words = words[1:] if "ccache" in words[0] else words
        words[words.index("-o") + 1] = out
        words[words.index("-c") + 1] = changed
        for flag in ("-MF", "-MT"):
            words[words.index(flag) + 1] = os.path.join(folder, "mutant.d")
        words = [w for w in words if w != "-Werror"] + ["-w"]
        done = subprocess.run(words, cwd=self.folder, capture_output=True, text=True)
        return None if done.returncode else out, done.stderr

    def link(self, program, mutant, folder):
        command = self.ninja("-t", "commands", program).splitlines()[-1]
        command = command.removeprefix(": && ").removesuffix(" && :")
        out = os.path.join(folder, program)
        words = shlex.split(command)
        words[words.index("-o") + 1] = out
        words.insert(words.index("-o"), mutant)
        subprocess.run(words, cwd=self.folder, check=True, capture_output=True)
        return out


def noticed(build, suite, mutant_object, folder):
    """What the first program that notices says, or None."""
    for run in build.runs(suite):
        program = build.link(run[0], mutant_object, folder)
        try:
            done = subprocess.run([program, *run[1:]], cwd=ROOT, timeout=SECONDS_MOST, text=True,
                                  errors="replace", stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT)
        except subprocess.TimeoutExpired:
            return f"{run[0]} does not end"
        finally:
            os.unlink(program)
        if done.returncode:
            return f"{run[0]}: {reason(done.stdout)}"
    return None


def reason(text):
    for line in text.splitlines():
        if line.startswith("seed ") or "not ok" in line:
            return line[:110]
    for line in text.splitlines():
        if line.startswith("[  FAILED  ]") and "test(s)" not in line:
            return line[13:].strip()[:110]
    return "ended badly"


def judge(build, mutant):
    """(caught by, what it said, seconds)."""
    began = time.monotonic()
    source = open(os.path.join(ROOT, mutant["file"])).read()
    old, new = "\n".join(mutant["old"]) + "\n", "\n".join(mutant["new"]) + "\n"
    if source.count(old) != 1:
        return None, f"its text occurs {source.count(old)} times in {mutant['file']}", 0
    with tempfile.TemporaryDirectory() as folder:
        made, errors = build.compile(mutant["file"], source.replace(old, new), folder)
        if not made:
            return None, "does not compile: " + errors.strip()[:300], 0
        for suite in mutant["suites"].split():
            said = noticed(build, suite, made, folder)
            if said:
                return suite, said, time.monotonic() - began
    return None, "nobody noticed", time.monotonic() - began


def markdown(rows):
    lines = ["| planted bug | what it would do | where | caught by |", "|---|---|---|---|"]
    for mutant, suite in rows:
        lines.append(f"| {mutant['name']} | {mutant['wrong']} | `{mutant['file']}` | "
                     f"{SAID.get(suite, 'nobody')} |")
    return "\n".join(lines) + "\n"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", default="build")
    parser.add_argument("--only", default="")
    parser.add_argument("--markdown")
    options = parser.parse_args()
    build = Build(options.build)
    mutants = [m for m in read_table(os.path.join(ROOT, "tests/mutants/table.txt"))
               if options.only in m["name"]]
    wanted = {run[0] for m in mutants for s in m["suites"].split() for run in build.runs(s)}
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


sys.exit(main())
