"""The Apply page: applications as cards, and the chosen one put to use beside what one would do without a GAN."""
