"""The standalone verifier finds every change of an exported journal and says where it is."""

import copy
import hashlib
import io
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.journal_export import (
    LATE,
    PUBLIC,
    STRANGER,
    Record,
    digest,
    encode,
    export,
    make_entries,
    make_head,
)
from tools import verify_journal as verifier
from tools.verify_journal import Report, verify

SCRIPT = Path(verifier.__file__)


def check(data: bytes, key: bytes | None = None) -> Report:
    return verify(io.BytesIO(data), key)


def found(data: bytes, key: bytes | None = None) -> list[tuple[int, int | None, str]]:
    report = check(data, key)
    assert not report.ok
    return [tuple(problem) for problem in report.problems]


ENTRIES = make_entries(6)
EXPORT = export(ENTRIES)
LINES = EXPORT.splitlines(keepends=True)
SHORT = export(ENTRIES[:1])


def relinked(entries: list[Record]) -> list[Record]:
    """The entries with hashes made anew, as someone would who hides a change."""
    result: list[Record] = []
    for entry in entries:
        entry = entry | {"prev_hash": result[-1]["hash"] if result else "0" * 64}
        result.append(entry | {"hash": digest(entry)})
    return result


def with_change(number: int, change: Callable[[Record], Any]) -> list[Record]:
    """The entries with entry `number` changed and its own hash made to fit."""
    entries = copy.deepcopy(ENTRIES)
    change(entries[number - 1])
    entries[number - 1]["hash"] = digest(entries[number - 1])
    return entries


def test_a_whole_export_is_valid_with_and_without_the_key() -> None:
    for key in (None, PUBLIC):
        report = check(EXPORT, key)
        assert report.ok
        assert report.warnings == []
        assert (report.stream, report.entries) == ("incident-7", 6)
        assert report.key_id == hashlib.sha256(PUBLIC).hexdigest()[:16]
        assert report.signed_at == "2026-03-01T09:00:00.000000Z"


class TestEveryByteCounts:
    @settings(max_examples=300, deadline=None)
    @given(st.integers(0, len(EXPORT) - 1), st.integers(1, 255))
    def test_changed(self, place: int, difference: int) -> None:
        assert not check(EXPORT[:place] + bytes([EXPORT[place] ^ difference]) + EXPORT[place + 1 :]).ok

    @settings(max_examples=300, deadline=None)
    @given(st.integers(0, len(EXPORT)), st.binary(min_size=1, max_size=3))
    def test_inserted(self, place: int, extra: bytes) -> None:
        assert not check(EXPORT[:place] + extra + EXPORT[place:]).ok

    @settings(max_examples=100, deadline=None)
    @given(st.integers(0, len(EXPORT) - 1), st.integers(1, 400))
    def test_several_removed(self, place: int, length: int) -> None:
        assert not check(EXPORT[:place] + EXPORT[place + length :]).ok

    def test_one_removed_at_every_place(self) -> None:
        assert [at for at in range(len(SHORT)) if check(SHORT[:at] + SHORT[at + 1 :]).ok] == []

    def test_one_bit_flipped_at_every_place(self) -> None:
        flipped = (SHORT[:at] + bytes([SHORT[at] ^ 1]) + SHORT[at + 1 :] for at in range(len(SHORT)))
        assert [at for at, data in enumerate(flipped) if check(data).ok] == []

    def test_cut_off_at_every_place(self) -> None:
        assert [at for at in range(len(EXPORT)) if check(EXPORT[:at]).ok] == []


