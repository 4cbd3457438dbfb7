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
from tests.support.hospital import build

EXAMPLES = 8
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
        declared = {
            "guide": "mass_casualty_incident",
            "facility": "SBMC",
            "exercise": True,
            "reason": "Drill of the year",
        }
        incident = commander.api("POST", "/incidents", 201, declared)
    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", app)
    schema.config.update(headers={"Authorization": f"Bearer {commander.token}"})
    schema.hooks.hook(_known(incident["id"]))
    yield schema
    with app.app_context():
        assert_journals_hold(app)
    app.extensions["muster"].db.dispose()


schema = schemathesis.pytest.from_fixture("api")


@schema.parametrize()
@hypothesis.settings(
    max_examples=EXAMPLES, deadline=None, suppress_health_check=list(hypothesis.HealthCheck), derandomize=True
)
def test_every_operation_answers_as_described(case: Any) -> None:
    response = case.call()
    case.validate_response(response, checks=CHECKS)
    if response.status_code >= 400:
        problem = response.json()
        assert response.headers["content-type"] == ["application/problem+json"]
        assert problem["status"] == response.status_code
        assert problem["detail"]


def _known(incident_id: str) -> Any:
    """Aim most calls at the incident that exists; a random id would only ever find nothing."""

    def map_path_parameters(_context: Any, path_parameters: Any) -> Any:
        if path_parameters and "incident_id" in path_parameters:
            path_parameters["incident_id"] = incident_id
        return path_parameters

    return map_path_parameters
