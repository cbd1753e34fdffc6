"""docs/states.md: the tables of sessions, sites and cues, drawn.

Whoever has a table of states adds its drawing here.
"""

from orchestrator.cue import CUE
from orchestrator.session import SESSION, SITE, draw


def page() -> str:
    """docs/states.md."""
    return _PAGE.format(session=draw(SESSION), site=draw(SITE), cue=draw(CUE))


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