class TestStructure:
    @pytest.mark.parametrize("number", range(1, 6))
    def test_removed_entry(self, number: int) -> None:
        data = b"".join(LINES[: number - 1] + LINES[number:])
        assert found(data)[0] == (number, number + 1, f"seq {number} is missing before it")

    def test_several_removed_entries(self) -> None:
        assert found(b"".join(LINES[:1] + LINES[4:])) == [(2, 5, "seq 2 to 4 is missing before it")]

    def test_repeated_entry(self) -> None:
        data = b"".join(LINES[:3] + LINES[2:])
        assert found(data) == [(4, 3, "is repeated or out of order: expected is seq 4")]

    def test_swapped_entries(self) -> None:
        data = b"".join([LINES[0], LINES[2], LINES[1], *LINES[3:]])
        assert [problem[:2] for problem in found(data)] == [(2, 3), (3, 2), (4, 4)]

    def test_inserted_entry_that_fits_what_is_before_it(self) -> None:
        forged = relinked([*ENTRIES[:3], ENTRIES[0] | {"seq": 4}])[-1]
        data = export([*ENTRIES[:3], forged, *ENTRIES[3:]], make_head(ENTRIES))
        assert found(data) == [(5, 4, "is repeated or out of order: expected is seq 5")]

    def test_inserted_entry_with_all_later_ones_renumbered_and_relinked(self) -> None:
        entries = [*ENTRIES[:3], ENTRIES[0], *ENTRIES[3:]]
        entries = relinked([entry | {"seq": seq} for seq, entry in enumerate(entries, 1)])
        assert found(export(entries, make_head(ENTRIES))) == [
            (8, 6, "the head signs 6 entries only, the file ends with 7")
        ]

    def test_replaced_entry_with_a_fitting_hash(self) -> None:
        entries = with_change(4, lambda entry: entry["data"].update(note="nothing"))
        assert found(export(entries, make_head(ENTRIES))) == [
            (5, 5, "prev_hash is not the hash of the entry before: one of them was replaced")
        ]

    def test_replaced_last_entry_with_a_fitting_hash(self) -> None:
        entries = with_change(6, lambda entry: entry["data"].update(note="nothing"))
        assert found(export(entries, make_head(ENTRIES))) == [
            (7, 6, "the head names another hash than the last entry has")
        ]

    def test_changed_entry(self) -> None:
        entries = copy.deepcopy(ENTRIES)
        entries[3]["data"]["beds"]["free"] = 40
        assert found(export(entries)) == [
            (4, 4, "the hash does not fit the entry: the entry has been changed")
        ]

    def test_the_whole_chain_made_anew_needs_the_key(self) -> None:
        entries = copy.deepcopy(ENTRIES)
        entries[0]["data"]["note"] = "never happened"
        entries = relinked(entries)
        assert found(export(entries, make_head(ENTRIES)))[0][:2] == (7, 6)
        resigned = export(entries, make_head(entries, STRANGER))
        assert check(resigned).ok  # which is why the report names the key
        assert check(resigned).key_id != check(EXPORT).key_id
        (problem,) = found(resigned, PUBLIC)
        assert problem[:2] == (7, 6)
        assert "not by the key given" in problem[2]

    @pytest.mark.parametrize("kept", range(1, 6))
    def test_cut_off_entries_before_the_head(self, kept: int) -> None:
        data = b"".join([*LINES[:kept], LINES[-1]])
        assert found(data) == [(kept + 1, 6, f"the head signs 6 entries, the file ends with {kept}: cut off")]

    def test_first_entry_that_does_not_start_the_chain(self) -> None:
        assert found(b"".join(LINES[2:]))[0] == (1, 3, "seq 1 to 2 is missing before it")
        forged = with_change(1, lambda entry: entry.update(prev_hash="1" * 64))[:1]
        assert found(export(forged))[0][:2] == (1, 1)

    @pytest.mark.parametrize("kept", range(7))
    def test_cut_off_head(self, kept: int) -> None:
        text = "the file ends without the signed head: its end has been cut off"
        assert found(b"".join(LINES[:-1][:kept])) == [(min(kept, 6) + 1, None, text)]

    def test_head_alone(self) -> None:
        assert found(LINES[-1])[0] == (1, None, "there is no readable entry before the head")

    def test_lines_after_the_head(self) -> None:
        text = "follows the head, which is in line 7 and must be last"
        for extra in (LINES[-1], LINES[0], b"\n"):
            assert found(EXPORT + extra) == [(8, None, text)]

    def test_older_head_of_the_same_stream(self) -> None:
        text = "the head signs 4 entries only, the file ends with 6"
        assert found(export(ENTRIES, make_head(ENTRIES[:4]))) == [(7, 4, text)]

    def test_entry_and_head_of_another_stream(self) -> None:
        other = make_entries(6, "incident-8")
        assert found(export(ENTRIES, make_head(ENTRIES, stream="incident-8"))) == [
            (7, 6, "the head is of stream 'incident-8', the file of 'incident-7'")
        ]
        problems = found(b"".join([*LINES[:3], encode(other[3]) + b"\n", *LINES[4:]]))
        assert problems[0] == (4, 4, "is of stream 'incident-8', the file of 'incident-7'")
        assert not check(export(other, make_head(ENTRIES))).ok

    def test_clock_that_runs_backwards_is_a_warning(self) -> None:
        entries = copy.deepcopy(ENTRIES)
        entries[2]["recorded_at"] = "2026-03-01T07:59:59.999999Z"
        report = check(export(relinked(entries)))
        assert report.ok
        ((line, seq, text),) = report.warnings
        assert (line, seq) == (3, 3)
        assert "earlier than that of the entry before" in text


