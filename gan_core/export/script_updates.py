"""The algorithm's part of a run's script: losses, penalties, optimisers, averaging, the two updates and the loop."""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from typing import Any, Final

from gan_core.config import RunConfig
from gan_core.config.names import CONDITION_RULES
from gan_core.data import CONDITIONS
from gan_core.export.script_pieces import Pieces
from gan_core.export.script_settings import Settings
from gan_core.game.augment import AUGMENTS
from gan_core.game.losses import smoothed_d_loss
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
from gan_core.game.networks import Weights, build_discriminator, mixes_samples
from gan_core.game.objectives import OBJECTIVES
from gan_core.game.optimizers import OPTIMIZERS
from gan_core.game.regularisers import REGULARISERS
from gan_core.game.streams import streams

_TORCH: Final = {
    "adam": "torch.optim.Adam({weights}, lr={lr}, betas={betas}, fused=True)",
    "sgd": "torch.optim.SGD({weights}, lr={lr}, momentum={betas}[0])",
    "rmsprop": "torch.optim.RMSprop(\n    {weights}, lr={lr}, momentum={betas}[0], alpha={betas}[1]\n)",
}
"""PyTorch's own, which give the app's numbers."""
_RETUNE: Final = {
    "adam": ["group.update(lr={lr}, betas={betas})"],
    "sgd": ["group.update(lr={lr}, momentum={betas}[0])"],
    "rmsprop": [
        "group.update(lr={lr}, momentum={betas}[0], alpha={betas}[1])",
        "for state in optimizer_{player}.state.values():  # a momentum may begin now",
        '    state.setdefault("momentum_buffer", torch.zeros_like(state["square_avg"]))',
    ],
}

_DESCEND: Final = {
    "of PyTorch": """    for tensor, gradient in zip(weights.tensors, weights.gradients):
        tensor.grad = gradient
    optimizer.step()""",
    "of the app": "    optimizer.step(weights.gradients)",
}
_NORMAL: Final = 'torch.randn((BATCH_SIZE, LATENT_DIM), generator=rng["z"])'
_UNIFORM: Final = 'torch.rand((BATCH_SIZE, LATENT_DIM), generator=rng["z"]).sub_(0.5).mul_(2 * math.sqrt(3))'

_BEGIN: Final = (
    "ema = copy.deepcopy(generator).eval().requires_grad_(False)",
    "ema_weights, ema_updates = Weights(ema), 0",
)
_AVERAGE: Final = """
# The generator to look at: a running average of its weights, with a shorter memory at the start.
{start}


@torch.no_grad()
def average():
    global ema_updates{guard}
    ema_updates += 1
    beta = min({ema}, 1 - 10 / (ema_updates + 10))
    for mean, weight in zip(ema_weights.tensors, g_weights.tensors):
        mean.lerp_(weight, 1 - beta)
    for copied, buffer in zip(ema.buffers(), generator.buffers()):
        copied.copy_(buffer)
"""

_LOOP: Final = """
for step in range(1, STEPS + 1):
{replay}    for _ in range({d_steps}):
        update_d()
    for _ in range({g_steps}):
        update_g()
    print(step, d_loss.item(), g_loss.item())
"""


def updates_part(config: RunConfig, settings: Settings, pieces: Pieces) -> str:
    """Write the part of the script that trains.

    Args:
        config: The config that the run began with.
        settings: How its settings are named.
        pieces: Takes what comes from this package's own source.

    Returns:
        The code.
    """
    objective = OBJECTIVES[config.objective]
    penalties = [REGULARISERS[name].penalty for name in settings.penalties]
    d_loss = smoothed_d_loss if config.label_smoothing else objective.d_loss
    g_loss = feature_matching_loss if config.feature_matching else objective.g_loss
    more = [reconstruction_loss] if config.conditioned else []
    parts = [pieces.add(d_loss, g_loss, *penalties, Weights, *more), _optimisers(config, settings, pieces)]
    if settings.averages:
        pieces.imports.add("import copy")
        parts.append(_averaging(settings))
    parts += _memories(config, pieces)
    if _disguises(config, settings):
        parts += _shown(config, settings, pieces)
    parts += [_update_d(config, settings), _update_g(config, settings)]
    replay = ""
    if settings.events:
        parts.append(_apply(config, settings))
        replay = "    while events and events[0][0] < step:\n        apply(events.pop(0)[1])\n"
    parts.append(_LOOP.format(replay=replay, d_steps=settings["d_steps"], g_steps=settings["g_steps"]))
    return "\n\n\n".join(parts)


