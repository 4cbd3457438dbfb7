"""Acknowledgements: original mode (AA AE AR) and enhanced mode (CA CE CR first), as MSH-15 and MSH-16 ask.

Source: HL7 v2.5.1 section 2.9.
"""

from __future__ import annotations

from datetime import datetime

from app.census import hl7
from app.census.reduce import Header, Refused

_ACCEPT = {"AA": "CA", "AE": "CE", "AR": "CR"}


def acknowledge(header: Header, refused: Refused | None, ident: str, now: datetime) -> list[str]:
    """The answers that the sender asked for: one in original mode; none, one or two in enhanced mode.

    An acknowledgement is never acknowledged.
    """
    if header.type in ("ACK", "MCF"):
        return []
    code = refused.code if refused else "AA"
    if not header.accept_ack and not header.application_ack:
        return [_ack(header, code, refused, ident, now)]
    answers = []
    if _wanted(header.accept_ack, code):
        answers.append(_ack(header, _ACCEPT[code], refused, f"{ident}c", now))
    if _wanted(header.application_ack, code):
        answers.append(_ack(header, code, refused, ident, now))
    return answers


def batch_of(answers: list[str], batch_id: str, faults: list[str], ident: str, now: datetime) -> str:
    """The answers to a batch, as a batch; BHS-12 names the one that is answered."""
    by = hl7.STANDARD
    comment = hl7.escape("; ".join(faults), by)
    head = f"BHS|^~\\&|MUSTER||||{hl7.write_time(now)}||||{ident}|{hl7.escape(batch_id, by)}"
    return "".join([f"{head}\r", *answers, f"BTS|{len(answers)}|{comment}".rstrip("|") + "\r"])


def _wanted(condition: str, code: str) -> bool:
    """HL7 table 0155: AL always, NE never, ER on error, SU on success; an empty one of two means never."""
    return {"AL": True, "ER": code != "AA", "SU": code == "AA"}.get(condition, False)


def _ack(header: Header, code: str, refused: Refused | None, ident: str, now: datetime) -> str:
    by = header.separators
    bar, dot = by.field, by.component
    sender = header.receiver or bar
    head = [f"MSH{bar}{by.coding}", sender, header.sender or bar, hl7.write_time(now), ""]
    kind = f"ACK{dot}{header.event}{dot}ACK" if header.event else "ACK"
    head += [kind, ident, header.processing or "P", header.version or "2.5"]
    lines = [bar.join(head), bar.join(["MSA", code, header.control_id])]
    if refused is not None:
        text = hl7.escape(refused.reason, by)
        lines[1] += bar + text
        if header.version >= "2.5":
            lines.append(_error(refused, text, bar, dot))
    return "".join(f"{line}\r" for line in lines)


def _error(refused: Refused, text: str, bar: str, dot: str) -> str:
    segment, _, number = refused.where.partition("-")
    location = dot.join([segment, "1", number] if number else [segment, "1"]) if segment else ""
    return bar.join(["ERR", "", location, f"{refused.error}{dot}{dot}HL70357", "E", "", "", "", text])
