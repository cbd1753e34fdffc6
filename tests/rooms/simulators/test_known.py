import importlib
import inspect
from pathlib import Path

import pytest

from rooms.drivers.build import DRIVERS, drivers_of
from rooms.drivers.lines import load_protocol
from rooms.drivers.port import AuthFailed
from rooms.errors import Invalid
from rooms.simulators import cec, lines, mqtt, onvif, pjlink, sound, visca, wake_on_lan, xapi
from rooms.simulators.base import Simulator
from rooms.simulators.known import SIMULATORS, kind_of, make
from tests.conftest import need
from tests.rooms.drivers.helpers import until

FILE = Path("config/devices/polycom-hdx.yaml")
PROTOCOL = load_protocol(FILE)


def test_every_driver_has_its_simulators_and_every_simulator_its_driver() -> None:
    assert set(SIMULATORS) == set(DRIVERS)
    found = {
        name
        for module in (cec, lines, mqtt, onvif, pjlink, sound, visca, wake_on_lan, xapi)
        for name, one in inspect.getmembers(module, inspect.isclass)
        if issubclass(one, Simulator) and not inspect.isabstract(one)
    }
    assert {name for names in SIMULATORS.values() for name in names} == found


@pytest.mark.parametrize("kind", SIMULATORS)
def test_every_name_is_a_simulator(kind: str) -> None:
    for name in SIMULATORS[kind]:
        assert kind_of(kind, name).__name__ == name


@pytest.fixture(params=[kind for kind in SIMULATORS if kind != "line"])
def kind(request: pytest.FixtureRequest) -> str:
    if request.param == "sound":
        need("pulseaudio")
        importlib.import_module("rooms.drivers.sound")  # looks for its library: not on a loop
    return str(request.param)


async def test_what_a_simulator_says_of_itself_reaches_it(kind: str) -> None:
    simulator = make(kind)
    heard: list[str] = []
    simulator.say = heard.append
    await simulator.start()
    (driver,) = drivers_of([{"id": "simulated", "driver": kind, **simulator.settings()}])
    try:
        assert await driver.poll()
        assert heard or kind in ("wake-on-lan", "sound")  # these ask without words
    finally:
        await driver.close()
        await until(lambda: simulator.connections == 0)
        await simulator.stop()


def test_a_simulator_of_lines_names_its_file() -> None:
    simulator = make("line", file=FILE)
    simulator.port = 1
    (driver,) = drivers_of([{"id": "simulated", "driver": "line", **simulator.settings()}])
    assert set(driver.capabilities().commands) == set(PROTOCOL.commands)


@pytest.mark.parametrize("kind", ["pjlink", "xapi", "onvif"])
async def test_a_password_is_asked_for(kind: str) -> None:
    simulator = make(kind, password="secret")
    await simulator.start()
    right = {"id": "a", "driver": kind, **simulator.settings()}
    (known,) = drivers_of([right])
    (stranger,) = drivers_of([right | {"password": "wrong"}])
    try:
        assert await known.poll()
        await known.close()
        await until(lambda: simulator.connections == 0)
        with pytest.raises(AuthFailed):
            await stranger.poll()
    finally:
        await stranger.close()
        await simulator.stop()


def test_an_unknown_name_is_answered_with_those_there_are() -> None:
    with pytest.raises(Invalid) as refused:
        make("cec", "Radio")
    assert refused.value.key == "no-simulator"
    assert refused.value.fields["accepted"] == list(SIMULATORS["cec"])


def test_a_device_of_lines_needs_its_file() -> None:
    with pytest.raises(Invalid) as refused:
        make("line")
    assert refused.value.key == "simulator-needs-file"
    assert isinstance(make("line", file=FILE), lines.LineMachine)
