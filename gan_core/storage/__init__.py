"""Storage: checkpoints, autosaves and the recorded runs that come with the app."""
