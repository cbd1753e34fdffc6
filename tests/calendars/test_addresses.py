import pytest

from calendars.addresses import address_in, mail_address, one_line


@pytest.mark.parametrize(
    "text",
    ["", "a", "a@b", "a b@c.fr", "a@b.fr\nBcc: c@d.fr", "é@b.fr", "a@b.fr,c@d.fr", "<a@b.fr>",
     "a..b@c.fr", f"{'a' * 65}@b.fr", f"a@{'b' * 60}.{'c' * 60}.{'d' * 60}.{'e' * 60}.{'f' * 60}"],
)  # fmt: skip
def test_what_no_letter_could_be_sent_to_is_no_address(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the form is all there is to say
        mail_address(text)


def test_addresses_are_compared_in_lower_case() -> None:
    assert mail_address(" Maire@Mairie.Example ") == "maire@mairie.example"


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ("mailto:A@b.fr", "a@b.fr"),
        ("MAILTO:a@b.fr?subject=x", "a@b.fr"),
        ("/principals/tom/", None),
        ("mailto:nobody", None),
    ],
)
def test_a_calendar_address_is_a_mail_address_or_none(written: str, found: str | None) -> None:
    assert address_in(written) == found


def test_a_text_for_a_header_is_one_line() -> None:
    assert one_line("a\r\nBcc: b\x00  c", 9) == "a Bcc: b"
