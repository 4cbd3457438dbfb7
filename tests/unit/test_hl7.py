"""Reading HL7 v2: separators, escapes, line ends, batches, encodings, times. Never a crash."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.census import hl7, mllp
from app.census.hl7 import Malformed, Separators, open_envelope, parse, parse_time
from tests.support.adt import adt

HEAD = "MSH|^~\\&|A|B|C|D|20261123||ADT^A01|1|P|2.5"


def one(text: str | bytes) -> hl7.Message:
    body = text.encode() if isinstance(text, str) else text
    parts = open_envelope(body).parts
    assert len(parts) == 1
    return parse(parts[0])


@pytest.mark.parametrize("end", ["\r", "\n", "\r\n", "\n\r"])
def test_line_ends_do_not_matter(end: str) -> None:
    message = one(adt("A01", place="4W^12^A").replace("\r", end))
    assert [name for name, _ in message.segments] == ["MSH", "EVN", "PID", "PV1"]
    assert message.first("PV1").value(3, 3) == "A"


def test_mixed_line_ends_and_blank_lines_between_messages() -> None:
    body = adt("A01").replace("\r", "\n") + "\n\n" + adt("A03") + "\r\n" + adt("A08").replace("\r", "\r\n")
    parts = open_envelope(body.encode()).parts
    assert [parse(p).first("MSH").value(9, 2) for p in parts] == ["A01", "A03", "A08"]


def test_the_sender_chooses_the_separators() -> None:
    message = one("MSH$%~!?$A$B$C$D$20261123$$ADT%A01$1$P$2.5\rPV1$1$I$4W?x%12%A!F!!S!B~5E%1%C")
    assert message.first("MSH").value(9, 2) == "A01"
    assert message.first("PV1").value(3) == "4W"
    assert message.first("PV1").value(3, 3) == "A$%B"


@pytest.mark.parametrize(
    "bad", ["MSH", "MSH|", "MSH||A", "MSH|^^~&|A", "MSHABCDEF", "MSH|^~\\&#!|A", "MSH|ab~|A"]
)
def test_separators_that_separate_nothing_are_refused(bad: str) -> None:
    with pytest.raises(Malformed, match="MSH"):
        parse(bad.encode())


@pytest.mark.parametrize(
    ("raw", "read"),
    [
        (r"a\F\b\S\c\T\d\R\e\E\f", "a|b^c&d~e\\f"),
        (r"\H\bold\N\ plain", "bold plain"),
        (r"one\.br\two", "one two"),
        (r"\X41C3A4\x", "Aäx"),
        (r"\X0D0A\x", "x"),
        (r"5\10", r"5\10"),
        (r"\Zdefined by the site\x", "�x"),
        (r"\Xzz\x", "�x"),
        ('""', ""),
        ("  4W  ", "4W"),
    ],
)
def test_escape_sequences(raw: str, read: str) -> None:
    assert one(f"{HEAD}\rPV1|1|{raw}").first("PV1").value(2) == read


@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]), max_size=40))
def test_what_is_escaped_reads_back(text: str) -> None:
    escaped = hl7.escape(text, hl7.STANDARD)
    assert not set(escaped) & set("|^~&")
    assert hl7.unescape(escaped, hl7.STANDARD) == text


def test_a_line_break_inside_a_field_does_not_lose_what_follows() -> None:
    message = one("MSH|^~\\&|A|B|C|D|20261123||ADT^A01|1|P|2.5\rPV1|1|I|4W^12\n^A|||5E^1^B")
    assert message.first("PV1").value(3, 3) == "A"
    assert message.first("PV1").value(6) == "5E"


@pytest.mark.parametrize(
    ("charset", "encoding"),
    [
        ("", "utf-8"),
        ("", "latin-1"),
        ("UNICODE UTF-8", "utf-8"),
        ("8859/1", "latin-1"),
        ("8859/15", "iso8859-15"),
        ("ASCII", "utf-8"),
        ("NEVER HEARD OF", "latin-1"),
    ],
)
def test_character_sets(charset: str, encoding: str) -> None:
    body = adt("A01", place="ÄRZTE^1^A", charset=charset).encode(encoding)
    assert one(body).first("PV1").value(3) == "ÄRZTE"


def test_byte_order_marks() -> None:
    text = adt("A01", place="ÄRZTE^1^A")
    assert one(text.encode("utf-8-sig")).first("PV1").value(3) == "ÄRZTE"
    assert one(text.encode("utf-16")).first("PV1").value(3) == "ÄRZTE"


def test_said_to_be_utf8_and_is_not_leaves_a_mark_and_no_guess() -> None:
    message = one(adt("A01", place="ÄRZTE^1^A", charset="UNICODE UTF-8").encode("latin-1"))
    assert hl7.UNREADABLE in message.first("PV1").value(3)
    assert message.first("PV1").value(3, 3) == "A"


BATCH = ["FHS|^~\\&|A", "BHS|^~\\&|A||||20261123||||B7", "{a}", "{b}", "BTS|2", "FTS|1"]


def batch(*lines: str) -> hl7.Envelope:
    text = "\r".join(lines).replace("{a}", adt("A01").strip()).replace("{b}", adt("A02").strip())
    return open_envelope(text.encode())


def test_a_batch_is_opened() -> None:
    envelope = batch(*BATCH)
    assert (len(envelope.parts), envelope.faults, envelope.batch_id) == (2, [], "B7")


@pytest.mark.parametrize(
    ("lines", "fault"),
    [
        (BATCH[:4] + BATCH[5:], "BTS is missing"),
        (BATCH[:5], "FTS is missing"),
        (BATCH[:4], "may be cut off"),
        ([*BATCH[:4], "BTS|3", "FTS|1"], "BTS-1 says '3' messages, there are 2"),
        ([*BATCH[:5], "FTS|2"], "FTS-1 says '2' batches, there are 1"),
        (["{a}", "BTS|1"], "BTS without BHS"),
        (["{a}", "FTS|1"], "FTS without FHS"),
        ([BATCH[1], "{a}", BATCH[1], "{b}", "BTS|1"], "BTS is missing before the next BHS"),
        ([*BATCH[:4], "BTS|two", "FTS|1"], "BTS-1 says 'two'"),
    ],
)
def test_what_is_wrong_with_a_batch_is_said_and_its_messages_are_kept(lines: list[str], fault: str) -> None:
    envelope = batch(*lines)
    assert any(fault in said for said in envelope.faults), envelope.faults
    assert len(envelope.parts) == sum(line in ("{a}", "{b}") for line in lines)


def test_messages_in_a_file_without_a_batch_are_one_batch() -> None:
    envelope = batch("FHS|^~\\&|A", "{a}", "{b}", "FTS|1")
    assert (len(envelope.parts), envelope.faults) == (2, [])


def test_segments_without_a_message_are_a_part_of_their_own() -> None:
    envelope = batch("BHS|^~\\&|A", "EVN|A04|2026", "PID|1", "BTS|1")
    assert envelope.parts == [b"EVN|A04|2026\rPID|1"]
    with pytest.raises(Malformed, match="MSH is missing"):
        parse(envelope.parts[0])


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("202611231430", datetime(2026, 11, 23, 19, 30, tzinfo=UTC)),
        ("20261123143005", datetime(2026, 11, 23, 19, 30, 5, tzinfo=UTC)),
        ("20261123143005.25-0500", datetime(2026, 11, 23, 19, 30, 5, 250000, tzinfo=UTC)),
        ("198908181126+0215", datetime(1989, 8, 18, 9, 11, tzinfo=UTC)),
        ("202607011200", datetime(2026, 7, 1, 16, 0, tzinfo=UTC)),
    ],
)
def test_times(text: str, utc: datetime) -> None:
    assert parse_time(text, "America/New_York") == utc


@pytest.mark.parametrize(
    "text",
    ["", "2026", "20261123", "2026112314", "202613011200", "202602301200", "202611232460", "yesterday",
     "202611231200+9900", "000101010000+1400", "202611231200Z", "２０２６１１２３１２００"],
)  # fmt: skip
def test_what_is_no_time_says_what_a_time_is(text: str) -> None:
    with pytest.raises(ValueError, match="no time"):
        parse_time(text, "America/New_York")


@given(st.binary(max_size=400))
def test_any_bytes_are_read_or_refused(body: bytes) -> None:
    for part in open_envelope(body).parts:
        try:
            parse(part).first("PV1").value(3, 2)
        except Malformed:
            continue


@given(st.text("MSHPV1|^~\\&\r\nBFTEA019 \x0b\x1c", max_size=200))
def test_anything_like_hl7_is_read_or_refused(text: str) -> None:
    test_any_bytes_are_read_or_refused.hypothesis.inner_test(text.encode())


def test_separators_with_three_signs_still_escape() -> None:
    by = Separators.of("MSH|^~|A")
    assert hl7.escape("a|b", by) == "a b"


def test_frames_come_whole_however_they_are_cut() -> None:
    stream = b"noise\x0bONE\x1c\r\x0bTWO\x1c\r\x0bthr"
    for size in (1, 2, 3, 100):
        framer, found = mllp.Framer(), []
        for start in range(0, len(stream), size):
            found += framer.feed(stream[start : start + size])
        assert found == [b"ONE", b"TWO"]
        assert framer.inside
        assert framer.feed(b"\x0bTHREE\x1c") == [b"THREE"]
        assert not framer.inside


def test_a_frame_beyond_the_limit_is_not_collected() -> None:
    with pytest.raises(mllp.TooLong):
        mllp.Framer(10).feed(b"\x0b" + b"x" * 11)
    with pytest.raises(mllp.TooLong):
        mllp.Framer(10).feed(b"\x0b" + b"x" * 11 + b"\x1c\r")
    assert mllp.Framer(10).feed(b"\x0b" + b"x" * 10 + b"\x1c\r") == [b"x" * 10]
