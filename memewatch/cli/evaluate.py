"""`memewatch evaluate`: the production detectors over labelled data, no Kafka needed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from memewatch.cli.output import stderr, watch

app = typer.Typer(help="Score the production detectors on labelled data.", no_args_is_help=True)

_HOUR_MS = 3_600_000
#: Any fixed moment will do; a Thursday morning, so that the market's rhythms are ordinary.
_MARKET_START_MS = 1_760_000_000_000

OutDir = Annotated[Path, typer.Option("--out", help="Where the raw answers are written.")]


@app.command()
def pump(
    trades: Annotated[Path, typer.Option(help="Folder of recorded trades (CSV, gzip too).")],
    events: Annotated[Path, typer.Option(help="The labels; opened after the answers are out.")],
    out: OutDir,
) -> None:
    """Recorded pump-and-dumps: precision, recall, F1, delay, false alerts per coin-day."""
    from processors.evaluation.pump import evaluate
    from producers.recorded.reading import read_events

    typer.echo(evaluate(trades, events, out, read_events, watch=watch).table())


@app.command()
def nab(
    folder: Annotated[Path, typer.Argument(help="NAB's folder, with data/ and labels/.")],
    out: OutDir,
) -> None:
    """The Numenta Anomaly Benchmark: its score in three profiles, for the anomaly score."""
    from processors.evaluation.nab import evaluate

    typer.echo(evaluate(folder, out, watch).table())


@app.command()
def simulated(
    seed: Annotated[int, typer.Option(help="The market's seed.")],
    out: OutDir,
    tokens: Annotated[int, typer.Option(min=1, help="How many tokens it has.")] = 16,
    hours: Annotated[float, typer.Option(min=1, help="How long it runs.")] = 7,
) -> None:
    """A simulated market: precision and recall per pattern against its truth."""
    from memewatch.cli.simulated_report import write_simulated_report
    from processors.offline import replay
    from producers.simulated.generator import SimulatedMarket
    from producers.simulated.scoring import score
    from producers.simulated.truth import Truth

    truths: list[Truth] = []
    market = SimulatedMarket(
        seed,
        tokens,
        start_ms=_MARKET_START_MS,
        end_ms=_MARKET_START_MS + round(hours * _HOUR_MS),
        on_truth=truths.append,
    )
    stderr.print(f"simulating {tokens} tokens for {hours:g} hours with seed {seed}")
    alerts = [alert for alert in replay(market.events()).alerts if alert.revision == 1]
    out.mkdir(parents=True, exist_ok=True)
    _write_lines(out / "alerts.ndjson", alerts)
    _write_lines(out / "truth.ndjson", truths)
    typer.echo(f"{'pattern':<28}{'cheats':>8}{'recall':>8}{'precision':>11}{'delay':>9}")
    scores = score(alerts, truths)
    write_simulated_report(
        {"seed": seed, "tokens": tokens, "hours": hours}, scores, alerts, truths, out
    )
    for pattern, found in scores.items():
        typer.echo(
            f"{pattern:<28}{found.required:>8}{_share(found.recall):>8}"
            f"{_share(found.precision):>11}{_seconds(found.median_delay_s):>9}"
        )


@app.command()
def rug(
    file: Annotated[Path, typer.Argument(help="Labelled tokens (CSV, gzip too).")],
    out: OutDir,
) -> None:
    """Rug pulls from pool features, each scored before its label is learned."""
    from processors.evaluation.rug import evaluate

    typer.echo(evaluate(file, out, watch).table())


@app.command()
def lookahead(
    out: OutDir,
    seed: Annotated[int, typer.Option(help="The first simulated market's seed.")] = 1,
    tokens: Annotated[int, typer.Option(min=1, help="How many tokens a market has.")] = 8,
    hours: Annotated[float, typer.Option(min=1, help="How long it runs.")] = 5,
    markets: Annotated[
        int,
        typer.Option(min=1, help="At most so many markets, until each pattern raised an alert."),
    ] = 12,
    trades: Annotated[
        Path | None, typer.Option(help="Also a folder of recorded trades (CSV, gzip too).")
    ] = None,
    cuts: Annotated[int, typer.Option(min=1, help="At how many places a log is cut.")] = 4,
) -> None:
    """No detector knows the future: cut logs are replayed, and alerts' inputs are read.

    Fails as well when a pattern was not put to the test, because it raised no alert.
    """
    from processors.evaluation.lookahead import Lookahead, check, write_lookahead_report
    from producers.recorded.reading import read_events
    from producers.simulated.generator import SimulatedMarket

    end_ms = _MARKET_START_MS + round(hours * _HOUR_MS)
    found = Lookahead()
    seeds: list[int] = []
    while found.untested() and len(seeds) < markets:
        seeds.append(seed + len(seeds))
        stderr.print(f"reading the simulated market with seed {seeds[-1]}")
        market = SimulatedMarket(seeds[-1], tokens, start_ms=_MARKET_START_MS, end_ms=end_ms)
        found.add(check(market.events(), cuts))
    recordings = sorted(trades.glob("*.csv*")) if trades is not None else []
    for recording in recordings:
        stderr.print(f"reading {recording.name}")
        found.add(check(read_events([recording]), cuts))
    read = {"seeds": seeds, "tokens": tokens, "hours": hours, "recordings": len(recordings)}
    write_lookahead_report(found, read, out)
    typer.echo(found.table())
    if untested := found.untested():
        stderr.print(
            f"not put to the test, as nothing of the kind was found: {', '.join(untested)}"
        )
    if found.violations or untested:
        raise typer.Exit(1)


@app.command()
def compare(
    first: Annotated[Path, typer.Argument(help="What an evaluation of one version wrote.")],
    second: Annotated[Path, typer.Argument(help="What that of the other version wrote.")],
    out: OutDir,
) -> None:
    """Two versions side by side, paired over the same recordings, posts or tokens."""
    from processors.evaluation.comparison import compare as compare_folders

    typer.echo(compare_folders(first, second, out).table())


@app.command()
def sentiment(
    files: Annotated[list[Path], typer.Argument(help="Labelled posts (tab-separated).")],
    out: OutDir,
) -> None:
    """Labelled posts: accuracy, or correlation where the labels are graded."""
    from processors.evaluation.sentiment import evaluate

    typer.echo(evaluate(files, out).table())


@app.command("all")
def everything(
    data: Annotated[Path, typer.Option(help="The folder of labelled data.")],
    out: OutDir,
) -> None:
    """Whatever labelled data is there, and three simulated markets."""
    recorded = data / "pump"
    if recorded.is_dir():
        pump(recorded / "trades", recorded / "events.csv", out / "pump")
    else:
        stderr.print(f"no recorded pumps in {recorded}: that part is skipped")
    series = data / "nab"
    if series.is_dir():
        nab(series, out / "nab")
    else:
        stderr.print(f"no labelled series in {series}: that part is skipped")
    tokens = data / "rug" / "tokens.csv.gz"
    if tokens.is_file():
        rug(tokens, out / "rug")
    else:
        stderr.print(f"no labelled tokens in {tokens}: that part is skipped")
    posts = sorted((data / "sentiment").glob("*.tsv"))
    if posts:
        sentiment(posts, out / "sentiment")
    else:
        stderr.print(f"no labelled posts in {data / 'sentiment'}: that part is skipped")
    for seed in (1, 2, 3):
        simulated(seed, out / f"simulated-{seed}")


def _write_lines(file: Path, records: Sequence[object]) -> None:
    with file.open("wb") as stream:
        for record in records:
            stream.write(msgspec.json.encode(record) + b"\n")


def _share(share: float | None) -> str:
    return "-" if share is None else f"{share:.2f}"


def _seconds(seconds: float | None) -> str:
    return "-" if seconds is None else f"{seconds:.0f} s"
