"""Records: plain values that a run leaves behind, in NumPy and bytes; nothing here knows PyTorch."""
