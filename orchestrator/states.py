"""docs/states.md: the tables of sessions, their sites and their ceremonies, drawn.

Whoever has a table of states adds its drawing here.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import TypeVar

from orchestrator.cue import CUE
from orchestrator.direction import DESK
from orchestrator.floor import SEAT
from orchestrator.session import SESSION, SITE
from orchestrator.stage_table import LADDER, SOURCE

Place = TypeVar("Place", bound=StrEnum)
Move = TypeVar("Move", bound=StrEnum)


def draw(table: Mapping[Place, Mapping[Move, Place]]) -> str:
    """A table as a Mermaid state diagram; what leads to the same state shares one arrow."""
    lines = ["stateDiagram-v2", f"    [*] --> {next(iter(table))}"]
    for state, moves in table.items():
        for target in dict.fromkeys(moves.values()):
            by = ", ".join(word for word, to in moves.items() if to is target)
            lines.append(f"    {state} --> {target}: {by}")
    return "\n".join(lines)


def page() -> str:
    """docs/states.md."""
    ceremony = _CEREMONY.format(
        source=draw(SOURCE), ladder=draw(LADDER), desk=draw(DESK), seat=draw(SEAT)
    )
    return _PAGE.format(session=draw(SESSION), site=draw(SITE), cue=draw(CUE)) + ceremony


_PAGE = """\
# States

Drawn from tables in the code; a test keeps both equal. To draw them again:
`python -c "from orchestrator.states import page; print(page(), end='')" > docs/states.md`.

## A session (`orchestrator/session.py`)

`book` is also what a moved booking does; `lapse` is a session whose whole time went by unseen.

```mermaid
{session}
```

## A site (`orchestrator/session.py`)

What is not drawn changes nothing. `flowing` (sound and picture flow) counts as `aired` while the
session is on air; `start` airs every site that has checked in; `book` makes every site expected
again.

```mermaid
{site}
```

## A cue (`orchestrator/cue.py`)

What is not drawn is refused. `loaded` is the last acknowledgement of the sites concerned,
`unloaded` that one has it no more, `changed` an edit of what the sites have; the rest is the
director's. `arm` and `go` are refused while sites are missing, `arm_anyway` and `go_anyway` note
which ones. GO also finishes the cue that was live, but those done in a moment (recording, public
page, message to a site) go beside it and are done at once.

```mermaid
{cue}
```
"""

_CEREMONY = """
## A source on the stage (`orchestrator/stage_table.py`)

What is learnt (`came`, `passed`, `faulty`, `lost`) changes nothing where it is not drawn; an act of
the director (`take`, `hold`, `release`, and `passed` said by him) is refused there. `rule` is the
one way on air without him: a substitute he has armed. `lost` takes a source off the air once it is
sure, after 2 s of silence.

```mermaid
{source}
```

## A spot of the program (`orchestrator/stage_table.py`)

`doubtful` looks like `live`; on `slate` and `proposed` everybody sees the slate. `substitute` and
`restore` are the director's, and put another source, or the first one again, in the spot.

```mermaid
{ladder}
```

## The director's desk (`orchestrator/direction.py`)

```mermaid
{desk}
```

## A seat on the floor (`orchestrator/floor.py`)

`raise` and `lower` are said at the site, the others by the director; where the floor goes by the
queue, the next hand on air is granted it by itself. What is not drawn is refused.

```mermaid
{seat}
```
"""
