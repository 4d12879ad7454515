"""The commands that are a socket, each with a peer of pyzmq."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from cli_support import LONGEST, pyzmq, run, says, started
from support import Task, slow

import zmqlite as zmq

ANY = "tcp://127.0.0.1:*"
LONG = 1000 * LONGEST
HELD = [b"one", b"", b"th\xffree"]


@pytest.mark.slow
def test_pub_sends_what_it_is_given_behind_its_topic_once_there_is_a_subscriber() -> None:
    with pyzmq("SUB") as peer:
        peer.subscribe("news")
        with started("pub", ANY, "--topic", "news", "--wait", "1", "-m", "a", "-m", "b") as command:
            peer.connect(command.bound())
            assert [peer.recv(), peer.recv()] == [[b"news", b"a"], [b"news", b"b"]]
            assert command.output() == ""


def test_sub_prints_what_it_subscribed_to_and_ends_at_the_count() -> None:
    with pyzmq("XPUB") as peer:
        endpoint = peer.bind()
        with started("sub", endpoint, "--topic", "b", "-n", "2") as command:
            assert peer.recv() == [b"\1b"]
            for frames in ([b"a", b"1"], [b"b", b"2"], [b"b3"]):
                peer.send(*frames)
            assert command.output() == "b\t2\nb3\n"


def test_push_sends_lines_of_its_standard_input_and_the_last_one_needs_no_end() -> None:
    with pyzmq("PULL") as peer:
        assert says("push", peer.bind(), stdin="a\n\nc") == ""
        assert [peer.recv(), peer.recv(), peer.recv()] == [[b"a"], [b""], [b"c"]]


def test_push_sends_while_its_input_goes_on() -> None:
    with pyzmq("PULL") as peer, started("push", peer.bind()) as command:
        for line in (b"first", b"second"):
            command.stdin.write(line + b"\n")
            command.stdin.flush()
            assert peer.recv() == [line]


def test_push_sends_arguments_then_files_in_their_order(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"2\n3\n")
    (tmp_path / "b").write_bytes(b"4")
    with pyzmq("PULL") as peer:
        files = ["-f", str(tmp_path / "a"), "-f", "-", "-f", str(tmp_path / "b")]
        says("push", peer.bind(), *files, "-m", "1", stdin="in\n", ZMQLITE_LOG="")
        assert [peer.recv() for _ in range(5)] == [[b"1"], [b"2"], [b"3"], [b"in"], [b"4"]]


@pytest.mark.slow
def test_push_sends_no_more_than_the_count_with_a_pause_between() -> None:
    with pyzmq("PULL") as peer:
        says("push", peer.bind(), "-n", "2", "--interval", "1", stdin="a\nb\nc\n")
        says("push", "--connect", "-n", "1", peer.bind(), stdin="d\ne\n")
        assert [peer.recv() for _ in range(3)] == [[b"a"], [b"b"], [b"d"]]


@pytest.mark.parametrize(
    ("form", "data"),
    [
        ("lines", b"one|x\n\nth\xffree\n"),
        slow("nul", b"one|x\0\0th\xffree\0"),
        slow("length", b"\0\0\0\5one|x\0\0\0\0\0\0\0\6th\xffree"),
        slow(
            "json",
            b'{"frames": ["one", "x"]}\n{"frames": [""]}\n{"frames": [{"base64": "dGj/cmVl"}]}\n',
        ),
    ],
)
def test_each_form_is_read_and_printed(form: str, data: bytes) -> None:
    options = ["--separator", "|"]
    with pyzmq("PULL") as peer:
        says("push", peer.bind(), "--input", form, *options, stdin=data)
        assert [peer.recv() for _ in range(3)] == [[b"one", b"x"], [b""], [b"th\xffree"]]
    with (
        started("pull", ANY, "-n", "3", "--output", form, *options) as command,
        pyzmq("PUSH") as peer,
    ):
        peer.connect(command.bound())
        for frames in ([b"one", b"x"], [b""], [b"th\xffree"]):
            peer.send(*frames)
        out = command.output().encode("utf-8", "surrogateescape")
    if form == "json":
        out = re.sub(
            rb'"time": "[-0-9]{10}T[:0-9]{8}[.]\d{6}[+]00:00", "peer": "127.0.0.1", ', b"", out
        )
    assert out == data


@pytest.mark.slow
def test_a_whole_file_is_one_message() -> None:
    with pyzmq("PULL") as peer:
        says("push", peer.bind(), "--input", "whole", stdin=b"a\nb\0")
        assert peer.recv() == [b"a\nb\0"]


def test_hex_shows_the_bytes_of_each_frame() -> None:
    with started("pull", ANY, "-n", "1", "--output", "hex") as command, pyzmq("PUSH") as peer:
        peer.connect(command.bound())
        peer.send(b"ABC\n", b"0123456789abcdef!")
        assert command.output().splitlines() == [
            "message 1, frame 1 of 2, 4 bytes",
            f"  00000000  {'41 42 43 0a':<47}  ABC.",
            "message 1, frame 2 of 2, 17 bytes",
            "  00000000  30 31 32 33 34 35 36 37 38 39 61 62 63 64 65 66  0123456789abcdef",
            f"  00000010  {'21':<47}  !",
        ]


@pytest.mark.slow
def test_json_has_the_topic_of_a_subscriber() -> None:
    with (
        pyzmq("XPUB") as peer,
        started("sub", peer.bind(), "-n", "1", "--output", "json") as command,
    ):
        peer.recv()
        peer.send(b"topic", b"body")
        got = json.loads(command.output())
    assert (got["topic"], got["frames"], got["peer"]) == ("topic", ["topic", "body"], "127.0.0.1")


@pytest.mark.slow
def test_what_json_printed_is_read_again() -> None:
    with started("pull", ANY, "-n", "2", "--output", "json") as command, pyzmq("PUSH") as peer:
        peer.connect(command.bound())
        peer.send(*HELD)
        peer.send("\ud7ff".encode())
        printed = command.output()
    with pyzmq("PULL") as peer:
        says("push", peer.bind(), "--input", "json", stdin=printed)
        assert [peer.recv(), peer.recv()] == [HELD, ["\ud7ff".encode()]]


@pytest.mark.slow
def test_many_lines_go_through_two_commands_unchanged() -> None:
    lines = b"".join(b"line %d\n" % number for number in range(100_000))
    with started("pull", ANY, "-n", "100000") as command:
        says("push", command.bound(), stdin=lines)
        assert command.output().encode() == lines


@pytest.mark.slow
def test_req_prints_a_reply_for_each_message() -> None:
    with pyzmq("REP") as peer, started("req", peer.bind(), "-m", "a", "-m", "b") as command:
        for word in (b"a", b"b"):
            assert peer.recv() == [word]
            peer.send(word * 2)
        assert command.output() == "aa\nbb\n"


@pytest.mark.slow
def test_rep_answers_with_the_request_or_with_what_it_was_given_again_and_again() -> None:
    with started("rep", ANY, "-n", "2") as command, pyzmq("REQ") as peer:
        peer.connect(command.bound())
        for word in (b"a", b"b"):
            peer.send(word, b"x")
            assert peer.recv() == [word, b"x"]
        assert command.output() == "a\tx\nb\tx\n"
    with started("rep", ANY, "-n", "3", "-m", "1", "-m", "2") as command, pyzmq("REQ") as peer:
        peer.connect(command.bound())
        answers = []
        for _ in range(3):
            peer.send(b"?")
            answers += peer.recv()
        assert answers == [b"1", b"2", b"1"]


def test_dealer_sends_and_prints_at_the_same_time() -> None:
    with pyzmq("ROUTER") as peer, started("dealer", peer.bind(), "-n", "2") as command:
        command.stdin.write(b"a\n")
        command.stdin.flush()
        name, word = peer.recv()
        peer.send(name, word * 2)
        assert command.line() == "aa"
        command.stdin.write(b"b\n")
        command.stdin.close()
        assert peer.recv() == [name, b"b"]
        peer.send(name, b"end")
        assert command.stdout.read() == b"end\n"


@pytest.mark.slow
def test_a_dealer_whose_peer_sends_all_back_does_not_wait_for_it(tmp_path: Path) -> None:
    lines = b"".join(b"%01023d\n" % number for number in range(20_000))  # more than buffers hold
    (tmp_path / "lines").write_bytes(lines)
    with zmq.Context(linger=0) as context, context.socket(zmq.DEALER, sndhwm=10, rcvhwm=10) as echo:
        options = ["-f", str(tmp_path / "lines"), "-n", "20000", "--set", "rcvhwm=10"]
        with started("dealer", echo.bind(ANY), *options) as command:
            done = Task(command.output)
            for _ in range(20_000):
                echo.send(echo.recv(timeout=LONG), timeout=LONG)
            assert done.result(LONGEST).encode() == lines


@pytest.mark.slow
def test_router_sends_to_the_peer_that_the_first_frame_names() -> None:
    with started("router", ANY, "--separator", ":", "-n", "1") as command, pyzmq("DEALER") as peer:
        peer.option("routing_id", "anna")
        peer.connect(command.bound())
        peer.send(b"hello")
        assert command.output() == "anna:hello\n"
    with (
        started("router", ANY, "--separator", ":", "--wait", "1") as command,
        pyzmq("DEALER") as peer,
    ):
        peer.option("routing_id", "anna")
        peer.connect(command.bound())
        command.stdin.write(b"nobody:x\nanna:you\n")
        command.stdin.flush()
        assert peer.recv() == [b"you"]
        assert command.error() == "no peer has the routing id of a message"


@pytest.mark.slow
def test_pair_talks_both_ways() -> None:
    with pyzmq("PAIR") as peer, started("pair", peer.bind(), "-m", "ping", "-n", "1") as command:
        assert peer.recv() == [b"ping"]
        peer.send(b"pong")
        assert command.output() == "pong\n"


@pytest.mark.slow
def test_options_are_set_by_name() -> None:
    with pyzmq("ROUTER") as peer:
        endpoint = peer.bind()
        with started("dealer", endpoint, "-m", "x", "--set", "routing_id=bob", "--set", "ipv6=yes"):
            assert peer.recv() == [b"bob", b"x"]


@pytest.mark.slow
def test_silence_is_the_end_after_a_message_and_an_error_before_one() -> None:
    with pyzmq("PUSH") as peer, started("pull", ANY, "--timeout", "500") as command:
        peer.connect(command.bound())
        peer.send(b"x")
        assert command.output() == "x\n"
    for arguments in (
        ["pull", "--timeout", "50"],
        ["rep", "--timeout", "50"],
        ["router", "--timeout", "50"],
        ["push", "--timeout", "50", "-m", "x"],
        ["push", "--timeout", "50", "--wait", "1", "-m", "x"],
        ["pub", "--timeout", "50", "--wait", "1", "-m", "x"],
    ):
        done = run(arguments[0], ANY, *arguments[1:])
        assert (done.returncode, done.stdout) == (3, ""), done


def test_push_to_nobody_does_not_pretend_to_have_sent() -> None:
    done = run("push", "ipc://@zmqlite-nobody", "-m", "x", "--timeout", "50")
    assert (done.returncode, done.stderr.count("\n")) == (3, 1)
    assert "nobody" in done.stderr


def test_an_endpoint_in_use_is_a_failure() -> None:
    with started("pull", ANY) as command:
        done = run("pull", command.bound(), "--timeout", "50")
    assert done.returncode == 1
    assert "zmq_bind('tcp://127.0.0.1:" in done.stderr
    assert done.stderr.count("\n") == 1


def test_the_rate_is_on_standard_error() -> None:
    with pyzmq("PULL") as peer:
        done = run("push", peer.bind(), "--rate", stdin="a\nb\n")
    assert re.fullmatch(r"2 messages sent in \d+\.\d\d s, [\d,]+/s\n", done.stderr), done.stderr
