"""The fixtures of tests/data/config are named by their defect; the first line of each is what the
reader is to be told: `# key line path`."""

from datetime import date, time
from pathlib import Path
from tempfile import TemporaryDirectory
from zoneinfo import ZoneInfo

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.check import check
from orchestrator.settings import DEFAULT, DEMO, Service, SettingsError, load_settings
from orchestrator.settings import alerts as settings_alerts
from orchestrator.settings import centres as settings_centres
from orchestrator.settings import mail as settings_mail
from orchestrator.settings import outside as settings_outside
from orchestrator.settings import rooms as settings_rooms
from orchestrator.settings import turn as settings_turn
from rooms.centre import Closure, Level, Line, OpeningHours
from rooms.equipment import is_visio
from rooms.errors import Invalid, NotFound
from rooms.ids import RoomId

CONFIG = Path("config")
DATA = Path("tests/data/config")
DEFECTS = sorted(path for path in DATA.glob("*.yaml") if path.stem != "good")


def refusal(path: Path) -> SettingsError:
    with pytest.raises(SettingsError) as refused:
        load_settings(path)
    return refused.value


def written(folder: Path, text: str) -> Path:
    path = folder / "network.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def changed(folder: Path, old: str, new: str) -> Path:
    good = (DATA / "good.yaml").read_text(encoding="utf-8")
    assert old in good
    return written(folder, good.replace(old, new, 1))


@pytest.mark.parametrize("path", DEFECTS, ids=lambda path: path.stem)
def test_a_defect_is_told_once_with_its_line_and_key(path: Path) -> None:
    with path.open(encoding="utf-8") as file:
        key, line, *where = file.readline().removeprefix("# ").split()
    error = refusal(path)
    told = [(found.key, found.line, found.path) for found in error.problems]
    assert told == [(key, int(line), where[0] if where else "")]
    assert error.key == key
    assert error.fields["file"] == str(path)
    assert error.fields["line"] == int(line)


def test_a_refusal_is_an_error_like_any_other() -> None:
    error = refusal(DATA / "unknown_level.yaml")
    assert isinstance(error, Invalid)
    assert error.fields["accepted"] == ["telecentre", "comptoir"]
    assert error.fields["found"] == "telecenter"
    assert error.fields["nearest"] == "telecentre"


def test_every_problem_is_told_in_the_order_of_the_file(tmp_path: Path) -> None:
    good = (DATA / "good.yaml").read_text(encoding="utf-8")
    wrong = good.replace("telecentre", "palace").replace("capacity: 8", "capacity: -1")
    wrong = wrong.replace("Europe/Paris", "Europe/Nowhere")
    told = [found.key for found in refusal(written(tmp_path, wrong)).problems]
    assert told == ["settings-bad-zone", "settings-not-accepted", "settings-not-a-number"]


def test_the_good_file_reads_as_written() -> None:
    settings = load_settings(DATA / "good.yaml")
    (centre,) = settings.network.centres
    assert centre.zone == ZoneInfo("Europe/Paris")
    assert centre.level is Level.TELECENTRE
    assert centre.opening_hours == (
        OpeningHours(days=(0, 1), opens=time(8, 30), closes=time(12)),
        OpeningHours(days=(0, 1), opens=time(13, 30), closes=time(18)),
    )
    noel = date(2026, 12, 25)
    assert centre.closures == (Closure(first=noel, last=noel, reason="Noël"),)
    assert centre.line == Line(technology="adsl", down_kbps=4000, up_kbps=640, rtt_ms=60)
    assert centre.languages == ("fr", "en")
    assert settings.service == Service(public_url="https://visio.example.org")
    assert [desk.id for desk in settings.network.desks] == ["villefort-accueil"]


def test_a_room_is_a_visio_room_that_all_may_book_unless_it_says_otherwise() -> None:
    room = load_settings(DATA / "good.yaml").network.room("villefort-visio")
    assert is_visio(room.equipment)
    assert room.bookable_by == ("admin", "animateur", "trainer", "booker")
    assert room.direct_put == "mark"


