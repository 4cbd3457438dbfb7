"""Hospitals and units at the API."""

from __future__ import annotations

import marshmallow as ma
from marshmallow import fields

from app.web.api import Schema, page_of


class FacilityOut(Schema):
    id = fields.UUID(required=True)
    code = fields.String(required=True)
    name = fields.String(required=True)
    system_name = fields.String(required=True)
    zone = fields.String(required=True, metadata={"description": "IANA time zone"})


class UnitOut(Schema):
    id = fields.UUID(required=True)
    code = fields.String(required=True)
    name = fields.String(required=True)
    unit_class = fields.String(required=True)
    licensed_beds = fields.Integer(required=True)
    physical_beds = fields.Integer(required=True)
    staffed_beds = fields.Integer(required=True)
    patients_per_nurse = fields.Integer(allow_none=True)


class FacilityWithUnitsOut(FacilityOut):
    units = fields.List(fields.Nested(UnitOut), required=True)


FacilityPage: type[ma.Schema] = page_of(FacilityOut, "FacilityPage")
