"""PUBHandler, TopicLogger, the decorators and curve_keygen: what pyzmq's own tests do not see."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from support import Task

import zmqlite.pyzmq as zmq
from zmqlite.pyzmq import curve_keygen
from zmqlite.pyzmq.decorators import context as with_context
from zmqlite.pyzmq.decorators import socket as with_socket
from zmqlite.pyzmq.log.handlers import PUBHandler, TopicLogger

WAIT = 5000


@pytest.fixture
def log(context: zmq.Context[Any]) -> tuple[TopicLogger, PUBHandler, zmq.Socket[Any]]:
    """A logger, its handler, and a socket that gets all that is published."""
    publisher, subscriber = context.socket(zmq.XPUB), context.socket(zmq.SUB)
    publisher.bind("inproc://log")
    publisher.rcvtimeo = subscriber.rcvtimeo = WAIT
    subscriber.subscribe(b"")
    subscriber.connect("inproc://log")
    publisher.recv()  # the subscription
    logger, handler = TopicLogger("topics"), PUBHandler(publisher, root_topic="root")
    logger.addHandler(handler)
    return logger, handler, subscriber


LEVELS = ["debug", "info", "warning", "warn", "error", "critical", "fatal"]


@pytest.mark.parametrize("method", LEVELS)
def test_a_topic_and_the_place_of_the_call_are_published(method: str, log: Any) -> None:
    logger, handler, subscriber = log
    handler.setFormatter(logging.Formatter("%(funcName)s %(message)s"))
    getattr(logger, method)("shop", "%s is %d", "it", 3)
    level = {"warn": "WARNING", "fatal": "CRITICAL"}.get(method, method.upper())
    name = test_a_topic_and_the_place_of_the_call_are_published.__name__
    assert subscriber.recv_multipart() == [
        f"root.{level}.shop".encode(),
        f"{name} it is 3".encode(),
    ]


def test_an_exception_is_published_with_its_traceback(log: Any) -> None:
    logger, handler, subscriber = log
    handler.setFormatter(logging.Formatter("%(message)s"))
    try:
        raise LookupError("nothing there")
    except LookupError:
        logger.exception("shop", "failed")
    topic, text = subscriber.recv_multipart()
    assert topic == b"root.ERROR.shop"
    assert text.endswith(b"LookupError: nothing there")


def test_a_level_without_a_formatter_is_published_as_info_is(log: Any) -> None:
    logger, handler, subscriber = log
    logger.log(25, "shop", "between")
    assert subscriber.recv_multipart() == [b"root.Level 25.shop", b"between\n"]
    handler.setFormatter(logging.Formatter("own %(message)s"), 25)
    logger.log(25, "shop", "between")
    assert subscriber.recv_multipart()[1] == b"own between"
    handler.setFormatter(None)
    logger.info("shop", "again")
    assert subscriber.recv_multipart()[1] == b"again\n"


def test_the_record_stays_as_it_is_for_other_handlers(log: Any) -> None:
    logger, _, subscriber = log
    seen: list[str] = []

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            seen.append(record.getMessage())

    logger.addHandler(Keep())
    logger.info("shop", "text")
    assert subscriber.recv_multipart() == [b"root.INFO.shop", b"text\n"]
    assert seen == ["shop::text"]


def test_a_handler_whose_context_has_ended_reports_and_does_not_raise(
    capsys: pytest.CaptureFixture[str],
) -> None:
    context: zmq.Context[Any] = zmq.Context()
    handler = PUBHandler("inproc://log", context)
    Task(context.destroy, 0).result()
    logger = logging.Logger("ended")
    logger.addHandler(handler)
    logger.error("lost")
    assert "Logging error" in capsys.readouterr().err


def test_what_a_decorator_opened_is_closed_when_the_function_raises() -> None:
    opened: list[Any] = []

    @with_context()
    @with_socket("push", zmq.PUSH)
    def work(context: zmq.Context[Any], push: zmq.Socket[Any]) -> None:
        opened.extend((context, push))
        raise LookupError

    with pytest.raises(LookupError):
        work()
    assert [each.closed for each in opened] == [True, True]


def test_a_context_given_by_name_is_used(context: zmq.Context[Any]) -> None:
    @with_socket(zmq.PUSH, name="push", context_name="mine")
    def work(*, mine: zmq.Context[Any], push: zmq.Socket[Any]) -> bool:
        return push.context is mine

    assert work(mine=context)
    with pytest.raises(TypeError, match="push"):
        work(mine=context, push=None)


def test_the_public_key_of_a_secret_one_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    public, secret = zmq.curve_keypair()
    curve_keygen.main([f"--secret={secret.decode()}"])  # which may begin with a hyphen
    assert capsys.readouterr().out.split("\n")[1:4:2] == [public.decode(), secret.decode()]
