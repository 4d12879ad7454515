"""The answers to libzmq's questions about peers, without sockets, threads or clocks.

A driver hands in the frames of each request with the time, sends the frames that come back, and
runs the jobs: the questions that take time. How many run is limited, in all and for each address,
and addresses take turns. So a slow decision holds up only who asked for it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Final, NamedTuple

from .domains import Domains
from .rules import Question, place
from .zap import ACCEPTED, DENIED, TRY_AGAIN, Decision, Malformed, Request, parse

JOBS: Final = 8
"""Questions that are asked at the same time."""

JOBS_OF_ADDRESS: Final = 2
"""Questions about peers of one address that are asked at the same time."""

WAITING: Final = 4096
"""Questions that wait to be asked."""

WAITING_OF_ADDRESS: Final = 1024
"""Questions about peers of one address that wait to be asked."""

STUCK: Final = "the threads that decide are stuck in a callable that does not return"


class Statistics(NamedTuple):
    """What an authenticator has decided since it began.

    `accepted` and `denied` are peers; `undecided` are those that could not be decided about, and
    that libzmq lets try again: because a callable raised, or took too long, or too many waited.
    `malformed` requests are none of libzmq's. `waiting` is how many are being decided about now.
    """

    accepted: int
    denied: int
    undecided: int
    malformed: int
    waiting: int


class Job:
    """A question that is asked, or waits to be."""

    __slots__ = ("answered", "began", "question", "request")

    def __init__(self, request: Request, question: Question) -> None:
        self.request: Request = request
        self.question: Question = question
        self.began: float = 0.0  # in seconds of the driver's clock
        self.answered: bool = False  # libzmq has its reply, though the question may still be asked


class Handler:
    """Decides about peers. One thread at a time, but `statistics` may be read from any.

    `tell` is called with each refusal: the status, the request, None where it was malformed, and
    the reason.
    """

    def __init__(
        self,
        domains: Domains,
        patience: float,
        tell: Callable[[int, Request | None, str], None],
    ) -> None:
        self._domains = domains
        self._patience = patience
        self._tell = tell
        self._waiting: dict[str, deque[Job]] = {}  # by address; the first one is next
        self._running: dict[Job, None] = {}  # in the order in which they began
        self._counts = dict.fromkeys((ACCEPTED, DENIED, TRY_AGAIN), 0)
        self._malformed = 0

    def receive(self, frames: list[bytes]) -> list[bytes] | None:
        """Return the reply to a request, None if there is none yet; see `start`."""
        try:
            request = parse(frames)
        except Malformed as error:
            self._malformed += 1
            self._tell(TRY_AGAIN, None, f"a request to the authenticator was malformed: {error}")
            return error.reply
        try:
            decided = self._domains.decide(request)
            if isinstance(decided, Decision):
                return self._reply(request, decided)
        except Exception as error:  # whatever a mapping or set of the user may raise
            return self._undecided(request, f"the policy raised {place(error)}")
        waiting = self._waiting.get(request.address, deque())
        if len(waiting) >= WAITING_OF_ADDRESS or self.waiting >= WAITING:
            return self._undecided(request, "too many decisions wait")
        if self._stuck(request.address):
            return self._undecided(request, STUCK)
        waiting.append(Job(request, decided))
        self._waiting[request.address] = waiting
        return None

    @property
    def waiting(self) -> int:
        """How many questions are asked or wait to be."""
        return len(self._running) + sum(map(len, tuple(self._waiting.values())))

    def start(self, now: float) -> Job | None:
        """Return the next question to ask, None if none may be asked now; `now` is in seconds."""
        if len(self._running) >= JOBS:
            return None
        busy = [job.request.address for job in self._running]
        free = (each for each in self._waiting if busy.count(each) < JOBS_OF_ADDRESS)
        address = next(free, None)
        if address is None:
            return None
        waiting = self._waiting.pop(address)
        job = waiting.popleft()
        if waiting:
            self._waiting[address] = waiting  # behind the other addresses
        job.began = now
        self._running[job] = None
        return job

    def finish(self, job: Job, answer: object, error: BaseException | None) -> list[bytes] | None:
        """Take the answer to a question, or what asking raised; return the reply, if one is due."""
        self._running.pop(job, None)
        if job.answered:
            return None
        if error is None:
            try:
                return self._reply(job.request, self._domains.judge(job.question.decided(answer)))
            except Exception as raised:
                error = raised
        return self._undecided(job.request, f"the callable that decides raised {place(error)}")

    def expire(self, now: float) -> tuple[list[Job], list[list[bytes]]]:
        """Give up on questions that take too long; return those, and the replies to send.

        A job goes on to count as running until `finish`, since its thread is busy.
        """
        late = [
            job for job in self._running if not job.answered and now - job.began >= self._patience
        ]
        replies = []
        for job in late:
            job.answered = True
            reason = f"the decision took longer than {round(self._patience * 1000)} ms"
            replies.append(self._undecided(job.request, reason))
        for address in [each for each in self._waiting if self._stuck(each)]:
            waiting = self._waiting.pop(address)
            replies += [self._undecided(job.request, STUCK) for job in waiting]
        return late, replies

    def _stuck(self, address: str) -> bool:
        """Whether no question about this address can be asked until a callable returns."""
        stuck = [job.request.address for job in self._running if job.answered]
        return len(stuck) >= JOBS or stuck.count(address) >= JOBS_OF_ADDRESS

    def statistics(self) -> Statistics:
        """Return the counts as they are now."""
        accepted, denied, undecided = self._counts.values()
        return Statistics(accepted, denied, undecided, self._malformed, self.waiting)

    def _reply(self, request: Request, decision: Decision) -> list[bytes]:
        self._counts[decision.status] += 1
        if decision.status != ACCEPTED:
            self._tell(decision.status, request, decision.reason)
        return request.reply(decision)

    def _undecided(self, request: Request, reason: str) -> list[bytes]:
        return self._reply(request, Decision(TRY_AGAIN, reason=reason))
