"""What a broadcaster is told to do, and what it says when it does: two small files beside the data.

They are files because neither process need live for the other: a service that starts again finds
its broadcaster by them.
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

FOLDER = "live"
# Of every answer to viewers.
EVERYBODY = {"Access-Control-Allow-Origin": "*", "X-Content-Type-Options": "nosniff"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """Whom to ask (`url`, `token`), what to show under which `code`, and where to listen.

    `began` is when the page first went on air (UTC, seconds), `life` counts the broadcasters since.
    `soon` and `lost` are the sentences of the slates. `port` 0 is whichever is free.
    """

    session: str
    url: str
    token: str
    code: str
    began: float
    life: int
    host: str
    port: int
    soon: str
    lost: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """The process that carries an order out, and its port."""

    pid: int
    port: int
    life: int


def path_of(data: Path, session: str) -> Path:
    """Where the order of a session lies."""
    return data / FOLDER / f"{session}.json"


def write(path: Path, what: Order | Ready) -> None:
    """Keep it for our own eyes; who reads sees the former or this one, never half."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    new = path.with_suffix(f"{path.suffix}.new")
    new.touch(mode=0o600)
    new.write_text(json.dumps(asdict(what)), "utf-8")
    new.replace(path)


def read(path: Path) -> Order:
    """The order; OSError or ValueError where there is none."""
    return Order(**json.loads(path.read_text("utf-8")))


def ready_path(order: Path) -> Path:
    """Where a broadcaster says that it serves."""
    return order.with_suffix(".ready")


def read_ready(order: Path) -> Ready | None:
    """What it said last; None if it never did."""
    try:
        return Ready(**json.loads(ready_path(order).read_text("utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def is_alive(order: Path, ready: Ready) -> bool:
    """Whether the process that said so is still there, and is a broadcaster of this order."""
    try:
        words = Path(f"/proc/{ready.pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return False
    return str(order).encode() in words


def caption_path(order: Path) -> Path:
    """Where the caption of the moment lies."""
    return order.with_suffix(".txt")


def write_caption(order: Path, text: str) -> None:
    """Another caption, if it is another."""
    path = caption_path(order)
    if read_caption(order) == text:
        return
    new = path.with_suffix(".txt.new")
    new.write_text(text, "utf-8")
    new.replace(path)


def read_caption(order: Path) -> str:
    """The caption of the moment; empty for none."""
    try:
        return caption_path(order).read_text("utf-8")
    except (OSError, ValueError):
        return ""
