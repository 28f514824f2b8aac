"""Experiments: recipes, failures and cures, published protocols, sweeps and lessons."""
