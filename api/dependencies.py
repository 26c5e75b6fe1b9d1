"""What routes ask for, as annotated types."""

from __future__ import annotations

import math
import re
from datetime import datetime
from typing import Annotated

from fastapi import Depends, Header, HTTPException, Path, Query, Security
from fastapi.security import HTTPBearer
from pydantic import AfterValidator, BeforeValidator
from starlette.requests import HTTPConnection, Request

from api.cursors import MAXIMUM_LENGTH
from api.database import Database
from api.services import Services
from schemas.times import EARLIEST_MS, LATEST_MS, from_ms, parse_rfc3339

_RFC3339 = re.compile(
    r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)", re.ASCII
)
#: Declares the scheme in the description; the check itself is below, for all transports alike.
_bearer = HTTPBearer(auto_error=False, description="one of MEMEWATCH_API_TOKENS, if any are set")


def get_services(connection: HTTPConnection) -> Services:
    services: Services = connection.app.state.services
    return services


ServicesOf = Annotated[Services, Depends(get_services)]


def get_database(services: ServicesOf) -> Database:
    return services.database


DatabaseOf = Annotated[Database, Depends(get_database)]


def require_token(
    services: ServicesOf,
    authorization: Annotated[str | None, Header(include_in_schema=False)] = None,
) -> None:
    """Raises 401 when tokens are required and the request brings none of them."""
    if not services.gatekeeper.admits(authorization):
        raise HTTPException(
            401,
            "send `Authorization: Bearer …` with one of this API's tokens",
            headers={"WWW-Authenticate": "Bearer"},
        )


Authenticated = [Security(_bearer), Depends(require_token)]


def require_write(
    services: ServicesOf,
    request: Request,
    authorization: Annotated[str | None, Header(include_in_schema=False)] = None,
) -> None:
    """Raises 401, 403, 415 or 429 unless the request may change something now.

    A body must say that it is JSON: a page can send other types anywhere without being asked.
    """
    client = request.client.host if request.client else None
    refusal = services.gatekeeper.refuses_write(authorization, request.headers, client)
    if refusal is not None:
        headers = {"WWW-Authenticate": "Bearer"} if refusal.status == 401 else None
        raise HTTPException(refusal.status, refusal.reason, headers)
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if request.method == "POST" and media_type != "application/json":
        raise HTTPException(415, "send JSON, with `Content-Type: application/json`")
    if (wait_s := services.write_rate.take()) > 0:
        raise HTTPException(
            429, "too many changes at once: wait a moment", {"Retry-After": str(math.ceil(wait_s))}
        )


MayWrite = [Depends(require_write)]


def get_writer(
    services: ServicesOf,
    authorization: Annotated[str | None, Header(include_in_schema=False)] = None,
) -> str | None:
    """The name under which whoever asks changes things, if they may."""
    return services.gatekeeper.writer(authorization)


WriterOf = Annotated[str | None, Depends(get_writer)]


def _no_nul(text: str) -> str:
    if "\x00" in text:
        raise ValueError("must not contain NUL")
    return text


def _parse_time(value: object) -> datetime:
    text = str(value)
    if not _RFC3339.fullmatch(text):
        hint = " (write the + of an offset as %2B)" if " " in text else ""
        raise ValueError(f"must be RFC 3339 with a time zone, like 2018-08-17T16:00:00Z{hint}")
    milliseconds = parse_rfc3339(text.upper())
    if not EARLIEST_MS <= milliseconds <= LATEST_MS:
        raise ValueError("must lie between 2009 and 2100")
    return from_ms(milliseconds)


Text = Annotated[str, AfterValidator(_no_nul)]
AlertId = Annotated[Text, Path(min_length=1, max_length=512)]
TimeParameter = Annotated[datetime, BeforeValidator(_parse_time)]
Cursor = Annotated[
    str | None,
    Query(max_length=MAXIMUM_LENGTH, description="`next_cursor` of the page before"),
]
Limit = Annotated[int, Query(ge=1, le=500, description="items on a page")]
