"""One HL7 message to what the census needs of it: a keyed visit, a place, a class and times. Or a refusal.

No name, number or birth date leaves this file: visits are named by a keyed hash, and of a refused message
only the fields listed in `KEPT` are shown to the person who looks into it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from app.census import hl7
from app.census.hl7 import UNREADABLE, Message, Segment
from app.census.rules import BED_EVENTS, KNOWN_EVENTS, MERGES, VISIT_EVENTS
from app.census.visits import Event, Place
from app.core.pseudonyms import Pseudonyms

LONGEST = 80
LONGEST_CONTROL_ID = 199  # HL7 v2.7
# A clock ahead of ours would make its events outrank all that follow; a day leaves room for any time zone.
AHEAD = timedelta(hours=24)
# HL7 table 0116, bed status.
BED_STATUS = {
    "C": "closed",
    "H": "housekeeping",
    "O": "occupied",
    "U": "unoccupied",
    "K": "contaminated",
    "I": "isolated",
}
# Fields of a refused message that may be looked at: who sent what when, and where; nobody's name or number.
KEPT: dict[str, tuple[int, ...]] = {
    "MSH": (2, 3, 4, 5, 6, 7, 9, 10, 11, 12, 15, 16, 18),
    "EVN": (1, 2, 3, 4, 6),
    "PV1": (2, 3, 6, 44, 45),
    "NPU": (1, 2),
}


@dataclass(frozen=True, slots=True)
class Header:
    """MSH as far as answering needs it; texts are raw, in the sender's own separators."""

    separators: hl7.Separators = hl7.STANDARD
    sender: str = ""
    receiver: str = ""
    type: str = ""
    event: str = ""
    control_id: str = ""
    processing: str = ""
    version: str = ""
    accept_ack: str = ""
    application_ack: str = ""


@dataclass(frozen=True, slots=True)
class BedStatus:
    place: Place
    status: str


@dataclass(frozen=True, slots=True)
class Reduced:
    """A message that can be taken in. `dedupe` names sender, control id and content."""

    header: Header
    dedupe: str
    kind: str
    at: datetime
    sent_at: datetime
    events: tuple[Event, ...] = ()
    beds: tuple[BedStatus, ...] = ()


@dataclass(frozen=True, slots=True)
class Refused:
    """`code` is AE or AR; `error` a code of HL7 table 0357; `where` a field such as PV1-19."""

    header: Header
    dedupe: str
    code: str
    error: str
    where: str
    why: str
    kept: str

    @property
    def reason(self) -> str:
        return f"{self.where}: {self.why}" if self.where else self.why


@dataclass(frozen=True, slots=True)
class Context:
    """What reading a message needs to know: which hospital it is for, its clock, and what is let in."""

    facility_id: str
    zone: str
    now: datetime
    names: Pseudonyms
    processing: tuple[str, ...] = ("P",)
    """MSH-11: P production; T training and D debugging would put made-up patients into real numbers."""


class _Refuse(Exception):
    def __init__(self, code: str, error: str, where: str, why: str) -> None:
        super().__init__(why)
        self.code, self.error, self.where, self.why = code, error, where, why


def header_of(message: Message) -> Header:
    msh = message.first("MSH")
    return Header(
        separators=message.separators,
        sender=f"{msh.raw(3)}{message.separators.field}{msh.raw(4)}",
        receiver=f"{msh.raw(5)}{message.separators.field}{msh.raw(6)}",
        type=msh.value(9, 1).upper(),
        event=msh.value(9, 2).upper(),
        control_id=msh.raw(10),
        processing=msh.value(11).upper(),
        version=msh.value(12),
        accept_ack=msh.value(15).upper(),
        application_ack=msh.value(16).upper(),
    )


def receivers(message: Message) -> tuple[str, ...]:
    """What MSH-6 and MSH-5 call the receiving hospital, best first."""
    msh = message.first("MSH")
    return tuple(name for name in (msh.value(6), msh.value(6, 2), msh.value(5)) if name)


