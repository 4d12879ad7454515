"""All patterns at once, blocking and asyncio, in twelve processes of which four are killed often.

Every message is numbered and has a checksum. Two groups of processes are never killed: what they
lose counts. The survivors of the others, and they, must not grow.
"""

from __future__ import annotations

import faulthandler
import math
import random
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack, suppress
from pathlib import Path

from .program import DEADLINE, PATIENCE, begin, end
from .soak_peers import GROUPS, LANES, Lane
from .soak_record import ENDING, GOING, OVER, PAUSED, Record, Seen, Sent

ROOT = Path(__file__).parents[2]
GROWTH = 8.0  # MiB that a process may grow after it is warm
WARM = 20  # looks at what it uses then


class Peer:
    """One process, which may be killed and started again."""

    def __init__(self, directory: Path, number: int, side: str, limit: float) -> None:
        self.victim = GROUPS[number].killed == side
        # A socket of asyncio may have a second descriptor once a task has waited in it.
        self.more = len(LANES) if getattr(GROUPS[number], side) == "aio" else 0
        self.side = side
        self.starts = 0
        self.failed = 0
        self._arguments = [str(directory), str(number), side, str(limit)]
        self.start()

    def start(self) -> None:
        self.starts += 1
        command = [sys.executable, "-m", "tests.attacks.soak_peers", *self._arguments]
        seed = str(random.randrange(2**32))
        self.process = subprocess.Popen([*command, seed], cwd=ROOT, stdin=subprocess.DEVNULL)

    def kill(self) -> None:
        """Kill it, which must not have ended by itself."""
        self.failed += self.process.poll() is not None
        self.stop()

    def stop(self) -> None:
        self.process.kill()
        self.process.wait()

    def finish(self) -> None:
        """It must end well now, which it may take some seconds for."""
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(3 * DEADLINE)
        self.failed += self.process.poll() != 0

    def use(self) -> tuple[float, float, float]:
        """Resident memory in MiB, descriptors, threads."""
        process = Path(f"/proc/{self.process.pid}")
        status = dict(line.split(":", 1) for line in (process / "status").read_text().splitlines())
        memory = int(status["VmRSS"].split()[0]) / 1024
        return memory, len([*(process / "fd").iterdir()]), int(status["Threads"])


