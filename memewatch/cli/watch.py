"""`memewatch watch`: tokens, accounts, keywords and pools that the producers follow."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer
from rich.text import Text

from memewatch.cli.api_client import ApiClient
from memewatch.cli.options import DataDir, Json
from memewatch.cli.output import print_json, stderr, stdout, table
from memewatch.watch_file import entry_of_text, read_watch_file
from schemas.watch import InvalidWatchEntryError, WatchEntry, WatchKind

app = typer.Typer(help="See and change what is watched, while it runs.", no_args_is_help=True)

_PATH = "/watch-list"
#: The API takes no more at once, nor a larger body.
_AT_ONCE = 100

Kind = Annotated[WatchKind, typer.Argument(help="What it is.")]
Value = Annotated[
    str,
    typer.Argument(help="A ticker, or words, or SOURCE:ACCOUNT, or CHAIN:ADDRESS."),
]
Source = Annotated[str | None, typer.Option(help="Only on this source, like twitter.")]
Chain = Annotated[str | None, typer.Option(help="The address's chain, like ethereum.")]


@app.command("list")
def list_watched(
    kind: Annotated[WatchKind | None, typer.Option(help="Only these.")] = None,
    as_json: Json = False,
    data_dir: DataDir = None,
) -> None:
    """Show what is watched."""
    parameters = {"kind": kind} if kind else {}
    entries = list(ApiClient.find(data_dir).pages(_PATH, **parameters))
    if as_json:
        print_json(entries)
        return
    shown = table("kind", "where", "value", "symbol", "note")
    # Half an address is none.
    shown.columns[2].no_wrap = True
    for entry in entries:
        shown.add_row(*_cells(entry))
    stdout.print(shown)


@app.command()
def add(
    kind: Kind,
    value: Value,
    source: Source = None,
    chain: Chain = None,
    token: Annotated[str | None, typer.Option(help="Of a pool: the token it is for.")] = None,
    symbol: Annotated[str | None, typer.Option(help="Of a token: its ticker.")] = None,
    name: Annotated[str | None, typer.Option(help="Of a token: its name.")] = None,
    decimals: Annotated[int | None, typer.Option(help="Of a token: its decimals.")] = None,
    note: Annotated[str | None, typer.Option(help="For people.")] = None,
    as_json: Json = False,
    data_dir: DataDir = None,
) -> None:
    """Watch one thing more; what is watched already is replaced."""
    given = {
        "source": source,
        "chain": chain,
        "token": token,
        "symbol": symbol,
        "name": name,
        "decimals": decimals,
    }
    change = _send(ApiClient.find(data_dir), [_item(_entry(kind, value, **given), note)])
    _report(change, as_json)


@app.command()
def remove(
    kind: Kind,
    value: Value,
    source: Source = None,
    chain: Chain = None,
    as_json: Json = False,
    data_dir: DataDir = None,
) -> None:
    """Watch one thing no more."""
    entry = _item(_entry(kind, value, source=source, chain=chain), None)
    ApiClient.find(data_dir).send("DELETE", _PATH, entry)
    if as_json:
        print_json({"removed": 1})
    else:
        stderr.print("removed 1")


@app.command("import")
def import_file(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="A TOML file.")],
    as_json: Json = False,
    data_dir: DataDir = None,
) -> None:
    """Watch everything that a file lists; nothing is removed."""
    items = [_item(each.entry, each.note) for each in read_watch_file(file)]
    api = ApiClient.find(data_dir)
    total: dict[str, Any] = {"added": 0, "changed": 0, "items": []}
    for begin in range(0, len(items), _AT_ONCE):
        change = _send(api, items[begin : begin + _AT_ONCE])
        total = {name: total[name] + change[name] for name in total}
    _report(total, as_json)


def _entry(kind: WatchKind, value: str, **parts: Any) -> WatchEntry:
    try:
        return entry_of_text(kind, value, **parts)
    except InvalidWatchEntryError as error:
        raise typer.BadParameter(str(error)) from None


def _item(entry: WatchEntry, note: str | None) -> dict[str, Any]:
    item: dict[str, Any] = msgspec.to_builtins(entry)
    return item | ({"note": note} if note else {})


def _send(api: ApiClient, items: list[dict[str, Any]]) -> dict[str, Any]:
    change: dict[str, Any] = api.send("POST", _PATH, body={"items": items})
    return change


def _report(change: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print_json(change)
        return
    same = len(change["items"]) - change["added"] - change["changed"]
    stderr.print(f"added {change['added']}, changed {change['changed']}, as before {same}")


def _cells(entry: dict[str, Any]) -> list[Text]:
    cells = (
        (entry["kind"], "dim"),
        (entry["source"] or entry["chain"] or "", ""),
        (entry["value"], "bold"),
        (entry["symbol"] or "", ""),
        (entry["note"] or "", ""),
    )
    # Text, not markup: anybody's words.
    return [Text(text, style=style) for text, style in cells]
