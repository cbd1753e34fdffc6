"""How a random token is kept: by its hash. 192 random bits need no salt and no slow hash."""

import hashlib


def token_hash(token: str) -> str:
    """What the store keeps, and looks up by."""
    return hashlib.sha256(token.encode()).hexdigest()
