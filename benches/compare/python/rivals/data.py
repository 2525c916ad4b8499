"""Data that the driver wrote: a raw file of little-endian integers a column. Text stays in its file, which every contestant reads itself."""

import numpy


def columns(work, records, path):
    if work in ("words", "stations"):
        return {}
    types = {"key": "<u4", "value": "<u8"} if work == "keyed" else {"n": "<u8"}
    read = {name: numpy.fromfile(f"{path}/{name}", dtype=kind) for name, kind in types.items()}
    for name, column in read.items():
        assert len(column) == records, f"{name}: {len(column)} records"
    return read
