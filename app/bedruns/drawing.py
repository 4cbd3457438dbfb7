"""Beds that count over the four hours, beside the straight line to the target: numbers for the template."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from app.bedruns.looks import Look

LEFT, RIGHT, TOP, BOTTOM = 34.0, 350.0, 14.0, 132.0
"""Where the plot lies in a drawing of 360 by 160."""


@dataclass(frozen=True)
class Drawn:
    """`hours`: whole hours along the bottom. `now_x` None: the run has ended."""

    line: str
    even: str
    target_y: float
    top: int
    now_x: float | None
    hours: tuple[tuple[float, int], ...]


def drawn(one: Look) -> Drawn:
    run = one.run
    span = run.deadline_at - run.started_at
    top = max(run.target, one.counted, 1)

    def x(at: datetime) -> float:
        share = min(max((at - run.started_at) / span, 0.0), 1.0)
        return round(LEFT + share * (RIGHT - LEFT), 1)

    def y(beds: int) -> float:
        return round(BOTTOM - beds / top * (BOTTOM - TOP), 1)

    points = [(LEFT, y(0))]
    for at, beds in one.steps:
        points += [(x(at), points[-1][1]), (x(at), y(beds))]
    points.append((x(one.at), points[-1][1]))
    whole = int(span / timedelta(hours=1))
    return Drawn(
        " ".join(f"{px},{py}" for px, py in points),
        f"{LEFT},{y(0)} {RIGHT},{y(run.target)}",
        y(run.target),
        top,
        x(one.at) if run.state == "open" else None,
        tuple((x(run.started_at + timedelta(hours=hour)), hour) for hour in range(whole + 1)),
    )
