"""A bed run that was exercised last month."""

from __future__ import annotations

from app.demo.bed_run import fill_bed_run
from app.demo.parts import part

part(fill_bed_run)
