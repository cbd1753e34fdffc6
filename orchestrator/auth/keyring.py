"""The server's own secret keys: one file of the data directory, readable by the service alone."""

import hashlib
import hmac
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

FILE = "secrets/keyring"
SIZE = 32


@dataclass(frozen=True, slots=True)
class Keyring:
    """One random root; every use has its own key, derived from it."""

    root: bytes

    def mac(self, use: str, text: str) -> str:
        """HMAC-SHA256 of `text` under the key of `use` (`app-password`, `pairing-code`)."""
        key = hmac.digest(self.root, use.encode(), "sha256")
        return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()


def load_keyring(data: Path) -> Keyring:
    """The keyring of a data directory, made at the first start. Blocking."""
    path = data / FILE
    if not path.exists():
        _make(path)
    root = path.read_bytes()
    if len(root) != SIZE:
        raise ValueError(f"{path} is damaged: {len(root)} bytes instead of {SIZE}")
    return Keyring(root)


def _make(path: Path) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(secrets.token_bytes(SIZE))
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(draft, path)  # the first of two processes wins, and both read the same key
    except FileExistsError:
        pass
    finally:
        draft.unlink()
