"""What the network description says of mail to people outside."""

from pathlib import Path

import pytest

from orchestrator.settings import SettingsError, load_settings
from orchestrator.settings.mail import Guests

GOOD = (Path(__file__).parents[2] / "data/config/good.yaml").read_text(encoding="utf-8")
MAIL = """mail:
  smtp: {host: smtp.example.org}
  from: visio@example.org
"""


def guests(folder: Path, *more: str) -> Guests:
    path = folder / "network.yaml"
    path.write_text(GOOD + MAIL + "".join(f"  {line}\n" for line in more), encoding="utf-8")
    mail = load_settings(path).mail
    assert mail is not None
    return mail.guests


def test_how_many_guests_elsewhere_are_written_to_is_said_or_decent(tmp_path: Path) -> None:
    assert guests(tmp_path) == Guests(per_event=50, per_day=300)
    said = guests(tmp_path, "guests_per_event: 0", "guests_per_day: 20")
    assert said == Guests(per_event=0, per_day=20)


@pytest.mark.parametrize("line", ["guests_per_event: -1", "guests_per_day: many"])
def test_what_is_no_number_of_guests_is_refused(tmp_path: Path, line: str) -> None:
    with pytest.raises(SettingsError):
        guests(tmp_path, line)
