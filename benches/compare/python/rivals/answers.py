"""Checksums as in `src/answer.rs`, out of the columns of a result."""

import numpy

MASK = (1 << 64) - 1
A = 0x9E3779B97F4A7C15
B = 0xC2B2AE3D27D4EB4F


def checksum(work, columns):
    return CHECKSUMS[work](*columns)


def total(column):
    return int(column[0])


def sequence(column):
    """Of values in order."""
    column = column.astype(numpy.uint64, copy=False)
    odd = numpy.arange(len(column), dtype=numpy.uint64) * numpy.uint64(2) + numpy.uint64(1)
    return int((column * odd).sum(dtype=numpy.uint64))


def bag(column):
    """Of values in any order."""
    column = column.astype(numpy.uint64, copy=False)
    return int(((column ^ (column >> numpy.uint64(29))) * numpy.uint64(A)).sum(dtype=numpy.uint64))


def keyed(keys, sums):
    keys = keys.astype(numpy.uint64) * numpy.uint64(A)
    sums = sums.astype(numpy.uint64) * numpy.uint64(B)
    return int((keys ^ sums).sum(dtype=numpy.uint64))


def words(names, counts):
    return sum(name(word) * (2 * int(count) + 1) for word, count in zip(names, counts)) & MASK


def stations(names, least, mean, most, count):
    """Temperatures in tenths of a degree; the sum out of the mean, which is exact since rounded."""
    result = 0
    for station, low, average, high, rows in zip(names, least, mean, most, count):
        low, high, rows = round(low * 10), round(high * 10), int(rows)
        result += name(station) * (2 * (7 * low + 11 * high + 13 * round(average * rows * 10) + 17 * rows) + 1)
    return result & MASK


def name(text):
    """FNV-1a of a string."""
    value = 0xCBF29CE484222325
    for byte in text.encode():
        value = (value ^ byte) * 0x100000001B3 & MASK
    return value


CHECKSUMS = {
    "sum": total,
    "keyed": keyed,
    "sort": sequence,
    "collect": sequence,
    "filter": bag,
    "top": sequence,
    "words": words,
    "stations": stations,
}
