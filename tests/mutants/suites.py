"""suites.py - one file of slipway with a bug in it, in the programs of the suites.

Shared by run.py (the bugs of a table) and sample.py (bugs that are drawn). The changed file is
compiled into a folder of its own and linked in front of the libraries, so neither the source
nor the build changes. A program runs under test-guard, which ends it after its time with
whatever it started, and for root with a /tmp of its own, so that one that is killed leaves
nothing behind.
"""
import functools
import json
import os
import resource
import shlex
import subprocess

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SIM_SEEDS = "400"
SECONDS_MOST = 600
CODE_TOO_LONG = 124  # of test-guard
COMPILE_SECONDS = 120
OWN_TMP = ["unshare", "--mount", "sh", "-c", 'mount -t tmpfs none /tmp && exec "$@"', "sh"]

SUITES = {
    "sim": [["slipway-sim", "--seeds", SIM_SEEDS, "--jobs", "2"]],
    "engine": "engine_test_",
    "model": "model_test_",
    "plan": "plan_test_",
    "loop": [["loop_test_driver"], ["loop_test_request"], ["loop_test_crash_matrix"]],
    "store": "store_test_",
}


def no_cores():
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


@functools.cache
def own_tmp():
    """The words that give a command a /tmp of its own, or none."""
    try:
        works = subprocess.run([*OWN_TMP, "true"], capture_output=True).returncode == 0
    except OSError:
        works = False
    return OWN_TMP if works else []


class Build:
    def __init__(self, folder):
        self.folder = os.path.join(ROOT, folder)
        rows = json.loads(self.ninja("-t", "compdb"))
        self.compiles = {row["file"]: row["command"] for row in rows if row["file"].endswith(".c")}
        targets = self.ninja("-t", "targets", "all").splitlines()
        self.programs = [t.split(":")[0] for t in targets if "C_EXECUTABLE_LINKER" in t]
        self.links = {}

    def ninja(self, *arguments):
        return subprocess.run(["ninja", "-C", self.folder, "--quiet", *arguments],
                              check=True, capture_output=True, text=True).stdout

    def runs(self, suite):
        if suite.startswith("corpus/"): # a fuzz target, over what is committed for it
            return [["fuzz_" + suite.removeprefix("corpus/"), "tests/fuzz/" + suite]]
        wanted = SUITES[suite]
        if isinstance(wanted, str):
            return [[p] for p in self.programs if p.startswith(wanted)]
        return wanted

    def compile(self, source, text, folder):
        """The object of `text` in the place of `source`, and what the compiler said."""
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
        words = [w for w in words if w not in ("-Werror", "-g")]
        words += ["-w", "-I", os.path.dirname(path)]
        done = subprocess.run(words, cwd=self.folder, capture_output=True, text=True,
                              timeout=COMPILE_SECONDS)
        return None if done.returncode else out, done.stderr

    def link_words(self, program):
        if program not in self.links:
            command = self.ninja("-t", "commands", program).splitlines()[-1]
            command = command.removeprefix(": && ").removesuffix(" && :")
            self.links[program] = shlex.split(command)
        return list(self.links[program])

    def link(self, program, mutant, source, folder):
        out = os.path.join(folder, program)
        words = self.link_words(program)
        words[words.index("-o") + 1] = out
        words = [word for word in words if not word.endswith("/" + source + ".o")]
        words.insert(words.index("-o"), mutant)
        subprocess.run(words, cwd=self.folder, check=True, capture_output=True)
        return out

    def guarded(self, command, seconds=SECONDS_MOST):
        """(code, what it printed); CODE_TOO_LONG if it did not end in its time."""
        guard = os.path.join(self.folder, "test-guard")
        done = subprocess.run([*own_tmp(), guard, str(seconds), *command], cwd=ROOT, text=True,
                              errors="replace", stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              preexec_fn=no_cores)
        return done.returncode, done.stdout


def complaint(build, run, linked, source, folder, seconds=SECONDS_MOST):
    """What a program with this object says if it fails, or None."""
    program = build.link(run[0], linked, source, folder)
    try:
        code, said = build.guarded([program, *run[1:]], seconds)
    finally:
        os.unlink(program)
    if code == CODE_TOO_LONG:
        return f"{run[0]} does not end"
    return f"{run[0]}: {reason(said)}" if code else None


def reason(text):
    for line in text.splitlines():
        if line.startswith("seed ") or "not ok" in line or "broken: " in line:
            return line[:110]
    for line in text.splitlines():
        if line.startswith("[  FAILED  ]") and "test(s)" not in line:
            return line[13:].strip()[:110]
    return "ended badly"
