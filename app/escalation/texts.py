"""What people are told: short, in the GSM alphabet, with what to reply. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from app.activation.texts import MOST_SEGMENTS, Source, in_gsm, trimmed
from app.core.clock import local
from app.escalation.models import NoticeAnswer
from app.messaging.segments import segments
from app.messaging.texts import framed, mark, marked

ANSWERS = MappingProxyType(
    {"1": NoticeAnswer.SEES_TO_IT, "2": NoticeAnswer.HANDED_ON, "9": NoticeAnswer.CANNOT}
)
MEANING = MappingProxyType({"1": "I see to it", "2": "hand on", "9": "cannot"})
_ROOMS = ((60, 120), (50, 80), (40, 50), (30, 30))
MOST_NAMED = 6


@dataclass(frozen=True)
class Told:
    """One thing somebody is told; `code` is empty when no answer is wanted."""

    title: str
    words: str
    role: str
    code: str


def one(source: Source, told: Told, *, key: str, link: str) -> str:
    """One thing in a text. Names are trimmed, and at last the link is left out, to stay in two segments."""
    text = ""
    for (title_room, words_room), with_link in [*((rooms, link) for rooms in _ROOMS), (_ROOMS[-1], "")]:
        parts = [_thing(told, title_room, words_room)]
        parts.append(f"Reply {choices(told.code)}." if told.code else "No reply needed.")
        parts.append(with_link)
        text = source.says(" ".join(part for part in parts if part))
        if segments(marked(text, mark(key))).count <= MOST_SEGMENTS:
            break
    return text


def several(place: str, exercise: bool, told: Sequence[Told], *, key: str, link: str) -> str:
    """Several things for one person: their names and letters, and the page that has them all."""
    text = ""
    for room, named in ((40, MOST_NAMED), (28, 5), (22, 4), (18, 3)):
        things = [f"{each.code} {trimmed(in_gsm(each.title), room)}".strip() for each in told[:named]]
        more = f" and {len(told) - named} more" if len(told) > named else ""
        how = f"Reply {choices('')} with its letter, such as 1{told[0].code}."
        body = f"{place}: {len(told)} things wait for you: {'; '.join(things)}{more}. {link} {how}"
        text = framed(" ".join(body.split()), exercise)
        if segments(marked(text, mark(key))).count <= MOST_SEGMENTS:
            break
    return text


def spoken(source: Source, told: Told) -> str:
    """What a call says: no link, and which key means what."""
    keys = "Press 1 if you see to it, 2 to hand it on, 9 if you cannot." if told.code else ""
    return source.says(f"{_thing(told, 100, 200)} {keys}".strip(), 80)


def choices(code: str) -> str:
    """1A I see to it, 2A hand on, 9A cannot."""
    return ", ".join(f"{digit}{code} {meaning}" for digit, meaning in MEANING.items())


def sees_to_it(source: Source, title: str, until: datetime) -> str:
    at = local(until, source.zone).strftime("%H:%M")
    return source.says(f"Thank you. {_short(title)} is yours until {at}; if it is still open then, you hear.")


def counted(source: Source, title: str, acks: int, needs: int) -> str:
    return source.says(f"Thank you. {acks} of {needs} see to {_short(title)}.")


def handed_on(source: Source, title: str) -> str:
    return source.says(f"Thank you. {_short(title)} is handed on.")


def over(source: Source, title: str) -> str:
    return source.says(f"Thank you. {_short(title)} is settled or with somebody else already.")


def which(source: Source, named: Sequence[tuple[str, str]]) -> str:
    """What to reply when a digit alone could mean several things: (letter, name) of each."""
    lines = "; ".join(f"{code} for {_short(title)}" for code, title in named[:MOST_NAMED])
    return source.says(f"You have {len(named)} things to answer. Reply the digit with its letter: {lines}.")


def _thing(told: Told, title_room: int, words_room: int) -> str:
    title, words = trimmed(in_gsm(told.title), title_room), trimmed(in_gsm(told.words), words_room)
    return f"{title}: {words} You are told as {trimmed(in_gsm(told.role), 40)}."


def _short(title: str) -> str:
    return trimmed(in_gsm(title), 44)