def test_without_a_service_section_all_is_by_default(tmp_path: Path) -> None:
    section = "service:\n  public_url: https://visio.example.org\n"
    assert load_settings(changed(tmp_path, section, "")).service == Service()


def test_a_web_address_loses_its_last_slash_and_keeps_its_port(tmp_path: Path) -> None:
    written_so = "public_url: HTTP://Visio.Example.org:8080/"
    path = changed(tmp_path, "public_url: https://visio.example.org", written_so)
    assert load_settings(path).service.public_url == "http://visio.example.org:8080"


@pytest.mark.parametrize(
    "url",
    [
        "turn:turn.example.org",
        "turn:203.0.113.9:3478?transport=udp",
        "turns:turn.example.org",
        "turns:turn.example.org:443?transport=tcp",
        "turns:[2001:db8::9]:5349?transport=tcp",
    ],
)
def test_a_relay_is_told_as_it_is_written(tmp_path: Path, url: str) -> None:
    good = (DATA / "good.yaml").read_text(encoding="utf-8")
    path = written(tmp_path, f'{good}\nturn:\n  urls: ["{url}"]\n  secret_file: /etc/turn\n')
    turn = load_settings(path).turn
    assert turn is not None
    assert turn.urls == (url,)


@pytest.mark.parametrize(
    "url",
    [
        "turns://turn.example.org",
        "turns:turn.example.org:443?transport=tls",
        "turns:",
        "https://turn.example.org",
    ],
)
def test_what_no_browser_takes_for_a_relay_is_refused(tmp_path: Path, url: str) -> None:
    good = (DATA / "good.yaml").read_text(encoding="utf-8")
    path = written(tmp_path, f'{good}\nturn:\n  urls: ["{url}"]\n  secret_file: /etc/turn\n')
    assert [found.key for found in refusal(path).problems] == ["settings-bad-turn-url"]


def test_a_centre_may_keep_its_own_time(tmp_path: Path) -> None:
    path = changed(tmp_path, "    level:", "    zone: Indian/Reunion\n    level:")
    assert load_settings(path).network.centre("villefort").zone.key == "Indian/Reunion"


def test_a_day_may_close_at_its_very_end_and_the_next_open_with_it(tmp_path: Path) -> None:
    path = changed(tmp_path, "to: 18:00", "to: 24:00")
    hours = load_settings(path).network.centre("villefort").opening_hours[1]
    assert hours.closes == time(0)
    assert hours.closing == "24:00"


def test_french_and_english_days_are_the_same(tmp_path: Path) -> None:
    path = changed(tmp_path, "days: [lun, mar], from: 08:30", "days: [mon, tue], from: 08:30")
    assert load_settings(path) == load_settings(DATA / "good.yaml")


def test_a_comptoir_may_have_a_visio_room_when_it_says_so(tmp_path: Path) -> None:
    path = changed(tmp_path, "level: telecentre", "level: comptoir\n    visio_at_comptoir: true")
    assert load_settings(path).network.room("villefort-visio").centre == "villefort"


def test_a_comptoir_may_have_a_room_that_is_no_visio_room(tmp_path: Path) -> None:
    good = (DATA / "good.yaml").read_text(encoding="utf-8")
    bare = good.replace("capacity: 8", "capacity: 8\n    equipment: [whiteboard]")
    path = written(tmp_path, bare.replace("level: telecentre", "level: comptoir"))
    assert load_settings(path).network.room("villefort-visio").equipment == ("whiteboard",)


def test_a_byte_order_mark_does_no_harm(tmp_path: Path) -> None:
    path = tmp_path / "network.yaml"
    path.write_bytes(b"\xef\xbb\xbf" + (DATA / "good.yaml").read_bytes())
    assert load_settings(path) == load_settings(DATA / "good.yaml")


