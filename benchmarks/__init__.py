"""Benchmarks: what ``make bench`` runs. Each prints a table and, with ``--json FILE``, writes the same as a record."""
