"""Each attack for a few seconds; README.md says how to run them longer.

The ways for a program to end are in tests/safety/test_exit.py.
"""

from __future__ import annotations

import platform
import sys

import pytest
from attacks.network_wire import missing
from attacks.signals_receiving import RECEIVES
from attacks.signals_sending import SENDS
from attacks.soak_peers import LANES
from checkout import ROOT, run

UNTYPED = [form for form in (*RECEIVES, *SENDS, "send_pairs") if not form.startswith("typed")]

# The seconds of a program do not count its beginning and end, nor what a busy machine adds.
pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


def attack(program: str, *arguments: str, **env: str) -> str:
    """Run a program that must find nothing; its line of counts."""
    done = run(sys.executable, "-m", f"tests.attacks.{program}", *arguments, cwd=ROOT, env=env)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def count(out: str, name: str) -> int:
    """One of the counts in the last line."""
    return int(dict(word.split("=") for word in out.splitlines()[-1].split()[1:])[name])


def test_threads_at_two_sockets_lose_double_and_tear_nothing() -> None:
    line = attack("storm_threads", "--seconds", "2")
    assert count(line, "SocketBusy") > 100
    assert count(line, "frames") > 100


@pytest.mark.parametrize("mode", ["raise", "receive", "both"])
def test_handlers_that_raise_or_receive_lose_double_and_tear_nothing(mode: str) -> None:
    line = attack("storm_signals", "--seconds", "4", "--mode", mode, "--forms", *UNTYPED)
    assert count(line, "signals") > 200
    if mode != "receive":
        assert count(line, "raised") > 200


def test_what_a_handler_raises_is_not_taken_for_a_typed_message_that_is_malformed() -> None:
    line = attack("storm_signals", "--seconds", "3", "--forms", "typed_recv", "typed_send")
    assert count(line, "raised") > 200


def test_threads_at_the_c_api_get_an_errno_and_every_free_function_is_called_once() -> None:
    line = attack("storm_capi", "--seconds", "2")
    assert count(line, "made") > 100
    assert count(line, "refused") > 100


@pytest.mark.parametrize("mode", ["vanish", "contexts"])
def test_lent_memory_is_there_while_it_is_read_and_given_back(mode: str) -> None:
    assert count(attack("storm_lent", "--seconds", "2", "--modes", mode), "sent") > 100


def test_two_copies_of_the_package_keep_their_lent_memory_apart() -> None:
    attack("storm_lent", "--seconds", "1", "--modes", "copies")


def test_a_second_interpreter_is_refused() -> None:
    attack("storm_lent", "--seconds", "0", "--modes", "interpreters")


@pytest.mark.parametrize("form", ["recv_many", "recv_many_limit", "recv", "iterate"])
def test_memory_is_flat_under_a_lasting_backlog(form: str) -> None:
    attack("backlog", "--seconds", "2", "--forms", form)


def test_a_message_of_many_frames_leaves_nothing_after_close() -> None:
    attack("backlog", "--seconds", "1", "--forms", "frames")


def test_frames_of_strangers_break_neither_end_of_a_service() -> None:
    assert count(attack("rpc_fuzz", "--seconds", "3"), "rounds") > 100


def test_strangers_at_both_sides_of_a_broker_do_not_disturb_others() -> None:
    assert count(attack("rpc_strangers", "--seconds", "3"), "right") > 0


@pytest.mark.parametrize("brokers", ["no", "yes"])
@pytest.mark.parametrize("client", ["asyncio", "blocking"])
def test_no_kill_or_cut_executes_a_call_twice_or_mixes_replies_up(
    client: str, brokers: str
) -> None:
    line = attack("rpc_faults", "--seconds", "8", "--client", client, "--brokers", brokers)
    assert count(line, "answered") > 50


RUNTIMES = pytest.mark.parametrize("runtime", ["upb", "python"])
BY_RUNTIME = "PROTOCOL_BUFFERS_PYTHON_IMPLEMENTATION"


@RUNTIMES
def test_what_a_fuzzer_found_is_decoded_or_refused(runtime: str) -> None:
    line = attack("decode", "--seconds", "0", **{BY_RUNTIME: runtime})
    assert f"runtime={runtime} " in line
    assert count(line, "decoded") > 10
    assert count(line, "refused") > 10


@pytest.mark.skipif(platform.machine() != "x86_64", reason="there is no atheris")
@RUNTIMES
def test_a_fuzzer_finds_no_frames_that_do_worse(runtime: str) -> None:
    line = attack("decode", "--seconds", "5", **{BY_RUNTIME: runtime})
    assert count(line, "inputs") > len(list((ROOT / "tests" / "attacks" / "corpus").iterdir()))


def test_both_apis_do_what_a_model_of_them_predicts() -> None:
    line = attack("states", "--seconds", "0", "--examples", "100", "--seed", "3")
    assert count(line, "sent") > 20
    assert count(line, "received") > 20


@pytest.mark.timeout(400)  # it waits for twelve processes, which a busy machine starts slowly
def test_a_soak_of_all_patterns_loses_nothing_where_nobody_was_killed_and_grows_nowhere() -> None:
    line = attack("soak", "--seconds", "15")
    assert count(line, "kills") > 3
    for lane in LANES:
        assert count(line, lane.name) > 20, line


def test_a_bad_network_loses_doubles_and_tears_nothing() -> None:
    if reason := missing():
        pytest.skip(f"no network of our own: {reason}")
    networks = ["loss 5 %", "reorder 10 %", "duplicate 10 %"]
    assert count(attack("network", "--seconds", "2", "--networks", *networks), "sent") > 100


@pytest.mark.parametrize(
    ("mechanism", "server"), [("NULL", "reactor"), ("PLAIN", "dispatcher"), ("CURVE", "asyncio")]
)
def test_peers_that_speak_broken_zmtp_keep_nobody_from_being_served(
    mechanism: str, server: str
) -> None:
    line = attack(
        "hostile", "--seconds", "5", "--open", "500", "--mechanisms", mechanism, "--server", server
    )
    assert count(line, "attacks") > 50
    assert count(line, "joined") > 10
    assert count(line, "served") > 100


def test_what_libzmq_cannot_withstand_is_known() -> None:
    attack("hostile", "--mechanisms")


FORMS = pytest.mark.parametrize("forms", ["sends", "c_sends", "receives", "others"])


@FORMS
@pytest.mark.skipif(sys.version_info >= (3, 12), reason="CPython itself crashes without memory")
def test_a_call_without_memory_for_python_objects_has_done_nothing(forms: str) -> None:
    assert count(attack("no_memory", "--group", forms), "failures") > 0


@FORMS
def test_a_call_without_memory_for_our_c_has_done_nothing(forms: str) -> None:
    attack("no_memory", "--memory", "c", "--group", forms)


MODES = ["requests", "stale", "replay", "clients", "passwords", "stuck", "killed", "forged"]


@pytest.mark.parametrize("mode", MODES)
def test_nobody_comes_in_who_should_not_and_the_others_do(mode: str) -> None:
    attack("auth", "--modes", mode, "--seconds", "2", "--clients", "60")


@pytest.mark.timeout(300)
@pytest.mark.parametrize("names", ["address,undefined", "thread"])
@pytest.mark.parametrize("program", ["storm_threads", "storm_signals", "storm_capi", "storm_lent"])
def test_sanitizers_report_nothing(names: str, program: str) -> None:
    more = {"storm_lent": ["--modes", "vanish", "contexts"], "storm_signals": ["--forms", *UNTYPED]}
    attack("sanitized", names, f"tests.attacks.{program}", "--seconds", "4", *more.get(program, []))
