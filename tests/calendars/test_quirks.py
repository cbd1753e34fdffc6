"""The servers we know something of."""

from calendars.quirks import GENERIC, NAMES, SERVERS


def test_each_is_found_by_its_name_and_the_unknown_one_is_trusted_with_nothing() -> None:
    assert all(SERVERS[name].name == name for name in NAMES)
    careful = SERVERS[GENERIC]
    asked = ("sync", "ctag", "keeps_if_none_match", "keeps_if_match", "keeps_delete_match")
    assert not any(getattr(careful, name) for name in asked)


def test_sogo_is_looked_at_before_it_is_written_and_davical_has_no_tokens() -> None:
    assert not SERVERS["sogo"].keeps_delete_match
    assert not SERVERS["sogo"].keeps_connection
    assert not SERVERS["davical"].sync
