"""HL7 version 2 in its pipe form: bytes to messages, and the fields of one message.

Source: HL7 v2.5.1 chapter 2 (delimiters 2.5.4, escape sequences 2.7, batches 2.10.3). Lenient where real
senders differ (line ends, missing trailers, wrongly declared character sets), strict where a guess could move
a patient: a field that is used must be readable, or the message is refused.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

_BREAKS = re.compile(rb"[\r\n\x0b\x1c]+")
_SEGMENT_ID = re.compile(rb"[A-Z][A-Z0-9]{2}")
_TIME = re.compile(r"(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(?:(\d\d)(?:\.(\d{1,6}))?)?([+-]\d{4})?", re.ASCII)
_ENVELOPE = (b"FHS", b"BHS", b"BTS", b"FTS")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]+")
UNREADABLE = "\ufffd"

# HL7 table 0211; what is not listed is tried as UTF-8 and then read as Latin-1.
_CHARACTER_SETS = {
    "ASCII": "utf-8",
    "UNICODE": "utf-8",
    "UNICODE UTF-8": "utf-8",
    "UTF-8": "utf-8",
    "8859/1": "latin-1",
    "8859/2": "iso8859-2",
    "8859/9": "iso8859-9",
    "8859/15": "iso8859-15",
    "WINDOWS-1252": "cp1252",
}


class Malformed(ValueError):
    """No HL7 v2 message. The text says what was expected."""


@dataclass(frozen=True, slots=True)
class Separators:
    field: str = "|"
    component: str = "^"
    repetition: str = "~"
    escape: str = "\\"
    subcomponent: str = "&"

    @classmethod
    def of(cls, text: str) -> Separators:
        """From MSH-1 and MSH-2. Raises Malformed when they cannot separate anything."""
        between = text[3:4]
        coding = text[4:].split(between, 1)[0] if between else ""
        found = between + coding
        if len(found) < 3 or len(found) > 6 or len(set(found)) != len(found):
            raise Malformed("MSH-1 and MSH-2: expected are different separators such as |^~\\&")
        if any(c.isalnum() or c.isspace() or not c.isprintable() for c in found):
            raise Malformed("MSH-1 and MSH-2: separators cannot be letters, digits or white space")
        return cls(*found[:5]) if len(found) >= 5 else cls(*found, *"\0\0"[: 5 - len(found)])

    @property
    def coding(self) -> str:
        """MSH-2 as it is written."""
        return f"{self.component}{self.repetition}{self.escape}{self.subcomponent}".replace("\0", "")


STANDARD = Separators()


@dataclass(frozen=True, slots=True)
class Segment:
    name: str
    fields: list[str]
    separators: Separators

    def raw(self, number: int) -> str:
        """A field as it was sent, "" when it is not there. Fields count from 1; MSH-1 is the separator."""
        index = number - 1 if self.name == "MSH" else number
        return self.fields[index] if 0 < index < len(self.fields) else ""

    def value(self, number: int, component: int = 1) -> str:
        """The first repetition's component, its first subcomponent, unescaped; "" for empty and null ("")."""
        raw = self.raw(number)
        if not raw or raw == '""':
            return ""
        by = self.separators
        parts = raw.split(by.repetition, 1)[0].split(by.component)
        if component > len(parts):
            return ""
        text = parts[component - 1].split(by.subcomponent, 1)[0]
        text = unescape(text, by) if by.escape in text else text
        text = _CONTROL.sub(" ", text).strip()
        return "" if text == '""' else text


