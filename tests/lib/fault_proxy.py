"""fault_proxy.py - a network that behaves badly, between slipway and a peer.

  fault_proxy.py --port LISTEN:PEER [--port ...] --seed N [--chance P] [--log FILE]

Listens on the whole of 127.0.0.0/8 and connects to the same address at the peer's port.
Each connection draws its fate from the seed and its number at that address, so a run can
be made again as far as its timing allows:

  reset   RST to both sides, after so many bytes in one direction
  close   a clean end in the middle
  stall   nothing goes any further, in this direction; the connection stays open
  drip    one byte at a time, slowly
  late    everything arrives, a while later

Where in the stream: at the first byte, inside a handshake, inside a body, or after the
whole request went through and before its answer (`answer` 0): the case in which nobody
can know whether it was carried out. SIGUSR1 makes the network good from then on. Prints
"ready", and a line for each fault that was done into the log.
"""
import argparse
import asyncio
import random
import signal
import socket
import struct
import sys

STALL_SECONDS = 600  # longer than any time-out of a story
DRIP_SECONDS = 0.02
DRIP_BYTES = 400  # then it flows: a story must end
LATE_SECONDS = 2.0
CHUNK = 65536
PLACES = (0, 1, 20, 200, 700, 1500, 3000, 4500, 6000, 8000, 12000, 20000)

good = asyncio.Event()
counts = {}


def fate(seed, address, chance):
    """(what, direction, after how many bytes), or None."""
    number = counts[address] = counts.get(address, 0) + 1
    draw = random.Random(f"{seed}/{address}/{number}")
    if good.is_set() or draw.random() >= chance:
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


async def misbehave(what, data, writer):
    """Data that stands at the place of the fault."""
    if what in ("reset", "close"):
        raise Break(what)
    if what == "stall":
        try:
            await asyncio.wait_for(good.wait(), STALL_SECONDS)
        except asyncio.TimeoutError:
            pass
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


async def carry(reader, writer, what, after, done):
    """One direction; `after` is where `what` happens, None: nowhere."""
    passed = 0
    while data := await reader.read(CHUNK):
        if after is not None and passed + len(data) > after:
            writer.write(data[:after - passed])
            await writer.drain()
            done(passed)
            await misbehave(what, data[after - passed:], writer)
            after = None
        else:
            writer.write(data)
        passed += len(data)
        await writer.drain()
    if writer.can_write_eof():
        writer.write_eof()


async def serve(client_reader, client_writer, peer_port, options):
    address, port = client_writer.get_extra_info("sockname")[:2]
    fault = fate(options.seed, f"{address}:{port}", options.chance)
    what, direction, after = fault or (None, None, None)

    def done(_):
        options.log.write(f"{address}:{peer_port} {what} {direction} {after}\n")
        options.log.flush()

    try:
        peer_reader, peer_writer = await asyncio.open_connection(address, peer_port)
    except OSError:
        reset(client_writer)
        return
    ways = [
        asyncio.ensure_future(carry(client_reader, peer_writer, what,
                                    after if direction == "request" else None, done)),
        asyncio.ensure_future(carry(peer_reader, client_writer, what,
                                    after if direction == "answer" else None, done)),
    ]
    _, waiting = await asyncio.wait(ways, return_when=asyncio.FIRST_EXCEPTION)
    for way in waiting:
        way.cancel()
    broken = [way.exception() for way in ways if way.done() and not way.cancelled()]
    hard = any(isinstance(e, Break) and str(e) == "reset" or isinstance(e, OSError) for e in broken)
    for writer in (client_writer, peer_writer):
        if hard:
            reset(writer)
        else:
            writer.close()


async def listen(listen_port, peer_port, options):
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b"lo")
    sock.bind(("0.0.0.0", listen_port))
    return await asyncio.start_server(lambda r, w: serve(r, w, peer_port, options), sock=sock,
                                      backlog=1024)


async def main(options):
    asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, good.set)
    servers = [await listen(*map(int, pair.split(":")), options) for pair in options.port]
    print("ready", flush=True)
    await asyncio.gather(*(server.serve_forever() for server in servers))


parser = argparse.ArgumentParser()
parser.add_argument("--port", action="append", required=True)
parser.add_argument("--seed", type=int, required=True)
parser.add_argument("--chance", type=float, default=0.6)
parser.add_argument("--log", type=argparse.FileType("a"), default=sys.stderr)
asyncio.run(main(parser.parse_args()))
