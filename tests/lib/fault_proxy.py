"""fault_proxy.py - a network that behaves badly, between slipway and a peer.

  fault_proxy.py --port LISTEN:[HOST:]PEER [--port ...] --seed N [--chance P] [--log FILE]
  fault_proxy.py --port ...  --faults FILE [--turns FILE] [--stall SECONDS] [--log FILE]

Listens on the whole of 127.0.0.0/8 and connects to the same address (or to HOST) at the
peer's port. With a seed each connection draws its fate from it and from its number at that
address, so a run can be made again as far as its timing allows:

  reset   RST to both sides, after so many bytes in one direction
  close   a clean end in the middle
  stall   nothing goes any further, in this direction; the connection stays open
  drip    one byte at a time, slowly
  late    everything arrives, a while later
  trickle one byte a second, and then the end (never drawn, only named)

Where in the stream: at the first byte, inside a handshake, inside a body, or after the
whole request went through and before its answer (`answer` 0): the case in which nobody
can know whether it was carried out. SIGUSR1 makes the network good from then on. Prints
"ready", and a line for each fault that was done into the log.

With --faults the fates are named instead of drawn, a line each:

  ADDRESS NUMBER request|answer AFTER WHAT     the NUMBERth connection (from 1) to ADDRESS

--turns writes down who spoke when, in lines that a table of faults can be made of: bytes
FROM to TO of that direction went through before the other side said anything, the first of
them at MS since 1970.

  ADDRESS NUMBER request|answer FROM TO MS
"""
import argparse
import asyncio
import random
import signal
import socket
import struct
import sys
import time

STALL_SECONDS = 600  # longer than any time-out of a story
DRIP_SECONDS = 0.02
DRIP_BYTES = 400  # then it flows: a story must end
LATE_SECONDS = 2.0
CHUNK = 65536
PLACES = (0, 1, 20, 200, 700, 1500, 3000, 4500, 6000, 8000, 12000, 20000)

good = asyncio.Event()
counts = {}
serving = set()  # the loop itself would let the collector end them


class Turns:
    """Who spoke when, on one connection."""

    def __init__(self, file, name):
        self.file, self.name = file, name
        self.now = None  # [direction, from, to, ms]
        self.passed = {"request": 0, "answer": 0}

    def add(self, direction, length):
        start = self.passed[direction]
        self.passed[direction] += length
        if self.now and self.now[0] == direction:
            self.now[2] += length
            return
        self.end()
        self.now = [direction, start, start + length, int(time.time() * 1000)]

    def end(self):
        if self.now and self.file:
            self.file.write(f"{self.name} {' '.join(map(str, self.now))}\n")
            self.file.flush()
        self.now = None


def read_faults(file):
    """{(address, number): (what, direction, after)}"""
    faults = {}
    for line in file:
        address, number, direction, after, what = line.split()[:5]
        faults[address, int(number)] = what, direction, int(after)
    return faults


def drawn_fate(seed, name, number, chance):
    """(what, direction, after how many bytes), or None."""
    draw = random.Random(f"{seed}/{name}/{number}")
    if draw.random() >= chance:
        return None
    what = draw.choices(["reset", "close", "stall", "drip", "late"], [6, 4, 1, 1, 2])[0]
    return what, draw.choice(["request", "answer"]), draw.choice(PLACES)


def reset(writer):
    sock = writer.get_extra_info("socket")
    if sock is not None and sock.fileno() >= 0:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


class Break(Exception):
    pass


async def good_for(seconds):
    try:
        await asyncio.wait_for(good.wait(), seconds)
    except asyncio.TimeoutError:
        pass


