"""`memewatch verdict`, `verdicts` and `detectors`: what users think of alerts."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import quote

import typer
from rich.text import Text

from memewatch.cli.api_client import ApiClient
from memewatch.cli.options import DataDir, Json
from memewatch.cli.output import print_json, stderr, stdout, table
from schemas.verdicts import LONGEST_NOTE, Judgement


def verdict(
    alert: Annotated[str, typer.Argument(help="The alert's id.")],
    judgement: Annotated[Judgement, typer.Argument(help="What you think of it.")],
    note: Annotated[str | None, typer.Option(help="Why; for people.")] = None,
    as_json: Json = False,
    data_dir: DataDir = None,
) -> None:
    """Say whether an alert was right; saying it again replaces what you said before."""
    if note is not None and len(note) > LONGEST_NOTE:
        raise typer.BadParameter(f"a note has at most {LONGEST_NOTE} characters")
    body = {"verdict": judgement} | ({"note": note} if note else {})
    path = f"/alerts/{quote(alert, safe='')}/verdict"
    given = ApiClient.find(data_dir).send("POST", path, body=body)
    if as_json:
        print_json(given)
    else:
        stderr.print(
            f"{given['pattern']}, version {given['detector_version']}: {given['verdict']}",
            markup=False,
        )


def verdicts(as_json: Json = False, data_dir: DataDir = None) -> None:
    """Print every verdict: of each user on each alert the latest, in the order they were given.

    With --json one object a line: labels, for tuning.
    """
    given = list(ApiClient.find(data_dir).pages("/verdicts"))
    given.sort(key=lambda each: (each["given_at"], each["id"]))
    if as_json:
        for each in given:
            print_json(each)
        return
    shown = table("given at", "verdict", "pattern", "token", "by", "note")
    for each in given:
        shown.add_row(*_verdict_cells(each))
    stdout.print(shown)


def detectors(as_json: Json = False, data_dir: DataDir = None) -> None:
    """Show each detector's alerts, and how many of those judged were right.

    Versions that were replaced are dim.
    """
    found = list(ApiClient.find(data_dir).pages("/detectors"))
    if as_json:
        print_json(found)
        return
    shown = table("pattern", "version", "alerts>", "right>", "precision", "floor")
    for each in found:
        shown.add_row(*_detector_cells(each))
    stdout.print(shown)
    for each in found:
        if each["below_floor"] and each["current"]:
            stderr.print(
                f"{each['pattern']}, version {each['detector_version']}, is below its floor",
                style="red",
                markup=False,
                highlight=False,
            )


def _verdict_cells(given: dict[str, Any]) -> list[Text]:
    cells = (
        (given["given_at"], "dim"),
        (given["verdict"], "bold"),
        (given["pattern"], ""),
        (given["token"], ""),
        (given["given_by"], "dim"),
        (given["note"] or "", ""),
    )
    # Text, not markup: anybody's words.
    return [Text(text, style=style) for text, style in cells]


def _detector_cells(detector: dict[str, Any]) -> list[Text]:
    style = "" if detector["current"] else "dim"
    right, precision = "", ""
    if detector["judged"]:
        low, high = detector["precision_low"], detector["precision_high"]
        right = f"{detector['right']} of {detector['judged']}"
        precision = f"{detector['precision']:.2f} ({low:.2f}-{high:.2f})"
    below = "below " if detector["below_floor"] else ""
    cells = (
        (detector["pattern"], style or "bold"),
        (detector["detector_version"], style),
        (f"{detector['alerts']:,}", style),
        (right, style),
        (precision, style),
        (f"{below}{detector['floor']:.2f}", "red" if below else style),
    )
    return [Text(text, style=style) for text, style in cells]