class TestForm:
    @pytest.mark.parametrize(
        ("rewrite", "text"),
        [
            (lambda line: b"\xef\xbb\xbf" + line, "byte order mark"),
            (lambda line: line.replace(b"\n", b"\r\n"), "CR LF"),
            (lambda line: line.replace(b"\n", b" \n"), "not its own canonical encoding, from byte"),
            (lambda line: line.replace(b'":', b'": '), "not its own canonical encoding, from byte 10 on"),
            (lambda line: line.replace(b'{"actor"', b'{"kind":"task.done","actor"'), "canonical encoding"),
            (lambda line: line.replace("ë".encode(), b"\\u00eb"), "canonical encoding"),
            (lambda line: line.replace("ë".encode(), b"\xeb"), "not canonical JSON"),
            (lambda line: line.replace("ë".encode(), b"\\ud800"), "not canonical JSON"),
            (lambda line: line.replace(b'"closed":-1', b'"closed":-1.0'), "-1.0 is a number with a fraction"),
            (lambda line: line.replace(b'"closed":-1', b'"closed":1e3'), "1e3 is a number with a fraction"),
            (lambda line: line.replace(b'"closed":-1', b'"closed":NaN'), "NaN is a number"),
            (lambda line: line.replace(b'"closed":-1', b'"closed":-0'), "canonical encoding"),
            (lambda line: line.replace(b'"closed":-1', b'"closed":' + b"[" * 100_000), "not canonical JSON"),
            (lambda line: line.replace(b'"closed":-1', b'"closed":' + b"9" * 5_000), "not canonical JSON"),
            (lambda _line: b"\n", "not canonical JSON"),
            (lambda _line: b"[]\n", "the entry must be an object"),
        ],
    )
    def test_reformatted_line(self, rewrite: Callable[[bytes], bytes], text: str) -> None:
        changed = rewrite(LINES[1])
        assert changed != LINES[1]
        line, _seq, problem = found(b"".join([LINES[0], changed, *LINES[2:]]))[0]
        assert line == 2
        assert text in problem

    def test_missing_final_line_end(self) -> None:
        assert found(EXPORT[:-1])[0] == (7, None, "does not end with a line feed: the file has been cut off")

    @pytest.mark.parametrize(
        ("change", "text"),
        [
            (lambda entry: entry.update(extra=1), "the entry has the unknown key 'extra'"),
            (lambda entry: entry.pop("corrects"), "the entry lacks 'corrects'"),
            (lambda entry: entry["actor"].update(phone="x"), "actor has the unknown key 'phone'"),
            (lambda entry: entry["actor"].pop("kind"), "actor lacks 'kind'"),
            (lambda entry: entry.update(actor=None), "actor must be an object"),
            (lambda entry: entry.update(data=[]), "data must be an object"),
            (lambda entry: entry.update(kind=None), "kind must be text"),
            (lambda entry: entry.update(stream=7), "stream must be text"),
            (lambda entry: entry.update(seq="2"), "seq must be a whole number from 1 up"),
            (lambda entry: entry.update(seq=True), "seq must be a whole number from 1 up"),
            (lambda entry: entry.update(prev_hash="A" * 64), "prev_hash must be 64 lower-case"),
            (lambda entry: entry.update(prev_hash="0" * 64 + "\n"), "prev_hash must be 64 lower-case"),
            (lambda entry: entry.update(recorded_at="2026-03-01T08:00:00Z"), "recorded_at must be a time"),
            (
                lambda entry: entry.update(occurred_at="2026-02-30T08:00:00.000000Z"),
                "occurred_at must be a time",
            ),
            (lambda entry: entry.update(occurred_at=None), "occurred_at must be a time"),
        ],
    )
    def test_entry_of_the_wrong_form(self, change: Callable[[Record], Any], text: str) -> None:
        line, _seq, problem = found(export(with_change(2, change), make_head(ENTRIES)))[0]
        assert line == 2
        assert text in problem

    @pytest.mark.parametrize(
        ("changes", "text"),
        [
            ({"extra": 1}, "the head has the unknown key 'extra'"),
            ({"seq": 0}, "seq must be a whole number from 1 up"),
            ({"key_id": "0" * 15}, "key_id must be 16 lower-case hexadecimal digits"),
            ({"key_id": "0" * 16}, "key_id does not fit public_key"),
            ({"signed_at": "yesterday"}, "signed_at must be a time"),
        ],
    )
    def test_signed_head_of_the_wrong_form(self, changes: Record, text: str) -> None:
        problems = found(export(ENTRIES, make_head(ENTRIES, **changes)))
        assert [problem[0] for problem in problems] == [7]
        assert text in problems[0][2]

    def test_head_with_another_signature_or_other_keys(self) -> None:
        head = make_head(ENTRIES)
        wrong = "the signature is not of this key and this head"
        assert found(export(ENTRIES, head | {"signed_at": LATE})) == [(7, 6, wrong)]
        assert found(export(ENTRIES, head | {"signature": make_head(ENTRIES, STRANGER)["signature"]})) == [
            (7, 6, wrong)
        ]
        assert "lower-case" in found(export(ENTRIES, head | {"signature": head["signature"].upper()}))[0][2]
        line = encode({"head": head, "note": "x"}) + b"\n"
        assert found(b"".join([*LINES[:-1], line]))[0][2] == "the line of the head has the unknown key 'note'"

    def test_names_from_the_file_cannot_draw_on_the_terminal(self) -> None:
        entries = make_entries(2, "a\x1b[2Jb\u202e")
        shown = "\n".join(verifier.describe(check(export(entries)), None))
        assert "VALID" in shown
        assert shown.isascii()
        assert "\x1b" not in shown


