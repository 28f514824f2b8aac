"""The trainer: the only mutable thing in the maths.

`Trainer.step` is the algorithm: ``d_steps`` updates of D with G held fixed, then ``g_steps`` updates of G with D
held fixed. Each update draws its own data and noise. Nothing here knows of threads, time or pages.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from gan_core import view
from gan_core.augment import augment
from gan_core.config import Intervention, RunConfig, parse_config
from gan_core.constraints import clip_weights
from gan_core.data import load_data
from gan_core.errors import CheckpointError
from gan_core.history import History, StepStats
from gan_core.moment import MAX_MARKS, Moment
from gan_core.networks import (
    Weights,
    build_discriminator,
    build_generator,
    count_weights,
    mixes_samples,
    refresh_spectral,
)
from gan_core.objectives import OBJECTIVES
from gan_core.optimizers import OPTIMIZERS
from gan_core.regularisers import REGULARISERS, Critic
from gan_core.snapshot import Snapshot
from gan_core.streams import streams

Which = Literal["ema", "raw"]


class Trainer:
    """A GAN in training.

    Equal configs and interventions give equal numbers, bit for bit, on one device.

    Args:
        config: What to train.
        interventions: What was done to the run that this one is to repeat; each is applied when its step is
            reached.
        device: Where to train, such as ``"cpu"`` or ``"cuda"``.

    Attributes:
        initial_config: The config that the run began with.
        config: The config now, live changes included.
        interventions: What was done so far.
        generator: ``[batch, latent_dim]`` to samples; labels ``[batch]`` are its second argument if conditional.
        discriminator: Samples to logits ``[batch]``; likewise.
        ema: The averaged generator, in eval mode, or None if averaging is off.
        history: Every step's numbers.
        stats: The last step's numbers, or None.

    Raises:
        DataError: If the data cannot be had.
    """

    def __init__(
        self,
        config: RunConfig,
        *,
        interventions: Sequence[Intervention] = (),
        device: str | torch.device = "cpu",
    ) -> None:
        self.initial_config = self.config = config
        self.interventions: list[Intervention] = []
        self._pending = sorted(interventions, key=lambda i: i.step)
        self.device = torch.device(device)
        self.data = load_data(config.data)
        self._rngs = streams(config.seed)
        self.generator = build_generator(config, self._rngs).to(self.device)
        self.discriminator = build_discriminator(config, self._rngs).to(self.device)
        self._objective = OBJECTIVES[config.objective]
        self._g_weights = Weights(self.generator)
        self._d_weights = Weights(self.discriminator)
        self._clipped = [
            w
            for module in self.discriminator.modules()
            if not isinstance(module, _BatchNorm)
            for w in module.parameters(recurse=False)
        ]
        self._opt_g = OPTIMIZERS[config.optimizer_g](self._g_weights.tensors, config.lr_g, config.betas_g)
        self._opt_d = OPTIMIZERS[config.optimizer_d](self._d_weights.tensors, config.lr_d, config.betas_d)
        self._n_weights = count_weights(self.generator), count_weights(self.discriminator)
        self._joined = not mixes_samples(self.discriminator)
        self._spectral = config.discriminator.spectral_norm and config.discriminator.kind != "article"
        self.ema: nn.Module | None = None
        self._ema_updates = 0
        self._set_ema()
        self._d_updates = 0
        self._step = 0
        self._is_real = torch.tensor([[True], [False]], device=self.device)
        nothing = torch.full((), math.nan, device=self.device)
        self._d_numbers = nothing.expand(9)
        self._g_numbers = nothing.expand(2)
        self._penalty = torch.zeros((), device=self.device)
        self.history = History()
        self.stats: StepStats | None = None
        self._fixed = view.fix(config, self.data, self._rngs["shown"]).to(self.device)

    # -- the algorithm ---------------------------------------------------------------------------------------

    @property
    def step_count(self) -> int:
        """Finished steps."""
        return self._step

    def step(self) -> StepStats:
        """One training iteration: D's updates, then G's.

        Returns:
            The step's numbers. If they are not finite the run has diverged; they are then kept out of the
            history.
        """
        for _ in self.halves():
            pass
        assert self.stats is not None
        return self.stats

    def halves(self) -> Iterator[Literal["d", "g"]]:
        """One step in two halves: yields after D's updates and after G's; exhaust it to finish the step."""
        self._replay()
        for _ in range(self.config.d_steps):
            self._update_d()
        yield "d"
        for _ in range(self.config.g_steps):
            self._update_g()
        self._step += 1
        self.stats = self._read()
        if self.stats.finite:
            self.history.add(self.stats)
        yield "g"

    def step_d(self) -> StepStats:
        """One lone update of D, recorded as an intervention; the step number stays.

        Returns:
            The numbers now, G's being those of its last update (NaN before the first).
        """
        return self._lone("d")

    def step_g(self) -> StepStats:
        """One lone update of G, recorded as an intervention; the step number stays.

        Returns:
            The numbers now, D's being those of its last update (NaN before the first).
        """
        return self._lone("g")

    def _lone(self, player: Literal["d", "g"]) -> StepStats:
        self._replay()
        self._apply(Intervention(step=self._step, update=player))
        return self._read()

    def _update_d(self) -> None:
        """Fix G, improve D."""
        config = self.config
        real, *labels = self._sample_real()
        with torch.no_grad():
            fake = self.generator(self._sample_z(), *labels)
        real, fake = self._augment(real), self._augment(fake)
        if self._spectral:
            refresh_spectral(self.discriminator)
        critic = self._critic(*labels)
        if self._joined:
            logits = critic(torch.cat((real, fake))).view(2, -1)
            real_logits, fake_logits = logits.unbind()
        else:
            real_logits, fake_logits = critic(real), critic(fake)
            logits = torch.stack((real_logits, fake_logits))
        losses = self._objective.d_loss(real_logits, fake_logits)
        penalised = losses + self._regularise(critic, real, fake) if config.regularisers else losses
        grad_norm = self._d_weights.backward(penalised)
        self._opt_d.step(self._d_weights.gradients)
        if config.clip:
            clip_weights(self._clipped, config.clip)
        self._d_updates += 1
        self._d_numbers = self._describe_d(losses.detach(), logits.detach(), grad_norm)

    def _update_g(self) -> None:
        """Fix D, improve G."""
        # A conditional G is asked for classes as often as the data have them: for those of a real batch.
        needs_real = self._objective.g_needs_real
        batch = self._sample_real() if needs_real or self.config.conditional else ()
        labels = batch[1:]
        fake = self.generator(self._sample_z(), *labels)
        critic = self._critic(*labels)
        fake_logits = critic(self._augment(fake))
        if needs_real:
            with torch.no_grad():
                real_logits = critic(self._augment(batch[0]))
        else:
            real_logits = fake_logits.detach()
        losses = self._objective.g_loss(real_logits, fake_logits)
        # By G's weights alone: D is fixed here, and the gradients of its weights are not even computed.
        grad_norm = self._g_weights.backward(losses)
        self._opt_g.step(self._g_weights.gradients)
        self._average()
        self._g_numbers = torch.stack((losses.detach().mean(), grad_norm))

    def _critic(self, labels: Tensor | None = None) -> Critic:
        """D as a function of images alone, which is what penalties differentiate by.

        Args:
            labels: Classes of the real images, ``[batch]``, and of the generated ones: real and fake are pairs.
        """
        if labels is None:
            return self.discriminator
        return lambda x: self.discriminator(x, labels.repeat(len(x) // len(labels)))

    def _augment(self, images: Tensor) -> Tensor:
        """What D is shown in place of these images, real or generated: themselves, unless there is augmentation."""
        names = self.config.augment
        return augment(images, names, self._rngs["augment"]) if names else images

    def _regularise(self, critic: Critic, real: Tensor, fake: Tensor) -> Tensor:
        """The weighted penalties that are due at this update (lazily: k times the weight at every k-th)."""
        total = torch.zeros((), device=self.device)
        shown = torch.zeros((), device=self.device)
        active = [r for r in self.config.regularisers if r.weight]
        due = not active
        for r in active:
            if self._d_updates % r.every:
                continue
            penalty = REGULARISERS[r.name].penalty(critic, real, fake, self._rngs["penalty"]).mean()
            total = total + r.weight * r.every * penalty
            shown += r.weight * penalty.detach()
            due = True
        if due:
            self._penalty = shown
        return total

    def _describe_d(self, losses: Tensor, logits: Tensor, grad_norm: Tensor) -> Tensor:
        """Nine numbers in the order that `_read` expects, still on the device."""
        bar = self._objective.threshold
        right = (logits[0] > logits[1]).expand(2, -1) if bar is None else (logits > bar) == self._is_real
        means = torch.cat((losses[None], logits, logits.sigmoid(), right.float())).mean(1)
        return torch.cat((means, torch.stack((self._penalty, grad_norm))))

    def _read(self) -> StepStats:
        """Bring the numbers to the host, all at once."""
        numbers = torch.cat((self._d_numbers, self._g_numbers)).tolist()
        d_loss, real, fake, real_prob, fake_prob, real_right, fake_right, penalty, d_norm, g_loss, g_norm = numbers
        return StepStats(
            step=self._step,
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

    def _sample_real(self) -> tuple[Tensor, ...]:
        """A batch of data; with its labels if the game is conditional."""
        batch = view.sample_data(self.config.batch_size, self.config, self.data, self._rngs["data"])
        return tuple(tensor.to(self.device) for tensor in batch)

    def _sample_z(self) -> Tensor:
        return view.sample_prior(self.config.batch_size, self.config, self._rngs["z"]).to(self.device)

    # -- averaging -------------------------------------------------------------------------------------------

    def _set_ema(self) -> None:
        """Begin or end the averaging of G as the config says."""
        if self.config.ema == 0:
            self.ema = None
        elif self.ema is None:
            self.ema = copy.deepcopy(self.generator).eval().requires_grad_(False)
            self._ema_updates = 0
            self._ema_weights = Weights(self.ema)
            self._ema_buffers = list(zip(self.ema.buffers(), self.generator.buffers(), strict=True))

    @torch.no_grad()
    def _average(self) -> None:
        """EMA with a ramp, β = min(ema, 1 - 10/(t+10)), or it would show the untrained G for thousands of steps."""
        if self.ema is None:
            return
        self._ema_updates += 1
        beta = min(self.config.ema, 1 - 10 / (self._ema_updates + 10))
        for average, weight in zip(self._ema_weights.tensors, self._g_weights.tensors, strict=True):
            average.lerp_(weight, 1 - beta)
        for copied, buffer in self._ema_buffers:
            copied.copy_(buffer)

    def _set_rates(self) -> None:
        self._opt_g.lr, self._opt_g.betas = self.config.lr_g, self.config.betas_g
        self._opt_d.lr, self._opt_d.betas = self.config.lr_d, self.config.betas_d

    # -- interventions ---------------------------------------------------------------------------------------

    def retune(self, changes: Mapping[str, Any]) -> None:
        """Change live settings, from the next update on, and record it.

        Args:
            changes: Path to value, as for `RunConfig.changed`.

        Raises:
            ConfigError: If a value is not allowed, or a setting needs a restart.
        """
        self._apply(Intervention(step=self._step, changes=dict(changes)))

    def _replay(self) -> None:
        while self._pending and self._pending[0].step <= self._step:
            self._apply(self._pending.pop(0))

    def _apply(self, intervention: Intervention) -> None:
        if intervention.changes:
            self.config = self.config.retuned(intervention.changes)
            self._set_rates()
            self._set_ema()
        if intervention.update == "d":
            self._update_d()
        elif intervention.update == "g":
            self._update_g()
        self.interventions.append(intervention)

    # -- looking and keeping ---------------------------------------------------------------------------------

    def shown(self, which: Which = "ema") -> nn.Module:
        """The averaged generator, or the raw one if that is asked for or averaging is off."""
        return self.ema if which == "ema" and self.ema is not None else self.generator

    def moment(self, which: Which = "ema") -> Moment:
        """All of a snapshot but what the networks have to say: copied in an instant.

        Args:
            which: Whose samples are to be shown, as for `shown`.
        """
        return Moment(
            step=self._step,
            config=self.config,
            which="raw" if self.shown(which) is self.generator else "ema",
            has_ema=self.ema is not None,
            n_weights=self._n_weights,
            stats=self._read(),
            interventions=self.interventions[-MAX_MARKS:],
            history=copy.deepcopy(self.history),
            objective=self._objective,
            fixed=self._fixed,
            data=self.data,
        )

    def snapshot(self, which: Which = "ema") -> Snapshot:
        """Look at the run; it changes nothing.

        Args:
            which: Whose samples to show, as for `shown`.
        """
        return self.moment(which).snapshot(self.shown(which), self.discriminator)

    def state_dict(self) -> dict[str, Any]:
        """All that the future of the run depends on, copied: weights, optimisers, streams, history, counters."""
        return {
            "config": self.initial_config.model_dump(mode="json"),
            "interventions": [i.model_dump(mode="json") for i in self.interventions],
            "pending": [i.model_dump(mode="json") for i in self._pending],
            "generator": copy.deepcopy(self.generator.state_dict()),
            "discriminator": copy.deepcopy(self.discriminator.state_dict()),
            "ema": None if self.ema is None else copy.deepcopy(self.ema.state_dict()),
            "opt_g": self._opt_g.state_dict(),
            "opt_d": self._opt_d.state_dict(),
            "rngs": {purpose: rng.get_state() for purpose, rng in self._rngs.items()},
            "history": self.history.state_dict(),
            "numbers": torch.cat((self._d_numbers, self._g_numbers, self._penalty.view(1))).cpu(),
            "counters": {"step": self._step, "d_updates": self._d_updates, "ema_updates": self._ema_updates},
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from what `state_dict` gave, bit for bit.

        Raises:
            CheckpointError: If it belongs to another config or its parts do not fit.
        """
        try:
            config = parse_config(state["config"])
            if config != self.initial_config:
                paths = ", ".join(self.initial_config.differences(config))
                raise CheckpointError(f"this state is of another run: {paths} differ")
            interventions = [Intervention.model_validate(i) for i in state["interventions"]]
            for change in (i.changes for i in interventions if i.changes):
                config = config.changed(change)
            self.config = config
            self._set_ema()
            self.generator.load_state_dict(state["generator"])
            self.discriminator.load_state_dict(state["discriminator"])
            if self.ema is not None:
                self.ema.load_state_dict(state["ema"])
            self._opt_g.load_state_dict(state["opt_g"])
            self._opt_d.load_state_dict(state["opt_d"])
            self._set_rates()
            for purpose, rng in self._rngs.items():
                rng.set_state(state["rngs"][purpose])
            self.history.load_state_dict(state["history"])
            numbers = state["numbers"].to(self.device)
            self._d_numbers, self._g_numbers, self._penalty = numbers[:9], numbers[9:11], numbers[11]
            counters = state["counters"]
            self._step, self._d_updates = int(counters["step"]), int(counters["d_updates"])
            self._ema_updates = int(counters["ema_updates"])
            self.interventions = interventions
            self._pending = [Intervention.model_validate(i) for i in state["pending"]]
            self.stats = self._read() if self._step else None
        except (KeyError, TypeError, ValueError, RuntimeError, AttributeError, OverflowError) as error:
            if isinstance(error, CheckpointError):
                raise
            reason = str(error).partition("\n")[0]
            raise CheckpointError(f"this state does not fit the run: {reason}") from error