def _optimisers(config: RunConfig, settings: Settings, pieces: Pieces) -> str:
    lines = ["g_weights, d_weights = Weights(generator), Weights(discriminator)"]
    own = _own_optimizers(config)
    for player, name in (("g", config.optimizer_g), ("d", config.optimizer_d)):
        form = OPTIMIZERS[name].__name__ + "({weights}, {lr}, {betas})" if own else _TORCH[name]
        made = form.format(
            weights=f"{player}_weights.tensors",
            lr=settings[f"lr_{player}"],
            betas=settings[f"betas_{player}"],
        )
        lines.append(f"optimizer_{player} = {made}")
    parts = [
        pieces.add(*(OPTIMIZERS[name] for name in (config.optimizer_g, config.optimizer_d) if own)),
        "\n".join(lines),
        'def descend(weights, optimizer, losses):\n    """One update of weights, down the gradient of a mean loss."""'
        "\n    weights.backward(losses)\n" + _DESCEND["of the app" if own else "of PyTorch"],
        f"def sample_z():\n    return {_NORMAL if config.prior == 'normal' else _UNIFORM}",
    ]
    if config.conditioned:
        parts[-1] = parts[-1].replace("sample_z()", "sample_z(times=1)").replace("(BATCH_SIZE,", "(times * BATCH_SIZE,")
        parts.append(_pairs(config, pieces))
    return "\n\n\n".join(part for part in parts if part)


def _pairs(config: RunConfig, pieces: Pieces) -> str:
    """Write the function that draws real samples and what is left of them."""
    entry, rules = CONDITIONS[config.data.condition], CONDITION_RULES[config.data.condition]
    more = f", block={rules.block}" if rules.block > 1 else f", noise={config.data.noise}" if rules.noise else ""
    made = f'{entry.degrade.__name__}(real, rng["condition"]{more})'
    body = f"    real = sample_real()\n    return real, {made}"
    function = f'def sample_pair():\n    """Real samples, and what is left of each."""\n{body}'
    return f"{pieces.add(entry.degrade)}\n\n\n{function}"


def _own_optimizers(config: RunConfig) -> bool:
    """Return whether the script needs the app's optimisers: PyTorch lacks one, or unrolling passes through one."""
    return config.unroll > 0 or not {config.optimizer_g, config.optimizer_d} <= _TORCH.keys()


def _memories(config: RunConfig, pieces: Pieces) -> list[str]:
    """Write what has a memory beside the optimisers, or looks ahead."""
    parts = []
    if config.replay:
        shape = ", ".join(str(n) for n in config.data_shape)
        batch = f"torch.Size((BATCH_SIZE, {shape}))"
        parts += [pieces.add(Replay), f'replay = Replay(REPLAY, {batch}, rng["replay"], torch.device("cpu"))']
    if config.lookahead:
        weights = "[*g_weights.tensors, *d_weights.tensors]"
        parts += [pieces.add(Lookahead), f"lookahead = Lookahead(LOOKAHEAD, {weights})"]
    if config.unroll:
        parts += [pieces.add(unrolled)]
    return parts


def _disguises(config: RunConfig, settings: Settings) -> bool:
    """Return whether D is ever shown anything but the samples themselves."""
    return bool(config.augment) or config.packing > 1 or settings.noisy


def _shown(config: RunConfig, settings: Settings, pieces: Pieces) -> list[str]:
    """Write the function that turns samples into what D is shown."""
    needed: list[Callable[..., Any]] = [AUGMENTS[name] for name in config.augment]
    lines = [f'x = {AUGMENTS[name].__name__}(x, rng["augment"])' for name in config.augment]
    if settings.noisy:
        needed += [noise_std, add_noise]
        start, over = settings["instance_noise"], settings["instance_noise_steps"]
        lines += [f"std = noise_std({start}, {over}, step - 1)", 'x = add_noise(x, std, rng["instance_noise"])']
    if config.packing > 1:
        needed.append(pack)
        lines.append("x = pack(x, PACKING)")
    body = textwrap.indent("\n".join([*lines, "return x"]), "    ")
    return [pieces.add(*needed), f'def shown(x):\n    """Return the samples as D sees them."""\n{body}']


def _averaging(settings: Settings) -> str:
    changes = settings.changes("ema")
    on = settings.config.ema > 0
    start = "\n".join(_BEGIN) if on else "ema = None"
    guard = "\n    if ema is None:\n        return" if changes else ""
    return _AVERAGE.format(start=start, guard=guard, ema=settings["ema"])


