import pytest

from rooms.ids import is_slug, new_id, new_secret


@pytest.mark.parametrize("text", ["a", "villefort-visio", "4-saisons", "a" * 63])
def test_a_slug_is_small_letters_digits_and_hyphens(text: str) -> None:
    assert is_slug(text)


@pytest.mark.parametrize("text", ["", "-a", "Villefort", "a b", "é", "a/b", "a\n", "a" * 64])
def test_anything_else_is_no_slug(text: str) -> None:
    assert not is_slug(text)


def test_ids_say_what_they_name_and_may_stand_in_a_path() -> None:
    made = new_id("bk")
    assert made.startswith("bk-")
    assert is_slug(made)
    assert made != new_id("bk")


def test_secrets_are_long_and_differ() -> None:
    assert len(new_secret()) == 32
    assert new_secret() != new_secret()