def test_an_absent_file_is_said_to_be_absent(tmp_path: Path) -> None:
    assert refusal(tmp_path / "nowhere.yaml").key == "settings-no-file"


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    error = refusal(tmp_path)
    assert error.key == "settings-unreadable"
    assert error.fields["reason"]


@pytest.mark.parametrize("text", ["", "\n\n", "# only a comment\n"])
def test_an_empty_file_is_said_to_be_empty(tmp_path: Path, text: str) -> None:
    assert refusal(written(tmp_path, text)).key == "settings-empty"


def test_a_file_beyond_256_kilobytes_is_not_even_parsed(tmp_path: Path) -> None:
    assert refusal(written(tmp_path, "a" * (256 * 1024 + 1))).key == "settings-too-big"


def test_a_file_in_latin_1_is_refused_at_its_line(tmp_path: Path) -> None:
    path = tmp_path / "network.yaml"
    path.write_bytes("network:\n  name: Lozère\n".encode("latin-1"))
    error = refusal(path)
    assert (error.key, error.fields["line"]) == ("settings-not-utf8", 2)


def test_bytes_that_are_no_text_are_refused_at_their_line(tmp_path: Path) -> None:
    error = refusal(written(tmp_path, "network:\n  name: a\x00b\n"))
    assert (error.key, error.fields["line"]) == ("settings-control-character", 2)


def test_an_escape_beyond_unicode_is_refused(tmp_path: Path) -> None:
    path = changed(tmp_path, "name: Salle visio", r'name: "Salle \UFFFFFFFF"')
    assert refusal(path).key == "settings-no-character"


def test_what_cannot_be_printed_is_told_without_it(tmp_path: Path) -> None:
    path = changed(tmp_path, "    level:", '    "le\\ud800\\evel": telecentre\n    level:')
    error = refusal(path)
    assert (error.key, error.fields["path"]) == ("settings-unknown-key", "centres[0].le vel")
    assert error.fields["nearest"] == "level"


@given(st.data())
def test_no_damage_to_a_file_is_more_than_a_refusal(data: st.DataObject) -> None:
    text = (DATA / "good.yaml").read_text(encoding="utf-8")
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(text)))
        gone = data.draw(st.integers(0, 12))
        new = data.draw(
            st.text(st.sampled_from(list("\t\n -:[]{}#&*!|>'\"%@`?,\\x\ud8000é")), max_size=6)
        )
        text = text[:at] + new + text[at + gone :]
    with TemporaryDirectory() as folder:
        path = Path(folder, "network.yaml")
        path.write_text(text, encoding="utf-8", errors="surrogatepass")
        told = check(path)
        try:
            load_settings(path)
        except SettingsError:
            assert told.code == 1
        else:
            assert told.code == 0
        assert "\n".join(told.lines).encode().strip()


def test_a_billion_laughs_stay_unsaid(tmp_path: Path) -> None:
    laughs = 'a: &a ["ha","ha"]\n' + "".join(f"b{i}: &b{i} [*a,*a]\n" for i in range(50))
    assert refusal(written(tmp_path, laughs)).key == "settings-anchor"


def test_more_centres_than_a_network_has_are_refused(tmp_path: Path) -> None:
    centres = "".join(f"  - {{id: c{index}}}\n" for index in range(501))
    error = refusal(written(tmp_path, f"centres:\n{centres}"))
    assert "settings-too-many" in {found.key for found in error.problems}


NETWORKS = sorted(set(CONFIG.glob("*.yaml")) - {CONFIG / "agent.yaml"})  # that one is a room's


@pytest.mark.parametrize("path", [DEFAULT, DEMO, *NETWORKS], ids=str)
def test_the_files_we_ship_are_good(path: Path) -> None:
    assert load_settings(path).network.rooms


