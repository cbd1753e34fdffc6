"""The shells and the static files, without a browser: policy, language, words, vendored hashes."""

import asyncio
import base64
import hashlib
import json
import re
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from aiohttp import ClientResponse, ClientSession
from aiohttp.test_utils import make_mocked_request

from orchestrator.web import assets, pages
from tests.fakes.pages import PagedService

STATIC = assets.ROOT
OURS = sorted(path for path in STATIC.glob("*.js"))
WIRE_FILES = ("protocol.js", "call.js", "waiting.js", "legs.js", "sampler.js", "kiosk-room.js")
PATHS = (
    "/",
    "/centres",
    "/centres/villefort",
    "/lines/villefort",
    "/calendars",
    "/login",
    "/join/abc",
    "/rooms/r/screen",
    "/rooms/r/remote",
    "/rooms/r/panel",
    "/rooms/r/scenes",
    "/desks",
    "/desks/d",
    "/rooms/r/test",
    "/sessions/new",
    "/sessions/s/ceremony",
    "/sessions/s/stage",
    "/sessions/s/rundown/print",
    "/sessions/s/evidence",
)
USED = re.compile(r"\bt(?:Or|Else)?\(\s*(?:\"([^\"]+)\"|`([^`$]*)\$)")


@pytest_asyncio.fixture(loop_scope="session")
async def client() -> AsyncIterator[ClientSession]:
    async with ClientSession() as session:
        yield session


async def fetch(client: ClientSession, url: str, **headers: str) -> tuple[ClientResponse, str]:
    async with client.get(url, headers=headers) as answer:
        return answer, await answer.text()


@pytest.mark.parametrize("path", PATHS)
async def test_every_page_allows_only_what_it_needs(
    service: PagedService, client: ClientSession, path: str
) -> None:
    answer, text = await fetch(client, service.url + path)
    assert answer.status == 200
    policy = answer.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; script-src 'self' 'sha256-")
    assert "unsafe" not in policy
    inline = re.findall(r"<script type=\"importmap\">(.*?)</script>", text, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(inline[0].encode()).digest()).decode()
    assert f"'sha256-{digest}'" in policy
    assert len(re.findall(r"<script(?![^>]*\bsrc=)", text)) == 1
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert f"ws://{service.url.removeprefix('http://')}" in policy


@pytest.mark.parametrize("path", PATHS)
async def test_every_shell_has_language_title_landmark_and_a_word_without_scripts(
    service: PagedService, client: ClientSession, path: str
) -> None:
    _, text = await fetch(client, service.url + path)
    assert '<html lang="fr"' in text
    assert re.search(r"<title>[^<]+ — Margeride</title>", text)
    assert '<main id="main"' in text
    assert "<noscript>" in text
    assert "$" not in text


async def test_a_host_that_is_no_host_is_not_copied_into_the_policy() -> None:
    assert "evil" not in pages.policy("evil; script-src *")
    assert "ws://[::1]:8080" in pages.policy("[::1]:8080")


@pytest.mark.parametrize("path", ["/join/a%22b", "/rooms/Bad_Room/screen", "/static/../pages.py"])
async def test_odd_paths_are_not_found(
    service: PagedService, client: ClientSession, path: str
) -> None:
    answer, _ = await fetch(client, service.url + path)
    assert answer.status == 404


@pytest.mark.parametrize(
    ("path", "cookie", "accepted", "language"),
    [
        ("/", "", "", "fr"),
        ("/?lang=en", "margeride-lang=fr", "fr", "en"),
        ("/", "margeride-lang=en", "fr", "en"),
        ("/", "", "en-GB,en;q=0.9,fr;q=0.8", "en"),
        ("/", "", "fr;q=0.2, en;q=0.1, de", "fr"),
        ("/", "", "de, *;q=0.5", "fr"),
        ("/", "", "en;q=0", "fr"),
        ("/?lang=xx", "margeride-lang=xx", "en", "en"),
    ],
)
async def test_the_address_then_the_cookie_then_the_browser_choose_the_language(
    path: str, cookie: str, accepted: str, language: str
) -> None:
    headers = {"Cookie": cookie, "Accept-Language": accepted}
    request = make_mocked_request("GET", path, headers=headers)
    assert pages.language_of(request) == language


