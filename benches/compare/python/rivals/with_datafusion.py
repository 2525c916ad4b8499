"""datafusion: record batches in memory, a partition a core, or the file, and one statement of SQL; the result is Arrow record batches."""

import os

import datafusion
import numpy
import pyarrow

VERSION = datafusion.__version__
CORES = os.cpu_count()
# How many records its own operators put into a batch by default.
BATCH = 8192

# A bare literal is an Int64, next to which it makes a UInt64 a decimal.
ONE, THREE, ZERO = (f"arrow_cast({number}, 'UInt64')" for number in (1, 3, 0))
QUERIES = {
    "sum": "SELECT sum(n) FROM data",
    "keyed": "SELECT key, sum(value) FROM data GROUP BY key",
    "sort": "SELECT n FROM data ORDER BY n",
    "collect": f"SELECT n * {THREE} + {ONE} FROM data",
    "filter": f"SELECT n FROM data WHERE n % {THREE} <> {ZERO}",
    "top": "SELECT n FROM data ORDER BY n DESC LIMIT 10",
    "words": "SELECT word, count(*) FROM (SELECT unnest(string_to_array(line, ' ')) AS word FROM data) WHERE word <> '' GROUP BY word",
    "stations": "SELECT station, min(degrees), avg(degrees), max(degrees), count(*) FROM data GROUP BY station",
}
OFFERED = set(QUERIES)
LINE = pyarrow.schema([("line", pyarrow.string_view())])
ROW = pyarrow.schema([("station", pyarrow.string_view()), ("degrees", pyarrow.float64())])


def load(work, columns, path):
    context = datafusion.SessionContext(datafusion.SessionConfig().with_target_partitions(CORES))
    if work == "words":
        context.register_csv("data", path, options=reading(LINE, "\x01"))
    elif work == "stations":
        context.register_csv("data", path, options=reading(ROW, ";"))
    else:
        batches = pyarrow.table(columns).to_batches(max_chunksize=BATCH)
        share = -(-len(batches) // CORES)
        context.register_record_batches("data", [batches[at : at + share] for at in range(0, len(batches), share)])
    query = QUERIES[work]
    # Partitions are not merged, so that they stay in order.
    return lambda: [batch for part in context.sql(query).collect_partitioned() for batch in part]


def reading(schema, delimiter):
    return datafusion.CsvReadOptions(schema=schema, has_header=False, delimiter=delimiter, quote="\x02", file_extension="")


def columns(batches):
    filled = [batch for batch in batches if batch.num_rows]
    return [numpy.concatenate([batch.column(i).to_numpy(zero_copy_only=False) for batch in filled]) for i in range(filled[0].num_columns)]
