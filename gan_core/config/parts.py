"""The parts of a config: data, penalties, networks."""

from __future__ import annotations

from typing import Any

from pydantic import model_validator

from gan_core.config.knobs import Frozen, knob
from gan_core.config.names import (
    ACTIVATION_WORDS,
    ARTICLE_WIDTHS_D,
    ARTICLE_WIDTHS_G,
    CONDITION_RULES,
    DATA_RULES,
    MAXOUT_PIECES,
    NETWORK_WORDS,
    UPSAMPLING_WORDS,
    ActivationName,
    ConditionName,
    DataName,
    GeneratorKind,
    LettersName,
    MinibatchName,
    NetworkKind,
    NormName,
    RegulariserName,
    SampleKind,
    UpsamplingName,
)


class DataConfig(Frozen):
    """The data that the GAN imitates; they are named, never given by path."""

    name: DataName = knob("digits", "data set", "What the generator is to imitate.", "data")
    hash: str = knob(
        "",
        "content hash",
        "Which data of your own: the SHA-256 of their content, as the upload says it.",
        "data",
        pattern="^([0-9a-f]{64})?$",
    )
    size: int = knob(32, "image size", "Side of your own images after the resize, in pixels.", "data", ge=8, le=64)
    colour: bool = knob(False, "colour", "Your own images in colour; off is grey.", "data")
    flip: bool = knob(
        False, "flip", "Mirror each image left to right with probability ½: more variety from few images.", "data"
    )
    classes: int = knob(
        0, "classes", "How many classes your own images have, a folder each; conditional needs it.", "data", ge=0, le=20
    )
    held_out: float = knob(
        0.0,
        "held out",
        "Share of your own images, sounds or words that no player sees, of each class alike: with it copies can be "
        "told from luck.",
        "data",
        ge=0,
        le=0.5,
    )
    balanced: bool = knob(
        False,
        "balanced sampling",
        "Draw images of all classes equally often, however many each has; needs data with labels.",
        "data",
    )

    length: int = knob(
        8,
        "letters of a word",
        "Letters of the longest of your own words; shorter ones are filled up.",
        "data",
        ge=1,
        le=16,
    )
    letters: int = knob(
        27,
        "alphabet",
        "Different signs in your own words, the blank included, as the upload says it.",
        "data",
        ge=2,
        le=250,
    )

    condition: ConditionName = knob(
        "none",
        "condition",
        "What is left of a real image is told to both players, and G makes an image of it: half-size or quarter-size "
        "(super-resolution), noisy (denoising), missing-quarter (inpainting).",
        "data",
    )
    noise: float = knob(
        0.6,
        "noise of the condition",
        "Standard deviation of the noise on the noisy image; pixels lie in [-1, 1].",
        "data",
        ge=0.01,
        le=2,
    )

    @property
    def condition_shape(self) -> tuple[int, ...]:
        """Shape of a sample's condition, that of the sample with a map more if something is missing; () without one."""
        rules = CONDITION_RULES.get(self.condition)
        if rules is None:
            return ()
        first, *rest = self.shape
        return (first + rules.masked, *rest)

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of one sample; of images (channels, height, width)."""
        rules = DATA_RULES[self.name]
        if rules.own and rules.kind == "images":
            return (3 if self.colour else 1, self.size, self.size)
        if rules.own and rules.kind == "text":
            return (self.length, self.letters)
        return rules.shape

    @property
    def kind(self) -> SampleKind:
        """Kind of the samples."""
        return DATA_RULES[self.name].kind

    @property
    def n_classes(self) -> int:
        """Number of classes that the data have; 0 if they have no labels."""
        rules = DATA_RULES[self.name]
        return self.classes if rules.own and rules.kind == "images" else rules.classes


class Regularisation(Frozen):
    """One penalty on D: its name, its weight, and how often it is applied; as text ``name`` or ``name:weight``."""

    @model_validator(mode="before")
    @classmethod
    def _from_words(cls, given: Any) -> Any:
        if not isinstance(given, str):
            return given
        name, colon, weight = given.partition(":")
        return {"name": name} | ({"weight": weight} if colon else {})

    name: RegulariserName = knob("r1_r2", "penalty", "A penalty on how steep D may be.", "game")
    weight: float = knob(
        0.1,
        "penalty weight",
        "How strongly D's steepness is punished: the paper's γ or λ.",
        "game",
        live=True,
        log=True,
        ge=0,
        le=1000,
    )
    every: int = knob(
        1,
        "penalty every k updates",
        "Apply k times the weight at every k-th D update, which is cheaper.",
        "game",
        live=True,
        advanced=True,
        ge=1,
        le=64,
    )


def _pieces(kind: GeneratorKind, activation: ActivationName) -> int:
    return MAXOUT_PIECES if kind == "mlp" and activation == "maxout" else 1


class GeneratorConfig(Frozen):
    """The generator: noise in, sample out."""

    kind: GeneratorKind = knob(
        "mlp",
        "generator",
        "mlp: as set below; article: 256-512-1024, ReLU, as in the article; dcgan: convolutions, batch norm, ReLU, "
        "for images; residual: convolutions that correct what a condition leaves of an image; wavegan: convolutions "
        "in one dimension, for sounds.",
        "generator",
        words=NETWORK_WORDS,
    )
    width: int = knob(
        128,
        "G width",
        "Units in each hidden layer; dcgan: channels of its smallest maps, halved with each doubling of the side.",
        "generator",
        log=True,
        ge=1,
        le=1024,
    )
    depth: int = knob(2, "G hidden layers", "Number of hidden layers.", "generator", ge=0, le=8)
    activation: ActivationName = knob(
        "relu",
        "G activation",
        "What each hidden unit does to its sum; maxout gives the largest of five sums.",
        "generator",
        advanced=True,
        words=ACTIVATION_WORDS,
    )
    norm: NormName = knob(
        "none", "G normalisation", "Batch norm in the hidden layers, or none.", "generator", advanced=True
    )
    upsampling: UpsamplingName = knob(
        "transposed",
        "G upsampling",
        "dcgan: what doubles the side of its maps. Transposed convolutions can leave a checkerboard; resize repeats "
        "each cell and convolves, which leaves none (Odena et al. 2016).",
        "generator",
        advanced=True,
        words=UPSAMPLING_WORDS,
    )

    letters: LettersName = knob(
        "softmax",
        "G letters",
        "Of words: softmax gives D a share for each letter at each place; straight-through gives it one letter, the "
        "likeliest, and G the gradient of the shares.",
        "generator",
    )
    temperature: float = knob(
        1.0,
        "G temperature",
        "Of words: what the numbers of the letters are divided by before the softmax; low makes one letter win.",
        "generator",
        advanced=True,
        log=True,
        ge=0.05,
        le=10,
    )
    z_gain: float = knob(
        1.0,
        "G first weights of z",
        "residual: what the first weights of z are multiplied by. Where the condition says nearly all, noise as strong "
        "as it drowns the little that is to be corrected.",
        "generator",
        advanced=True,
        ge=0,
        le=1,
    )

    @property
    def widths(self) -> tuple[int, ...]:
        """Units of the hidden layers of an MLP, in order."""
        return ARTICLE_WIDTHS_G if self.kind == "article" else (self.width,) * self.depth

    @property
    def pieces(self) -> int:
        """Sums of each hidden unit of an MLP: several for maxout."""
        return _pieces(self.kind, self.activation)


class DiscriminatorConfig(Frozen):
    """The discriminator: sample in, one logit out (high means real)."""

    kind: NetworkKind = knob(
        "mlp",
        "discriminator",
        "mlp: as set below; article: 1024-512-256, LeakyReLU 0.2, dropout 0.3; dcgan: convolutions, LeakyReLU 0.2, "
        "for images; wavegan: convolutions in one dimension, for sounds.",
        "discriminator",
        words=NETWORK_WORDS,
    )
    width: int = knob(
        128,
        "D width",
        "Units in each hidden layer; dcgan: channels of its smallest maps, halved with each doubling of the side.",
        "discriminator",
        log=True,
        ge=1,
        le=1024,
    )
    depth: int = knob(2, "D hidden layers", "Number of hidden layers.", "discriminator", ge=0, le=8)
    activation: ActivationName = knob(
        "leaky_relu",
        "D activation",
        "What each hidden unit does to its sum; maxout gives the largest of five sums.",
        "discriminator",
        advanced=True,
        words=ACTIVATION_WORDS,
    )
    norm: NormName = knob(
        "none",
        "D normalisation",
        "Batch norm in the hidden layers, or none. It couples samples, so no penalty goes with it.",
        "discriminator",
        advanced=True,
    )
    dropout: float = knob(
        0.0,
        "D dropout",
        "Share of hidden units switched off at random in each update.",
        "discriminator",
        advanced=True,
        ge=0,
        le=0.9,
    )
    spectral_norm: bool = knob(
        False,
        "spectral norm",
        "Divide each weight by its largest singular value, so that D cannot be steep.",
        "discriminator",
        advanced=True,
    )
    minibatch: MinibatchName = knob(
        "none",
        "minibatch layer",
        "D's last layer is also told how much the samples of a batch differ: by the spread of its features (std) or "
        "by learned distances (discrimination). It helps when G makes too few kinds of samples.",
        "discriminator",
        advanced=True,
    )
    phase_shuffle: int = knob(
        0,
        "phase shuffle",
        "wavegan: shift D's maps by up to so many places at random, so that D cannot tell fakes by their exact phase.",
        "discriminator",
        advanced=True,
        ge=0,
        le=4,
    )
    logit_gain: float = knob(
        1.0,
        "logit gain",
        "D's logit times this. Spectral norm makes D too flat to tell modes apart that lie close together; a gain of "
        "about 30 gives it back its slope.",
        "discriminator",
        advanced=True,
        log=True,
        ge=0.01,
        le=100,
    )

    @property
    def widths(self) -> tuple[int, ...]:
        """Units of the hidden layers of an MLP, in order."""
        return ARTICLE_WIDTHS_D if self.kind == "article" else (self.width,) * self.depth

    @property
    def pieces(self) -> int:
        """Sums of each hidden unit of an MLP: several for maxout."""
        return _pieces(self.kind, self.activation)
