"""The texts of a call-out: short, plain, in the GSM alphabet where that can be, at most two segments."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from app.activation.replies import Known
from app.activation.rules import MEANING, READ, SPOKEN
from app.core.clock import local
from app.core.errors import Invalid
from app.messaging.segments import plain, segments
from app.messaging.texts import framed, mark, marked

MOST_SEGMENTS = 2
MOST_EXTRA = 160
MOST_SUBJECT = 150
# Room for the incident's name and for what is asked for, from generous to the least that still tells.
_ROOMS = ((80, 80), (40, 60), (28, 44), (16, 32))


@dataclass(frozen=True)
class Source:
    """Who a text is from; `zone` is for the times in it."""

    facility_code: str
    incident_name: str
    number: str
    exercise: bool
    zone: str

    def says(self, text: str, room: int = 28) -> str:
        name = trimmed(in_gsm(self.incident_name) or self.number, room)
        return framed(f"{self.facility_code} {name}: {text}", self.exercise)


@dataclass(frozen=True)
class Asking:
    """What a message asks, over whichever channel. `tagged`: the code goes with the digits of a text, because
    that phone has another open question; `inform`: nobody is wanted, it is for information."""

    title: str
    code: str
    tagged: bool
    extra: str = ""
    inform: bool = False


def asking(source: Source, words: Asking, *, key: str, link: str) -> str:
    """The text message."""
    if words.inform:
        return information(source, words, key=key, link=link)
    return question(
        source,
        title=words.title,
        code=words.code,
        tagged=words.tagged,
        key=key,
        link=link,
        extra=words.extra,
    )


def information(source: Source, words: Asking, *, key: str, link: str) -> str:
    """The text message that only tells; names are trimmed as in `question`."""
    text = ""
    for name_room, title_room in _ROOMS:
        tail = f"Reply {READ}{words.code if words.tagged else ''} when you have read this."
        told = _ended(plain(words.extra)) or "no need to come now."
        about = f"For information, {trimmed(in_gsm(words.title), title_room)}:"
        text = source.says(f"{about} {told} {tail} {link}".rstrip(), name_room)
        if segments(marked(text, mark(key))).count <= MOST_SEGMENTS:
            break
    return text


def spoken(source: Source, words: Asking) -> str:
    """What a call says: no link, the digits one by one, and in an exercise its first and last words."""
    name = source.incident_name.strip() or f"incident {source.number}"
    extra = f" {' '.join(words.extra.split()).rstrip('.')}." if words.extra else ""
    if words.inform:
        told = f"For information to {words.title}.{extra} Press {READ} if you have heard this."
    else:
        keys = ", ".join(f"{digit} {means}" for digit, means in SPOKEN.items())
        told = f"{words.title} is needed.{extra} Press {keys}."
    return framed(f"This is {source.facility_code} with a call for {name}. {told}", source.exercise)


def mail(source: Source, words: Asking, link: str) -> tuple[str, str]:
    """The subject and the text of a mail, which is answered by its link."""
    name = source.incident_name.strip() or source.number
    what = f"for information, {words.title}" if words.inform else f"{words.title} needed"
    subject = framed(f"{source.facility_code} {name}: {what}", source.exercise)
    do = "Say that you have read this" if words.inform else "Say whether you can come"
    lines = [f"{source.facility_code} {name}: {what}.", words.extra, f"{do}: {link}"]
    body = "\n\n".join(line for line in lines if line)
    return subject[:MOST_SUBJECT], framed(body, source.exercise)


def question(
    source: Source, *, title: str, code: str, tagged: bool, key: str, link: str, extra: str = ""
) -> str:
    """The text that asks. `tagged`: that phone has another open question, so the code goes with digits.

    Names are trimmed, and at last the link is left out, to stay within two segments; a long `extra` may
    still take more (see `checked_extra`).
    """
    attempts = [(*rooms, link) for rooms in _ROOMS] + [(*_ROOMS[-1], "")]
    text = ""
    for name_room, title_room, with_link in attempts:
        wanted = f"{trimmed(in_gsm(title), title_room)} needed."
        parts = (wanted, _ended(plain(extra)), f"Reply {choices(code if tagged else '')}.", with_link)
        text = source.says(" ".join(part for part in parts if part), name_room)
        if segments(marked(text, mark(key))).count <= MOST_SEGMENTS:
            break
    return text


def checked_extra(source: Source, titles: Sequence[str], extra: str, link: str) -> str:
    """What the sender adds to the text, in one line. Raises Invalid when a text would take three segments."""
    line = " ".join(extra.split())
    if len(line) > MOST_EXTRA:
        raise Invalid.field("text", f"has {len(line)} characters; {MOST_EXTRA} are allowed")
    for title in titles:
        text = question(source, title=title, code="A", tagged=True, key="", link=link, extra=line)
        size = segments(marked(text, mark("")))
        if size.count > MOST_SEGMENTS:
            why = f"; {size.forced_by!r} more than doubles its size" if size.forced_by else ""
            raise Invalid.field("text", f"makes the text for {title} take {size.count} segments of 2{why}")
    return line


def choices(code: str = "") -> str:
    """1 coming within 30 min, 2 within 60, 3 later, 9 cannot come; with a code 1A, 2A ..."""
    return ", ".join(f"{digit}{code} {meaning}" for digit, meaning in MEANING.items())


def unreadable(source: Source, known: Known, code: str) -> str:
    return source.says(f"We could not read that. For {_short(known.title)} reply {choices(code)}.")


def which(source: Source, among: Sequence[Known]) -> str:
    """What to reply when a digit alone could mean several questions."""
    digits = ", ".join(MEANING)
    lines = "; ".join(f"{known.code} for {_short(known.title)}" for known in among)
    return source.says(f"You have {len(among)} questions. Reply {digits} with its letter: {lines}.")


def information_hint(source: Source, known: Known) -> str:
    return source.says(f"We could not read that. Reply {READ} when you have read {_short(known.title)}.")


def read(source: Source) -> str:
    return source.says("Thank you for reading. Nothing more is asked of you.")


def later(source: Source, title: str, wanted_by: datetime) -> str:
    at = local(wanted_by, source.zone).strftime("%H:%M")
    return source.says(
        f"Thank you. We look for people by {at} first for {_short(title)}. "
        "Please wait where you are; we text you if you are needed."
    )


def needed_after_all(source: Source, title: str, expected_at: datetime) -> str:
    at = local(expected_at, source.zone).strftime("%H:%M")
    return source.says(f"You are needed for {_short(title)}. Please come as you said, by {at}.")


def written(source: Source) -> str:
    """The answer to free text that needs no other."""
    return source.says("Thank you. Your words are with those who called you.")


def coming(source: Source, title: str, expected_at: datetime) -> str:
    at = local(expected_at, source.zone).strftime("%H:%M")
    return source.says(f"Thank you. You are on the list for {_short(title)}, expected by {at}.")


def cannot_come(source: Source, title: str) -> str:
    return source.says(f"Thank you for telling us. We ask somebody else for {_short(title)}.")


def not_needed(source: Source, title: str, holder: str | None) -> str:
    by = f" by {trimmed(in_gsm(holder), 30)}" if holder else ""
    return source.says(f"Thank you. {_short(title)} is already filled{by}. You need not come for it.")


def over(source: Source, title: str) -> str:
    return source.says(f"Thank you. The call for {_short(title)} has ended. You need not come for it.")


def filled(source: Source, title: str) -> str:
    return source.says(f"{_short(title)} is filled. Thank you, you need not come or reply.")


def stopped(source: Source, title: str) -> str:
    return source.says(f"We no longer need {_short(title)}. Thank you, you need not come or reply.")


def trimmed(text: str, room: int) -> str:
    """The text in at most `room` characters, cut at a word where one ends not too early."""
    if len(text) <= room:
        return text
    cut = text[: room - 1]
    head, _, _ = cut.rpartition(" ")
    return (head if len(head) > room // 2 else cut).rstrip(" ,.:-/") + "."


def in_gsm(text: str) -> str:
    """The text in the GSM alphabet; what has no place there is left out. For names only."""
    return "".join(char for char in plain(text) if segments(char).forced_by is None).strip()


def _ended(text: str) -> str:
    """As a sentence, so that what follows does not run into it."""
    return f"{text}." if text and text[-1].isalnum() else text


def _short(title: str) -> str:
    return trimmed(in_gsm(title), 44)
