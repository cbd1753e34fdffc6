"""Random tokens: given once, kept as a hash (`orchestrator.store.hashed`)."""

from orchestrator.store.hashed import token_hash
from rooms.ids import new_secret

__all__ = ["LONGEST", "new_token", "token_hash"]
LONGEST = 200


def new_token() -> str:
    """A token to hand out; only its hash is stored."""
    return new_secret()