class Soak:
    """All processes, what they have seen, and what is wrong."""

    def __init__(self, directory: Path, stack: ExitStack, limit: float) -> None:
        self.record = Record(directory / "record", len(GROUPS) * len(LANES))
        self.lanes: dict[tuple[int, str], tuple[Lane, Sent, Seen, Seen]] = {}
        for number, group in enumerate(GROUPS):
            for lane in group.lanes():
                index = number * len(LANES) + LANES.index(lane)
                self.lanes[number, lane.name] = (lane, *self.record.lane(index))
                endpoint = f"ipc://{directory}/{number}-{lane.name}.ipc"
                if index % 2 or (lane.reconnects and not group.killed):  # see README.md
                    # Bound, so that nobody else is given it, but libzmq can bind it all the same.
                    keeper = stack.enter_context(socket.socket())
                    keeper.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                    keeper.bind(("127.0.0.1", 0))
                    endpoint = f"tcp://127.0.0.1:{keeper.getsockname()[1]}"
                (directory / f"{number}-{lane.name}").write_text(endpoint)
        self.peers = [
            Peer(directory, number, side, limit)
            for number in range(len(GROUPS))
            for side in ("server", "client")
        ]
        self.stalled: set[str] = set()

    def counts(self) -> dict[tuple[int, str], int]:
        """How many messages each lane has delivered: those that get replies, replies."""
        return {
            key: (replies if lane.window else seen).received
            for key, (lane, _, seen, replies) in self.lanes.items()
        }

    def flow(self) -> None:
        """Wait until every lane has delivered more than now."""
        before = self.counts()

        def still() -> set[str]:
            now = self.counts()
            return {
                f"{number}-{name}"
                for number, name in now
                if now[number, name] == before[number, name]
            }

        eventually(lambda: not still(), 6 * DEADLINE)
        self.stalled |= still()

    def use(self) -> dict[Peer, tuple[float, float, float]]:
        """What the processes that live on use."""
        return {each: each.use() for each in self.peers if not each.victim}

    def warm(self) -> dict[Peer, tuple[float, float, float]]:
        """The most that they may use: some of them may still connect again, or wait for more."""
        most = self.use()
        for _ in range(WARM):
            time.sleep(0.1)
            for each, used in self.use().items():
                memory, descriptors, threads = map(max, most[each], used)
                most[each] = memory, descriptors, threads
        return {
            each: (memory, descriptors + each.more, threads)
            for each, (memory, descriptors, threads) in most.items()
        }

    def pause(self) -> None:
        """Send no more, and wait until all that was sent has come."""
        self.record.phase = PAUSED
        eventually(self.settled, 6 * DEADLINE)

    def settled(self) -> bool:
        before = self.total("received")
        time.sleep(0.5)
        return self.total("received") == before

    def kill_one(self) -> None:
        """Kill one of the victims, and start it again at the same endpoints."""
        victim = random.choice([each for each in self.peers if each.victim])
        victim.kill()
        time.sleep(random.choice((0, 0.2)))
        victim.start()

    def run(self, seconds: float, messages: int | None) -> None:
        """Kill and start for some time; come back when all peers are connected again."""
        self.flow()
        limit = time.monotonic() + seconds
        while time.monotonic() < limit and self.total("received") < (messages or math.inf):
            self.kill_one()
            time.sleep(random.uniform(0.2, 1))
        self.flow()
        self.pause()  # what those left behind that were killed has come now
        self.record.phase = GOING
        self.flow()  # so this comes from those that live

    def finish(self) -> None:
        """End the clients, and the servers when everything has come that must."""
        for self.record.phase, side in ((ENDING, "client"), (OVER, "server")):
            for peer in self.peers:
                if peer.side == side:
                    peer.finish()
            eventually(lambda: not self.lost(killed=False), DEADLINE)

    def lost(self, killed: bool) -> int:
        """What did not come, where processes were killed, or where none was."""
        return sum(
            each.lost(sent, lane.late)
            for (number, _), (lane, sent, seen, replies) in self.lanes.items()
            for each in ((seen, replies) if lane.window else (seen,))
            if bool(GROUPS[number].killed) == killed
        )

    def patterns(self) -> Counter[str]:
        """How many messages came of each pattern, replies included."""
        found: Counter[str] = Counter()
        for lane, _, seen, replies in self.lanes.values():
            found[lane.name] += seen.received + replies.received
        return found

    def total(self, what: str) -> int:
        return sum(
            getattr(seen, what) + getattr(replies, what)
            for _, _, seen, replies in self.lanes.values()
        )


def eventually(condition: Callable[[], bool], seconds: float) -> None:
    """Wait until a condition holds, or for some time."""
    limit = time.monotonic() + seconds
    while not condition() and time.monotonic() < limit:
        time.sleep(0.05)


def main() -> None:
    arguments = begin(__doc__, 30, messages={"type": int, "help": "end after so many, if sooner"})
    with tempfile.TemporaryDirectory(prefix="zl") as directory, ExitStack() as stack:
        limit = 300 + PATIENCE * arguments.seconds  # it takes long to start on a busy machine
        faulthandler.dump_traceback_later(limit, exit=True)
        soak = Soak(Path(directory), stack, limit)
        for each in soak.peers:
            stack.callback(each.stop)
        soak.run(arguments.seconds / 3, None)
        soak.pause()
        warm = soak.warm()
        soak.record.phase = GOING
        soak.run(arguments.seconds, arguments.messages)
        memory, descriptors, threads = growth(soak, warm)
        soak.finish()
        counts = {
            "messages": soak.total("received"),
            **soak.patterns(),
            "kills": sum(each.starts - 1 for each in soak.peers),
            "lost_by_kills": soak.lost(killed=True),
            "memory": f"{memory:+.1f}MiB",
        }
        faults = {
            "lost": soak.lost(killed=False),
            "stalled": len(soak.stalled),
            **{each: soak.total(each) for each in ("doubled", "torn")},
            "failed": sum(each.failed for each in soak.peers),
            "memory_grown": int(memory > GROWTH),
            "descriptors_grown": max(0, int(descriptors)),
            "threads_grown": max(0, int(threads)),
        }
        end(counts, faults)


def growth(soak: Soak, warm: dict[Peer, tuple[float, float, float]]) -> list[float]:
    """The most that any process uses more than when it was warm: MiB, descriptors, threads."""

    def most() -> list[float]:
        now = soak.use()
        return [max(now[each][n] - warm[each][n] for each in warm) for n in range(3)]

    soak.pause()
    eventually(lambda: max(most()[1:]) <= 0, 6 * DEADLINE)  # until closed sockets have lingered
    return most()


if __name__ == "__main__":
    main()
