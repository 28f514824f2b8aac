"""Live runs: all threads and processes that train, watch and show a GAN."""
