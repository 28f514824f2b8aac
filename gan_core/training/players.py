"""The game: two players, and how each is improved while the other is held fixed.

Each update draws its own data and noise, and each use of chance has its own stream. Nothing here knows of steps that
a person asked for, of time or of pages.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import cast

import torch
from torch import Tensor
from torch.nn.modules.batchnorm import _BatchNorm

from gan_core.config import RunConfig
from gan_core.data import Dataset, degrade, load_data
from gan_core.game import sampling
from gan_core.game.augment import augment
from gan_core.game.constraints import clip_weights
from gan_core.game.ema import EMA
from gan_core.game.methods import (
    Lookahead,
    Replay,
    add_noise,
    feature_matching_loss,
    noise_std,
    pack,
    reconstruction_loss,
    unrolled,
)
from gan_core.game.networks import (
    Weights,
    build_discriminator,
    build_generator,
    count_weights,
    mixes_samples,
    refresh_spectral,
)
from gan_core.game.objectives import OBJECTIVES, RECONSTRUCTION, Objective, smoothed
from gan_core.game.optimizers import OPTIMIZERS
from gan_core.game.penalties import Critic
from gan_core.game.regularisers import REGULARISERS
from gan_core.game.streams import stream, streams
from gan_core.record.history import StepStats

N_NUMBERS_D, N_NUMBERS_G = 9, 2


def objective_of(config: RunConfig) -> Objective:
    """Return the objective that a config plays, with its settings applied."""
    objective = OBJECTIVES[config.objective]
    if config.label_smoothing:
        objective = smoothed(objective, config.label_smoothing)
    if config.feature_matching:
        formula = r"L_G = \lVert E[f(x)] - E[f(G(z))] \rVert^2"
        objective = replace(objective, formula_g=formula, g_optimum=0.0, g_label="0: equal features")
    if config.conditioned and (config.reconstruction or config.adversarial != 1):
        formula = rf"{objective.formula_g} + \lambda {RECONSTRUCTION}"
        # How near one can come to the real images is unknown.
        objective = replace(objective, formula_g=formula, g_optimum=None, g_label="")
    return objective


class Game:
    """Two players, their data and all that their updates depend on.

    Args:
        config: What is played; see `retune` for its live settings.
        device: Where.
        data: In place of the config's own, or None.

    Attributes:
        config: The config now.
        n_steps: Finished steps, counted by the caller; schedules follow them.
        rngs: The random streams by purpose.
        average: The averaged generator, or None if averaging is off.
        n_updates_d: How often D was improved.
        numbers_d: What D's last update gave, on the device; NaN before the first.
        numbers_g: The same for G.
        penalty: What the penalties cost D on average when last computed.

    Raises:
        DataError: If the data cannot be had.
    """

    def __init__(self, config: RunConfig, device: torch.device, data: Dataset | None = None) -> None:
        self.config = config
        self.device = device
        self.data = load_data(config.data) if data is None else data
        self.rngs = streams(config.seed)
        self.generator = build_generator(config, self.rngs).to(device)
        self.discriminator = build_discriminator(config, self.rngs).to(device)
        self.n_weights = count_weights(self.generator), count_weights(self.discriminator)
        self.objective = objective_of(config)
        self.g_weights = Weights(self.generator)
        self.d_weights = Weights(self.discriminator)
        self.opt_g = OPTIMIZERS[config.optimizer_g](self.g_weights.tensors, config.lr_g, config.betas_g)
        self.opt_d = OPTIMIZERS[config.optimizer_d](self.d_weights.tensors, config.lr_d, config.betas_d)
        self._clipped = [
            w
            for module in self.discriminator.modules()
            if not isinstance(module, _BatchNorm)
            for w in module.parameters(recurse=False)
        ]
        if config.conditioned:
            self.rngs["condition"] = stream(config.seed, "condition")
        self._n_samples = config.batch_size * config.packing
        self.replay: Replay | None = None
        if config.replay:
            fakes = torch.Size((self._n_samples, *config.data_shape))
            self.rngs["replay"] = stream(config.seed, "replay")
            self.replay = Replay(config.replay, fakes, self.rngs["replay"], device)
        self.lookahead: Lookahead | None = None
        if config.lookahead:
            self.lookahead = Lookahead(config.lookahead, [*self.g_weights.tensors, *self.d_weights.tensors])
        self._g_looks_at_real = self.objective.g_needs_real or config.feature_matching or config.unroll > 0
        self._joined = not mixes_samples(self.discriminator)
        self._spectral = config.discriminator.spectral_norm and config.discriminator.kind != "article"
        self._is_real = torch.tensor([[True], [False]], device=device)
        self.n_steps = self.n_updates_d = 0
        nothing = torch.full((), math.nan, device=device)
        self.numbers_d = nothing.expand(N_NUMBERS_D)
        self.numbers_g = nothing.expand(N_NUMBERS_G)
        self.penalty = torch.zeros((), device=device)
        self.ema: EMA | None = None
        self.retune(config)

    def retune(self, config: RunConfig) -> None:
        """Play on with other live settings.

        Args:
            config: Differs from the game's in live settings alone.
        """
        self.config = config
        self.opt_g.lr, self.opt_g.betas = config.lr_g, config.betas_g
        self.opt_d.lr, self.opt_d.betas = config.lr_d, config.betas_d
        if config.ema == 0:
            self.ema = None
        elif self.ema is None:
            self.ema = EMA(self.generator, self.g_weights)
        if not config.instance_noise:
            self.rngs.pop("instance_noise", None)
        elif "instance_noise" not in self.rngs:
            self.rngs["instance_noise"] = stream(config.seed, "instance_noise")
        self._disguises = bool(config.augment) or config.packing > 1 or config.instance_noise > 0

    # -- D -----------------------------------------------------------------------------------------------------

    def update_d(self) -> None:
        """Fix G, improve D."""
        config = self.config
        real, *labels = self._sample_real()
        with torch.no_grad():
            fake = self.generator(self._sample_z(), *labels)
        if self.replay is not None:
            fake = self.replay.mixed(fake, config.batch_size // 2 * config.packing)
        real, fake = self._shown(real), self._shown(fake)
        if self._spectral:
            refresh_spectral(self.discriminator)
        critic = self._critic(*labels)
        if self._joined:
            logits = critic(torch.cat((real, fake))).view(2, -1)
            real_logits, fake_logits = logits.unbind()
        else:
            real_logits, fake_logits = critic(real), critic(fake)
            logits = torch.stack((real_logits, fake_logits))
        losses = self.objective.d_loss(real_logits, fake_logits)
        penalised = losses + self._regularise(critic, real, fake) if config.regularisers else losses
        grad_norm = self.d_weights.backward(penalised)
        self.opt_d.step(self.d_weights.gradients)
        if config.clip:
            clip_weights(self._clipped, config.clip)
        self.n_updates_d += 1
        self.numbers_d = self._describe_d(losses.detach(), logits.detach(), grad_norm)

    def _regularise(self, critic: Critic, real: Tensor, fake: Tensor) -> Tensor:
        """Sum the weighted penalties due at this update (lazily: k times the weight at every k-th)."""
        total = torch.zeros((), device=self.device)
        shown = torch.zeros((), device=self.device)
        active = [r for r in self.config.regularisers if r.weight]
        due = not active
        for r in active:
            if self.n_updates_d % r.every:
                continue
            penalty = REGULARISERS[r.name].penalty(critic, real, fake, self.rngs["penalty"]).mean()
            total = total + r.weight * r.every * penalty
            shown += r.weight * penalty.detach()
            due = True
        if due:
            self.penalty = shown
        return total

    def _describe_d(self, losses: Tensor, logits: Tensor, grad_norm: Tensor) -> Tensor:
        """Nine numbers in the order that `read` expects, still on the device."""
        bar = self.objective.threshold
        right = (logits[0] > logits[1]).expand(2, -1) if bar is None else (logits > bar) == self._is_real
        means = torch.cat((losses[None], logits, logits.sigmoid(), right.float())).mean(1)
        return torch.cat((means, torch.stack((self.penalty, grad_norm))))

    # -- G -----------------------------------------------------------------------------------------------------

    def update_g(self) -> None:
        """Fix D, improve G."""
        # A conditional G is asked for classes as often as the data have them: for those of a real batch.
        config = self.config
        if config.conditioned:
            losses = self._conditioned_losses(*self._sample_real())
        else:
            batch = self._sample_real() if self._g_looks_at_real or config.conditional else ()
            fake = self.generator(self._sample_z(), *batch[1:])
            losses = self._adversarial_losses(fake, *batch)
        # By G's weights alone: D is fixed here, and the gradients of its weights are not even computed.
        grad_norm = self.g_weights.backward(losses)
        self.opt_g.step(self.g_weights.gradients)
        if self.lookahead is not None:
            self.lookahead.updated()
        if self.ema is not None:
            self.ema.update(config.ema)
        self.numbers_g = torch.stack((losses.detach().mean(), grad_norm))

    def _conditioned_losses(self, real: Tensor, condition: Tensor) -> Tensor:
        """G's loss for the images that it makes of conditions: the game's, and its reconstruction of the real ones.

        With several z for one condition their mean is compared, and one of them is judged.
        """
        config = self.config
        n_z = config.reconstruction_z if config.reconstruction else 1
        told = condition.repeat(n_z, *(1 for _ in condition.shape[1:]))
        made = self.generator(self._sample_z(n_z), told)
        terms = []
        if config.adversarial:
            terms.append(config.adversarial * self._adversarial_losses(made[: len(real)], real, condition))
        if config.reconstruction:
            of_each = made.view(n_z, *real.shape)
            terms.append(config.reconstruction * reconstruction_loss(real, of_each, config.z_reward))
        return terms[0] if len(terms) == 1 else terms[0] + terms[1]

    def _adversarial_losses(self, fake: Tensor, *batch: Tensor) -> Tensor:
        """G's loss in the game.

        Args:
            fake: Generated samples.
            batch: Real ones, where they are looked at, and what both players are told of them.
        """
        labels, fake = batch[1:], self._shown(fake)
        if self._g_looks_at_real:
            return self._g_losses(self._shown(batch[0]), fake, labels)
        fake_logits = self._critic(*labels)(fake)
        return self.objective.g_loss(fake_logits.detach(), fake_logits)

    def _g_losses(self, real: Tensor, fake: Tensor, labels: Sequence[Tensor]) -> Tensor:
        """G's loss where it looks at real samples as well."""
        config = self.config
        if config.feature_matching:
            features = cast("Callable[..., Tensor]", self.discriminator.features)
            with torch.no_grad():
                target = features(real, *labels)
            return feature_matching_loss(target, features(fake, *labels))
        if config.unroll:
            d = self.discriminator, self.d_weights, self.opt_d, self.objective.d_loss
            critic = unrolled(*d, (real, fake), labels, config.unroll)
            return self.objective.g_loss(critic(real), critic(fake))
        critic = self._critic(*labels)
        fake_logits = critic(fake)
        with torch.no_grad():
            real_logits = critic(real)
        return self.objective.g_loss(real_logits, fake_logits)

    # -- what both need ----------------------------------------------------------------------------------------

    def _sample_real(self) -> tuple[Tensor, ...]:
        """Draw a batch of data; with what both players are told of it: labels or conditions."""
        config = self.config
        batch = sampling.sample_data(self._n_samples, config, self.data, self.rngs["data"])
        if config.conditioned:
            batch = (*batch, degrade(batch[0], config.data, self.rngs["condition"]))
        return tuple(tensor.to(self.device) for tensor in batch)

    def _sample_z(self, times: int = 1) -> Tensor:
        return sampling.sample_prior(times * self._n_samples, self.config, self.rngs["z"]).to(self.device)

    def _shown(self, x: Tensor) -> Tensor:
        """Build D's input from samples, real or generated: most often themselves."""
        return self._disguised(x) if self._disguises else x

    def _disguised(self, x: Tensor) -> Tensor:
        """Augmented, blurred by noise, and packed."""
        config = self.config
        if config.augment:
            x = augment(x, config.augment, self.rngs["augment"])
        if config.instance_noise:
            std = noise_std(config.instance_noise, config.instance_noise_steps, self.n_steps)
            x = add_noise(x, std, self.rngs["instance_noise"])
        return pack(x, config.packing)

    def _critic(self, told: Tensor | None = None) -> Critic:
        """D as a function of what it is shown alone, which is what penalties differentiate by.

        Args:
            told: Classes ``[batch]`` or conditions ``[batch, ...]`` of the real images, and of the generated ones:
                real and fake are pairs.
        """
        if told is None:
            return self.discriminator
        same = (1,) * (told.ndim - 1)
        return lambda x: self.discriminator(x, told.repeat(len(x) // len(told), *same))

    def read(self) -> StepStats:
        """Bring the last updates' numbers to the host, all at once."""
        numbers = torch.cat((self.numbers_d, self.numbers_g)).tolist()
        d_loss, real, fake, real_prob, fake_prob, real_right, fake_right, penalty, d_norm, g_loss, g_norm = numbers
        return StepStats(
            step=self.n_steps,
            d_loss=d_loss,
            g_loss=g_loss,
            penalty=penalty,
            real_logit=real,
            fake_logit=fake,
            real_prob=real_prob,
            fake_prob=fake_prob,
            real_accuracy=real_right,
            fake_accuracy=fake_right,
            d_grad_norm=d_norm,
            g_grad_norm=g_norm,
        )
