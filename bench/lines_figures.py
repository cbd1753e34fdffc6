"""What is told of a line: from the records of both pages to the figures of a row."""

from typing import Any

from tests.fakes.lived import Lived

SETTLES = 10.0
HEAD = [
    "", "first frame, ms", "frozen", "longest, s", "concealed", "kbit/s", "frames/s", "height",
    "sound back, s", "stolen", "less than all because",
]  # fmt: skip
Figures = dict[str, Any]


def figures(far: Lived, near: Lived, cut: tuple[float, float] | None) -> dict[str, Figures]:
    """`down` is what the far page received, `up` what the near page received of it."""
    return {
        "down": _of(far, far.began, far, cut),
        "up": _of(near, far.began, far, cut),
    }


def _of(page: Lived, joined: float, far: Lived, cut: tuple[float, float] | None) -> Figures:
    since, until = joined + SETTLES, min(page.ended, far.ended)
    seen, heard = page.seen(since, until), page.heard(since, until)
    first = page.first_frame_after(joined)
    paused = sum(end - max(begin, since) for begin, end in page.paused(until) if end > since)
    found: Figures = {
        "first_frame_ms": None if first is None else round(first * 1000),
        "frozen_share": round(seen.frozen / (until - since), 4),
        "longest_freeze_s": round(seen.longest, 2),
        "concealed_share": round(heard.concealed, 4),
        "kbps": round(seen.kbps + heard.kbps, 1),
        "video_kbps": round(seen.kbps, 1),
        "audio_kbps": round(heard.kbps, 1),
        "fps": round(seen.fps, 1),
        "height": seen.height,
        "paused_share": round(paused / (until - since), 4),
        "why": page.reasons(since),
        "lost": {"video": seen.lost, "audio": heard.lost},
        "nacks": seen.nacks,
        "plis": seen.plis,
    }
    if cut is not None:
        found |= _after_the_cut(page, *cut)
    return found


def _after_the_cut(page: Lived, began: float, ended: float) -> Figures:
    """Freezes and concealment while nothing could come are no fault of ours."""
    since, until = began - 5, page.ended
    sound, picture = page.sound_back(ended), page.first_frame_after(ended)
    calm = ended + 5
    return {
        "sound_back_s": None if sound is None else round(sound, 2),
        "picture_back_s": None if picture is None else round(picture, 2),
        "before": {
            "concealed_share": round(page.heard(since, began).concealed, 4),
            "longest_freeze_s": round(page.seen(since, began).longest, 2),
        },
        "after": {
            "concealed_share": round(page.heard(calm, until).concealed, 4),
            "longest_freeze_s": round(page.seen(calm, until).longest, 2),
            "fps": round(page.seen(calm, until).fps, 1),
        },
    }


def row(one: Figures) -> list[object]:
    """The cells of the table."""
    reasons = ", ".join(one["why"]) or "-"
    return [
        one["first_frame_ms"], f"{one['frozen_share']:.1%}", one["longest_freeze_s"],
        f"{one['concealed_share']:.2%}", f"{one['video_kbps']:g} + {one['audio_kbps']:g}",
        one["fps"], one["height"], one.get("sound_back_s", "-"),
        f"{one.get('stolen', 0):.0%}", reasons,
    ]  # fmt: skip


def worst(browsers: dict[str, dict[str, Figures]]) -> Figures:
    """The line in a few figures: the worst of both browsers, both ways."""
    ways = [one for browser in browsers.values() for one in browser.values()]
    keys = (
        "first_frame_ms", "frozen_share", "longest_freeze_s", "concealed_share", "sound_back_s",
        "stolen",
    )  # fmt: skip
    found: Figures = {
        key: max(one[key] for one in ways if one.get(key) is not None)
        for key in keys
        if any(one.get(key) is not None for one in ways)
    }
    return found | {"fps": min(one["fps"] for one in ways)}
