"""Bulk oxygen: how long the tank lasts, and whether vaporizer and pipe can give what is asked.

The flow can fail before the tank is empty: both are looked at. One gallon of liquid gives about 3,300 L of
gas; 5 to 10 % of the contents cannot be used. Vaporizers are rated for 8 hours: in continuous use they give
70 % when two take turns and 50 % when not.
"""

from __future__ import annotations

from app.scores.score import Calculator, Input, Reason, Score, Values, cannot, half_up, shown

LITRES_PER_CUBIC_FOOT = 28.316846592
DERATED = {"switching": 0.7, "single": 0.5}


def litres_per_minute(cubic_feet_per_hour: float) -> float:
    return cubic_feet_per_hour * LITRES_PER_CUBIC_FOOT / 60


def continuous(rated: float, use: str) -> float:
    """What a vaporizer gives for longer than the 8 hours it is rated for, in the unit of `rated`."""
    return rated * DERATED[use]


def compute(values: Values) -> Score:
    demand = values["demand_lpm"]
    if demand == 0:
        return cannot("oxygen", "demand_lpm", 0, "Nothing is drawn: the tank has no end.")
    usable = values["tank_gallons"] * values["level_percent"] / 100 * (1 - values["unusable_percent"] / 100)
    litres = usable * values["litres_per_gallon"]
    raw = litres / demand / 60 / 24
    reasons = [
        Reason(f"{shown(usable)} gallons can be used, {litres:,.0f} litres of gas", "level_percent", usable),
        Reason(f"Drawn at {shown(demand)} litres a minute", "demand_lpm", demand),
    ]
    limits = _limits(values)
    reasons += [Reason(text, field, limit) for field, limit, text in limits]
    if not limits:
        reasons.append(
            Reason("Flow limits are not known: flow can fail before the tank is empty.", "vaporizer_cfh")
        )
        return Score("oxygen", raw, half_up(raw, 2), None, reasons=tuple(reasons))
    exceeded = demand > min(limit for _, limit, _ in limits)
    band = "Flow limit exceeded" if exceeded else "Flow holds"
    return Score("oxygen", raw, half_up(raw, 2), band, reasons=tuple(reasons))


def _limits(values: Values) -> list[tuple[str, float, str]]:
    found = []
    if values["vaporizer_cfh"] is not None:
        limit = litres_per_minute(continuous(values["vaporizer_cfh"], values["vaporizer_use"]))
        text = (
            f"The vaporizer gives {limit:,.0f} litres a minute in continuous use ({values['vaporizer_use']})"
        )
        found.append(("vaporizer_cfh", limit, text))
    if values["pipe_lpm"] is not None:
        limit = values["pipe_lpm"]
        found.append(("pipe_lpm", limit, f"The pipe gives {limit:,.0f} litres a minute"))
    return found


CALCULATOR = Calculator(
    "oxygen",
    "Oxygen: days left",
    "Days until the bulk tank is empty, and whether the flow holds.",
    "Liquid oxygen: 115 cubic feet of gas a gallon; derating of vaporizers in continuous use.",
    (
        Input("tank_gallons", "Tank", "What the tank holds when full.", "gallons", "number", high=1e6),
        Input("level_percent", "Level", "How full it is now.", "%", "number", high=100),
        Input("demand_lpm", "Demand", "Oxygen drawn by the whole house.", "L/min", "number", high=1e6),
        Input(
            "unusable_percent",
            "Cannot be used",
            "Share of the contents that stays in the tank.",
            "%",
            "number",
            high=50,
            optional=True,
            default=10,
        ),
        Input(
            "litres_per_gallon",
            "Gas from a gallon",
            "Litres of gas from a gallon of liquid.",
            "L",
            "number",
            low=3000,
            high=3500,
            optional=True,
            default=3300,
        ),
        Input(
            "vaporizer_cfh",
            "Vaporizer rating",
            "As rated for 8 hours.",
            "cubic feet/h",
            "number",
            high=1e7,
            optional=True,
        ),
        Input(
            "vaporizer_use",
            "Vaporizers",
            "Two that take turns (switching), or one that never rests.",
            kind="choice",
            choices=("single", "switching"),
            optional=True,
            default="single",
        ),
        Input(
            "pipe_lpm",
            "Pipe limit",
            "What the main pipe can carry.",
            "L/min",
            "number",
            high=1e6,
            optional=True,
        ),
    ),
    compute,
)
