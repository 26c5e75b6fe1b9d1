"""Says in the log when a detector's precision, as users judge it, falls below its floor."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable

from api.database import Database, DatabaseUnavailableError
from api.models import Detector
from api.queries.detectors import all_detectors
from memewatch.settings import Settings

_log = logging.getLogger(__name__)

#: People judge in minutes.
_EVERY_S = 60.0


class FloorWatch:
    """Looks once a minute at the detectors that are at work, and tells what changed."""

    def __init__(self, database: Database, settings: Settings) -> None:
        self._database = database
        self._settings = settings
        self._below: set[tuple[str, str]] = set()

    async def run(self) -> None:
        """Until cancelled; a database that is away is looked at the next time."""
        while True:
            try:
                self.note(await all_detectors(self._database, self._settings))
            except DatabaseUnavailableError:
                _log.debug("the detectors cannot be looked at now")
            except Exception:
                # Whatever it was, it must not be silent about detectors for good.
                _log.exception("the detectors cannot be looked at")
            await asyncio.sleep(_EVERY_S)

    def note(self, detectors: Iterable[Detector]) -> None:
        """Log each detector that fell below its floor, or rose above it, since the last time."""
        for each in detectors:
            name = (each.pattern, each.detector_version)
            if each.below_floor and each.current and name not in self._below:
                self._below.add(name)
                _log.warning(
                    "detector %s, version %s, is below its floor of %.2f: %d of %d judged alerts "
                    "were right",
                    *name,
                    each.floor,
                    each.right,
                    each.judged,
                )
            elif not each.below_floor and name in self._below:
                self._below.remove(name)
                _log.info("detector %s, version %s, is no longer below its floor", *name)
