"""A folder of messages as they come from different senders: every one is applied or refused with a reason."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from flask import Flask

from bench.adt_corpus import send_all, tables
from tests.support.adt import adt, minute
from tests.support.hospital import Hospital


@pytest.mark.engine("sqlite")
def test_a_folder_in_every_form_is_taken_message_by_message(
    app: Flask, hospital: Hospital, tmp_path: Path
) -> None:
    swap = adt("A17", "V1", "4W^1^A", at=minute(9))
    swap += "PID|" + adt("A17", "V2", "ICU^1^A").split("PID|", 1)[1]
    good = {
        "lf.hl7": adt("A01", "V1", "ICU^1^A").replace("\r", "\n")
        + adt("A01", "V2", "4W^1^A").replace("\r", "\n"),
        "crlf.hl7": swap.replace("\r", "\r\n"),
        "batch/whole.hl7": "FHS|^~\\&|A\rBHS|^~\\&|A\r" + adt("A03", "V1", at=minute(20)) + "BTS|1\rFTS|1\r",
        "batch/open.hl7": "BHS|^~\\&|A\r" + adt("A13", "V1", "ICU^3^A", at=minute(30)),
        "bad.hl7": adt("A01", "")
        + adt("A99", "V3")
        + adt("A01", "V3", at="20300101000000")
        + "no message at all\r",
        "lab.hl7": adt("A01", "V4").replace("ADT^A01", "ORU^R01"),
    }
    for name, text in good.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    (tmp_path / "again.hl7.gz").write_bytes(gzip.compress(good["lf.hl7"].encode()))
    found = send_all(app.extensions["muster"], hospital.facility, tmp_path)
    assert dict(found.folders["batch"]) == {"files": 2, "applied": 2}
    assert dict(found.folders["."]) == {"files": 5, "applied": 3, "duplicate": 2, "refused": 4}
    assert len(found.reasons) == 4
    assert found.effects["moved"] == 2
    assert "| MSH-9: is no ADT message | 1 |" in tables(found)
