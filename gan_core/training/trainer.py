"""The trainer: a game played step by step, with what was done to it, and a view of it that changes nothing.

`Trainer.step` is the algorithm: ``d_steps`` updates of D with G held fixed, then ``g_steps`` updates of G with D
held fixed. Nothing here knows of threads, time or pages.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal

import numpy as np
import torch
from torch import nn

from gan_core.config import Change, Intervention, RunConfig
from gan_core.data import Dataset, Points
from gan_core.errors import ConfigError
from gan_core.record.history import History, StepStats
from gan_core.record.snapshot import Snapshot, Which
from gan_core.training import observe as view
from gan_core.training import state
from gan_core.training.lost import EVERY, LostModes, Where
from gan_core.training.players import Game
from gan_core.training.snapshots import MAX_MARKS, Moment
from gan_core.training.transfer import Learned, into_new_game

_Script = tuple[tuple[Intervention, ...], tuple[Intervention, ...]]


class Trainer:
    """A GAN in training.

    Equal configs and interventions give equal numbers, bit for bit, on one device.

    Args:
        config: What to train.
        interventions: What was done to the run that this one is to repeat; each is applied when its step is
            reached.
        device: Where to train, such as ``"cpu"`` or ``"cuda"``.
        begin_with: What another run has learned, from `learned` for this config, to begin with in place of fresh
            weights.
        data: In place of the config's own and in their shape, for a run that is only looked at; None for its own.

    Attributes:
        initial_config: The config that the run began with.
        generator: ``[batch, latent_dim]`` to samples; labels ``[batch]`` are its second argument if conditional.
        discriminator: Samples to logits ``[batch]``; likewise. One that judges packs takes them joined along the
            second dimension, ``[batch, packing · c, ...]``.
        history: Every step's numbers.
        stats: The last step's numbers, or None.
        lost: Which known mode was lost first; None for data without known modes.

    Raises:
        ConfigError: If the run that is to be repeated began with the networks of another.
        DataError: If the data cannot be had.
    """

    def __init__(
        self,
        config: RunConfig,
        *,
        interventions: Sequence[Intervention] = (),
        device: str | torch.device = "cpu",
        begin_with: Learned | None = None,
        data: Dataset | None = None,
    ) -> None:
        if any(i.origin for i in interventions):
            raise ConfigError(
                "this run began with what another run had learned, so it cannot be made again from its beginning: "
                "go on from its file instead"
            )
        self.initial_config = config
        # Done and still to be repeated; replaced as one, so that another thread reads both of one moment.
        self._script: _Script = (), tuple(sorted(interventions, key=lambda i: i.step))
        self.game = Game(config, torch.device(device), data)
        self.device, self.data = self.game.device, self.game.data
        self.generator, self.discriminator = self.game.generator, self.game.discriminator
        self.history = History()
        self.stats: StepStats | None = None
        if begin_with is not None:
            into_new_game(self.game, begin_with)
            self._script = (Intervention(step=0, origin=begin_with.origin),), self._script[1]
        self._fixed = view.fix(config, self.data, self.game.rngs["shown"]).to(self.device)
        modes = self.data.modes if isinstance(self.data, Points) else None
        self.lost = None if modes is None else LostModes(modes)

    @property
    def interventions(self) -> list[Intervention]:
        """Interventions done so far."""
        return list(self._script[0])

    @property
    def pending(self) -> list[Intervention]:
        """Interventions still to be repeated, in order."""
        return list(self._script[1])

    @property
    def story(self) -> tuple[Intervention, ...]:
        """Interventions done so far, and those still to be repeated."""
        done, pending = self._script
        return done + pending

    @property
    def config(self) -> RunConfig:
        """The config now, live changes included."""
        return self.game.config

    @property
    def ema(self) -> nn.Module | None:
        """The averaged generator, in eval mode, or None if averaging is off."""
        return None if self.game.ema is None else self.game.ema.network

    # -- the algorithm ---------------------------------------------------------------------------------------

    @property
    def step_count(self) -> int:
        """Finished steps."""
        return self.game.n_steps

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
            self.game.update_d()
        yield "d"
        for _ in range(self.config.g_steps):
            self.game.update_g()
        self.game.n_steps += 1
        self.stats = self.game.read()
        if self.stats.finite:
            self.history.add(self.stats)
        self._follow()
        yield "g"

    def _follow(self) -> None:
        """See where the shown samples are, if it is time: it changes no number."""
        if self.lost is None or self.step_count % EVERY:
            return
        assert isinstance(self.data, Points)
        points = view.places(self.shown(), self._fixed, self.data)
        if np.isfinite(points).all():
            self.lost.take(self.step_count, Where.of(points, self.lost.modes))

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
        self._apply(Intervention(step=self.step_count, update=player))
        return self.game.read()

    # -- interventions ---------------------------------------------------------------------------------------

    def retune(self, changes: Mapping[str, Any] | Change) -> None:
        """Change live settings, from the next update on, and record it.

        Args:
            changes: Path to value, as for `RunConfig.changed`, or a change that was validated already.

        Raises:
            ConfigError: If a value is not allowed, or a setting needs a restart.
        """
        change = changes if isinstance(changes, Change) else self.config.change(changes)
        self._apply(Intervention(step=self.step_count, changes=dict(change.asked)), change.onto(self.config))

    def name_direction(self, name: str, vector: str) -> None:
        """Record that somebody named a direction of the latent space; nothing else changes.

        Args:
            name: Its new name, 1 to 40 characters.
            vector: Its numbers as text, or "" to forget it, see `gan_core.config.Intervention`.
        """
        self._apply(Intervention(step=self.step_count, name=name, vector=vector))

    def _replay(self) -> None:
        while self._script[1] and self._script[1][0].step <= self.step_count:
            self._apply(self._script[1][0], pending=self._script[1][1:])

    def _apply(
        self,
        intervention: Intervention,
        change: Change | None = None,
        *,
        pending: tuple[Intervention, ...] | None = None,
    ) -> None:
        """Do it, and take it into the script.

        Args:
            intervention: What to do.
            change: Its changes, validated; None if they are not yet.
            pending: What is still to be repeated then; None for what it is now.
        """
        if intervention.changes:
            change = change or self.config.change(intervention.changes)
            self.game.retune(change.while_running().config)
        if intervention.update == "d":
            self.game.update_d()
        elif intervention.update == "g":
            self.game.update_g()
        done, before = self._script
        self._script = (*done, intervention), before if pending is None else pending

    # -- looking and keeping ---------------------------------------------------------------------------------

    def shown(self, which: Which = "ema") -> nn.Module:
        """Return the averaged generator, or the raw one if that alone is asked for or averaging is off."""
        return self.ema if which != "raw" and self.ema is not None else self.generator

    def beside(self, which: Which = "ema") -> nn.Module | None:
        """Return the raw generator if it is shown beside the averaged one."""
        return self.generator if which == "both" and self.ema is not None else None

    def moment(self, which: Which = "ema") -> Moment:
        """All of a snapshot but what the networks have to say: copied in an instant.

        Args:
            which: Whose samples to show, as for `shown`.
        """
        return Moment(
            step=self.step_count,
            config=self.config,
            which="raw" if self.ema is None else which,
            has_ema=self.ema is not None,
            n_weights=self.game.n_weights,
            stats=self.game.read(),
            interventions=self._script[0][-MAX_MARKS:],
            history=copy.deepcopy(self.history),
            objective=self.game.objective,
            fixed=self._fixed,
            data=self.data,
            lost="" if self.lost is None else self.lost.words,
        )

    def snapshot(self, which: Which = "ema") -> Snapshot:
        """Look at the run; it changes nothing.

        Args:
            which: Whose samples to show, as for `shown`.
        """
        return self.moment(which).snapshot(self.shown(which), self.discriminator, self.beside(which))

    def state_dict(self) -> dict[str, Any]:
        """All that the future of the run depends on, copied: weights, optimisers, streams, history, counters."""
        return {
            "config": self.initial_config.model_dump(mode="json"),
            "interventions": [i.model_dump(mode="json") for i in self._script[0]],
            "pending": [i.model_dump(mode="json") for i in self._script[1]],
            **state.of_game(self.game),
            "history": self.history.state_dict(),
            "counters": state.counters(self.game),
            "lost": None if self.lost is None else self.lost.state(),
        }

    def adapt(self, given: Mapping[str, Any]) -> None:
        """Take over the live settings of a state, and nothing else: what it holds then fits name by name.

        Args:
            given: A state, or its ``config`` and ``interventions`` alone.

        Raises:
            CheckpointError: If it belongs to another config.
        """
        with state.fitting():
            self.game.retune(state.config_after(self.initial_config, given)[0])

    def load_state_dict(self, given: Mapping[str, Any]) -> None:
        """Go on from what `state_dict` gave, bit for bit.

        Raises:
            CheckpointError: If it belongs to another config or its parts do not fit.
        """
        with state.fitting():
            config, interventions = state.config_after(self.initial_config, given)
            pending = [Intervention.model_validate(i) for i in given["pending"]]
            self.game.retune(config)
            state.into_game(self.game, given)
            self.history.load_state_dict(given["history"])
            self._script = tuple(interventions), tuple(pending)
            self.stats = self.game.read() if self.step_count else None
            if self.lost is not None:
                self.lost = LostModes.resumed(self.lost.modes, given.get("lost"), self.step_count)
