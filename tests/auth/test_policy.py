"""Policies and the handler, without sockets: who is let in, who is not, and what takes its turn."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zmqlite import auth, z85_decode
from zmqlite.auth.domains import Domains
from zmqlite.auth.handler import JOBS, JOBS_OF_ADDRESS, WAITING_OF_ADDRESS, Handler, Job
from zmqlite.auth.passwords import REMEMBERED, Hash
from zmqlite.auth.zap import ACCEPTED, DENIED, TRY_AGAIN, Request

ANNA, BERT = auth.Certificate.generate(), auth.Certificate.generate()
HASH = auth.hash_password("right")


class Zap:
    """A Handler with the policies of one context, and what it told."""

    def __init__(self, policy: Any = None, patience: float = 1.0) -> None:
        self.told: list[tuple[int, str]] = []
        self.domains = Domains()
        self.domains.take(policy)
        self.handler = Handler(self.domains, patience, self.tell)

    def tell(self, status: int, request: Request | None, reason: str) -> None:
        self.told.append((status, f"{request}: {reason}"))

    def ask(self, *frames: bytes) -> list[bytes] | None:
        return self.handler.receive([b"route", b"", *frames])

    def request(
        self, *credentials: bytes, domain: bytes = b"d", address: bytes = b"10.0.0.1"
    ) -> list[bytes] | None:
        mechanism = (b"NULL", b"CURVE", b"PLAIN")[len(credentials)]
        return self.ask(b"1.0", b"1", domain, address, b"", mechanism, *credentials)

    def decide(self, *credentials: bytes, **options: bytes) -> tuple[int, str]:
        """The status of a decision, and its user id; questions are asked at once."""
        reply = self.request(*credentials, **options)
        if reply is None:
            job = self.handler.start(0.0)
            assert job is not None
            reply = answer(self.handler, job)
        assert reply is not None
        assert reply[:4] == [b"route", b"", b"1.0", b"1"]
        assert len(reply) == 8
        return int(reply[4]), reply[6].decode()


def answer(handler: Handler, job: Job) -> list[bytes] | None:
    try:
        return handler.finish(job, job.question.ask(), None)
    except Exception as error:
        return handler.finish(job, None, error)


def curve(certificate: auth.Certificate, policy: auth.Policy, **options: bytes) -> tuple[int, str]:
    return Zap(policy).decide(z85_decode(certificate.public_key), **options)


def user(certificate: auth.Certificate) -> str:
    return certificate.public_key.decode()


def test_a_set_lets_in_its_keys_and_a_change_counts_at_once() -> None:
    keys = {ANNA.public_key}
    policy = auth.Policy(curve=keys)
    assert curve(ANNA, policy) == (ACCEPTED, user(ANNA))
    assert curve(BERT, policy) == (DENIED, "")
    keys.remove(ANNA.public_key)
    keys.add(BERT.public_key)
    assert curve(ANNA, policy)[0] == DENIED
    assert curve(BERT, policy)[0] == ACCEPTED


def test_a_mapping_names_the_users() -> None:
    policy = auth.Policy(curve={ANNA.public_key: "anna"})
    assert curve(ANNA, policy) == (ACCEPTED, "anna")
    assert policy.knows("anna")
    assert not policy.knows(user(ANNA))


def test_a_directory_is_read_again_when_it_changes(tmp_path: Path) -> None:
    policy = auth.Policy(curve=tmp_path)
    assert curve(ANNA, policy)[0] == DENIED
    ANNA.save(tmp_path / "anna")
    (tmp_path / "notes.txt").write_text("no certificate")
    (tmp_path / ".hidden").write_text("no certificate")
    (tmp_path / "folder").mkdir()
    assert curve(ANNA, policy) == (ACCEPTED, user(ANNA))
    assert curve(BERT, policy)[0] == DENIED
    (tmp_path / "anna").unlink()
    assert curve(ANNA, policy)[0] == DENIED
    assert not policy.knows(user(ANNA))
    (tmp_path / "anna_secret").unlink()
    ANNA.public_only().save(tmp_path / "anna")
    assert policy.knows(user(ANNA))


def test_a_file_that_is_written_over_counts_within_a_second(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ANNA.public_only().save(tmp_path / "key")
    os.utime(tmp_path, (1, 1))
    policy = auth.Policy(curve=str(tmp_path))
    BERT.public_only().save(tmp_path / "other")
    (tmp_path / "key").write_text((tmp_path / "other").read_text())
    (tmp_path / "other").unlink()
    os.utime(tmp_path, (1, 1))
    later = time.monotonic() + 1.1
    monkeypatch.setattr("zmqlite.auth.rules.time.monotonic", lambda: later)
    assert policy.knows(user(BERT))
    assert not policy.knows(user(ANNA))


def test_a_directory_that_vanishes_lets_nobody_in(tmp_path: Path) -> None:
    path = tmp_path / "keys"
    path.mkdir()
    ANNA.public_only().save(path / "anna")
    policy = auth.Policy(curve=path)
    assert policy.knows(user(ANNA))
    (path / "anna").unlink()
    path.rmdir()
    assert curve(ANNA, policy)[0] == DENIED


ANSWERS: list[tuple[Callable[..., Any], int, str]] = [
    (lambda *_: True, ACCEPTED, user(ANNA)),
    (lambda *_: "anna", ACCEPTED, "anna"),
    (lambda *_: False, DENIED, ""),
    (lambda *_: None, DENIED, ""),
    (lambda *_: 1, TRY_AGAIN, ""),
    (lambda *_: "", TRY_AGAIN, ""),
    (lambda *_: "a\0b", TRY_AGAIN, ""),
    (lambda *_: 1 / 0, TRY_AGAIN, ""),
]


@pytest.mark.parametrize(("function", "status", "name"), ANSWERS, ids=range(len(ANSWERS)))
def test_a_callable_decides(function: Callable[..., Any], status: int, name: str) -> None:
    policy = auth.Policy(curve=function)
    assert curve(ANNA, policy) == (status, name)
    assert policy.knows(name) is (status == ACCEPTED)


def test_a_callable_is_told_who_asks_and_its_error_is_not_shown() -> None:
    asked = []

    def allow(*arguments: Any) -> bool:
        asked.append(arguments)
        raise ValueError(f"no row for {arguments}")

    zap = Zap(auth.Policy(plain=allow, curve=allow))
    assert zap.decide(b"anna", b"pass\xff")[0] == TRY_AGAIN
    zap.decide(z85_decode(ANNA.public_key), domain=b"x", address=b"::1")
    assert asked == [("d", "10.0.0.1", "anna", "pass\udcff"), ("x", "::1", ANNA.public_key)]
    assert "pass" not in str(zap.told).replace("password", "")
    assert "ValueError at" in zap.told[0][1]


def test_passwords_are_checked_slowly_and_remembered_while_the_hash_is_the_same() -> None:
    hashes = {"anna": HASH}
    policy = auth.Policy(plain=hashes)
    zap = Zap(policy)
    for name, password, status in [
        (b"anna", b"wrong", DENIED),
        (b"bert", b"right", DENIED),
        (b"anna", b"right", ACCEPTED),
    ]:
        assert zap.request(name, password) is None
        job = zap.handler.start(0.0)
        assert job is not None
        reply = answer(zap.handler, job)
        assert reply is not None
        assert int(reply[4]) == status
    for _ in range(2):
        assert zap.request(b"anna", b"right") is not None
    assert zap.request(b"anna", b"wrong") is None
    hashes["anna"] = auth.hash_password("other")
    assert zap.request(b"anna", b"right") is None
    del hashes["anna"]
    assert not zap.domains.allowed("anna", None)
    assert "right" not in repr(policy)
    assert HASH not in repr(policy)


def test_what_is_remembered_is_bounded_and_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Hash, "fits", lambda self, password: True)
    policy = auth.Policy(plain={str(number): HASH for number in range(REMEMBERED + 1)})
    zap = Zap(policy)
    for number in range(REMEMBERED + 1):
        assert zap.decide(b"%d" % number, b"x") == (ACCEPTED, str(number))
    assert zap.request(b"0", b"x") is None
    assert zap.request(b"1", b"x") is not None
    later = time.monotonic() + 3600
    monkeypatch.setattr("zmqlite.auth.passwords.time.monotonic", lambda: later)
    assert zap.request(b"1", b"x") is None


def test_hashes_are_salted_and_others_are_refused() -> None:
    assert auth.hash_password("right") != HASH
    assert Hash(HASH).fits(b"right")
    assert not Hash(HASH).fits(b"right ")
    for text in ("", "right", HASH[:-4], HASH.replace("16384", "16385"), "scrypt$a$b$c$d$e"):
        with pytest.raises(ValueError, match="hash_password") as caught:
            auth.Policy(plain={"anna": text})
        assert "'anna'" in str(caught.value)
        assert not text or text not in str(caught.value)
    with pytest.raises(ValueError, match="hash_password"):
        auth.Policy(plain={"anna": HASH.replace("$16384$", f"${1 << 30}$")})
    for bad in ("", "x" * 256, "a\0", "\udc80"):
        with pytest.raises(ValueError, match="1 to 255 bytes"):
            auth.hash_password(bad)


NETWORKS: list[tuple[dict[str, Any], bytes, bool]] = [
    ({}, b"10.0.0.1", True),
    ({"addresses": ["10.0.0.0/8"]}, b"10.0.0.1", True),
    ({"addresses": ["10.0.0.0/8"]}, b"11.0.0.1", False),
    ({"addresses": ["10.0.0.0/8", "::1"]}, b"::1", True),
    ({"addresses": ["10.0.0.0/8"]}, b"::ffff:10.0.0.1", True),
    ({"denied": ["10.0.0.1"]}, b"::ffff:10.0.0.1", False),
    ({"denied": ["10.0.0.1"]}, b"10.0.0.2", True),
    ({"addresses": ["10.0.0.0/8"], "denied": ["10.0.0.1"]}, b"10.0.0.1", False),
    ({"addresses": ["10.0.0.0/8"]}, b"localhost:0:0:1", False),
    ({"denied": ["10.0.0.0/8"]}, b"localhost:0:0:1", True),
    ({"addresses": ["fe80::/10"]}, b"fe80::1%eth0", True),
]


@pytest.mark.parametrize(("options", "address", "lets_in"), NETWORKS, ids=range(len(NETWORKS)))
def test_addresses_decide_for_every_mechanism(
    options: dict[str, Any], address: bytes, lets_in: bool
) -> None:
    policy = auth.Policy(null=auth.ANYONE, curve=auth.ANYONE, plain=auth.ANYONE, **options)
    zap = Zap(policy)
    for credentials in ((), (bytes(32),), (b"anna", b"x")):
        status, _ = zap.decide(*credentials, address=address)
        assert (status == ACCEPTED) is lets_in
    assert zap.decide(address=b"10.0.0.9")[1] == ""


def test_what_a_policy_does_not_mention_is_refused() -> None:
    zap = Zap(auth.Policy())
    for credentials in ((), (bytes(32),), (b"anna", b"x")):
        assert zap.decide(*credentials)[0] == DENIED
    assert "says nothing about PLAIN" in zap.told[-1][1]
    assert Zap(None).decide()[0] == DENIED


def test_each_domain_has_its_policy() -> None:
    keys = {"a": auth.Policy(curve={ANNA.public_key}), "b": auth.Policy(curve={BERT.public_key})}
    zap = Zap(keys)
    anna, bert = (z85_decode(each.public_key) for each in (ANNA, BERT))
    statuses = [
        zap.decide(key, domain=domain)[0] for domain in (b"a", b"b", b"c") for key in (anna, bert)
    ]
    assert statuses == [ACCEPTED, DENIED, DENIED, ACCEPTED, DENIED, DENIED]
    assert "no policy serves the domain 'c'" in zap.told[-1][1]


def test_a_user_may_be_allowed_in_one_domain_only() -> None:
    zap = Zap({"a": auth.Policy(curve={ANNA.public_key}), "b": auth.Policy(curve=auth.ANYONE)})
    assert zap.domains.allowed(user(BERT), None)
    assert zap.domains.allowed(user(BERT), "b")
    assert not zap.domains.allowed(user(BERT), "a")
    assert not zap.domains.allowed(user(BERT), "c")
    zap.domains.take(auth.Policy(curve={ANNA.public_key}))  # of the next authenticator
    assert not zap.domains.allowed(user(BERT), None)
    assert zap.domains.allowed(user(ANNA), "c")


def test_who_is_revoked_is_refused_whatever_a_policy_says() -> None:
    zap = Zap(auth.Policy(curve=lambda *_: "anna", plain=auth.ANYONE))
    assert zap.decide(bytes(32)) == (ACCEPTED, "anna")
    assert zap.domains.allowed("anna", None)
    zap.domains.revoked.add("anna")
    assert not zap.domains.allowed("anna", None)
    assert zap.decide(bytes(32))[0] == zap.decide(b"anna", b"x")[0] == DENIED
    assert not zap.domains.allowed("", None)


MISTAKES: list[tuple[dict[str, Any], type[Exception], str]] = [
    ({"curve": ANNA.public_key}, TypeError, "a set of public keys, not one key"),
    ({"curve": {z85_decode(ANNA.public_key)}}, ValueError, "z85_encode"),
    ({"curve": [user(ANNA)]}, TypeError, "bytes"),
    ({"curve": 5}, TypeError, "a set of keys, a directory"),
    ({"curve": "/nonexistent"}, NotADirectoryError, "no directory of certificates"),
    ({"plain": "anna"}, TypeError, "a mapping of users"),
    ({"plain": {5: HASH}}, TypeError, "user name is a str"),
    ({"null": True}, TypeError, "ANYONE or None"),
    ({"addresses": "10.0.0.0/8"}, TypeError, "networks are a list"),
    ({"addresses": ["10.0.0.1/8"]}, ValueError, "host bits"),
]


@pytest.mark.parametrize(("options", "kind", "text"), MISTAKES, ids=range(len(MISTAKES)))
def test_a_policy_that_cannot_be_meant_is_refused(
    options: dict[str, Any], kind: type[Exception], text: str
) -> None:
    with pytest.raises(kind, match=text):
        auth.Policy(**options)


# The handler: malformed requests, turns, and questions that take too long

GOOD = [b"1.0", b"1", b"d", b"10.0.0.1", b"", b"NULL"]
MALFORMED: list[list[bytes]] = [
    [],
    [b"1.0"],
    GOOD[:5],
    [b"2.0", *GOOD[1:]],
    [*GOOD[:5], b"GSSAPI", b"principal"],
    [*GOOD, b"one too many"],
    [*GOOD[:5], b"CURVE", bytes(31)],
    [*GOOD[:5], b"CURVE"],
    [*GOOD[:5], b"PLAIN", b"anna"],
    [*GOOD[:5], b"\xff"],
]


@pytest.mark.parametrize("frames", MALFORMED, ids=range(len(MALFORMED)))
def test_a_malformed_request_is_answered_if_possible_and_counted(frames: list[bytes]) -> None:
    zap = Zap(auth.Policy(null=auth.ANYONE, curve=auth.ANYONE, plain=auth.ANYONE))
    reply = zap.ask(*frames)
    assert reply is None or reply[4] == b"500"
    assert (reply is None) is (len(frames) < 2)
    assert zap.handler.statistics().malformed == 1
    assert zap.ask(*GOOD) is not None


@given(st.lists(st.binary(max_size=40) | st.sampled_from([b"", b"1.0", b"CURVE", b"PLAIN"])))
def test_any_frames_get_a_reply_or_none(frames: list[bytes]) -> None:
    zap = Zap(auth.Policy())
    reply = zap.handler.receive(frames)
    assert reply is None or reply[-4] in (b"400", b"500")


def slow(*_: object) -> bool:
    return True


def test_addresses_take_turns_and_each_has_few_questions_under_way() -> None:
    zap = Zap(auth.Policy(plain=slow))
    for number in range(20):
        assert zap.request(b"anna", b"%d" % number, address=b"10.0.0.1") is None
    zap.request(b"anna", b"x", address=b"10.0.0.2")
    started = []
    while (job := zap.handler.start(0.0)) is not None:
        started.append(job)
    addresses = [job.request.address for job in started]
    assert addresses == ["10.0.0.1", "10.0.0.2", *["10.0.0.1"] * (JOBS_OF_ADDRESS - 1)]
    assert zap.handler.statistics().waiting == 21
    for job in started:
        assert answer(zap.handler, job) is not None
    assert zap.handler.start(0.0) is not None


def test_all_questions_together_are_limited() -> None:
    zap = Zap(auth.Policy(plain=slow))
    for number in range(JOBS + 1):
        zap.request(b"anna", b"x", address=b"10.0.0.%d" % number)
    assert len(list(iter(lambda: zap.handler.start(0.0), None))) == JOBS
    for _ in range(WAITING_OF_ADDRESS):
        assert zap.request(b"anna", b"x", address=b"10.1.0.0") is None
    reply = zap.request(b"anna", b"x", address=b"10.1.0.0")
    assert reply is not None
    assert reply[4] == b"300"


def test_a_question_that_takes_too_long_is_given_up_and_its_answer_is_dropped() -> None:
    zap = Zap(auth.Policy(plain=slow), patience=1.0)
    for _ in range(JOBS_OF_ADDRESS + 1):
        zap.request(b"anna", b"x")
    jobs = list(iter(lambda: zap.handler.start(10.0), None))
    assert zap.handler.expire(10.9) == ([], [])
    late, replies = zap.handler.expire(11.0)
    assert late == jobs
    assert [reply[4] for reply in replies] == [b"300"] * (JOBS_OF_ADDRESS + 1)
    reply = zap.request(b"anna", b"x")
    assert reply is not None
    assert "does not return" in zap.told[-1][1]
    assert zap.request(b"anna", b"x", address=b"10.0.0.2") is None
    assert [answer(zap.handler, job) for job in jobs] == [None] * JOBS_OF_ADDRESS
    assert zap.request(b"anna", b"x") is None
