"""What the sender of an ADT message is answered: reasons, and the acknowledgements it asked for."""

from __future__ import annotations

import pytest

from tests.support.adt import adt, look, minute, msa, occupied, send
from tests.support.client import PageClient

REFUSED = [
    (adt("A01", "", control="R1"), "MSA|AE|R1|PV1-19: a visit number is needed"),
    (adt("A01", control="R2", at="yesterday", sent=minute(0)), "MSA|AE|R2|EVN-2: 'yesterday' is no time"),
    (adt("A01", control="R3", at=""), "MSA|AE|R3|EVN-2: a time is needed"),
    (adt("A01", control="R4", at="202908010706+0115", sent=minute(0)),
     "MSA|AE|R4|EVN-2: 202908010706+0115 lies in the future"),
    (adt("A99", control="R5"), "MSA|AR|R5|MSH-9: the event A99 is not known"),
    (adt("A01", control="R6").replace("ADT^A01", "ORU^R01"), "MSA|AR|R6|MSH-9: ORU is not taken here"),
    (adt("A01", control="R7").replace("ADT^A01", "ADT"), "MSA|AR|R7|MSH-9: the event is missing"),
    (adt("A01", control="R8", version="3"), "MSA|AR|R8|MSH-12: version 3"),
    (adt("A01", control="R9", processing="X"), "MSA|AR|R9|MSH-11: X is not let in"),
    (adt("A01", control=""), "MSA|AR||MSH-10: the message needs a control id"),
    (adt("A01", control="R10", place="X" * 81), "MSA|AE|R10|PV1-3: is longer than 80"),
    (adt("A20", control="R11"), "MSA|AE|R11|NPU: a bed status update needs"),
    (adt("A20", control="R12", extra=("NPU|4W^1^A|Q",)), "MSA|AE|R12|NPU-2: 'Q' is no bed status"),
    (adt("A17", control="R13"), "MSA|AE|R13|PID: a swap has two patients, this has 1"),
    ("EVN|A04|2026\rPID|1", "MSA|AR||MSH: MSH is missing"),
    ("", "MSA|AR||MSH: there is no message in this"),
    ("hello", "MSA|AR||MSH: MSH is missing"),
]  # fmt: skip


@pytest.mark.engine("sqlite")
def test_what_cannot_be_taken_is_refused_with_a_reason(commander: PageClient) -> None:
    for body, answer in REFUSED:
        assert msa(send(commander, body))[0].replace("\\E\\", "").startswith(answer), answer
    assert look(commander)["occupied"] == 0


def test_an_error_segment_names_the_field_from_version_2_5_on(commander: PageClient) -> None:
    answer = send(commander, adt("A01", "", version="2.5"))
    assert "ERR||PV1^1^19|101^^HL70357|E||||PV1-19: a visit number" in answer
    assert "ERR" not in send(commander, adt("A01", "", version="2.3"))


ACKNOWLEDGEMENTS = [
    ("", "", ["AA"], ["AE"]),
    ("AL", "NE", ["CA"], ["CE"]),
    ("AL", "AL", ["CA", "AA"], ["CE", "AE"]),
    ("NE", "AL", ["AA"], ["AE"]),
    ("ER", "NE", [], ["CE"]),
    ("SU", "", ["CA"], []),
    ("NE", "ER", [], ["AE"]),
    ("NE", "NE", [], []),
]


@pytest.mark.engine("sqlite")
def test_the_sender_says_which_acknowledgements_it_wants(commander: PageClient) -> None:
    for accept, application, good, bad in ACKNOWLEDGEMENTS:
        for visit, wanted in (("V1", good), ("", bad)):
            body = adt("A01", visit, "ICU^1^A", accept=accept, application=application)
            answer = send(commander, body, status=200 if wanted else 204)
            assert [line.split("|")[1] for line in msa(answer)] == wanted, (accept, application)


def test_a_batch_is_answered_with_a_batch(commander: PageClient) -> None:
    body = (
        "BHS|^~\\&|EPIC||||20261123||||B7\r"
        + adt("A01", place="ICU^1^A", control="1")
        + adt("A01", "", control="2")
    )
    answer = send(commander, body + "BTS|3\r")
    assert [line[:8] for line in msa(answer)] == ["MSA|AA|1", "MSA|AE|2"]
    assert answer.startswith("BHS|^~\\&|MUSTER|")
    assert answer.split("\r")[0].endswith("|B7")
    assert "BTS|2|BTS-1 says '3' messages, there are 2" in answer
    assert occupied(look(commander)) == {"ICU": 1}


def test_json_is_answered_with_json(commander: PageClient) -> None:
    body = adt("A01", place="ICU^1^A", control="J1")
    found = commander.api("POST", "/adt?facility=SBMC", 200, {"message": body + body + adt("A01", "")})
    assert (found["applied"], found["duplicates"], found["refused"]) == (1, 1, 1)
    assert [msa(a)[0][:9] for a in found["acknowledgements"]][:2] == ["MSA|AA|J1", "MSA|AA|J1"]
    assert found["reasons"] == ["PV1-19: a visit number is needed (or an account number in PID-18)"]
    problem = commander.api("POST", "/adt", 422, {"msg": "x"})
    assert set(problem["errors"]) == {"message", "msg"}
    commander.api("POST", "/adt", 422, ["x"])
