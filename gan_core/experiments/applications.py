"""Applications of GANs that can be trained here: input, output, and the part that is made up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from gan_core.config import RunConfig
from gan_core.config.presets import preset

__all__ = ["ALONE", "APPLICATIONS", "Application", "Way"]

Way = Literal["make", "edit", "restore", "write", "play"]


ALONE: Final[Mapping[str, float]] = {"adversarial": 0.0, "reconstruction_z": 1, "z_reward": 0.0}
"""Changes of a preset for the reconstruction alone."""


@dataclass(frozen=True)
class Application:
    """An application of GANs.

    Attributes:
        title: Its name.
        goes_in: What is given.
        comes_out: What is made.
        made_up: What of it nobody gave.
        way: How it is used: making, editing or restoring pictures, writing words, playing sounds.
        presets: Presets that train it, the quickest first.
        sentence: What to try, in a sentence.
    """

    title: str
    goes_in: str
    comes_out: str
    made_up: str
    way: Way
    presets: tuple[str, ...]
    sentence: str

    def sides(self, name: str, seed: int) -> dict[str, RunConfig]:
        """Make two configs to be trained in lockstep: the reconstruction alone, and with the game.

        Args:
            name: One of the presets of an application that restores.
            seed: Of both.
        """
        with_game = preset(name).changed({"seed": seed})
        return {"L1 alone": with_game.changed(ALONE), "L1 + GAN": with_game}


APPLICATIONS: Final[Mapping[str, Application]] = {
    "generation": Application(
        "Image generation",
        "Noise: some numbers at random, and no picture.",
        "A picture like those that G was trained to imitate.",
        "All of it.",
        "make",
        ("digits", "digits-conditional", "mnist-dcgan"),
        "Other noise, another picture. Is it new? Under each stands the training picture that is nearest to it.",
    ),
    "editing": Application(
        "Image editing",
        "A picture, and a direction of the latent space to move in.",
        "The same picture with one thing changed: bolder, rounder, another class.",
        "Whatever inversion could not find in the picture: G draws what it knows instead.",
        "edit",
        ("digits", "digits-conditional"),
        "Choose a digit, upload one or draw it; G seeks the z that makes it, and then z is moved.",
    ),
    "super-resolution": Application(
        "Super-resolution",
        "A picture of half the size.",
        "A picture of the full size.",
        "Three of four numbers: how each mean of 2 × 2 pixels is spread over them.",
        "restore",
        ("digits-sr", "photos-sr"),
        "Enlarge a digit, or a picture of your own, and compare it with bicubic curves and with the truth.",
    ),
    "denoising": Application(
        "Denoising",
        "A picture under noise.",
        "The picture without it.",
        "All that the noise has drowned: faint lines, and the exact grey of every pixel.",
        "restore",
        ("digits-denoise",),
        "Clean a digit, and compare it with a median filter and with Wiener's.",
    ),
    "inpainting": Application(
        "Editing: fill a hole",
        "A picture of which a quarter is missing.",
        "The whole picture; what was there stays as it is.",
        "Everything in the hole. Another z fills it otherwise.",
        "restore",
        ("digits-inpaint",),
        "Cut a hole into a digit and see several fillings side by side.",
    ),
    "sound": Application(
        "Sound: notes to play",
        "Noise; and a melody, if you like.",
        "Short sounds like those that G was trained on: eight notes.",
        "The whole wave: its pitch, its attack, how it dies away.",
        "play",
        ("notes", "notes-collapse"),
        "Write a melody and hear it out of G's sounds and out of real ones; a G that has collapsed leaves gaps in it.",
    ),
    "text": Application(
        "Text: new words",
        "Noise; and how a word is to begin, if you like.",
        "Words like those that G was trained on, or sentences of a small grammar.",
        "All letters. Some words are real, some could be, and G knows what none of them means.",
        "write",
        ("words", "words-collapse", "grammar"),
        "Read what G writes, ask for words that begin with letters of yours, and see how near each is to a real one.",
    ),
}
"""Every application by its name, in the order of the page."""
