"""`pinnacle-replay inspect`: what is in a session's journals, and are they whole?"""

import json
from pathlib import Path
from typing import Any

import click


@click.command()
@click.argument("session", type=click.Path(path_type=Path))
@click.option("--gap", default=1.0, show_default=True, help="Seconds without a record: a time gap.")
@click.option("--json", "as_json", is_flag=True, help="The result as one JSON object.")
def inspect(session: Path, gap: float, as_json: bool) -> int:
    """Count and check the journals of SESSION (its folder, or one journal's directory).

    Exit 1 if any of them is damaged, unreadable, or empty beside others that are not; the first
    place of each is named.
    """
    from pinnacle.cli.progress import progress_bar
    from pinnacle.replay.health import check_among
    from pinnacle.replay.recording import Recording
    from pinnacle.replay.summary import summarise

    recording = Recording.open(session)
    summaries = []
    for name, directory in recording.journals.items():
        with progress_bar(name, _slots(directory)) as progress:
            summaries.append(summarise(name, directory, int(gap * 1e9), progress))
    for found in check_among({s["journal"]: s["records"] for s in summaries}):
        summary = next(s for s in summaries if s["journal"] == found["journal"])
        if summary["health"] == "good":
            summary["health"] = found["problem"]
            summary["findings"].append(found)
    good = all(summary["health"] == "good" for summary in summaries)
    if as_json:
        result = {"session": str(session), "healthy": good, "journals": summaries}
        click.echo(json.dumps(result))
    else:
        for summary in summaries:
            _print(summary)
    return 0 if good else 1


def _slots(directory: Path) -> int:
    from pinnacle.core.schema import EVENT

    return sum(path.lstat().st_size for path in directory.glob("*.pmj")) // EVENT.itemsize


def _print(summary: dict[str, Any]) -> None:
    name, records = summary["journal"], summary["records"]
    click.echo(f"{name}: {summary['health']}, {records} records")
    for finding in summary["findings"]:
        place = f"{finding['file']} record {finding['record']} byte {finding['offset']}"
        click.echo(f"  {finding['problem']}: {place}: {finding['detail']}")
    if "files" not in summary:
        return
    last = "goes on" if summary["end"] == "not yet" else f"ended {summary['end']}"
    runs = f"{summary['runs']} runs, the last {last}"
    click.echo(f"  {summary['files']} files, {summary['bytes']} bytes, {runs}")
    if records:
        click.echo(f"  {summary['first']} to {summary['last']}, {summary['seconds']:.3f} s")
        click.echo("  kinds    " + _pairs(summary["kinds"]))
        click.echo("  sources  " + _pairs(summary["sources"]))
        click.echo(f"  decisions {summary['decisions']}, inputs {records - summary['decisions']}")
        click.echo(
            f"  sequence gaps {summary['sequence_gaps']}, "
            f"books invalid for a gap {summary['gap_invalidations']}, "
            f"time gaps {summary['time_gaps']} "
            f"(longest {summary['longest_gap_ns'] / 1e9:.6f} s before record "
            f"{summary['longest_gap_index']}), steps back {summary['steps_back_in_time']}"
        )


def _pairs(counts: dict[str, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in counts.items())
