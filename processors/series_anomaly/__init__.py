"""The online anomaly score of one series of counts, volumes or other values."""

from processors.series_anomaly.score import EXPERTS, THRESHOLD, SeriesAnomaly, Settings

__all__ = ["EXPERTS", "THRESHOLD", "SeriesAnomaly", "Settings"]
