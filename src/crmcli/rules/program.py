"""A compiled ruleset: the SELECTs that classify everybody, in order. Data only; the store runs it."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import Select, Table


@dataclass(frozen=True, slots=True)
class Stage:
    """One temporary table and the SELECT that fills it; the columns come in the table's order."""

    table: Table
    select: Select[tuple[object, ...]]


@dataclass(frozen=True, slots=True)
class Program:
    """Everything a run executes.

    Attributes:
        fingerprint: of the ruleset it was compiled from.
        as_of: the day it looks from; later facts do not exist for it.
        currency: the only currency whose amounts it adds up.
        stages: temporary tables in the order they are filled.
        features: the one among the stages that holds one row per customer and one column per feature; what
            comes after it reads nothing else, so that a rule file's own test cases can start there.
        indicator_values: for each score (customer_id, score, indicator, raw, normalised, weight, points).
        feature_values: (customer_id, features): what the conditions of the rules look at, as JSON.
        classifications: (customer_id, score, tier, grade, grade_reason, lifecycle_stage, cadence_days,
            cadence_max_days, urgency).
        segments: for each further judgement (customer_id, segmentation, segment).
        judged: customer_id, then every score and every segment under its name.
    """

    fingerprint: str
    as_of: date
    currency: str
    stages: tuple[Stage, ...]
    features: Table
    indicator_values: tuple[Select[tuple[object, ...]], ...]
    feature_values: Select[tuple[object, ...]]
    classifications: Select[tuple[object, ...]]
    segments: tuple[Select[tuple[object, ...]], ...]
    judged: Select[tuple[object, ...]]
