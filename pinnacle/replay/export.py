"""A journal in the formats of other tools: .npy, .csv, .parquet.

    npy      every field as it is in the journal: dtype EVENT, opened again with np.load(mmap_mode)
    csv      one line a record: names, decimals; raw ticks and lots without an instrument list.
             The columns of numbers hold one in every row, 0 where a record has none, so that no
             reader takes whole numbers for floats and loses their digits
    parquet  the fields as integers, enums as dictionaries of their names, the instrument list in
             the file's metadata under "instruments"

The file appears under its name when it is whole.
"""

import csv
import io
import json
from collections.abc import Mapping
from enum import IntEnum
from pathlib import Path
from typing import IO, Any

import numpy as np

from pinnacle.core.errors import UsageError
from pinnacle.core.instruments import Instrument
from pinnacle.core.journal_reader import JournalReader
from pinnacle.core.output import output
from pinnacle.core.schema import EVENT, Kind, Reason, Side, Source, Venue
from pinnacle.replay.readable import COLUMNS, rows
from pinnacle.replay.summary import Progress

_NUMBERS = dict.fromkeys(
    (
        *("venue_ns", "price", "quantity", "order_id", "aux", "monotonic_ns", "wall_ns"),
        *("epoch", "records_before", "ring_created_ns", "cursor"),
    ),
    0,
)
_ENUMS = {"kind": Kind, "side": Side, "reason": Reason, "venue_id": Venue, "source": Source}

Table = Mapping[int, Instrument] | None


def export_journal(
    reader: JournalReader, kind: str, out: Path, instruments: Table, progress: Progress
) -> int:
    """Write all records of a journal to `out`; returns their number.

    UsageError if the format's library is not installed or `out` cannot be written.
    """
    write = {"npy": _write_npy, "csv": _write_csv, "parquet": _write_parquet}[kind]
    with output(out) as file:
        write(reader, file, instruments, progress)
    return len(reader)


def _write_npy(reader: JournalReader, file: IO[bytes], _: Table, progress: Progress) -> None:
    header = {"descr": np.lib.format.dtype_to_descr(EVENT), "fortran_order": False}
    np.lib.format.write_array_header_1_0(file, header | {"shape": (len(reader),)})
    for chunk in reader.chunks():
        file.write(chunk.data)
        progress(len(chunk))


def _write_csv(
    reader: JournalReader, file: IO[bytes], instruments: Table, progress: Progress
) -> None:
    text = io.TextIOWrapper(file, "utf-8", newline="")
    try:
        writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
        writer.writeheader()
        index = 0
        for chunk in reader.chunks():
            for row in rows(chunk, index, np.arange(len(chunk)), instruments):
                row["flags"] = "|".join(row.get("flags", ()))
                writer.writerow(_NUMBERS | row)
            index += len(chunk)
            progress(len(chunk))
    finally:
        text.detach()


def _arrow() -> Any:
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError:
        raise UsageError(
            "parquet needs pyarrow, which the extra `export` brings: "
            "pip install 'pinnacle-mm[export]'"
        ) from None
    return pyarrow


def _arrow_table(arrow: Any, chunk: np.ndarray, metadata: dict[str, str]) -> Any:
    columns = {}
    for name in EVENT.names or ():
        if name == "commit":
            continue
        values = np.ascontiguousarray(chunk[name])
        columns[name] = _dictionary(arrow, values, _ENUMS[name]) if name in _ENUMS else values
    return arrow.table(columns, metadata=metadata)


def _dictionary(arrow: Any, values: np.ndarray, kind: type[IntEnum]) -> Any:
    names = [str(value) for value in range(max(max(kind), int(values.max(initial=0))) + 1)]
    for member in kind:
        names[member] = member.name.lower()
    return arrow.DictionaryArray.from_arrays(values.astype(np.int32), names)


def _write_parquet(
    reader: JournalReader, file: IO[bytes], instruments: Table, progress: Progress
) -> None:
    arrow = _arrow()
    metadata = {"instruments": json.dumps(_described(instruments))}
    schema = _arrow_table(arrow, np.empty(0, EVENT), metadata).schema
    with arrow.parquet.ParquetWriter(file, schema) as writer:
        for chunk in reader.chunks():
            writer.write_table(_arrow_table(arrow, chunk, metadata))
            progress(len(chunk))


def _described(instruments: Table) -> list[dict[str, Any]]:
    return [
        {
            "instrument_id": row.instrument_id,
            "symbol": row.label,
            "tick_size": str(row.tick.size),
            "lot_size": str(row.lot.size),
        }
        for row in (instruments or {}).values()
    ]
