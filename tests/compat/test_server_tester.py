"""caldav-server-tester, which knows what goes wrong with CalDAV servers, finds nothing broken."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.conftest import need_here
from tests.fakes.dav import OpenHouse, open_house

pytestmark = [pytest.mark.compat, pytest.mark.timeout(170)]
KNOWN_LIMITS = {  # what we do not offer, by design; everything else has full support
    "calendar-order": "clients keep the order of calendars themselves",
    "create-calendar.with-supported-component-types": "a person's calendar takes all three kinds",
    "principal-search": "nobody lists the people of the network over CalDAV",
    "search.text.comp-type-optional": "a filter names the component it is about",
    "url.encode-at.identity": "the tester cannot tell: it may not write a second time",
    "url.encode-at.literal.principal": "the tester cannot tell: no login here has an @",
    "well-known": "the tester does not look for it on loopback",
}
GOOD = {"full", "quirk"}


@pytest.fixture(scope="module")
def tester() -> str:
    return need_here("caldav-server-tester")


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[OpenHouse]:
    async with open_house(tmp_path) as opened:
        yield opened


async def test_the_tester_finds_nothing_broken(
    tester: str, house: OpenHouse, tmp_path: Path
) -> None:
    accounts = {
        section: {
            "caldav_url": f"{house.url}/dav/",
            "caldav_username": login,
            "caldav_password": house.passwords[login],
        }
        for section, login in (("default", "tom"), ("second", "anne"))
    }
    config = tmp_path / "caldav.json"
    await asyncio.to_thread(config.write_text, json.dumps(accounts))
    process = await asyncio.create_subprocess_exec(
        tester, "--config-section", "default", "--config-section", "second", "--format", "json",
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE, cwd=tmp_path,
        env={"PATH": str(Path(sys.executable).parent), "HOME": str(tmp_path),
             "CALDAV_CONFIG_FILE": str(config)},
    )  # fmt: skip
    out, errors = await process.communicate()
    assert out, errors.decode()[-3000:]
    features = json.loads(out)["features"]
    assert len(features) > 15
    lacking = {
        name: told
        for name, told in features.items()
        if told["support"] not in GOOD and name not in KNOWN_LIMITS
    }
    assert lacking == {}
    assert "broken" not in {told["support"] for told in features.values()}
