"""The figures: what is counted, and that nobody is named."""

import asyncio
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from orchestrator.metrics import Figures
from tests.fakes.service import RunningService, running_service


@pytest.fixture
async def service(tmp_path: Path) -> AsyncIterator[RunningService]:
    async with running_service(tmp_path) as service:
        yield service


async def figures(service: RunningService) -> dict[str, float]:
    async with service.browser().get("/metrics") as answer:
        assert answer.status == 200
        text = await answer.text()
    found = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            labels = ",".join(sample.labels[name] for name in sorted(sample.labels))
            found[f"{sample.name}{{{labels}}}" if labels else sample.name] = sample.value
    return found


async def test_what_is_booked_is_counted_and_nobody_is_named(service: RunningService) -> None:
    tom = await service.log_in("tom")
    start = datetime.now(UTC) + timedelta(minutes=5)
    end = start + timedelta(hours=1)
    sent = {"title": "Secret", "kind": "meeting", "rooms": ["villefort-visio"]}
    sent |= {"start": start.isoformat(), "end": end.isoformat()}
    async with tom.post("/api/v1/bookings", sent) as answer:
        assert answer.status == 201
    seen = await figures(service)
    states = [value for name, value in seen.items() if name.startswith("margeride_sessions{")]
    assert sum(states) == 1
    assert seen["margeride_sites{live}"] == 0
    assert seen["margeride_commands{done}"] == 0
    assert seen["margeride_outbox_waiting"] <= 1
    assert seen["margeride_media_worker_attached"] == 1
    assert seen["margeride_websocket_peers"] == seen["margeride_screens_connected"] == 0
    assert any(name.startswith("margeride_build_info{3.") for name in seen)
    assert not re.search(r"villefort|tom|Secret|se_|bk_", " ".join(seen))


async def test_calendar_requests_are_counted_by_method_and_class(service: RunningService) -> None:
    guest = service.browser()
    for method in ("PROPFIND", "PROPFIND", "MKCALENDAR"):
        async with guest.request(method, "/dav/") as answer:
            assert answer.status == 401
    seen = await figures(service)
    assert seen["margeride_caldav_requests_total{PROPFIND,4xx}"] == 2
    assert seen["margeride_caldav_requests_total{other,4xx}"] == 1


async def test_a_lost_worker_shows(service: RunningService) -> None:
    service.engine.absent = True
    assert (await figures(service))["margeride_media_worker_attached"] == 0


async def test_the_lag_of_the_loop_is_sampled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("orchestrator.metrics.SAMPLE", 0.001)
    counted = Figures("0")
    task = asyncio.create_task(counted.follow_lag())
    sampled, observe = asyncio.Event(), counted.lag.observe

    def noted(lag: float) -> None:
        observe(lag)
        sampled.set()

    monkeypatch.setattr(counted.lag, "observe", noted)
    await asyncio.wait_for(sampled.wait(), 5)
    assert counted.registry.get_sample_value("margeride_loop_lag_seconds_count")
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
