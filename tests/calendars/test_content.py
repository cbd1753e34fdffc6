import pytest
from hypothesis import given
from hypothesis import strategies as st

from calendars.content import MAX_BYTES, MAX_LINES, Component, Line, read, write
from rooms.errors import Invalid


def refusal(body: bytes) -> Invalid:
    with pytest.raises(Invalid) as caught:
        read(body)
    return caught.value


def test_what_nobody_changes_goes_back_as_it_was() -> None:
    body = (
        b'BEGIN:A\r\nx-odd;X-P="a;b:c",d:kept\\, as; it: is\r\nBEGIN:B\r\nEND:B\r\nZ:\r\nEND:A\r\n'
    )
    assert write(read(body)) == body


def test_bare_newlines_a_byte_order_mark_and_empty_lines_are_accepted() -> None:
    assert (
        write(read(b"\xef\xbb\xbfBEGIN:a\n\nX:1\n  2\nend:A")) == b"BEGIN:A\r\nX:1 2\r\nEND:A\r\n"
    )


def test_a_long_line_is_folded_at_75_octets_and_never_within_a_character() -> None:
    line = f"SUMMARY:{'é' * 200}"
    body = write(Component("A", [Line("SUMMARY", "é" * 200)]))
    assert all(len(part) <= 75 for part in body.split(b"\r\n"))
    assert [str(item) for item in read(body).items] == [line]


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        (b"BEGIN:A\r\nX:\xff\r\nEND:A", "not UTF-8"),
        (b"BEGIN:A\r\nX:\x00\r\nEND:A", "control character"),
        (b"BEGIN:A\r\nX:a\rb\r\nEND:A", "control character"),
        ("BEGIN:A\r\nX:\ufffe\r\nEND:A".encode(), "control character"),
        ("BEGIN:A\r\nX:\uffff\r\nEND:A".encode(), "control character"),
        (b"BEGIN:A\r\nX;=1:2\r\nEND:A", "not a content line"),
        (b'BEGIN:A\r\nX;P="open:2\r\nEND:A', "not a content line"),
        (b"BEGIN:A\r\nno colon\r\nEND:A", "not a content line"),
        (b"BEGIN:A\r\nEND:B", "END without its BEGIN"),
        (b"END:A", "END without its BEGIN"),
        (b"BEGIN:A\r\nBEGIN:B\r\nEND:B", "BEGIN without its END"),
        (b"", "not one component"),
        (b"X:1\r\n", "not one component"),
        (b"BEGIN:A\r\nEND:A\r\nBEGIN:B\r\nEND:B", "not one component"),
        (b"BEGIN:A\r\nX" + b";P=1" * 51 + b":2\r\nEND:A", "too many parameters"),
        (b"BEGIN:A\r\n" * 20 + b"END:A\r\n" * 20, "nested too deep"),
    ],
)
def test_what_is_not_one_component_is_refused_with_what_is_wrong(body: bytes, detail: str) -> None:
    error = refusal(body)
    assert (error.key, error.fields["detail"]) == ("bad-calendar-data", detail)


def test_too_many_bytes_are_refused_before_they_are_read() -> None:
    assert refusal(b"\xff" * (MAX_BYTES + 1)).key == "calendar-too-large"


def test_too_many_lines_are_refused() -> None:
    assert refusal(b"BEGIN:A\n" + b"X:\n" * MAX_LINES + b"END:A").key == "calendar-too-large"


def test_a_parameter_is_read_without_its_quotes_whatever_its_case() -> None:
    (line,) = read(b'BEGIN:A\nX;tzid="Europe/Paris":1\nEND:A').lines("X")
    assert line.param("TZID") == "Europe/Paris"
    assert line.param("VALUE") is None


def test_a_parameter_is_quoted_where_it_must_be_and_cannot_break_out() -> None:
    assert str(Line("X", "1").with_param("CN", "Léa")) == "X;CN=Léa:1"
    assert str(Line("X", "1").with_param("CN", 'a"b;c')) == 'X;CN="a\'b;c":1'
    assert str(Line("X", "1", (("CN", "a"), ("B", "2"))).with_param("CN", "c")) == "X;B=2;CN=c:1"


def test_a_property_is_set_in_its_place_or_before_the_components() -> None:
    component = read(b"BEGIN:A\nX:1\nY:2\nBEGIN:B\nEND:B\nEND:A")
    component.put(Line("X", "3"))
    component.put(Line("Z", "4"))
    assert write(component) == b"BEGIN:A\r\nX:3\r\nY:2\r\nZ:4\r\nBEGIN:B\r\nEND:B\r\nEND:A\r\n"
    assert [within.name for within in component.components()] == ["B"]
    assert component.components("C") == []


def test_only_the_very_line_is_taken_out() -> None:
    component = read(b"BEGIN:A\nX:1\nX:1\nEND:A")
    component.drop(component.lines("X")[0])
    assert component.value("X") == "1"
    assert component.value("Y") == ""


@given(st.binary(max_size=300))
def test_random_bytes_are_refused_and_nothing_else_happens(body: bytes) -> None:
    assert refusal(body).key == "bad-calendar-data"


@given(st.text(st.characters(blacklist_categories=("Cc", "Cs")), max_size=300))
def test_any_text_survives_folding(text: str) -> None:
    component = Component("A", [Line("X", text)])
    assert read(write(component)) == component
