"""Does what the lines on standard input say, and answers each with one line.

    versions                    polars 1.2.3, duckdb 1.2.3
    load WORK RECORDS PATH      polars duckdb                   who offers the work; its data are in memory from now on
    run RIVAL                   NANOSECONDS CHECKSUM
    drop                        done
"""

import importlib
import sys
import time
import traceback

from . import answers, data

RIVALS = {name: importlib.import_module(f".with_{name}", __package__) for name in ("polars", "duckdb", "datafusion")}


class Host:
    """What is loaded at the moment: one work, for each rival that offers it."""

    def __init__(self):
        self.work = ""
        self.loaded = {}

    def versions(self):
        return ", ".join(f"{name} {rival.VERSION}" for name, rival in RIVALS.items())

    def load(self, work, records, path):
        columns = data.columns(work, int(records), path)
        self.work = work
        self.loaded = {name: rival.load(work, columns, path) for name, rival in RIVALS.items() if work in rival.OFFERED}
        return " ".join(self.loaded)

    def run(self, name):
        job = self.loaded[name]
        began = time.perf_counter_ns()
        result = job()
        elapsed = time.perf_counter_ns() - began
        return f"{elapsed} {answers.checksum(self.work, RIVALS[name].columns(result))}"

    def drop(self):
        self.loaded = {}
        return "done"


def main():
    host = Host()
    for line in sys.stdin:
        verb, *words = line.rstrip("\n").split(" ", 3)
        try:
            answer = getattr(host, verb)(*words)
        except Exception as error:
            traceback.print_exc()
            answer = f"failed: {error!r}".replace("\n", " ")
        print(answer, flush=True)


main()
