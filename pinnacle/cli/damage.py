"""What a command that reads on in spite of damage says at its end."""

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from pinnacle.replay.recording import Recording


def tell_damage(recording: "Recording", names: list[str]) -> int:
    """Name the damage of each of these journals on stderr; the exit code: 1 if there was some."""
    from pinnacle.replay.health import damage_of

    code = 0
    for name in names:
        report = recording.reader(name, damaged_ok=True).report
        if not (report.corrupt or report.torn_bytes or report.missing_bytes):
            continue
        for found in damage_of(name, recording.journals[name]):
            place = f"{found['file']}, record {found['record']}, byte {found['offset']}"
            click.echo(
                f"error: {name}: {found['problem']} at {place}: {found['detail']}; "
                f"the {report.records} records before it are good",
                err=True,
            )
            code = 1
    return code
