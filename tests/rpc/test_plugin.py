"""The code that protoc-gen-zmqlite makes, and what it refuses."""

from __future__ import annotations

import asyncio
import importlib
import os
import subprocess
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from checkout import ROOT
from rpc_support import LONG, Event, Reply, Request, WatchRequest, generate, greeter_rpc, protoc
from support import Task

import zmqlite as zmq
from zmqlite import aio, rpc
from zmqlite.rpc import aio as rpc_aio

USER = Path(__file__).parent / "typed_user.txt"


class Greeter(greeter_rpc.Greeter):  # type: ignore[misc]
    def hello(self, request: Any, call: rpc.Call) -> Any:
        return Reply(text=request.name)

    def watch(self, request: Any, call: rpc.Call) -> Iterator[Any]:
        yield from (Event(number=number) for number in range(request.count))


def test_generated_servers_and_clients_talk(context: zmq.Context) -> None:
    server = rpc.Server(context, Greeter())
    endpoint = server.bind("tcp://127.0.0.1:*")
    running = Task(server.run)
    with greeter_rpc.GreeterClient(context, endpoint, timeout=LONG) as client:
        assert client.hello(Request(name="you"), metadata={"a": "b"}) == Reply(text="you")
        assert list(client.watch(WatchRequest(count=2))) == [Event(), Event(number=1)]
        with pytest.raises(rpc.RpcError, match=r"UNIMPLEMENTED.*executed: no"):
            client.ask(Request())
        with pytest.raises(TypeError, match="tiemout"):
            client.hello(Request(), tiemout=5)
        with pytest.raises(TypeError, match=r"HelloRequest.*Event|Event.*HelloRequest"):
            client.hello(Event())
    server.stop()
    running.result()


def test_generated_servers_and_clients_talk_with_asyncio() -> None:
    class Server(greeter_rpc.AsyncGreeter):  # type: ignore[misc]
        async def hello(self, request: Any, call: rpc.Call) -> Any:
            return Reply(text=request.name)

    async def main() -> None:
        async with aio.Context() as context, rpc_aio.Server(context, Server()) as server:
            endpoint = server.bind("tcp://127.0.0.1:*")
            running = asyncio.ensure_future(server.run())
            async with greeter_rpc.AsyncGreeterClient(context, endpoint, timeout=LONG) as client:
                assert await client.hello(Request(name="you")) == Reply(text="you")
                with pytest.raises(rpc.RpcError, match="UNIMPLEMENTED"):
                    await client.ask(Request())
                with pytest.raises(rpc.RpcError, match="UNIMPLEMENTED"):
                    async for _ in client.watch(WatchRequest(count=2)):
                        pass
            await server.stop()
            await running

    asyncio.run(main())


@pytest.mark.slow
def test_programs_that_use_generated_code_are_strictly_typed(tmp_path: Path) -> None:
    generate(tmp_path)
    program = tmp_path / "typed_user.py"
    program.write_text(USER.read_text())
    command = [sys.executable, "-m", "mypy", "--strict", "--follow-imports=silent", "typed_user.py"]
    done = subprocess.run(
        [*command, "greeter_rpc.py"], cwd=tmp_path, env={**os.environ, "MYPYPATH": str(ROOT)},
        capture_output=True, text=True, timeout=55, check=False,
    )  # fmt: skip
    wrong = [
        i for i, line in enumerate(USER.read_text().splitlines(), 1) if line.endswith("# wrong")
    ]
    found = [int(line.split(":")[1]) for line in done.stdout.splitlines() if ": error:" in line]
    assert sorted(set(found)) == wrong, done.stdout


PACKAGES = {
    "shop/types.proto": """
        edition = "2023"; package shop.types;
        message Outer { message Item { int32 a = 1; } }""",
    "shop/my-store.proto": """
        syntax = "proto3"; package shop;
        import "shop/types.proto"; import "google/protobuf/empty.proto";
        message Order { optional int32 number = 1; }
        service Store {
          rpc BuyHTTPThing(types.Outer.Item) returns (google.protobuf.Empty);
          rpc Close(Order) returns (Order);
        }""",
}


def test_packages_imports_nested_types_and_editions_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, text in PACKAGES.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    (tmp_path / "out").mkdir()
    done = protoc(tmp_path / "out", f"--proto_path={tmp_path}", *PACKAGES)
    assert done.returncode == 0, done.stderr
    monkeypatch.syspath_prepend(str(tmp_path / "out"))
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Protobuf gencode version .* exactly one major")
        module = importlib.import_module("shop.my_store_rpc")
    names = {name for name in vars(module.StoreClient) if not name.startswith("_")}
    assert names == {"DESCRIPTOR", "buy_http_thing", "close"}
    annotations = module.Store.buy_http_thing.__annotations__
    assert annotations["request"] == "shop_types_pb2.Outer.Item"
    assert annotations["return"] == "google_protobuf_empty_pb2.Empty"
    assert not (tmp_path / "out" / "shop" / "types_rpc.py").exists()  # it has no service


MESSAGE = 'syntax = "proto3"; message M {}\n'
REFUSED = [
    ("a.proto", "service S { rpc Class(M) returns (M); }", "class cannot be the name of a method"),
    (
        "a.proto",
        "service S { rpc AbC(M) returns (M); rpc ab_c(M) returns (M); }",
        "and so is /S/AbC",
    ),
    ("a.proto", "service S {} service SClient {}", "the name SClient is taken: rename SClient"),
    ("a.proto", "service rpc {}", "the name rpc is taken"),
    ("a.proto", "service None {}", "the name None is taken"),
    ("class/a.proto", "service S {}", "class is a keyword of Python"),
    ("a.proto", "message None {} service S { rpc A(None) returns (M); }", "None is a keyword"),
    ("a.proto", "service S { rpc A(stream M) returns (M); }", "has a stream of requests"),
]


@pytest.mark.parametrize(("file", "text", "reason"), REFUSED)
def test_what_python_cannot_have_is_refused_with_a_reason(
    tmp_path: Path, file: str, text: str, reason: str
) -> None:
    (tmp_path / file).parent.mkdir(exist_ok=True)
    (tmp_path / file).write_text(MESSAGE + text)
    done = protoc(tmp_path, f"--proto_path={tmp_path}", file)
    assert done.returncode != 0
    assert reason in done.stderr
