"""A browser in a process of its own, commanded by JSON lines: it may live in another network.

    nsenter --net=… -- python -m tests.fakes.browser_agent chromium --first FILE --flag=--x

`{"id": 1, "do": "open", "url": …}` answers with the page's number, `{"id": 2, "do": "evaluate",
"page": 0, "expression": …}` with its value; `close` ends a page. `--first` names a script that
runs in every page before its own.
"""

import argparse
import asyncio
import contextlib
import json
import sys
from pathlib import Path
from typing import Any

from tests.fakes.browsers import BrowserPage, Chromium, ChromiumPage, Firefox, chromium, firefox


async def prepare(browser: Chromium | Firefox, script: str) -> None:
    if isinstance(browser, Chromium):
        await browser.context.add_init_script(script)
    else:
        declared = f"() => {{ {script} }}"
        await browser.bidi.command("script.addPreloadScript", functionDeclaration=declared)


async def end(page: BrowserPage) -> None:
    if isinstance(page, ChromiumPage):
        await page.page.close()
    else:
        await page.bidi.command("browsingContext.close", context=page.context)  # type: ignore[attr-defined]


class Agent:
    """Does what it is told, several things at once."""

    def __init__(self, browser: Chromium | Firefox) -> None:
        self._browser = browser
        self._pages: list[BrowserPage] = []
        self._tasks: set[asyncio.Task[None]] = set()

    def take(self, command: dict[str, Any]) -> None:
        task = asyncio.create_task(self._answer(command))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _answer(self, command: dict[str, Any]) -> None:
        answer: dict[str, Any] = {"id": command["id"]}
        try:
            answer["value"] = await self._do(command)
        except Exception as error:  # whatever it is, whoever asked must hear of it
            answer["error"] = f"{type(error).__name__}: {error}"
        print(json.dumps(answer), flush=True)

    async def _do(self, command: dict[str, Any]) -> Any:
        match command["do"]:
            case "open":
                self._pages.append(await self._browser.new_page(command["url"]))
                return len(self._pages) - 1
            case "goto":
                return await self._pages[command["page"]].goto(command["url"])
            case "close":
                return await end(self._pages[command["page"]])
            case _:
                return await self._pages[command["page"]].evaluate(command["expression"])


async def run(wanted: argparse.Namespace) -> None:
    async with contextlib.AsyncExitStack() as stack:
        browser: Chromium | Firefox
        if wanted.browser == "chromium":
            browser = await stack.enter_async_context(chromium(*wanted.flag))
        else:
            settings = dict(one.split("=", 1) for one in wanted.preference)
            read = {name: json.loads(value) for name, value in settings.items()}
            browser = await stack.enter_async_context(firefox(**read))
        for path in wanted.first:
            await prepare(browser, await asyncio.to_thread(path.read_text, "utf-8"))
        agent = Agent(browser)
        print(json.dumps({"ready": wanted.browser}), flush=True)
        reader = asyncio.StreamReader(limit=1 << 24)
        loop = asyncio.get_running_loop()
        await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
        while words := await reader.readline():
            agent.take(json.loads(words))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("browser", choices=("chromium", "firefox"))
    parser.add_argument("--first", action="append", type=Path, default=[])
    parser.add_argument("--flag", action="append", default=[])
    parser.add_argument("--preference", action="append", default=[])
    asyncio.run(run(parser.parse_args()))


if __name__ == "__main__":
    main()
