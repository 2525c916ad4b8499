"""duckdb: a table in memory, or the file, and one statement of SQL; the result is an Arrow table. Its threads are as many as the cores."""

import duckdb
import pyarrow

VERSION = duckdb.__version__

LINES = "read_csv('{path}', columns = {{'line': 'VARCHAR'}}, delim = '\x01', quote = '', escape = '', header = false, auto_detect = false)"
ROWS = "read_csv('{path}', columns = {{'station': 'VARCHAR', 'degrees': 'DOUBLE'}}, delim = ';', header = false, auto_detect = false)"
QUERIES = {
    "sum": "SELECT sum(n) FROM data",
    "keyed": "SELECT key, sum(value) FROM data GROUP BY key",
    "sort": "SELECT n FROM data ORDER BY n",
    "collect": "SELECT n * 3 + 1 FROM data",
    "filter": "SELECT n FROM data WHERE n % 3 <> 0",
    "top": "SELECT n FROM data ORDER BY n DESC LIMIT 10",
    "words": f"SELECT word, count(*) FROM (SELECT unnest(string_split(line, ' ')) AS word FROM {LINES}) WHERE word <> '' GROUP BY word",
    "stations": f"SELECT station, min(degrees), avg(degrees), max(degrees), count(*) FROM {ROWS} GROUP BY station",
}
OFFERED = set(QUERIES)
ORDERED = {"sort", "collect", "top"}


def load(work, columns, path):
    connection = duckdb.connect()
    # Costs time, so only where the order of the result matters.
    connection.execute(f"SET preserve_insertion_order = {str(work in ORDERED).lower()}")
    if columns:
        connection.register("source", pyarrow.table(columns))
        connection.execute("CREATE TABLE data AS SELECT * FROM source")
        connection.unregister("source")
    query = QUERIES[work].format(path=path)
    return lambda: connection.sql(query).to_arrow_table()


def columns(table):
    return [column.to_numpy() for column in table.columns]
