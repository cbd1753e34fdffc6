import pytest

from rooms.errors import Invalid
from rooms.fields import Fields, clean_text


def fields(**members: object) -> Fields:
    return Fields(members, key="bad")


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("  La séance\tcommence\r\nici ", "La séance commence ici"),
        ("a\x00b\x1b[31mc\x7f", "a b [31mc"),
        ("fin\u2028suite\u2029encore", "fin suite encore"),
        ("lone \ud800 surrogate", "lone surrogate"),
        ("abc\u202edcba\u2066", "abcdcba"),
        ("👩\u200d🏫 ici", "👩\u200d🏫 ici"),
        ("\x00\n", ""),
    ],
)
def test_text_is_one_line_without_tricks(text: str, cleaned: str) -> None:
    assert clean_text(text) == cleaned
    clean_text(text).encode()


@pytest.mark.parametrize("value", [None, [], "on", 3])
def test_only_an_object_has_members(value: object) -> None:
    with pytest.raises(Invalid) as refused:
        Fields(value, key="bad")
    assert refused.value.fields["expected"] == "{…}"


@pytest.mark.parametrize("value", [0, 1, "true", None])
def test_a_flag_is_true_or_false_only(value: object) -> None:
    assert fields(on=False).flag("on") is False
    with pytest.raises(Invalid) as refused:
        fields(on=value).flag("on")
    assert refused.value.fields == {"argument": "on", "expected": "true|false"}


@pytest.mark.parametrize("value", [-1, 101, True, 50.0, "50", None])
def test_a_number_is_whole_and_within_its_bounds(value: object) -> None:
    assert fields(volume=0).whole("volume", 0, 100) == 0
    assert fields(volume=100).whole("volume", 0, 100) == 100
    with pytest.raises(Invalid) as refused:
        fields(volume=value).whole("volume", 0, 100)
    assert refused.value.fields["expected"] == "0..100"


@pytest.mark.parametrize("value", ["", " \x00 ", "x" * 11, 3, None])
def test_a_text_is_neither_empty_nor_too_long(value: object) -> None:
    assert fields(text=" x" * 5).text("text", 10) == "x x x x x"
    with pytest.raises(Invalid) as refused:
        fields(text=value).text("text", 10)
    assert refused.value.fields["expected"] == "text 1..10"


@pytest.mark.parametrize("typed", [" two  spaces ", "   ", "é\u00a0\u200b\u202e", "x" * 10])
def test_a_password_is_what_was_typed(typed: str) -> None:
    assert fields(password=typed).secret("password", 20) == typed


@pytest.mark.parametrize(
    "value", ["", "x" * 11, "a\r", "a\nb", "\x00", "\ud800", "a\u2028", 3, None]
)
def test_a_password_ends_no_line_and_is_neither_empty_nor_too_long(value: object) -> None:
    with pytest.raises(Invalid) as refused:
        fields(password=value).secret("password", 10)
    assert refused.value.fields == {"argument": "password", "expected": "text 1..10"}


@pytest.mark.parametrize("value", ["SE-1", "a/b", "", 3])
def test_an_id_is_a_slug(value: object) -> None:
    assert fields(session="se-1").slug("session") == "se-1"
    with pytest.raises(Invalid):
        fields(session=value).slug("session")


@pytest.mark.parametrize("value", ["alert", "", 3, ["info"]])
def test_a_choice_is_one_of_the_words(value: object) -> None:
    assert fields(level="info").choice("level", ["info", "warning"]) == "info"
    with pytest.raises(Invalid) as refused:
        fields(level=value).choice("level", ["info", "warning"])
    assert refused.value.fields["expected"] == "info|warning"


def test_a_refusal_names_the_whole_path() -> None:
    outer = fields(health=[{"key": "a"}, {"key": 3}], audio={"volume": 300})
    second = outer.items("health", 2)[1]
    with pytest.raises(Invalid) as refused:
        second.text("key", 10)
    assert refused.value.fields["argument"] == "health[1].key"
    with pytest.raises(Invalid) as refused:
        outer.inner("audio").whole("volume", 0, 100)
    assert refused.value.fields["argument"] == "audio.volume"


@pytest.mark.parametrize("value", [None, {}, [{}] * 3, "ab"])
def test_a_list_is_bounded(value: object) -> None:
    with pytest.raises(Invalid):
        fields(health=value).items("health", 2)


def test_null_counts_as_absent() -> None:
    assert not fields(volume=None).has("volume")
    assert not fields().has("volume")
    assert fields(volume=0).has("volume")


def test_what_nobody_asked_for_is_refused() -> None:
    given = fields(on=True, loud=True)
    given.flag("on")
    with pytest.raises(Invalid) as refused:
        given.end()
    assert refused.value.fields == {"argument": "loud", "expected": "on"}


def test_what_was_asked_for_ends_well() -> None:
    given = fields(on=True, volume=None)
    assert given.flag("on")
    assert not given.has("volume")  # asking whether it is there is asking for it
    given.end()


@pytest.mark.parametrize("value", [None, "x", [1], [{}] * 4, [["x"]]])
def test_a_list_of_objects_is_nothing_else(value: object) -> None:
    with pytest.raises(Invalid):
        fields(steps=value).objects("steps", 3)


def test_objects_are_left_as_they_are() -> None:
    assert fields(steps=[{"a": 1}]).objects("steps", 3) == [{"a": 1}]


@pytest.mark.parametrize("value", [None, "x", [1], ["x"] * 4, [""], ["x" * 65]])
def test_a_list_of_words_is_nothing_else(value: object) -> None:
    with pytest.raises(Invalid):
        fields(words=value).words("words", 3)


def test_words_are_cleaned() -> None:
    assert fields(words=["a", "b\nc"]).words("words", 3) == ("a", "b c")


@pytest.mark.parametrize(
    "value",
    [None, [], {"": 1}, {"x" * 65: 1}, {"a": {}}, {"a": "x" * 9}, {"a": [1]}, {"a": ["x" * 9]},
     {"a": ["x"] * 9}, {"a": 1, "b": 1, "c": 1, "d": 1},
     {"a": float("inf")}, {"a": float("nan")}],
)  # fmt: skip
def test_what_is_no_plain_value_is_refused(value: object) -> None:
    with pytest.raises(Invalid):
        fields(facts=value).values("facts", 3, 8)


def test_plain_values_come_by_name() -> None:
    found = fields(facts={"on": True, "input": "hdmi1", "errors": ["lamp"]}).values("facts", 3, 8)
    assert found == [("errors", ["lamp"]), ("input", "hdmi1"), ("on", True)]


def test_a_member_may_be_left_to_another_parser() -> None:
    given = fields(plan=[1])
    assert given.raw("plan") == [1]
    given.end()