def _update_d(config: RunConfig, settings: Settings) -> str:
    critic = "critic" if config.n_told else "discriminator"
    told, draw = ("condition", "sample_pair") if config.conditioned else ("labels", "sample_real")
    if config.n_told:
        lines = [f"real, {told} = {draw}()", "with torch.no_grad():", f"    fake = generate(sample_z(), {told})"]
    else:
        lines = ["real = sample_real()", "with torch.no_grad():", "    fake = generator(sample_z())"]
    if config.replay:
        lines.append(f"fake = replay.mixed(fake, {config.batch_size // 2 * config.packing})")
    if _disguises(config, settings):
        lines.append("real, fake = shown(real), shown(fake)")
    if config.discriminator.spectral_norm and config.discriminator.kind != "article":
        lines += ["for layer in discriminator:", "    if isinstance(layer, Spectral):", "        layer.refresh()"]
    if config.n_told:
        same = ", 1, 1, 1" if config.conditioned else ""
        lines += ["", "def critic(x):", f"    return judge(x, {told}.repeat(len(x) // len({told}){same}))", ""]
    if mixes_samples(build_discriminator(config, streams(config.seed))):
        lines.append(f"real_logits, fake_logits = {critic}(real), {critic}(fake)")
    else:
        lines.append(f"real_logits, fake_logits = {critic}(torch.cat((real, fake))).view(2, -1).unbind()")
    if config.label_smoothing:
        lines.append("losses = smoothed_d_loss(real_logits, fake_logits, LABEL_SMOOTHING)")
    else:
        lines.append(f"losses = {OBJECTIVES[config.objective].d_loss.__name__}(real_logits, fake_logits)")
    lines.append("d_loss = losses.detach().mean()")
    if settings.penalties:
        lines.append("total = torch.zeros(())")
        for name, i in settings.penalties.items():
            weight, every = settings[f"regularisers.{i}.weight"], settings[f"regularisers.{i}.every"]
            switch = f"{weight} and " if settings.changes(f"regularisers.{i}.weight") else ""
            function = REGULARISERS[name].penalty.__name__
            lines += [
                f"if {switch}d_updates % {every} == 0:",
                f'    penalty = {function}({critic}, real, fake, rng["penalty"]).mean()',
                f"    total = total + {weight} * {every} * penalty",
            ]
        lines.append("losses = losses + total")
    lines.append("descend(d_weights, optimizer_d, losses)")
    if settings.used("clip"):
        on = f"if {settings['clip']}:\n    " if settings.changes("clip") else ""
        lines += (on + f"clip(discriminator, {settings['clip']})").split("\n")
    body = textwrap.indent("\n".join(["global d_updates, d_loss", *lines, "d_updates += 1"]), "    ")
    update = f'd_updates = 0\n\n\ndef update_d():\n    """Fix G, improve D."""\n{body}\n'
    return (_CLIP + "\n\n" if settings.used("clip") else "") + update


_CLIP: Final = '''@torch.no_grad()
def clip(network, limit):
    """Clip all weights but those of batch norm to [-limit, limit]."""
    for layer in network:
        if not isinstance(layer, nn.BatchNorm1d | nn.BatchNorm2d):
            for weight in layer.parameters():
                weight.clamp_(-limit, limit)
'''


def _update_g(config: RunConfig, settings: Settings) -> str:
    objective = OBJECTIVES[config.objective]
    needs_real = objective.g_needs_real or config.feature_matching or config.unroll > 0
    if config.conditioned:
        return _update_conditioned_g(config, settings, needs_real=needs_real)
    lines = ["global g_loss"]
    if config.conditional:
        # A conditional G is asked for classes as often as the data have them: for those of a real batch.
        lines += ["real, labels = sample_real()", "fake = generate(sample_z(), labels)"]
        critic = "judge({}, labels)"
    else:
        lines += ["real = sample_real()"] if needs_real else []
        lines.append("fake = generator(sample_z())")
        critic = "discriminator({})"
    if _disguises(config, settings):
        lines += ["fake = shown(fake)", *(["real = shown(real)"] if needs_real else [])]
    if config.feature_matching:
        lines += ["with torch.no_grad():", "    wanted = features(real)"]
        losses = "feature_matching_loss(wanted, features(fake))"
    elif config.unroll:
        d_loss = OBJECTIVES[config.objective].d_loss.__name__
        if config.label_smoothing:
            lines += ["", "def smoothed(r, f):", "    return smoothed_d_loss(r, f, LABEL_SMOOTHING)", ""]
            d_loss = "smoothed"
        given = f"discriminator, d_weights, optimizer_d, {d_loss}, (real, fake), (), UNROLL"
        lines.append(f"critic = unrolled({given})")
        losses = f"{objective.g_loss.__name__}(critic(real), critic(fake))"
    else:
        lines.append(f"fake_logits = {critic.format('fake')}")
        real = "fake_logits.detach()"
        if needs_real:
            lines += ["with torch.no_grad():", f"    real_logits = {critic.format('real')}"]
            real = "real_logits"
        losses = f"{objective.g_loss.__name__}({real}, fake_logits)"
    lines += [
        f"losses = {losses}",
        "g_loss = losses.detach().mean()",
        "descend(g_weights, optimizer_g, losses)",
    ]
    if config.lookahead:
        lines.append("lookahead.updated()")
    if settings.averages:
        lines.append("average()")
    return 'def update_g():\n    """Fix D, improve G."""\n' + textwrap.indent("\n".join(lines), "    ") + "\n"