async def test_static_files_are_kept_for_ever_under_their_version(
    service: PagedService, client: ClientSession
) -> None:
    answer, _ = await fetch(client, f"{service.url}{assets.BASE}/protocol.js")
    assert answer.headers["Cache-Control"] == assets.FOR_EVER
    assert answer.content_type == "text/javascript"
    plain, _ = await fetch(
        client, f"{service.url}/static/protocol.js", **{"Accept-Encoding": "identity"}
    )
    assert plain.headers["Cache-Control"] == "no-cache"
    assert "Content-Encoding" not in plain.headers


async def test_a_page_of_an_older_version_still_finds_its_files(
    service: PagedService, client: ClientSession
) -> None:
    answer, _ = await fetch(client, f"{service.url}/static/0123456789ab/protocol.js")
    assert answer.status == 200
    assert answer.headers["Cache-Control"] == "no-cache"


def test_both_catalogues_have_the_same_keys_and_the_same_facts() -> None:
    french, english = pages.CATALOGUES["fr"], pages.CATALOGUES["en"]
    assert french.keys() == english.keys()
    for key in french:
        facts = [set(re.findall(r"\{(\w+)\}", words[key])) for words in (french, english)]
        assert facts[0] == facts[1], key


def test_every_key_a_script_uses_has_its_words() -> None:
    keys = pages.CATALOGUES["fr"].keys()
    for path in OURS:
        for whole, start in USED.findall(path.read_text("utf-8")):
            found = (
                whole in keys
                or f"{whole}.other" in keys
                or (start and any(key.startswith(start) for key in keys))
            )
            assert found, (path.name, whole or start)


def test_no_word_is_kept_that_nothing_uses() -> None:
    said = "".join(path.read_text("utf-8") for path in OURS) + Path(pages.__file__).read_text()
    prefixes = {start for _, start in USED.findall(said) if start}
    for key in pages.CATALOGUES["fr"]:
        bare = re.sub(r"\.(one|other)$", "", key)
        known = f'"{bare}"' in said or f'"{key}"' in said
        assert known or any(key.startswith(prefix) for prefix in prefixes), key


@pytest.mark.parametrize("path", OURS, ids=lambda path: path.name)
def test_no_sentence_stands_in_a_script(path: Path) -> None:
    code = re.sub(r"/\*.*?\*/|//[^\n]*", "", path.read_text("utf-8"), flags=re.DOTALL)
    assert not re.search(r"[À-ÖØ-öø-ÿ]", code)
    assert not re.search(r">\s*[A-Z][a-z]+ [a-z]+", code)


def test_only_ui_js_opens_the_vendored_libraries() -> None:
    for path in OURS:
        if path.name == "ui.js":
            continue
        imported = re.findall(r'^import .*? from "([^"]+)"', path.read_text("utf-8"), re.MULTILINE)
        assert all(name.startswith("./") and "vendor" not in name for name in imported), path.name


def test_vendored_files_are_those_their_readme_names() -> None:
    table = (STATIC / "vendor" / "README.md").read_text("utf-8")
    listed = dict(re.findall(r"\| (\S+\.js) \|.*`([0-9a-f]{64})` \|", table))
    there = {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in (STATIC / "vendor").glob("*.js")
    }
    assert listed == there


def test_the_example_stands_alone_in_three_hundred_lines() -> None:
    files = list((STATIC / "example").iterdir())
    assert sum(len(path.read_text("utf-8").splitlines()) for path in files) <= 300
    assert "import " not in (STATIC / "example" / "example.js").read_text("utf-8")


def test_every_message_the_library_says_is_in_the_wire_document() -> None:
    document = (Path(__file__).parents[2] / "docs" / "protocol.md").read_text("utf-8")
    said = "".join((STATIC / name).read_text("utf-8") for name in WIRE_FILES)
    for kind in set(re.findall(r'type: "([a-z.]+)"', said)) - {"offer", "answer"}:
        assert f'"type": "{kind}"' in document, kind


@pytest.mark.timeout(120)
async def test_the_types_of_the_scripts_agree() -> None:
    tsc = shutil.which("tsc")
    if tsc is None:
        pytest.skip("tsc is not installed here: npm install --global typescript")
    project = str(STATIC.parent / "tsconfig.json")
    run = await asyncio.create_subprocess_exec(tsc, "-p", project, stdout=asyncio.subprocess.PIPE)
    out, _ = await run.communicate()
    assert run.returncode == 0, out.decode()


def test_the_import_map_names_files_that_are_served() -> None:
    for target in json.loads(pages.IMPORT_MAP)["imports"].values():
        assert target.removeprefix(f"{assets.BASE}/") in assets.ASSETS
