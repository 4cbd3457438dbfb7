"""Every score there is, by name."""

from __future__ import annotations

from app.scores import boarding, cedocs, edwin, icmed, nedocs, nursing, oxygen, ppe, readi

CALCULATORS = {
    calculator.name: calculator
    for calculator in (
        nedocs.CALCULATOR,
        cedocs.CALCULATOR,
        edwin.CALCULATOR,
        readi.CALCULATOR,
        icmed.CALCULATOR,
        boarding.CALCULATOR,
        nursing.NEED,
        nursing.AVAILABLE,
        ppe.CALCULATOR,
        oxygen.CALCULATOR,
    )
}
