"""Certificates: files that others read too, secrets that are shown nowhere, mistakes that are."""

from __future__ import annotations

import copy
import pickle
import stat
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import zmqlite as zmq
from zmqlite.auth import Certificate
from zmqlite.auth.certificate import _parse

OWN, OTHER = Certificate.generate({"name": "anna", "e-mail": "a@b.c"}), Certificate.generate()

# As czmq 4.2 and pyzmq 27 write them.
CZMQ = """\
#   ****  Generated on 2026-11-28 02:41:14 by CZMQ  ****
#   ZeroMQ CURVE Public Certificate
#   Exchange securely, or use a secure mechanism to verify the contents

metadata
    name = "anna"
curve
    public-key = "{public}"
"""
PYZMQ = """\
#   ****  Generated on 2026-11-28 02:41:14.871 by pyzmq  ****
#   ZeroMQ CURVE **Secret** Certificate


metadata
curve
    public-key = "{public}"
    secret-key = "{secret}"
"""
KEYS = {"public": OWN.public_key.decode(), "secret": OWN.secret_key.decode()}


def test_a_pair_of_files_holds_what_was_saved(tmp_path: Path) -> None:
    OWN.save(tmp_path / "anna")
    assert {path.name for path in tmp_path.iterdir()} == {"anna", "anna_secret"}
    assert stat.S_IMODE((tmp_path / "anna_secret").stat().st_mode) == 0o600
    assert OWN.secret_key.decode() not in (tmp_path / "anna").read_text()
    loaded = Certificate.load(tmp_path / "anna")
    assert (loaded.public_key, loaded.secret_key) == (OWN.public_key, OWN.secret_key)
    assert loaded.metadata == OWN.metadata == {"name": "anna", "e-mail": "a@b.c"}
    alone = Certificate.load_public(str(tmp_path / "anna"))
    assert (alone.public_key, alone.has_secret) == (OWN.public_key, False)


def test_the_public_key_alone_is_one_file(tmp_path: Path) -> None:
    OWN.public_only().save(tmp_path / "anna")
    assert [path.name for path in tmp_path.iterdir()] == ["anna"]
    loaded = Certificate.load(tmp_path / "anna")
    assert not loaded.has_secret
    with pytest.raises(ValueError, match="has no secret key"):
        _ = loaded.secret_key


@pytest.mark.parametrize("there", ["anna", "anna_secret"])
@pytest.mark.parametrize("dangling", [False, True])
def test_nothing_is_written_over(there: str, dangling: bool, tmp_path: Path) -> None:
    path = tmp_path / there
    if dangling:
        path.symlink_to(tmp_path / "elsewhere")
    else:
        path.write_text("precious")
    with pytest.raises(FileExistsError, match=there):
        OWN.save(tmp_path / "anna")
    assert [each.name for each in tmp_path.iterdir()] == [there]
    assert dangling or path.read_text() == "precious"


@pytest.mark.parametrize(("text", "secret"), [(CZMQ, False), (PYZMQ, True)])
def test_files_of_others_are_read(text: str, secret: bool, tmp_path: Path) -> None:
    path = tmp_path / "anna.key"
    path.write_text(text.format(**KEYS))
    loaded = Certificate.load(path)
    assert (loaded.public_key, loaded.has_secret) == (OWN.public_key, secret)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "curve\n",
        'curve\n    public-key = "short"\n',
        'curve\n    public-key = "{secret}"\n    secret-key = "{public}"\n',
        'curve\n    public-key = "{public}"\n    secret-key = "{secret}x"\n',
        'curve\n    public-key = "{public}\n    secret-key = "{secret}"\n',
        'public-key = "{public}"\n',
        "{secret}\n",
        "\udcff",
        "#" * 70_000,
    ],
    ids=range(10),
)
def test_another_file_is_refused_and_not_shown(text: str, tmp_path: Path) -> None:
    path = tmp_path / "broken"
    path.write_text(text.format(**KEYS), errors="surrogateescape")
    with pytest.raises(ValueError, match="is no certificate") as caught:
        Certificate.load(path)
    assert KEYS["secret"] not in str(caught.value)
    assert caught.value.__cause__ is caught.value.__context__ is None


@given(st.text())
def test_any_text_is_a_certificate_or_refused(text: str) -> None:
    try:
        keys, metadata = _parse(text.encode(errors="replace"))
    except ValueError:
        return
    assert set(keys) <= {"public-key", "secret-key"}
    assert all(map(str.isascii, metadata))


MISTAKES: dict[str, tuple[tuple[Any, ...], type[Exception], str]] = {
    "swapped": ((OWN.secret_key, OWN.public_key), ValueError, "no pair; they may be swapped"),
    "of two pairs": ((OWN.public_key, OTHER.secret_key), ValueError, "no pair"),
    "raw": ((zmq.z85_decode(OWN.public_key),), ValueError, r"z85_encode\(\) turns 32 raw bytes"),
    "a text": ((KEYS["public"],), TypeError, "public_key is bytes"),
    "no Z85": ((b"~" * 40,), ValueError, "public_key is not Z85"),
    "a secret that is no Z85": ((OWN.public_key, b"~" * 40), ValueError, "no pair"),
    "a name with a blank": ((OWN.public_key, None, {"a b": ""}), ValueError, "is no name"),
    "the name of a key": ((OWN.public_key, None, {"secret-key": "x"}), ValueError, "is no name"),
    "a line": ((OWN.public_key, None, {"a": "b\nc"}), ValueError, "not printable"),
    "a quote": ((OWN.public_key, None, {"a": '"'}), ValueError, "a quote"),
    "a number": ((OWN.public_key, None, {"a": 5}), TypeError, "is a str"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_raised_without_the_secret(mistake: str) -> None:
    arguments, kind, text = MISTAKES[mistake]
    with pytest.raises(kind, match=text) as caught:
        Certificate(*arguments)
    for each in (OWN, OTHER):
        assert each.secret_key.decode() not in str(caught.value)


def test_nothing_shows_or_copies_a_secret() -> None:
    assert KEYS["public"] in repr(OWN)
    assert KEYS["secret"] not in f"{OWN!r}{OWN}"
    for copied in (copy.copy, copy.deepcopy, pickle.dumps):
        with pytest.raises(TypeError, match="save"):
            copied(OWN)