def _update_conditioned_g(config: RunConfig, settings: Settings, *, needs_real: bool) -> str:
    """Write G's update where it is told what is left of real samples."""
    objective = OBJECTIVES[config.objective].g_loss.__name__
    n_z = f"{config.reconstruction_z} if {settings['reconstruction']} else 1"
    shown = "shown({})" if _disguises(config, settings) else "{}"
    game = [f"fake = {shown.format('made[: len(real)]')}"]
    if needs_real:
        game += [f"seen = {shown.format('real')}", "fake_logits = judge(fake, condition)", "with torch.no_grad():"]
        game += ["    real_logits = judge(seen, condition)", f"losses = {objective}(real_logits, fake_logits)"]
    else:
        game += ["fake_logits = judge(fake, condition)", f"losses = {objective}(fake_logits.detach(), fake_logits)"]
    lines = [
        "global g_loss",
        "real, condition = sample_pair()",
        f"n_z = {n_z}",
        "made = generate(sample_z(n_z), condition.repeat(n_z, 1, 1, 1))",
        "terms = []",
        f"if {settings['adversarial']}:",
        *(f"    {line}" for line in game),
        f"    terms.append({settings['adversarial']} * losses)",
        f"if {settings['reconstruction']}:",
        "    of_each = made.view(n_z, *real.shape)",
        f"    distance = reconstruction_loss(real, of_each, {settings['z_reward']})",
        f"    terms.append({settings['reconstruction']} * distance)",
        "losses = sum(terms[1:], terms[0])",
        "g_loss = losses.detach().mean()",
        "descend(g_weights, optimizer_g, losses)",
    ]
    if config.lookahead:
        lines.append("lookahead.updated()")
    if settings.averages:
        lines.append("average()")
    return 'def update_g():\n    """Fix D, improve G."""\n' + textwrap.indent("\n".join(lines), "    ") + "\n"


def _apply(config: RunConfig, settings: Settings) -> str:
    """Write the function that repeats the run's interventions."""
    lines = ['if event == "d":', "    update_d()", 'elif event == "g":', "    update_g()", "else:"]
    changed = ["settings.update(event)"]
    for player, name in (("g", config.optimizer_g), ("d", config.optimizer_d)):
        if settings.changes(f"lr_{player}") or settings.changes(f"betas_{player}"):
            values = {"lr": settings[f"lr_{player}"], "betas": settings[f"betas_{player}"], "player": player}
            if _own_optimizers(config):
                line = "optimizer_{player}.lr, optimizer_{player}.betas = {lr}, {betas}"
                changed.append(line.format(**values))
                continue
            changed.append(f"group = optimizer_{player}.param_groups[0]")
            changed += [line.format(**values) for line in _RETUNE[name]]
    head = []
    if settings.changes("ema"):
        head = ["global ema, ema_weights, ema_updates"]
        changed += [
            'if settings["ema"] == 0:',
            "    ema = None",
            "elif ema is None:",
            *(f"    {line}" for line in _BEGIN),
        ]
    if not settings.changing:
        changed = ["raise ValueError(event)"]
    if settings.changes("instance_noise"):
        changed += ['if settings["instance_noise"] == 0:', '    rng["instance_noise"] = stream("instance_noise")']
    body = textwrap.indent("\n".join([*head, *lines, *(f"    {line}" for line in changed)]), "    ")
    return f'def apply(event):\n    """Do to the run what was done to it."""\n{body}\n'
