"""People's passwords: Argon2id, 19 MiB and two passes (21 ms here), on threads of its own.

Two threads at most, so that a flood of logins neither blocks the loop nor takes both processors
away from everything else. An unknown login costs the same time as a wrong password.
"""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from rooms.errors import Invalid

SHORTEST, LONGEST = 10, 500
_HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)


def hash_password(password: str) -> str:
    """The Argon2id hash to store. Blocking. Invalid when the password is too short or too long."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise Invalid("bad-password-length", shortest=SHORTEST, longest=LONGEST)
    return _HASHER.hash(password)


def verify(password_hash: str | None, password: str) -> bool:
    """Whether the password is the one of the hash; as slow when there is no hash. Blocking."""
    try:
        right = _HASHER.verify(password_hash or _nobody(), password[:LONGEST])
    except (VerificationError, InvalidHashError):
        return False
    return right and bool(password_hash)


@cache
def _nobody() -> str:
    return _HASHER.hash("the password of nobody")


@cache
def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(2, thread_name_prefix="passwords")


async def verify_aside(password_hash: str | None, password: str) -> bool:
    """As `verify`, from the event loop."""
    loop = asyncio.get_running_loop()
    return await loop.run_in_executor(_threads(), verify, password_hash, password)


async def hash_aside(password: str) -> str:
    """As `hash_password`, from the event loop."""
    return await asyncio.get_running_loop().run_in_executor(_threads(), hash_password, password)