@dataclass(frozen=True, slots=True)
class Message:
    separators: Separators
    segments: list[tuple[str, str]]
    """Segment name and raw text, in their order; split into fields only where somebody asks."""
    text: str

    def all(self, name: str) -> list[Segment]:
        return [self._split(n, raw) for n, raw in self.segments if n == name]

    def first(self, name: str) -> Segment:
        """The first of its name; an empty one when there is none."""
        for n, raw in self.segments:
            if n == name:
                return self._split(n, raw)
        return Segment(name, [name], self.separators)

    def groups(self, start: str) -> list[Message]:
        """Parts that each begin with a `start` segment, as the two patients of a swap do."""
        found: list[list[tuple[str, str]]] = []
        for name, raw in self.segments:
            if name == start:
                found.append([])
            if found:
                found[-1].append((name, raw))
        return [Message(self.separators, part, "") for part in found]

    def _split(self, name: str, raw: str) -> Segment:
        return Segment(name, raw.split(self.separators.field), self.separators)


@dataclass
class Envelope:
    """What one body holds: parts in their order (each a message, or segments that belong to none), and what
    is wrong with the batch around them."""

    parts: list[bytes] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    batch_id: str | None = None
    """BHS-11, or "" when the batch has none; None when there is no batch."""


def open_envelope(body: bytes) -> Envelope:
    """Split a body into messages: one, several, or a batch file (FHS BHS ... BTS FTS), trailers or not."""
    return _Opener().open(_plain_bytes(body))


class _Opener:
    def __init__(self) -> None:
        self.envelope = Envelope()
        self.part: list[bytes] = []
        self.separator = b"|"
        self.in_file = False
        self.in_batch = False
        self.batches = 0
        self.messages = 0

    def open(self, body: bytes) -> Envelope:
        for line in _BREAKS.split(body):
            if not line.strip():
                continue
            name = self._name_of(line)
            if name in _ENVELOPE:
                self._close_part()
                self._mark(name, line)
            elif name == b"MSH":
                self._close_part()
                self.separator = line[3:4]
                self.messages += 1
                self.part = [line]
            elif name or not self.part:
                self.part.append(line)
            else:
                # A line break inside a field: what follows still belongs to it.
                self.part[-1] += b" " + line
        self._close_part()
        if self.in_batch:
            self._fault("BTS is missing: the batch may be cut off")
        if self.in_file:
            self._fault("FTS is missing: the file may be cut off")
        return self.envelope

    def _name_of(self, line: bytes) -> bytes:
        """The segment's name, or b"" for a line that begins no segment."""
        found = _SEGMENT_ID.match(line)
        if found is None:
            return b""
        name, after = found.group(), line[3:4]
        if name == b"MSH" or name in _ENVELOPE:
            return name if after and not after.isalnum() and not after.isspace() else b""
        return name if after in (b"", self.separator) else b""

    def _mark(self, name: bytes, line: bytes) -> None:
        fields = line.split(line[3:4])
        if name == b"FHS":
            self.in_file = True
        elif name == b"BHS":
            if self.in_batch:
                self._fault("BTS is missing before the next BHS")
            self.in_batch, self.messages = True, 0
            self.batches += 1
            self.envelope.batch_id = fields[10].decode("latin-1")[:80] if len(fields) > 10 else ""
        elif name == b"BTS":
            if not self.in_batch:
                self._fault("BTS without BHS")
            self._check("BTS-1", fields, self.messages, "messages")
            self.in_batch = False
        else:
            if self.in_batch:
                self._fault("BTS is missing before FTS")
            if not self.in_file:
                self._fault("FTS without FHS")
            # Messages directly in a file are one batch whose header was left out.
            self._check("FTS-1", fields, self.batches or min(self.messages, 1), "batches")
            self.in_file = self.in_batch = False

    def _check(self, where: str, fields: list[bytes], count: int, what: str) -> None:
        said = fields[1].strip().decode("latin-1") if len(fields) > 1 else ""
        if said and said != str(count) and (not said.isdecimal() or int(said[:18]) != count):
            self._fault(f"{where} says {said[:20]!r} {what}, there are {count}")

    def _fault(self, text: str) -> None:
        self.envelope.faults.append(text)

    def _close_part(self) -> None:
        if self.part:
            self.envelope.parts.append(b"\r".join(self.part))
            self.part = []


