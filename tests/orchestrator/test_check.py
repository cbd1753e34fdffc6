import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from orchestrator.check import check, told
from orchestrator.settings import SettingsError, load_settings
from orchestrator.words import CATALOGUES

DATA = Path("tests/data/config")
DEFECTS = sorted(path for path in DATA.glob("*.yaml") if path.stem != "good")


def test_a_good_file_is_said_to_be_good() -> None:
    checked = check(Path("config/lozere.yaml"))
    assert checked.code == 0
    assert checked.lines == [
        "config/lozere.yaml : correct. Réseau « Télécentres de Lozère » ; "
        "centres : 6, salles : 5, visio-accueils : 0.",
        "Aucun courrier : la clé « mail » manque, aucun avis n'est envoyé.",
    ]


def test_a_good_file_says_by_whom_mail_goes() -> None:
    lines = check(Path("config/margeride.yaml"), "en").lines
    assert lines[1] == (
        "Mail: notices by smtp.example.org:587 (starttls), reminders: 1h, 1d, "
        "incoming: lmtp 127.0.0.1:2424."
    )


def test_a_wrong_value_is_told_with_file_line_key_and_what_is_accepted() -> None:
    checked = check(DATA / "unknown_level.yaml")
    assert checked.code == 1
    assert checked.lines == [
        f"{DATA}/unknown_level.yaml, ligne 11, centres[0].level : « telecenter » n'est pas accepté."
        " Valeurs acceptées : telecentre, comptoir. Vouliez-vous dire « telecentre » ?",
        "1 erreur. Rien n'a été démarré ni modifié.",
    ]


def test_a_room_of_an_unknown_centre_is_told_in_english_too() -> None:
    checked = check(DATA / "room_of_an_unknown_centre.yaml", "en")
    assert checked.lines[0] == (
        f"{DATA}/room_of_an_unknown_centre.yaml, line 22, rooms[0].centre: no centre is called "
        '"vilefort". Centres of this file: villefort. Did you mean "villefort"?'
    )


@pytest.mark.parametrize("locale", ["fr", "en"])
@pytest.mark.parametrize("path", DEFECTS, ids=lambda path: path.stem)
def test_every_sentence_is_whole_and_fits_a_screen(path: Path, locale: str) -> None:
    checked = check(path, locale)
    assert checked.code == 1
    sentence = checked.lines[0]
    assert sentence.startswith(f"{path}, {'ligne' if locale == 'fr' else 'line'} ")
    assert "settings-" not in sentence
    assert "{" not in sentence.replace("{…}", "")
    assert "…" not in sentence or path.stem.startswith(("list_", "number_"))
    assert len(sentence) < 450


def test_a_thousand_errors_are_counted_not_listed(tmp_path: Path) -> None:
    path = tmp_path / "network.yaml"
    path.write_text("".join(f"key{index}: 1\n" for index in range(1000)))
    checked = check(path)
    assert len(checked.lines) == 51
    assert checked.lines[-1].startswith("1003 erreurs.")


def test_the_words_may_come_from_elsewhere() -> None:
    def bare(key: str, locale: str, facts: Mapping[str, object]) -> str:
        return f"{locale} {key} {facts.get('line')}"

    with pytest.raises(SettingsError) as refused:
        load_settings(DATA / "unknown_day.yaml")
    assert told(refused.value, "en", bare) == [
        "en settings-not-accepted 15 en settings-did-you-mean 15",
        "en settings-refused-one None",
    ]


def test_both_languages_have_the_same_settings_sentences() -> None:
    def facts(locale: str) -> dict[str, list[str]]:
        catalogue = CATALOGUES[locale].items()
        return {
            key: sorted(re.findall(r"\{\w+\}", sentence))
            for key, sentence in catalogue
            if key.startswith("settings-")
        }

    assert facts("fr") == facts("en")
