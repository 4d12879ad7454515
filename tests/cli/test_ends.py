"""How commands end: closed pipes, Ctrl-C, wrong input; and what they print on a terminal."""

from __future__ import annotations

import os
import pty
import re
import signal
import subprocess
from pathlib import Path

import pytest
from cli_support import LONGEST, SCRIPT, Call, pyzmq, says, started
from support import Task, slow

import zmqlite as zmq

ANY = "tcp://127.0.0.1:*"


def test_a_reader_that_has_seen_enough_ends_a_command_by_sigpipe_without_a_word() -> None:
    with pyzmq("PUSH") as peer, started("pull", ANY) as command:
        peer.connect(command.bound())
        command.stdout.close()
        peer.send(b"x")
        assert Task(command.process.wait).result(LONGEST) == -signal.SIGPIPE
        assert command.stderr.read() == b""


@pytest.mark.slow
def test_a_report_that_nobody_reads_ends_by_sigpipe_without_a_word() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with open(writing, "wb") as stdout:
        done = subprocess.run([SCRIPT, "report"], stdout=stdout, stderr=subprocess.PIPE, timeout=30)
    assert (done.returncode, done.stderr) == (-signal.SIGPIPE, b"")


@pytest.mark.parametrize(
    "arguments",
    [
        ["pull", ANY],
        slow(["rep", ANY]),
        slow(["router", ANY]),
        slow(["watch", "--bind", ANY]),
        slow(["push", ANY, "-m", "nobody takes this"]),
        slow(["proxy", ANY, ANY]),
        slow(["bench", "--serve", ANY]),
    ],
    ids=lambda arguments: arguments[0],
)
def test_ctrl_c_ends_a_command_without_a_word(arguments: list[str]) -> None:
    with started(*arguments) as command:
        command.bound()
        command.process.send_signal(signal.SIGINT)
        code, _, err = command.end()
        assert code == -signal.SIGINT
        assert err.replace("bound to", "").count("\n") <= 1  # of the second endpoint of proxy


@pytest.mark.slow
def test_ctrl_c_flushes_what_was_printed() -> None:
    with pyzmq("PUSH") as peer, started("pull", ANY) as command:
        peer.connect(command.bound())
        peer.send(b"x")
        assert command.line() == "x"
        command.process.send_signal(signal.SIGINT)
        assert command.end() == (-signal.SIGINT, "", "")


@pytest.mark.parametrize(
    ("redirection", "code", "told"),
    [
        slow(">/dev/full", 1, "No space left on device"),
        slow(">&-", 2, "standard output is closed"),
        ("<&-", 2, "standard input is closed"),
    ],
)
def test_streams_that_cannot_be_used_are_told_in_one_line(
    redirection: str, code: int, told: str
) -> None:
    command = "report" if ">" in redirection else f"push {ANY}"
    shell = ["bash", "-c", f"{SCRIPT} {command} {redirection}"]
    done = subprocess.run(shell, capture_output=True, text=True, timeout=LONGEST)
    lines = [line for line in done.stderr.splitlines() if not line.startswith("bound to")]
    assert (done.returncode, len(lines)) == (code, 1), done
    assert told in done.stderr


