"""How failures reach a client: always JSON with one `detail` that says what to do."""

from __future__ import annotations

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse

from api.database import DatabaseUnavailableError
from api.verdict_log import LogUnavailableError

#: A restarting database is back within seconds.
_RETRY_AFTER_S = "2"


class InvalidRequestError(Exception):
    """The request cannot be understood; the message says which part and why."""


def install(app: FastAPI) -> None:
    """Register the handlers."""

    @app.exception_handler(DatabaseUnavailableError)
    @app.exception_handler(LogUnavailableError)
    async def unavailable(_request: Request, error: Exception) -> JSONResponse:
        return JSONResponse(
            {"detail": str(error)}, status_code=503, headers={"Retry-After": _RETRY_AFTER_S}
        )

    @app.exception_handler(InvalidRequestError)
    async def invalid(_request: Request, error: InvalidRequestError) -> JSONResponse:
        return JSONResponse({"detail": str(error)}, status_code=400)

    @app.exception_handler(RequestValidationError)
    async def malformed(_request: Request, error: RequestValidationError) -> JSONResponse:
        reasons = [
            f"{'.'.join(str(part) for part in problem['loc'][1:])}: {problem['msg']}"
            for problem in error.errors()
        ]
        return JSONResponse({"detail": "; ".join(reasons)}, status_code=422)
