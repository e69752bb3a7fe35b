# /// script
# requires-python = ">=3.11"
# dependencies = ["pyarrow==26.0.1"]
# ///
"""Makes the Parquet files of bench/data.ts, and reads them as Python programs do, for comparison.

    uv run --script bench/data_peer.py make RECORDS ROWS OUT {groups|whole|text}
    uv run --script bench/data_peer.py read FILE {whole|columns} STARS SAMPLE
"""

import json
import random
import resource
import sys
import time


def make(records: str, rows: str, out: str, form: str) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    with open(records, encoding="utf-8") as lines:
        known = [json.loads(line) for line in lines if line.strip()]
    made = []
    for i in range(int(rows)):
        record = known[i % len(known)]
        # As in a data set: a repository's instances share their tests, and nothing else.
        row = {**record, "instance_id": f"{record['instance_id']}.{i}", "stars": i % 100}
        row["patch"] = record["patch"] + f"# {i}\n"
        row["problem_statement"] = f"{record.get('problem_statement') or ''} ({i})"
        for field in ("FAIL_TO_PASS", "PASS_TO_PASS"):
            row[field] = json.dumps(record[field]) if form == "text" else record[field]
        made.append(row)
    table = pa.Table.from_pylist(made)
    group = 1000 if form == "groups" else int(rows)
    pq.write_table(table, out, row_group_size=group, compression="snappy" if form == "groups" else "zstd")
    print(json.dumps({"bytes": table.nbytes}))


def read(path: str, how: str, stars: str, sample: str) -> None:
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    started, used = time.perf_counter(), time.process_time()
    if how == "whole":
        rows = [row for row in pq.read_table(path).to_pylist() if row["stars"] >= int(stars)]
        found = random.Random(0).sample(rows, min(int(sample), len(rows)))
    else:
        meeting = pc.indices_nonzero(pc.greater_equal(pq.read_table(path, columns=["stars"])["stars"], int(stars)))
        positions = sorted(random.Random(0).sample(meeting.to_pylist(), min(int(sample), len(meeting))))
        found = pq.read_table(path).take(positions).to_pylist()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    times = {"seconds": time.perf_counter() - started, "cpu": time.process_time() - used}
    print(json.dumps({**times, "megabytes": peak, "instances": len(found)}))


if __name__ == "__main__":
    {"make": make, "read": read}[sys.argv[1]](*sys.argv[2:])