# Wrong input


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ([], "COMMAND"),
        (["nonsense"], "nonsense"),
        (["push"], "ENDPOINT"),
        (["push", ANY, "--nonsense"], "--nonsense"),
        (["push", ANY, "--time", "1"], "--time"),
        (["push", ANY, "--timeout", "1.5"], "1.5"),
        (["push", ANY, "--timeout", "-1"], "-1"),
        (["push", ANY, "-n", "0"], "'0'"),
        (["push", ANY, "-n", "9" * 30], "9999"),
        (["push", ANY, "-n", "\u0661"], "no whole number"),
        (["push", ANY, "--input", "xml"], "xml"),
        (["push", ANY, "--bind", "--connect"], "--connect"),
        (["push", "nonsense"], "not 'nonsense'"),
        (["push", "tcp://127.0.0.1:99999"], "99999"),
        (["push", "xyz://a"], "xyz"),
        (["push", "tcp://a\nb"], "tcp://a"),
        (["pull", ANY, "--set", "rcvhwm"], "NAME=VALUE"),
        (["pull", ANY, "--set", "rcvhwn=1"], "did you mean 'rcvhwm'?"),
        (["pull", ANY, "--set", "rcvmore=1"], "rcvmore"),
        (["pull", ANY, "--set", "rcvhwm=many"], "rcvhwm"),
        (["pull", ANY, "--set", "rcvhwm=-1"], "rcvhwm"),
        (["pull", ANY, "--set", "immediate=maybe"], "maybe"),
        (["push", ANY, "--separator", "", "-m", "x"], "--separator"),
        (["push", ANY, "-f", "/nonexistent"], "/nonexistent: No such file"),
        (["push", ANY, "-f", "/"], "/: Is a directory"),
        (["push", ANY, "--type", "a.B"], "--proto"),
        (["push", ANY, "--proto", "/nonexistent.proto", "--type", "a.B"], "/nonexistent.proto"),
        (["push", ANY, "--proto", "no_such_module", "--type", "a.B"], "no_such_module"),
        (["push", ANY, "--proto", "/etc/passwd", "--type", "a.B"], "/etc/passwd"),
        (["pull", ANY, "--decode-raw", "--type", "a.B"], "--decode-raw"),
        (["pull", ANY, "--cert", "/nonexistent"], "--server-key"),
        (["pull", ANY, "--cert", "/nonexistent", "--allow", "any"], "/nonexistent"),
        (["pull", ANY, "--allow", "any"], "--cert"),
        (["pull", ANY, "--user", "anna"], "ZMQLITE_PASSWORD"),
        (["pull", ANY, "--user", "anna", "--cert", "x"], "--user"),
        (["call", "tcp://127.0.0.1:1", "a.B/C", "--meta", "x"], "--meta"),
        (["call", "nonsense", "a.B/C"], "nonsense"),
        (["probe", "inproc://x"], "inproc://x"),
        (["probe", "tcp://127.0.0.1"], "host:port"),
        (["probe", "tcp://127.0.0.1:0"], "host:port"),
        (["bench", "--serve"], "--serve"),
        (["cert"], "FILE"),
        (["cert", "show", "/etc/passwd"], "no certificate"),
        (["cert", "public", "/nonexistent"], "/nonexistent"),
        (["keygen", "/nonexistent/key"], "/nonexistent"),
        (["keygen", "--meta", "a b=c"], "'a b'"),
        (["watch", "nonsense"], "nonsense"),
        (["watch", ANY, "--socket", "xpub"], "xpub"),
        (["proxy", ANY], "BACK"),
        (["proxy", "nonsense", ANY], "nonsense"),
    ],
    ids=lambda value: " ".join(value)[:40] if isinstance(value, list) else "",
)
def test_wrong_input_is_one_line_and_exit_code_2(
    arguments: list[str], says: str, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ZMQLITE_PASSWORD", raising=False)
    done = call(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    lines = [line for line in done.stderr.splitlines() if not line.startswith("bound to")]
    assert [says in line for line in lines] == [True], lines
    assert lines[0].startswith("zmqlite")


@pytest.mark.parametrize(
    ("form", "data", "reason"),
    [
        ("json", b"x", "message 1: "),
        ("json", b'{"frames": ["a"]}\n[]', "message 2: "),
        ("json", b'{"frames": []}', "message 1: "),
        ("json", b'{"frames": [1]}', "message 1: "),
        ("json", b'{"frames": [{"base64": "?"}]}', "message 1: "),
        ("json", b'{"frames": ["\\ud800"]}', "message 1: "),
        ("json", b"[" * 100_000, "message 1: "),
        ("json", b"\xff", "message 1: "),
        ("length", b"\0\0\0\5four", "ends within a message"),
    ],
)
def test_input_that_has_not_its_form_is_refused_by_number(
    form: str, data: bytes, reason: str, call: Call, tmp_path: Path
) -> None:
    (tmp_path / "input").write_bytes(data)
    with zmq.Context(linger=0) as context, context.socket(zmq.PULL) as peer:
        endpoint = peer.bind(ANY)
        done = call("push", endpoint, "--input", form, "-f", str(tmp_path / "input"))
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert reason in done.stderr


@pytest.mark.slow
def test_what_came_before_a_wrong_message_is_sent() -> None:
    with pyzmq("PULL") as peer:
        arguments = ["push", peer.bind(), "--input", "json"]
        with started(*arguments) as command:
            command.stdin.write(b'{"frames": ["good"]}\n')
            command.stdin.flush()
            assert peer.recv() == [b"good"]
            command.stdin.write(b"bad\n")
            command.stdin.close()
            assert Task(command.process.wait).result(LONGEST) == 2


# A terminal


def shown(*arguments: str, until: bytes = b"", **environment: str) -> bytes:
    """Run a command on a terminal of its own; what is to be seen there."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.execve(SCRIPT, [SCRIPT, *arguments], {**os.environ, "TERM": "xterm", **environment})
    seen = b""
    try:
        while True:
            try:
                part = Task(os.read, terminal, 65536).result(LONGEST)
            except OSError:  # the end of a terminal
                break
            seen += part
            if not part:
                break
    finally:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        os.close(terminal)
    return seen


def test_a_terminal_is_shown_no_control_characters_of_strangers() -> None:
    with pyzmq("PUSH") as peer:
        endpoint = peer.bind()
        peer_task = Task(peer.send, b"\x1b]0;owned\x07\xff \xc3\xa4")
        seen = shown("pull", endpoint, "--connect", "-n", "1")
        peer_task.result(LONGEST)
    assert seen.strip() == b"\\x1b]0;owned\\x07\\xff \xc3\xa4"


@pytest.mark.slow
def test_a_terminal_gets_a_table_of_rich_that_fits() -> None:
    lines = shown("report", COLUMNS="40").decode().splitlines()
    assert lines[0].split() == ["zmqlite", zmq.__version__]
    assert max(map(len, lines)) <= 40 < max(map(len, says("report").splitlines()))


@pytest.mark.slow
def test_a_terminal_gets_one_line_that_changes_for_the_rate() -> None:
    with pyzmq("PUSH") as peer:
        endpoint = peer.bind()
        peer_task = Task(peer.send, b"hello")
        seen = shown("pull", endpoint, "--connect", "-n", "1", "--rate")
        peer_task.result(LONGEST)
    assert b"\x1b[?25l" in seen  # the cursor is hidden while it changes
    assert re.search(rb"1 messages received in \d", seen)


@pytest.mark.slow
def test_ctrl_c_on_a_terminal_ends_by_the_signal() -> None:
    pid, terminal = pty.fork()
    if pid == 0:
        os.execv(SCRIPT, [SCRIPT, "pull", ANY])
    assert b"bound to" in Task(os.read, terminal, 1000).result(LONGEST)
    os.write(terminal, b"\x03")
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == -signal.SIGINT
    os.close(terminal)


@pytest.mark.slow
def test_without_rich_a_terminal_gets_plain_lines(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(
        "import sys, importlib.util as util\n"
        "find = util.find_spec\n"
        "util.find_spec = lambda name, *rest: None if name == 'rich' else find(name, *rest)\n"
    )
    command = [f"{tmp_path}/key"]
    says("keygen", *command)
    seen = shown("cert", "show", *command, PYTHONPATH=str(tmp_path))
    assert seen.decode().splitlines() == says("cert", "show", *command).splitlines()
