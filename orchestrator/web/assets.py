"""The static files, read once at import and served from memory under a versioned path.

A version in the path lets a browser on a weak line keep every file for ever and fetch all of them
anew after an upgrade; files import each other relatively, so they stay of one version.
"""

import gzip
import hashlib
import mimetypes
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from aiohttp import web

ROOT = Path(__file__).parent / "static"
TYPES = {".js": "text/javascript", ".json": "application/json", ".svg": "image/svg+xml"}
SERVED = {".js", ".json", ".css", ".svg", ".html", ".png", ".txt", ".md"}
VERSIONED = re.compile(r"[0-9a-f]{12}")
FOR_EVER = "public, max-age=31536000, immutable"


@dataclass(frozen=True)
class Asset:
    """One file, plain and, from the first time it is asked for so, compressed."""

    body: bytes
    content_type: str

    @cached_property
    def packed(self) -> bytes:
        """By gzip."""
        return gzip.compress(self.body, mtime=0)


def load(root: Path) -> dict[str, Asset]:
    """Every file that is served, by its path under `root`."""
    found = {}
    for path in sorted(root.rglob("*")):
        if path.suffix in SERVED and path.is_file():
            body = path.read_bytes()
            kind = TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0] or "text/plain"
            found[path.relative_to(root).as_posix()] = Asset(body, kind)
    return found


def version_of(assets: dict[str, Asset]) -> str:
    """A short name for exactly these files."""
    digest = hashlib.sha256()
    for name, asset in assets.items():
        digest.update(name.encode() + b"\0" + hashlib.sha256(asset.body).digest())
    return digest.hexdigest()[:12]


ASSETS = load(ROOT)
VERSION = version_of(ASSETS)
BASE = f"/static/{VERSION}"


async def serve(request: web.Request) -> web.Response:
    """A static file, with a version in its path or without.

    A page that was loaded before an upgrade gets what there is now, and must ask again later.
    """
    path = request.match_info["path"]
    version, _, rest = path.partition("/")
    name = rest if VERSIONED.fullmatch(version) else path
    asset = ASSETS.get(name)
    if asset is None:
        raise web.HTTPNotFound
    headers = {
        "Cache-Control": FOR_EVER if version == VERSION else "no-cache",
        "Vary": "Accept-Encoding",
        "X-Content-Type-Options": "nosniff",
    }
    body = asset.body
    if "gzip" in request.headers.get("Accept-Encoding", "").lower():
        headers["Content-Encoding"] = "gzip"
        body = asset.packed
    return web.Response(
        body=body,
        headers=headers,
        content_type=asset.content_type,
        charset="utf-8" if asset.content_type.startswith(("text/", "application/js")) else None,
    )