async def misbehave(what, data, writer, stall_seconds):
    """Data that stands at the place of the fault."""
    if what in ("reset", "close"):
        raise Break(what)
    if what == "stall":
        await good_for(stall_seconds)
        raise Break("close")
    if what == "trickle":
        for byte in data[:int(stall_seconds)]:
            writer.write(bytes([byte]))
            await writer.drain()
            await good_for(1.0)
        raise Break("close")
    if what == "late":
        await asyncio.sleep(LATE_SECONDS)
        writer.write(data)
        return
    for i in range(min(len(data), DRIP_BYTES)):
        writer.write(data[i:i + 1])
        await writer.drain()
        await asyncio.sleep(DRIP_SECONDS)
    writer.write(data[DRIP_BYTES:])


async def carry(reader, writer, what, after, done, said):
    """One direction; `after` is where `what` happens, None: nowhere."""
    passed = 0
    while data := await reader.read(CHUNK):
        said(len(data))
        if after is not None and passed + len(data) > after:
            writer.write(data[:after - passed])
            await writer.drain()
            done(passed)
            await misbehave(what, data[after - passed:], writer, options.stall)
            after = None
        else:
            writer.write(data)
        passed += len(data)
        await writer.drain()
    if writer.can_write_eof():
        writer.write_eof()


def fate(address, port):
    """What is to happen to this connection, or None, and its number."""
    key = address if options.faults is not None else f"{address}:{port}"
    number = counts[key] = counts.get(key, 0) + 1
    if good.is_set():
        return None, number
    if options.faults is not None:
        return options.faults.get((address, number)), number
    return drawn_fate(options.seed, key, number, options.chance), number


async def serve(client_reader, client_writer, peer_host, peer_port):
    address, port = client_writer.get_extra_info("sockname", (None, None))[:2]
    if address is None:  # gone before it was looked at
        reset(client_writer)
        return
    fault, number = fate(address, port)
    what, direction, after = fault or (None, None, None)
    turns = Turns(options.turns, f"{address} {number}")
    serving.add(asyncio.current_task())
    asyncio.current_task().add_done_callback(serving.discard)

    def done(_):
        options.log.write(f"{address}:{peer_port} {what} {direction} {after}\n")
        options.log.flush()

    try:
        peer_reader, peer_writer = await asyncio.open_connection(peer_host or address, peer_port)
    except OSError:
        reset(client_writer)
        return

    def way(name, reader, writer):
        return asyncio.ensure_future(carry(reader, writer, what, after if direction == name else None,
                                           done, lambda length: turns.add(name, length)))

    ways = [way("request", client_reader, peer_writer), way("answer", peer_reader, client_writer)]
    _, waiting = await asyncio.wait(ways, return_when=asyncio.FIRST_EXCEPTION)
    for left in waiting:
        left.cancel()
    await asyncio.gather(*ways, return_exceptions=True)
    turns.end()
    broken = [each.exception() for each in ways if each.done() and not each.cancelled()]
    hard = any(isinstance(e, Break) and str(e) == "reset" or isinstance(e, OSError) for e in broken)
    for writer in (client_writer, peer_writer):
        if hard:
            reset(writer)
        else:
            writer.close()


async def listen(pair):
    front, *host, peer = pair.split(":")
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b"lo")
    sock.bind(("0.0.0.0", int(front)))
    return await asyncio.start_server(
        lambda r, w: serve(r, w, host[0] if host else None, int(peer)), sock=sock, backlog=1024)


async def main():
    asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, good.set)
    servers = [await listen(pair) for pair in options.port]
    print("ready", flush=True)
    await asyncio.gather(*(server.serve_forever() for server in servers))


parser = argparse.ArgumentParser()
parser.add_argument("--port", action="append", required=True)
parser.add_argument("--seed", type=int)
parser.add_argument("--chance", type=float, default=0.6)
parser.add_argument("--faults", type=argparse.FileType("r"))
parser.add_argument("--turns", type=argparse.FileType("w"))
parser.add_argument("--stall", type=float, default=STALL_SECONDS)
parser.add_argument("--log", type=argparse.FileType("a"), default=sys.stderr)
options = parser.parse_args()
if (options.seed is None) == (options.faults is None):
    parser.error("either --seed or --faults")
options.faults = read_faults(options.faults) if options.faults else None
asyncio.run(main())
