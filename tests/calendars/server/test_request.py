import asyncio

import pytest

from calendars.server.request import Body, DavRequest, run


def test_a_coroutine_that_never_waits_runs_to_its_end() -> None:
    async def answer() -> int:
        async def within() -> int:
            return 41

        return await within() + 1

    assert run(answer()) == 42


def test_one_that_would_wait_is_a_bug_and_says_so() -> None:
    with pytest.raises(RuntimeError, match="event loop"):
        run(asyncio.sleep(0))


def test_an_error_comes_out_as_it_is() -> None:
    async def fail() -> None:
        raise KeyError("x")

    with pytest.raises(KeyError):
        run(fail())


def test_the_body_is_read_once() -> None:
    body = Body(b"abcdef")
    assert [run(body.read(4)), run(body.read(4)), run(body.read())] == [b"abcd", b"ef", b""]


def test_a_request_knows_its_path_below_the_prefix() -> None:
    request = DavRequest(method="GET", raw_path="/dav/principals/%C3%A9/", headers={}, body=b"")
    assert request.path == request.url == "/dav/principals/é/"
    assert request.match_info["path_info"] == "/principals/é/"
    assert request.content_type == "application/octet-stream"
    assert not request.can_read_body
    top = DavRequest(method="GET", raw_path="/dav", headers={}, body=b"<")
    assert (top.match_info["path_info"], top.can_read_body) == ("/", True)
