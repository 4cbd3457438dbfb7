"""ADT messages for tests, written field by field; nobody in them exists."""

from __future__ import annotations

from itertools import count
from typing import Any

from tests.support.client import PageClient

ER7 = "x-application/hl7-v2+er7"
_ids = count(1)


def adt(
    event: str,
    visit: str = "V1",
    place: str = "",
    *,
    at: str = "20261123080000+0000",
    sent: str = "",
    control: str | None = None,
    patient_class: str = "I",
    prior: str = "",
    account: str = "",
    mrg: str = "",
    facility: str = "SBMC",
    accept: str = "",
    application: str = "",
    processing: str = "P",
    version: str = "2.5",
    evn: str | None = None,
    extra: tuple[str, ...] = (),
    charset: str = "",
) -> str:
    """One message, segments ended by CR. `place`: 4W^12^A; `visit` "" leaves PV1-19 empty."""
    control = control if control is not None else f"C{next(_ids)}"
    pv1 = ["PV1", "1", patient_class, place, "", "", prior, *[""] * 12, visit]
    pid = ["PID", "1", "", "999001", "", "NOBODY^NOLAN", *[""] * 12, account]
    lines = [
        f"MSH|^~\\&|EPIC|SBMC|MUSTER|{facility}|{sent or at}||ADT^{event}|{control}|{processing}|{version}|||"
        f"{accept}|{application}||{charset}",
        f"EVN|{event if evn is None else evn}|{at}",
        "|".join(pid),
        *([f"MRG|{mrg}"] if mrg else []),
        "|".join(pv1),
        *extra,
    ]
    return "".join(f"{line}\r" for line in lines)


def minute(n: int) -> str:
    """08:00 on the test day and `n` minutes, as HL7 writes it."""
    return f"20261123{8 + n // 60:02}{n % 60:02}00+0000"


def send(
    client: PageClient, body: str | bytes, query: str = "?facility=SBMC", status: int = 200, kind: str = ER7
) -> str:
    response = client.http.post(
        f"/api/v1/adt{query}",
        data=body,
        content_type=kind,
        headers={"Authorization": f"Bearer {client.token}"},
    )
    assert response.status_code == status, response.text[:600]
    return response.get_data(as_text=True)


def look(client: PageClient, code: str = "SBMC") -> dict[str, Any]:
    return client.api("GET", f"/facilities/{code}/census", 200)


def occupied(found: dict[str, Any]) -> dict[str, int]:
    return {unit["code"]: unit["occupied"] for unit in found["units"] if unit["occupied"]}


def msa(answer: str) -> list[str]:
    return [line for line in answer.split("\r") if line.startswith("MSA")]
