"""The watch list: what is followed, and its changes, which the producers hear of at once."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, HTTPException, Query, Response

from api.dependencies import Cursor, DatabaseOf, Limit, MayWrite, ServicesOf
from api.models import (
    Page,
    Problem,
    WatchAdditions,
    WatchChange,
    WatchEntry,
    WatchEntryInput,
    WatchText,
)
from api.queries import watch_list
from schemas.watch import InvalidWatchEntryError, WatchKind, normal_entry
from schemas.watch import WatchEntry as Entry

router = APIRouter(prefix="/watch-list", tags=["watch list"])

_WRITING: dict[int | str, dict[str, object]] = {
    403: {"model": Problem, "description": "this client may not change the watch list"},
    429: {"model": Problem, "description": "too many changes at once"},
}
_ADDING: dict[int | str, dict[str, object]] = {
    201: {"model": WatchChange, "description": "some entries are new"},
    409: {"model": Problem, "description": "the list is full"},
    413: {"model": Problem, "description": "the body is too large"},
    415: {"model": Problem, "description": "the body is not JSON"},
}


@router.get("")
async def list_watched(
    database: DatabaseOf,
    kind: Annotated[WatchKind | None, Query(description="only these")] = None,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> Page[WatchEntry]:
    """What is watched, by kind, then source or chain, then value."""
    return await watch_list.page(database, kind, cursor, limit)


@router.post("", dependencies=MayWrite, responses=_WRITING | _ADDING)
async def watch(
    database: DatabaseOf, services: ServicesOf, additions: WatchAdditions, response: Response
) -> WatchChange:
    """Watch more. Sending the same again changes nothing; all entries are taken, or none."""
    given = [_noted(number, item) for number, item in enumerate(additions.items)]
    try:
        change = await watch_list.add(database, given, services.settings.watch_list_limit)
    except watch_list.FullError as error:
        raise HTTPException(
            409,
            f"the watch list is full: it takes {error.limit} entries, remove some or raise "
            "MEMEWATCH_WATCH_LIST_LIMIT",
        ) from None
    response.status_code = 201 if change.added else 200
    return change


@router.delete(
    "",
    status_code=204,
    dependencies=MayWrite,
    responses=_WRITING | {404: {"model": Problem, "description": "it was not watched"}},
)
async def unwatch(
    database: DatabaseOf,
    kind: WatchKind,
    value: Annotated[WatchText, Query()],
    source: Annotated[WatchText | None, Query()] = None,
    chain: Annotated[WatchText | None, Query()] = None,
) -> None:
    """Watch one thing no more: what `kind`, `value` and its `source` or `chain` name."""
    entry = _normal(Entry(kind=kind, value=value, source=source, chain=chain))
    if not await watch_list.remove(database, entry):
        raise HTTPException(404, f"this {kind} was not watched")


def _noted(number: int, item: WatchEntryInput) -> watch_list.Noted:
    fields = item.model_dump(exclude={"note"})
    return watch_list.Noted(_normal(Entry(**fields), f"items.{number}."), item.note)


def _normal(entry: Entry, place: str = "") -> Entry:
    try:
        return normal_entry(entry)
    except InvalidWatchEntryError as error:
        raise HTTPException(422, f"{place}{error}") from None
