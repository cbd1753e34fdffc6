"""Doors that were opened by hand, before their hour, are open to whoever has the link."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.fakes.service import running_service
from tests.orchestrator.api.test_stage import ROOM, asked


async def test_a_page_is_told_that_doors_are_open_since_they_were_opened(tmp_path: Path) -> None:
    async with running_service(tmp_path) as service:
        admin = await service.log_in("admin")
        start = datetime.now(UTC).replace(microsecond=0) + timedelta(minutes=40)
        span = {"from": start.isoformat(), "to": (start + timedelta(hours=1)).isoformat()}
        wish = {"title": "Inauguration", "kind": "ceremony", "rooms": [ROOM], **span}
        made = (await asked(admin, "POST", "/bookings", wish))[1]["booking"]
        path = f"/join/{made['join_url'].rpartition('/')[2]}"
        told = (await asked(service.browser(), "GET", path))[1]["open_from"]
        assert start - datetime.fromisoformat(told) == timedelta(minutes=15)
        assert (await asked(admin, "POST", f"/sessions/{made['session']}/rehearse"))[0] == 200
        told = (await asked(service.browser(), "GET", path))[1]["open_from"]
        assert start - datetime.fromisoformat(told) == timedelta(minutes=15)
        assert (await asked(admin, "POST", f"/sessions/{made['session']}/end"))[0] == 200
        assert (await asked(admin, "POST", f"/sessions/{made['session']}/open"))[0] == 200
        told = (await asked(service.browser(), "GET", path))[1]["open_from"]
        assert datetime.fromisoformat(told) <= datetime.now(UTC)
