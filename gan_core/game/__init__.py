"""The game: objectives, regularisers, optimizers, networks and methods that make a GAN."""
