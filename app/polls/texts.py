"""What people are asked by text. Pure; in the GSM alphabet as far as names allow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from app.activation.texts import in_gsm
from app.core.clock import local
from app.messaging.texts import framed
from app.polls.rules import can_reply, labels
from app.surge.metrics import METRICS

MOST_NAMED = 6


def ask(
    place: str,
    zone: str,
    title: str,
    units: Sequence[tuple[str, Sequence[str]]],
    *,
    due_at: datetime,
    link: str,
    exercise: bool,
    again: bool = False,
) -> str:
    """`units`: code and the metrics asked of it, those of one person. A reply is offered where it is one unit's."""
    names = ", ".join(code for code, _ in units[:MOST_NAMED])
    more = f" and {len(units) - MOST_NAMED} more" if len(units) > MOST_NAMED else ""
    by = local(due_at, zone).strftime("%H:%M")
    begin = "Not answered yet" if again else title
    body = f"{place}: {begin}. Please give the numbers of {names}{more} by {by}: {link}".rstrip(": ")
    if len(units) == 1 and can_reply(units[0][0]):
        code, metrics = units[0]
        body += f" Or reply: {code} and {labels(metrics)}, such as {code} {' '.join(_sample(len(metrics)))}"
    return framed(in_gsm(body), exercise)


def taken(place: str, code: str, numbers: Mapping[str, int], exercise: bool) -> str:
    """What was understood, so that two numbers in the wrong order are seen."""
    words = ", ".join(f"{METRICS[metric].label.lower()} {value}" for metric, value in numbers.items())
    return framed(in_gsm(f"{place}: thank you. {code}: {words}."), exercise)


def unclear(place: str, code: str, metrics: Sequence[str], exercise: bool) -> str:
    sample = f"{code} {' '.join(_sample(len(metrics)))}"
    what = "a whole number" if len(metrics) == 1 else f"{len(metrics)} whole numbers"
    return framed(
        in_gsm(f"{place}: not taken. For {code} send {what}: {labels(metrics)}, such as {sample}"), exercise
    )


def behind(
    place: str, zone: str, units: Sequence[str], *, due_at: datetime, link: str, exercise: bool
) -> str:
    """To the bed manager, with the last chase: who has not answered. The link takes numbers for all of them."""
    names = ", ".join(units[:MOST_NAMED])
    more = f" and {len(units) - MOST_NAMED} more" if len(units) > MOST_NAMED else ""
    by = local(due_at, zone).strftime("%H:%M")
    body = f"{place}: no numbers yet from {names}{more}, wanted by {by}. You can give them: {link}".rstrip(
        ": "
    )
    return framed(in_gsm(body), exercise)


def _sample(count: int) -> list[str]:
    return [str(12 - 9 * n if n < 2 else 0) for n in range(count)]
