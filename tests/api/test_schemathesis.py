"""The whole API against its own description: no server error, every answer as described, trouble as problems."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import hypothesis
import pytest
import schemathesis
from schemathesis import checks

from app import create_app
from app.core.clock import ManualClock
from config.settings import DEMO_SECRET, Settings
from tests.conftest import START
from tests.support.checks import assert_journals_hold
from tests.support.client import PageClient
from tests.support.hospital import Hospital, build

EXAMPLES = 8
IN_INCIDENTS = ("assignment", "objective", "task")
CHECKS = [
    checks.not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_schema_conformance,
]


@pytest.fixture(scope="module")
def api(sqlite_template: Path, signing_key: Path, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The description, the commander's token, and an incident to work on."""
    path = tmp_path_factory.mktemp("schemathesis") / "muster.db"
    shutil.copy(sqlite_template, path)
    settings = Settings(
        database_url=f"sqlite:///{path}",
        signing_key_file=signing_key,
        secret_key=DEMO_SECRET,
        public_url="http://localhost",
        jobs="off",
    )
    app = create_app(settings, ManualClock(START))
    with app.app_context():
        hospital = app.extensions["muster"].db.transact(build)
        commander = PageClient(app, hospital.commander)
    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", app)
    schema.config.update(headers={"Authorization": f"Bearer {commander.token}"})
    yield schema, commander, hospital
    with app.app_context():
        assert_journals_hold(app)
    app.extensions["muster"].db.dispose()


def test_every_operation_answers_as_described(api: tuple[Any, PageClient, Hospital]) -> None:
    schema, commander, hospital = api
    faults: dict[str, str] = {}
    operations = [found.ok() for found in schema.get_all_operations()]
    assert len(operations) > 10
    for operation in operations:
        try:
            _exercise(operation, _known(commander, hospital))
        except (Exception, BaseExceptionGroup) as fault:  # noqa: BLE001 - look at all, then fail
            faults[operation.label] = _said(fault)
    assert not faults, "\n\n".join(f"{label}\n{fault}" for label, fault in faults.items())


def _exercise(operation: Any, known: dict[str, str]) -> None:
    @hypothesis.given(case=operation.as_strategy())
    @hypothesis.settings(
        max_examples=EXAMPLES,
        deadline=None,
        suppress_health_check=list(hypothesis.HealthCheck),
        derandomize=True,
        database=None,
    )
    def run(case: Any) -> None:
        _aim(case, known)
        response = case.call()
        case.validate_response(response, checks=CHECKS)
        if response.status_code >= 400:
            assert response.headers["content-type"] == ["application/problem+json"]
            assert response.json()["status"] == response.status_code
            assert response.json()["detail"]

    run()


def _said(fault: BaseException) -> str:
    inner = getattr(fault, "exceptions", (fault,))
    return "\n".join(f"{type(one).__name__}: {one}" for one in inner) + f"\n{fault}"


def _known(commander: PageClient, hospital: Hospital) -> dict[str, str]:
    """A fresh incident and what is in it, by the names that paths and bodies use."""
    declared = {"guide": "mass_casualty_incident", "facility": "SBMC", "exercise": True, "reason": "Drill"}
    incident = f"/incidents/{commander.api('POST', '/incidents', 201, declared)['id']}"
    items = {name: commander.api("GET", f"{incident}/{name}s", 200)["items"][0] for name in IN_INCIDENTS}
    return {
        **{f"{name}_id": item["id"] for name, item in items.items()},
        "incident_id": incident.rsplit("/", 1)[-1],
        "position": "safety_officer",
        "person_id": hospital.people[4].id,
        "facility": "SBMC",
        "code": "SBMC",
        "guide": "mass_casualty_incident",
    }


def _aim(case: Any, known: dict[str, str]) -> None:
    """Put what exists where made-up values would only ever be not found."""
    for place in (case.path_parameters, case.body):
        if isinstance(place, dict):
            place |= {name: known[name] for name in place if name in known}
