"""fault_places.py - where a network may break: a table of faults, made of a dry run.

  fault_places.py TURNS INTENTS [--pick N | --every BYTES] [--after FAULTS]
  fault_places.py TURNS INTENTS --effects STEP...

TURNS is what fault_proxy.py wrote of a run, INTENTS what slipway's state says of its intents
(lines "ISSUED-MS|SETTLED-MS|STEP|ADDRESSES"): so each turn of a connection is known by the
step that it belongs to, or `look`. Prints a line for each place, in the form
that the proxy reads and with the step behind it:

  ADDRESS NUMBER request|answer AFTER WHAT STEP [+ NUMBER request|answer AFTER WHAT STEP]

Of each turn two places: in its middle (a request that did not arrive, an answer of which a
part came) and, of an answer, at its first byte: the request arrived, and nobody is told.
With --every there is a place after each so many bytes instead. --pick takes N of them, from
every connection, step and direction in turn. --after takes what was said at the addresses of
these faults, which the run already had, after they had happened; they stand behind a `+`.

--effects prints one place for each STEP: the answer to its largest request, on a connection
of the step's own if it has one.
"""
import argparse
import collections
import itertools

WHAT = itertools.cycle(["reset", "close", "reset", "stall", "close", "trickle"])
Turn = collections.namedtuple("Turn", "address number direction first end step")


def step_at(intents, address, ms):
    return next((step for issued, settled, step, addresses in intents
                 if int(issued) <= ms <= int(settled) and address in addresses.split(",")), "look")


def read_turns(path, intents):
    for line in open(path):
        address, number, direction, first, end, ms = line.split()
        yield Turn(address, int(number), direction, int(first), int(end), step_at(intents, address, int(ms)))


def read_intents(path):
    return [line.rstrip("\n").split("|") for line in open(path)]


def read_faults(path):
    return {line.split()[0]: line.split(maxsplit=1)[1].strip() for line in open(path)}


def after_faults(turns, faults):
    for address, fault in faults.items():
        number = fault.split()[0]
        last = max(i for i, turn in enumerate(turns) if (turn.address, turn.number) == (address, int(number)))
        yield from (turn for turn in turns[last + 1:] if turn.address == address)


def places(turns, every):
    """(turn, after how many bytes)"""
    for turn in turns:
        if every:
            yield from ((turn, after) for after in range(-(-turn.first // every) * every, turn.end, every))
            continue
        if turn.direction == "answer":
            yield turn, turn.first
        yield turn, (turn.first + turn.end) // 2


def pick(rows, count):
    """Evenly: of each kind one, then of each kind another, from all of its length."""
    kinds = collections.defaultdict(list)
    for turn, after in rows:
        kinds[turn.address, turn.number, turn.step, turn.direction].append((turn, after))
    shares = [list(kind) for kind in kinds.values()]
    picked = []
    while len(picked) < count and any(shares):
        for share in shares:
            if share and len(picked) < count:
                picked.append(share.pop(len(share) // 2))
    return picked


def effects(turns, steps):
    opened = {(turn.address, turn.number): turn.step for turn in reversed(turns)}
    for step in steps:
        of_step = [i for i, turn in enumerate(turns) if turn.step == step]
        own = [i for i in of_step if opened[turns[i].address, turns[i].number] == step]
        asked = max((i for i in own or of_step if turns[i].direction == "request"),
                    key=lambda i: turns[i].end - turns[i].first)
        link = turns[asked].address, turns[asked].number
        answer = next(turn for turn in turns[asked:]
                      if (turn.address, turn.number) == link and turn.direction == "answer")
        yield answer, answer.first


parser = argparse.ArgumentParser()
parser.add_argument("turns")
parser.add_argument("intents")
parser.add_argument("--every", type=int)
parser.add_argument("--pick", type=int)
parser.add_argument("--after")
parser.add_argument("--effects", nargs="*")
options = parser.parse_args()
turns = list(read_turns(options.turns, read_intents(options.intents)))
faults = read_faults(options.after) if options.after else {}
if faults:
    turns = list(after_faults(turns, faults))
rows = list(effects(turns, options.effects) if options.effects else places(turns, options.every))
for turn, after in pick(rows, options.pick) if options.pick else rows:
    before = ["+", faults[turn.address]] if faults else []
    print(turn.address, turn.number, turn.direction, after, next(WHAT), turn.step, *before)
