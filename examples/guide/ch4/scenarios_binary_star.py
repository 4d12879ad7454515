"""Binary Star: each server of the pair is killed in its turn, and the client goes on."""

from __future__ import annotations

from ...scenario import Await, Kill, Part, Scenario


def _server(program: str, role: str, peer: str, state: str) -> Part:
    return Part(
        role,
        f"examples.guide.ch4.{program} {role} --bind {{{role}}} --local {{{role}_state}}"
        f" --remote {{{peer}_state}} --heartbeat {{heartbeat}}",
        ready=(f".*now {state}",) if state else (r"bound \S+",),
        endless=True,
    )


def _scenario(name: str, summary: str, program: str) -> Scenario:
    return Scenario(
        name,
        summary,
        (
            _server(program, "primary", "backup", ""),
            _server(program, "backup", "primary", "passive"),
            Await("primary", (".*now active",)),
            Part(
                "client",
                "examples.guide.ch4.bstarcli --primary {primary} --backup {backup}"
                " --timeout {timeout} --settle {settle} --interval {interval}",
                ready=("reply 3 from the primary",),
                endless=True,
            ),
            Kill("primary"),
            Await("client", (r"reply \d+ from the backup",)),
            _server(program, "primary", "backup", "passive"),
            Kill("backup"),
            Await("client", (r"reply \d+ from the primary",)),
        ),
        values={"heartbeat": 1000, "timeout": 1000, "settle": 2000, "interval": 1000},
        fast={"heartbeat": 100, "timeout": 400, "settle": 250, "interval": 20},
        ports=("primary", "backup", "primary_state", "backup_state"),
    )


SCENARIOS = (
    _scenario("bstar", "two servers, of which one takes over when the other dies", "bstarsrv"),
    _scenario("bstar2", "the same, with a class for the servers and a reactor", "bstarsrv2"),
)
