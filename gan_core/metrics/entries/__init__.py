"""The entries of the table of metrics, by what a metric is computed from."""