def reduce_message(message: Message, context: Context) -> Reduced | Refused:
    """MSH-9 decides what it is: EVN-1 is often a copy of another message's."""
    header = header_of(message)
    try:
        return _reduce(message, header, context)
    except _Refuse as no:
        return refuse(
            message, header, context.names, context.facility_id, no.code, no.error, no.where, no.why
        )


def refuse(
    message: Message,
    header: Header,
    names: Pseudonyms,
    facility_id: str,
    code: str,
    error: str,
    where: str,
    why: str,
) -> Refused:
    dedupe = names.of(facility_id, header.sender, header.control_id, message.text)
    return Refused(header, dedupe, code, error, where, why, kept(message))


def unreadable(part: bytes, names: Pseudonyms, why: str) -> Refused:
    """Bytes that are no message: nothing of them is kept but their size."""
    dedupe = names.of("unreadable", part.decode("latin-1"))
    return Refused(Header(), dedupe, "AR", "100", "MSH", why, f"({len(part)} bytes that are no message)")


def kept(message: Message) -> str:
    """The message with everything blanked but KEPT; other segments by name alone."""
    lines = []
    for name, raw in message.segments[:60]:
        allowed = KEPT.get(name)
        if allowed is None:
            lines.append(f"{name[:3] if name.isalnum() else '???'}|…")
            continue
        segment = Segment(name, raw.split(message.separators.field), message.separators)
        last = max(allowed)
        shown = {n: segment.raw(n)[:LONGEST] for n in allowed}
        lines.append(
            "|".join([name, *(shown.get(n, "") for n in range(2 if name == "MSH" else 1, last + 1))]).rstrip(
                "|"
            )
        )
    return "\n".join(lines).replace("\0", "")


def place_in_list(message: Message, context: Context) -> tuple[str, Place]:
    """The visit and the place of one message of a census list. Raises ValueError saying what is missing."""
    try:
        _check_header(header_of(message), context)
        pv1 = message.first("PV1")
        visit, _ = _keys(message.first("PID"), pv1, None, context)
        place = _place(pv1, 3)
    except _Refuse as no:
        raise ValueError(f"{no.where}: {no}") from None
    if not visit or place is None:
        raise ValueError("PV1-19: a visit number is needed" if not visit else "PV1-3: a place is needed")
    return visit, place


def _reduce(message: Message, header: Header, context: Context) -> Reduced:
    _check_header(header, context)
    msh = message.first("MSH")
    sent_at = _time(msh, 7, context, required=False)
    at = _time(message.first("EVN"), 2, context, required=sent_at is None) or sent_at
    assert at is not None
    dedupe = context.names.of(context.facility_id, header.sender, header.control_id, message.text)
    kind = header.event
    base = Reduced(header, dedupe, kind, at, sent_at or at)
    if kind in BED_EVENTS:
        return Reduced(header, dedupe, kind, at, base.sent_at, beds=_beds(message))
    if kind not in VISIT_EVENTS and kind not in MERGES:
        return base
    patients = message.groups("PID") if kind == "A17" else [message]
    if kind == "A17" and len(patients) != 2:
        raise _Refuse("AE", "100", "PID", f"a swap has two patients, this has {len(patients)}")
    events = [_event(part, base, index, context) for index, part in enumerate(patients)]
    found = tuple(event for event in events if event is not None)
    if len({event.visit for event in found}) != len(found):
        raise _Refuse("AE", "102", "PV1-19", "both patients of the swap have the same visit")
    return Reduced(header, dedupe, kind, at, base.sent_at, events=found)


