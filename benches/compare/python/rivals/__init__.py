"""The rivals that are used from Python: one a file, all answering the same lines on standard input."""
