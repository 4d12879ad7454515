"""Programs on zmqlite.pyzmq that start processes: these get zmqlite, too, however they start."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = """
import multiprocessing, sys
import zmq

def work(port, number):
    with zmq.Context.instance() as context, context.socket(zmq.PUSH) as socket:
        socket.connect(f"tcp://127.0.0.1:{port}")
        socket.send_json([number, zmq.Socket.__module__])

if __name__ == "__main__":
    multiprocessing.set_start_method(sys.argv[1])
    with zmq.Context.instance().socket(zmq.PULL) as socket:
        socket.rcvtimeo = 60_000
        port = socket.bind_to_random_port("tcp://127.0.0.1")
        children = [multiprocessing.Process(target=work, args=(port, each)) for each in range(3)]
        for child in children:
            child.start()
        print(sorted(socket.recv_json() for _ in children))
        for child in children:
            child.join(60)
        print([child.exitcode for child in children])
"""


@pytest.mark.slow
@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_children_of_multiprocessing_send_to_their_parent(tmp_path: Path, method: str) -> None:
    path = tmp_path / "program.py"
    path.write_text(PROGRAM, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "zmqlite.pyzmq", str(path), method],
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    expected = f"{[[each, 'zmqlite.pyzmq.socket'] for each in range(3)]}\n[0, 0, 0]\n"
    assert (done.returncode, done.stdout, done.stderr) == (0, expected, "")
