"""The site of docs/ is built without a warning, has every public name, and works in a browser."""

from __future__ import annotations

import shutil
import sys
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from importlib import import_module
from pathlib import Path

import pytest
from checkout import ROOT, succeed
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait
from sphinx.util.inventory import InventoryFile

from zmqlite import Event, Flag, SocketType
from zmqlite.context_options import ContextOptions
from zmqlite.option import rows_of
from zmqlite.socket_options import SocketOptions

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

WIDTH = 400
ARGUMENTS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--no-first-run"),
    # It is to ask for nothing but the pages.
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)
PACKAGES = ("", ".aio", ".auth", ".capi", ".proto", ".rpc")
# These have no __all__: what programs use of them.
MODULES = {
    ".auth.aio": ("Authenticator", "connect"),
    ".proto.aio": ("TypedSocket",),
    ".rpc.aio": ("Client", "Server", "Stream", "Stub"),
}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build it, with the command of CONTRIBUTING.md."""
    target = tmp_path_factory.mktemp("site")
    options = ("-W", "--keep-going", "-n", "-q")
    succeed(sys.executable, "-m", "sphinx", *options, "docs", target, cwd=ROOT)
    return target


def public_names() -> Iterator[str]:
    for package in PACKAGES:
        module = import_module(f"zmqlite{package}")
        yield from (f"{module.__name__}.{name}" for name in module.__all__)
    for module_name, names in MODULES.items():
        yield from (f"zmqlite{module_name}.{name}" for name in names)


def test_the_reference_has_every_public_name(site: Path) -> None:
    inventory = InventoryFile.loads((site / "objects.inv").read_bytes(), uri="").data
    known = {name for role, names in inventory.items() if role.startswith("py:") for name in names}
    short = {f"zmqlite.{each.name}" for kind in (Event, Flag, SocketType) for each in kind}
    assert short <= set(public_names())
    assert {name for name in public_names() if name not in known} == short | {"zmqlite.__version__"}


def test_every_option_can_be_linked_to_and_how_to_pages_do(site: Path) -> None:
    inventory = InventoryFile.loads((site / "objects.inv").read_bytes(), uri="").data
    for owner, table in (("Socket", SocketOptions), ("Context", ContextOptions)):
        for name in rows_of(table):
            uri = inventory["py:attribute"][f"zmqlite.{owner}.{name}"].uri
            assert uri == f"reference/options.html#zmqlite.{owner}.{name}"
    assert 'options.html#zmqlite.Socket.rcvhwm"' in (site / "howto/back-pressure.html").read_text()


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def address(site: Path) -> Iterator[str]:
    handler = partial(Quiet, directory=str(site))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[webdriver.Chrome]:
    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which("chromium") or ""
    for argument in ARGUMENTS:
        options.add_argument(argument)
    options.add_argument(f"--user-data-dir={tmp_path}")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    service = webdriver.ChromeService(shutil.which("chromedriver"))
    with webdriver.Chrome(options, service) as chrome:
        chrome.set_page_load_timeout(60)
        yield chrome


def log(browser: webdriver.Chrome) -> list[dict[str, str]]:
    """What the console has had to say since the last call."""
    entries: list[dict[str, str]] = browser.get_log("browser")  # type: ignore[no-untyped-call]
    return entries


BROKEN = """
return [...document.images].filter(each => !each.complete || !each.naturalWidth)
    .map(each => each.src)
"""


@pytest.mark.skipif(shutil.which("chromedriver") is None, reason="needs chromium-driver")
def test_every_page_works_in_a_browser(site: Path, address: str, browser: webdriver.Chrome) -> None:
    browser.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride",
        {"width": WIDTH, "height": 800, "deviceScaleFactor": 1, "mobile": True},
    )
    pages = sorted(str(page.relative_to(site)) for page in site.rglob("*.html"))
    assert "index.html" in pages
    wrong: list[str] = []
    for page in pages:
        browser.get(f"{address}/{page}")
        wrong += [f"{page}: {entry['message']}" for entry in log(browser)]
        wrong += [f"{page}: no picture {each}" for each in browser.execute_script(BROKEN)]
        wide = browser.execute_script("return document.documentElement.scrollWidth")
        if wide > WIDTH:
            wrong.append(f"{page}: {wide} px wide")
    assert not wrong

    browser.get(f"{address}/search.html?q=linger")
    found = WebDriverWait(browser, 30).until(
        lambda chrome: chrome.find_elements(By.CSS_SELECTOR, "ul.search li a")
    )
    assert "reference" in " ".join(str(each.get_attribute("href")) for each in found)
