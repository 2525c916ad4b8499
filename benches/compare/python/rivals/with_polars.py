"""polars: lazy frames over a frame in memory, or over the file. Its threads are as many as the cores by default."""

import polars

VERSION = polars.__version__
OFFERED = {"sum", "keyed", "sort", "collect", "filter", "top", "words", "stations"}


def load(work, columns, path):
    frame = polars.DataFrame(columns).lazy()
    n = polars.col("n")
    degrees = polars.col("degrees")
    query = {
        "sum": lambda: frame.select(n.sum()),
        "keyed": lambda: frame.group_by("key").agg(polars.col("value").sum()),
        "sort": lambda: frame.sort("n"),
        "collect": lambda: frame.select(n * 3 + 1),
        "filter": lambda: frame.filter(n % 3 != 0),
        "top": lambda: frame.top_k(10, by="n").sort("n", descending=True),
        "words": lambda: polars.scan_lines(path)
        .select(word=polars.col("line").str.split(" ").explode())
        .filter(polars.col("word") != "")
        .group_by("word")
        .agg(polars.len()),
        "stations": lambda: polars.scan_csv(
            path, separator=";", has_header=False, schema={"station": polars.String, "degrees": polars.Float64}
        )
        .group_by("station")
        .agg(least=degrees.min(), mean=degrees.mean(), most=degrees.max(), count=polars.len()),
    }[work]
    # The streaming engine was the faster one on two cores, this work apart.
    engine = "in-memory" if work == "collect" else "streaming"
    return lambda: query().collect(engine=engine)


def columns(frame):
    return [column.to_numpy() for column in frame.get_columns()]