def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-I", SCRIPT, *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=30)


class TestCommand:
    @pytest.fixture
    def file(self, tmp_path: Path) -> Path:
        path = tmp_path / "journal.jsonl"
        path.write_bytes(EXPORT)
        return path

    def test_valid_file(self, file: Path) -> None:
        done = run(file)
        assert (done.returncode, done.stderr) == (0, "")
        key_id = hashlib.sha256(PUBLIC).hexdigest()[:16]
        assert f"signed by key {key_id}; compare it with the hospital's published key" in done.stdout
        done = run(file, "--key", PUBLIC.hex().upper())
        assert done.returncode == 0
        assert f"signed by key {key_id}, the key given" in done.stdout

    def test_another_key(self, file: Path) -> None:
        done = run(file, "--key", STRANGER.public_key().public_bytes_raw().hex())
        assert done.returncode == 1
        assert "error: line 7 (seq 6): is signed by key" in done.stdout
        assert "NOT VALID" in done.stdout

    def test_changed_file(self, file: Path) -> None:
        file.write_bytes(EXPORT.replace(b'"free":4', b'"free":5'))
        done = run(file)
        assert done.returncode == 1
        assert "error: line 4 (seq 4): the hash does not fit the entry" in done.stdout
        assert done.stdout.endswith("NOT VALID: do not rely on this file.\n")

    def test_a_long_list_of_errors_is_cut(self, file: Path) -> None:
        file.write_bytes(b"x\n" * 1000)
        lines = run(file).stdout.splitlines()
        assert len(lines) == 22
        assert lines[-2] == "error: and 981 more"

    def test_empty_file(self, file: Path) -> None:
        file.write_bytes(b"")
        assert run(file).returncode == 1

    @pytest.mark.parametrize(
        "arguments", [[], ["FILE", "--key", "abc"], ["FILE", "--other"], ["missing.jsonl"]]
    )
    def test_usage(self, file: Path, arguments: list[str]) -> None:
        done = run(*(str(file) if argument == "FILE" else argument for argument in arguments))
        assert done.returncode == 2
        assert done.stderr
        assert "Traceback" not in done.stderr


def test_ten_thousand_entries_take_less_than_two_seconds() -> None:
    data = export(make_entries(10_000))
    begun = time.perf_counter()
    assert check(data, PUBLIC).ok
    assert time.perf_counter() - begun < 2


def test_needs_the_standard_library_alone() -> None:
    """Isolated from site-packages and from this project, it still runs."""
    done = subprocess.run([sys.executable, "-I", "-S", SCRIPT, "--help"], capture_output=True, text=True)
    assert done.returncode == 0
    assert "--key" in done.stdout