def test_the_reference_names_every_key() -> None:
    reference = yaml.safe_load((CONFIG / "margeride.yaml").read_text(encoding="utf-8"))
    centre = reference["centres"][0]
    for keys, section in [
        (settings_centres.ROOT, reference),
        (settings_centres.NETWORK, reference["network"]),
        (settings_centres.SERVICE, reference["service"]),
        (settings_centres.CENTRE, centre),
        (settings_centres.HOURS, centre["opening_hours"][0]),
        (settings_centres.CLOSURE, centre["closures"][0]),
        (settings_centres.LINE, centre["line"]),
        (settings_rooms.ROOM, reference["rooms"][0]),
        (settings_rooms.DESK, reference["desks"][0]),
        (settings_outside.OUTSIDE, reference["outside"]),
        (settings_outside.FEED, reference["rooms"][0]["feeds"][0]),
        (settings_turn.TURN, reference["turn"]),
        (settings_mail.MAIL, reference["mail"]),
        (settings_mail.SMTP, reference["mail"]["smtp"]),
        (settings_mail.DOOR, reference["mail"]["door"]),
        (settings_alerts.ALERTS, reference["alerts"]),
        (settings_alerts.WEBHOOK, reference["alerts"]["webhooks"][0]),
        (settings_alerts.NTFY, reference["alerts"]["ntfy"][0]),
    ]:
        assert set(section) == set(keys)


def test_the_package_carries_the_lozere_network_as_it_is_in_config() -> None:
    assert DEFAULT.read_bytes() == (CONFIG / "lozere.yaml").read_bytes()


def test_the_centres_of_2013_are_in_their_premises() -> None:
    network = load_settings(DEFAULT).network
    premises = {centre.id: centre.premises for centre in network.centres if centre.rooms}
    assert premises == {
        "meyrueis": "Maison des Services",
        "st-chely-d-apcher": "Centre Multimédia",
        "villefort": "Maison de l'Emploi",
        "marvejols": "Maison de l'Emploi",
        "langogne": "Espace René Raynal",
    }
    assert [room.id for room in network.rooms] == [f"{centre}-visio" for centre in premises]
    assert [c.id for c in network.centres if c.level is Level.COMPTOIR] == ["le-bleymard"]


def test_the_demonstration_is_open_at_any_hour() -> None:
    demo, lozere = load_settings(DEMO).network, load_settings(DEFAULT).network
    assert demo.rooms == lozere.rooms
    for centre in demo.centres:
        (hours,) = centre.opening_hours
        assert (hours.days, hours.opens, hours.closing) == ((*range(7),), time(0), "24:00")
        assert centre.closures == ()


def test_cantal_has_a_training_room_and_a_desk_in_each_centre() -> None:
    network = load_settings(CONFIG / "cantal.yaml").network
    assert [room.id for room in network.rooms] == ["murat-formation", "chaudes-aigues-formation"]
    assert [desk.centre for desk in network.desks] == ["murat", "chaudes-aigues"]


def test_a_network_finds_its_places() -> None:
    network = load_settings(DEFAULT).network
    room = network.room("villefort-visio")
    assert network.centre_of(room) is network.centre("villefort")
    assert network.centre_of(RoomId("villefort-visio")) is network.centre("villefort")


def test_what_a_network_does_not_have_is_not_found() -> None:
    network = load_settings(DEFAULT).network
    with pytest.raises(NotFound, match="no-centre"):
        network.centre("murat")
    with pytest.raises(NotFound, match="no-room"):
        network.room("murat-formation")


def test_a_calendar_address_leads_to_its_room() -> None:
    network = load_settings(DEFAULT).network
    room = network.room("villefort-visio")
    address = network.address_of(room)
    assert address == "mailto:salle.villefort-visio@visio.lozere.example"
    assert network.address_of(room.id) == address
    assert network.room_at(address) is room
    assert network.room_at("mailto:claire@lozere.example") is None
    with pytest.raises(NotFound, match="no-room"):
        network.room_at(address.replace("villefort", "murat"))
