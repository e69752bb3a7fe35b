# /// script
# requires-python = ">=3.11"
# dependencies = ["pyarrow==26.0.1"]
# ///
"""Makes the Parquet files of this folder from records.jsonl, in the ways that writers differ: `uv run --script make.py`."""

import datetime
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

HERE = Path(__file__).parent
RECORDS = [json.loads(line) for line in (HERE / "records.jsonl").read_text().splitlines()]


def table(lists_as_text: bool = False) -> pa.Table:
    rows = []
    for record in RECORDS:
        row = dict(record)
        row["created_at"] = datetime.datetime.fromisoformat(record["created_at"])
        for field in ("FAIL_TO_PASS", "PASS_TO_PASS"):
            if lists_as_text:
                row[field] = json.dumps(record[field])
        rows.append(row)
    return pa.Table.from_pylist(rows)


pq.write_table(table(), HERE / "snappy-groups.parquet", compression="snappy", row_group_size=3)
pq.write_table(
    table(), HERE / "zstd-pages.parquet", compression="zstd", data_page_version="2.0", write_page_index=True, data_page_size=512,
    write_batch_size=2, max_rows_per_page=2,
)
pq.write_table(table(lists_as_text=True), HERE / "gzip-text.parquet", compression="gzip", use_dictionary=False, data_page_size=512, write_batch_size=2)
pq.write_table(table().slice(0, 0), HERE / "empty.parquet")
