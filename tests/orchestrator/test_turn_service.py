"""A service with TURN servers in its description tells every peer how to use them."""

import asyncio
import base64
import hashlib
import hmac
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from aiohttp import ClientSession

from orchestrator.settings import Settings
from orchestrator.settings.turn import Turn
from rooms.errors import Unavailable
from tests.fakes.service import demo_settings, running_service

URLS = (
    "turn:turn.example.org:3478?transport=udp",
    "turn:turn.example.org:3478?transport=tcp",
    "turns:turn.example.org:443?transport=tcp",
)


def with_turn(secret: Path) -> Settings:
    turn = Turn(urls=URLS, secret_file=secret, lifetime=timedelta(minutes=30))
    return replace(demo_settings(), turn=turn)


async def test_the_welcome_brings_credentials_that_the_turn_server_will_take(
    tmp_path: Path,
) -> None:
    secret = tmp_path / "turn-secret"
    await asyncio.to_thread(secret.write_text, "north\n")
    async with running_service(tmp_path, settings=lambda: with_turn(secret)) as service:
        token = await service.screen("villefort-visio")
        async with ClientSession() as http, http.ws_connect(f"{service.url}/ws/v1") as line:
            await line.send_json({"type": "hello", "versions": [1], "token": token, "client": "x"})
            welcome = await line.receive_json()
    [server] = welcome["ice"]
    assert server["urls"] == list(URLS)
    expiry, _, name = server["username"].partition(":")
    assert name == "villefort-visio"
    assert 29 * 60 < int(expiry) - time.time() <= 30 * 60
    signed = hmac.digest(b"north", server["username"].encode(), hashlib.sha1)
    assert base64.b64decode(server["credential"]) == signed


async def test_without_its_secret_the_service_does_not_start(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="no-turn-secret"):
        async with running_service(tmp_path, settings=lambda: with_turn(tmp_path / "none")):
            pass
