"""What a service that starts leaves for later; another Python is asked, it has nothing yet."""

import subprocess
import sys

from tests.fakes.far import ROOT

RARE = (
    "aioice aiortc alembic av caldav cryptography joserfc OpenSSL orchestrator.demo pylibsrtp "
    "pypdfium2 recurring_ical_events segno signalling.engines.python signalling.peers"
)
LOADED = f"""
import sys
import orchestrator.serve
print(*[name for name in {RARE.split()} if name in sys.modules])
"""
MADE = """
from pydantic import BaseModel
import orchestrator.serve
from orchestrator.web.assets import ASSETS

def every(model):
    for one in model.__subclasses__():
        yield one
        yield from every(one)

ours = [one for one in every(BaseModel) if one.__module__.startswith("orchestrator.api.")]
shapes = [one for one in ours if one.__pydantic_generic_metadata__["origin"] is None]
print(len(shapes) > 200, len(ASSETS) > 50)
print(*sorted(one.__name__ for one in shapes if one.__pydantic_complete__))
print(*[name for name, asset in ASSETS.items() if "packed" in vars(asset)])
"""


def told(script: str) -> list[str]:
    ran = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=60
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stdout.splitlines()


def test_what_is_seldom_used_is_not_loaded_by_a_service_that_starts() -> None:
    assert told(LOADED) == [""]


def test_what_checks_documents_and_what_is_compressed_is_made_at_its_first_use() -> None:
    assert told(MADE) == ["True True", "", ""]