def _plain_bytes(body: bytes) -> bytes:
    """Without a byte order mark; UTF-16, which has one, becomes UTF-8."""
    if body.startswith(b"\xef\xbb\xbf"):
        return body[3:]
    if body.startswith((b"\xff\xfe", b"\xfe\xff")):
        return body.decode("utf-16", "replace").encode()
    return body


def parse(part: bytes) -> Message:
    """One message of an envelope. Raises Malformed when it has no usable MSH."""
    if not part.startswith(b"MSH") or len(part) < 4:
        raise Malformed("MSH is missing: a message begins with MSH|^~\\&")
    text = _decode(part).replace("\0", "")
    separators = Separators.of(text)
    segments = [(line[:3], line) for line in text.split("\r")]
    return Message(separators, segments, text)


def _decode(part: bytes) -> str:
    """By MSH-18 when it is true; else UTF-8, else Latin-1, which cannot fail."""
    header = part.split(b"\r", 1)[0]
    fields = header.split(header[3:4])
    said = fields[17].split(b"~", 1)[0].decode("latin-1").strip().upper() if len(fields) > 17 else ""
    for encoding in (_CHARACTER_SETS.get(said, "utf-8"), "utf-8"):
        try:
            return part.decode(encoding)
        except UnicodeDecodeError:
            continue
    # Said to be UTF-8 and is not: keep the message, but let no guess into a field that is used.
    return part.decode("utf-8", "replace") if "UTF-8" in said else part.decode("latin-1")


def unescape(text: str, by: Separators) -> str:
    """Escape sequences to what they stand for; formatting ones (.br, H, N) to a space or nothing."""
    parts = text.split(by.escape)
    found = [parts[0]]
    # Text and sequences take turns; a last one without its end is text.
    for index in range(1, len(parts)):
        piece = parts[index]
        if index % 2 == 0 or index == len(parts) - 1:
            found.append(piece if index % 2 == 0 else by.escape + piece)
        else:
            found.append(_escaped(piece, by))
    return "".join(found)


def _escaped(code: str, by: Separators) -> str:
    known = {
        "F": by.field,
        "S": by.component,
        "T": by.subcomponent,
        "R": by.repetition,
        "E": by.escape,
        "P": "#",
        "H": "",
        "N": "",
    }
    if code in known:
        return known[code]
    if code.startswith("X"):
        try:
            return bytes.fromhex(code[1:]).decode("utf-8", "replace")
        except ValueError:
            return UNREADABLE
    return " " if code.startswith(".") else UNREADABLE


def escape(text: str, by: Separators) -> str:
    """The reverse, for what we write ourselves."""
    signs = (by.field, by.component, by.repetition, by.escape, by.subcomponent)
    codes = {sign: f"{by.escape}{code}{by.escape}" for sign, code in zip(signs, "FSRET", strict=True)}
    if by.escape == "\0":
        codes = dict.fromkeys(codes, " ")
    return "".join(codes.get(sign, sign) for sign in _CONTROL.sub(" ", text))


def parse_time(text: str, zone: str) -> datetime:
    """A time stamp to the minute or finer, in UTC; without an offset it is the wall clock of `zone`.

    Raises ValueError for anything else: a day alone cannot be put in order with others.
    """
    found = _TIME.fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r} is no time such as 202611231430 or 20261123143005.25-0500")
    year, month, day, hour, minute = (int(found[i]) for i in range(1, 6))
    micro = int((found[7] or "").ljust(6, "0"))
    try:
        moment = datetime(year, month, day, hour, minute, int(found[6] or 0), micro, _zone(found[8], zone))
        return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError(f"{text!r} is no time that exists") from None


def _zone(offset: str | None, zone: str) -> timezone | ZoneInfo:
    if offset is None:
        return ZoneInfo(zone)
    ahead = timedelta(hours=int(offset[1:3]), minutes=int(offset[3:]))
    return timezone(ahead if offset[0] == "+" else -ahead)


def write_time(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y%m%d%H%M%S+0000")
