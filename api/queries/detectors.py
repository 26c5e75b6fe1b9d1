"""Every version of every detector: how much it raised, and what users think of that."""

from __future__ import annotations

from api.database import Database, Row
from api.models import Detector, VerdictCounts
from api.precision import is_below, wilson
from memewatch.settings import Settings


async def all_detectors(database: Database, settings: Settings) -> list[Detector]:
    """By pattern, the version that raised the newest alert first."""
    return [_detector(row, settings) for row in await database.fetch(_DETECTORS)]


def _detector(row: Row, settings: Settings) -> Detector:
    floor = settings.precision_floors.get(row["pattern"], settings.precision_floor)
    judged, right = row["judged"], row["judged_right"]
    bounds = wilson(right, judged) if judged else None
    return Detector(
        pattern=row["pattern"],
        detector_version=row["detector_version"],
        current=row["place"] == 1,
        alerts=row["alerts"],
        verdicts=VerdictCounts(right=row["right"], wrong=row["wrong"], unsure=row["unsure"]),
        judged=judged,
        right=right,
        precision=right / judged if judged else None,
        precision_low=bounds and bounds.low,
        precision_high=bounds and bounds.high,
        floor=floor,
        below_floor=is_below(right, judged, floor),
    )


# An alert counts once, however many judge it: their opinions of it are not independent.
_DETECTORS = """
with by_alert as (
    select pattern, detector_version,
        count(*) filter (where verdict = 'right') as "right",
        count(*) filter (where verdict = 'wrong') as wrong,
        count(*) filter (where verdict = 'unsure') as unsure
    from verdicts group by pattern, detector_version, alert_id
), given as (
    select pattern, detector_version,
        sum("right")::bigint as "right", sum(wrong)::bigint as wrong, sum(unsure)::bigint as unsure,
        count(*) filter (where "right" <> wrong) as judged,
        count(*) filter (where "right" > wrong) as judged_right
    from by_alert group by pattern, detector_version
), raised as (
    select pattern, detector_version, count(*) as alerts, max(created_at) as last_at
    from alerts group by pattern, detector_version
)
select pattern, detector_version, coalesce(alerts, 0) as alerts,
    coalesce("right", 0) as "right", coalesce(wrong, 0) as wrong, coalesce(unsure, 0) as unsure,
    coalesce(judged, 0) as judged, coalesce(judged_right, 0) as judged_right,
    row_number() over (
        partition by pattern order by last_at desc nulls last, detector_version desc) as place
from raised full join given using (pattern, detector_version)
order by pattern, place
"""
