"""Thumbnails for the list of saved runs, made where the runs are; importable without what makes them."""

from __future__ import annotations


def thumbnail(frame: bytes) -> bytes:
    """Make a small PNG from a frame (`gan_core.record.frame`)."""
    from gan_core.export import pictures  # late: Pillow, which no first page needs

    return pictures.thumbnail(frame)