def _check_header(header: Header, context: Context) -> None:
    if header.type != "ADT":
        raise _Refuse("AR", "200", "MSH-9", f"{header.type[:20] or 'nothing'} is not taken here, only ADT")
    if not header.event:
        raise _Refuse("AR", "201", "MSH-9", "the event is missing, such as ADT^A01")
    if header.event not in KNOWN_EVENTS:
        raise _Refuse("AR", "201", "MSH-9", f"the event {header.event[:20]} is not known here")
    if not header.version.startswith("2"):
        raise _Refuse("AR", "203", "MSH-12", f"version {header.version[:20] or 'none'}; 2.1 to 2.9 are read")
    if header.processing not in context.processing:
        allowed = ", ".join(context.processing)
        raise _Refuse(
            "AR", "202", "MSH-11", f"{header.processing[:20] or 'nothing'} is not let in, only {allowed}"
        )
    if not header.control_id:
        raise _Refuse("AR", "101", "MSH-10", "the message needs a control id")
    if len(header.control_id) > LONGEST_CONTROL_ID:
        raise _Refuse("AR", "102", "MSH-10", f"is longer than {LONGEST_CONTROL_ID} characters")


def _time(segment: Segment, number: int, context: Context, *, required: bool) -> datetime | None:
    text = segment.value(number)
    where = f"{segment.name}-{number}"
    if not text:
        if required:
            raise _Refuse("AE", "101", where, "a time is needed, here or in MSH-7")
        return None
    try:
        moment = hl7.parse_time(text[:40], context.zone)
    except ValueError as problem:
        raise _Refuse("AE", "102", where, str(problem)) from None
    if moment > context.now + AHEAD:
        raise _Refuse("AE", "102", where, f"{text} lies in the future")
    return moment


def _event(part: Message, base: Reduced, index: int, context: Context) -> Event | None:
    pid, pv1, mrg = part.first("PID"), part.first("PV1"), part.first("MRG")
    visit, absorbs = _keys(pid, pv1, mrg if base.kind in MERGES else None, context)
    if base.kind not in VISIT_EVENTS:
        if not absorbs:
            return None
    elif not visit:
        raise _Refuse("AE", "101", "PV1-19", "a visit number is needed (or an account number in PID-18)")
    return Event(
        visit=visit,
        kind=base.kind,
        at=base.at,
        sent_at=base.sent_at,
        ident=f"{base.dedupe}{index}",
        place=_place(pv1, 3),
        prior=_place(pv1, 6),
        patient_class=pv1.value(2).upper()[:1],
        absorbs=absorbs,
    )


def _keys(pid: Segment, pv1: Segment, mrg: Segment | None, context: Context) -> tuple[str, str]:
    """The visit and the one that MRG merges into it ("" for none), by visit or else by account number."""
    for kind, now, before in (("visit", (pv1, 19), 5), ("account", (pid, 18), 3)):
        number = _used(*now)
        if number:
            other = _used(mrg, before) if mrg is not None else ""
            name = context.names.of(context.facility_id, kind, number)
            return name, context.names.of(context.facility_id, kind, other) if other not in (
                "",
                number,
            ) else ""
    return "", ""


def _place(segment: Segment, number: int) -> Place | None:
    parts = [_used(segment, number, component).upper() for component in (1, 2, 3)]
    return Place(*parts) if parts[0] else None


def _beds(message: Message) -> tuple[BedStatus, ...]:
    found = []
    for npu in message.all("NPU"):
        place, status = _place(npu, 1), npu.value(2).upper()
        if place is None or not place.bed:
            raise _Refuse("AE", "101", "NPU-1", "a bed is needed: point of care^room^bed")
        if status not in BED_STATUS:
            raise _Refuse(
                "AE", "103", "NPU-2", f"{status[:20]!r} is no bed status; allowed are {', '.join(BED_STATUS)}"
            )
        found.append(BedStatus(place, status))
    if not found:
        raise _Refuse("AE", "100", "NPU", "a bed status update needs an NPU segment")
    return tuple(found)


def _used(segment: Segment, number: int, component: int = 1) -> str:
    """A value that the census is made of: must be readable and of sensible length."""
    text = segment.value(number, component)
    where = f"{segment.name}-{number}"
    if UNREADABLE in text:
        raise _Refuse(
            "AE", "102", where, "has characters that cannot be read: see the character set in MSH-18"
        )
    if len(text) > LONGEST:
        raise _Refuse("AE", "102", where, f"is longer than {LONGEST} characters")
    return text
