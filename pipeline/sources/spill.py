"""Tables on their way from a source that can be read only once, or only as a whole: kept in files, not in memory."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

import pyarrow as pa


class Spill:
    """Writes tables of one schema into an Arrow file (IPC, LZ4), read back table by table, any number of times.

    The folder is the caller's: a temporary one that goes away with its owner.
    """

    def __init__(self, path: Path, schema: pa.Schema) -> None:
        self._path = path
        self.schema = schema
        self.rows = 0
        options = pa.ipc.IpcWriteOptions(compression="lz4")
        self._writer = pa.ipc.new_file(str(path), schema, options=options)

    def add(self, table: pa.Table) -> None:
        """Append a table."""
        self._writer.write_table(table)
        self.rows += table.num_rows

    def close(self) -> None:
        """End writing; only now it can be read."""
        self._writer.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def tables(self, columns: tuple[str, ...]) -> Iterator[pa.Table]:
        """What was added, in order, with these columns only."""
        wanted = [self.schema.get_field_index(name) for name in columns]
        options = pa.ipc.IpcReadOptions(included_fields=sorted(set(wanted)))
        with pa.OSFile(str(self._path)) as source:
            file = pa.ipc.open_file(source, options=options)
            for number in range(file.num_record_batches):
                yield pa.Table.from_batches([file.get_batch(number)]).select(list(columns))
