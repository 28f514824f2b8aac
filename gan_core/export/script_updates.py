"""The algorithm's part of a run's script: losses, penalties, optimisers, averaging, the two updates and the loop."""

from __future__ import annotations

import textwrap
from typing import Final

from gan_core.augment import AUGMENTS
from gan_core.config import RunConfig
from gan_core.export.script_pieces import Pieces
from gan_core.export.script_settings import Settings
from gan_core.networks import Weights, build_discriminator, mixes_samples
from gan_core.objectives import OBJECTIVES
from gan_core.regularisers import REGULARISERS
from gan_core.streams import streams

_MAKE: Final = {
    "adam": "torch.optim.Adam({weights}, lr={lr}, betas={betas}, fused=True)",
    "sgd": "torch.optim.SGD({weights}, lr={lr}, momentum={betas}[0])",
    "rmsprop": "torch.optim.RMSprop(\n    {weights}, lr={lr}, momentum={betas}[0], alpha={betas}[1]\n)",
}
_RETUNE: Final = {
    "adam": ["group.update(lr={lr}, betas={betas})"],
    "sgd": ["group.update(lr={lr}, momentum={betas}[0])"],
    "rmsprop": [
        "group.update(lr={lr}, momentum={betas}[0], alpha={betas}[1])",
        "for state in optimizer_{player}.state.values():  # a momentum may begin now",
        '    state.setdefault("momentum_buffer", torch.zeros_like(state["square_avg"]))',
    ],
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
    """What the script needs to train.

    Args:
        config: The config that the run began with.
        settings: How its settings are named.
        pieces: Takes what comes from this package's own source.

    Returns:
        The code.
    """
    objective = OBJECTIVES[config.objective]
    penalties = [REGULARISERS[name].penalty for name in settings.penalties]
    parts = [pieces.add(objective.d_loss, objective.g_loss, *penalties, Weights), _optimisers(config, settings)]
    if settings.averages:
        pieces.imports.add("import copy")
        parts.append(_averaging(settings))
    if config.augment:
        calls = [f'    images = {AUGMENTS[name].__name__}(images, rng["augment"])' for name in config.augment]
        parts.append(pieces.add(*(AUGMENTS[name] for name in config.augment)))
        parts.append("\n".join(["def augmented(images):", *calls, "    return images"]))
    parts += [_update_d(config, settings), _update_g(config, settings)]
    replay = ""
    if settings.events:
        parts.append(_apply(config, settings))
        replay = "    while events and events[0][0] < step:\n        apply(events.pop(0)[1])\n"
    parts.append(_LOOP.format(replay=replay, d_steps=settings["d_steps"], g_steps=settings["g_steps"]))
    return "\n\n\n".join(parts)


def _optimisers(config: RunConfig, settings: Settings) -> str:
    lines = ["g_weights, d_weights = Weights(generator), Weights(discriminator)"]
    for player, name in (("g", config.optimizer_g), ("d", config.optimizer_d)):
        made = _MAKE[name].format(
            weights=f"{player}_weights.tensors",
            lr=settings[f"lr_{player}"],
            betas=settings[f"betas_{player}"],
        )
        lines.append(f"optimizer_{player} = {made}")
    return "\n".join(lines) + textwrap.dedent(f'''


        def descend(weights, optimizer, losses):
            """One update of some weights, down the gradient of a mean loss."""
            weights.backward(losses)
            for tensor, gradient in zip(weights.tensors, weights.gradients):
                tensor.grad = gradient
            optimizer.step()


        def sample_z():
            return {_NORMAL if config.prior == "normal" else _UNIFORM}
        ''')


def _averaging(settings: Settings) -> str:
    changes = settings.changes("ema")
    on = settings.config.ema > 0
    start = "\n".join(_BEGIN) if on else "ema = None"
    guard = "\n    if ema is None:\n        return" if changes else ""
    return _AVERAGE.format(start=start, guard=guard, ema=settings["ema"])


def _update_d(config: RunConfig, settings: Settings) -> str:
    critic = "critic" if config.conditional else "discriminator"
    if config.conditional:
        lines = [
            "real, labels = sample_real()",
            "with torch.no_grad():",
            "    fake = generate(sample_z(), labels)",
        ]
    else:
        lines = ["real = sample_real()", "with torch.no_grad():", "    fake = generator(sample_z())"]
    if config.augment:
        lines.append("real, fake = augmented(real), augmented(fake)")
    if config.discriminator.spectral_norm and config.discriminator.kind != "article":
        lines += ["for layer in discriminator:", "    if isinstance(layer, Spectral):", "        layer.refresh()"]
    if config.conditional:
        lines += ["", "def critic(x):", "    return judge(x, labels.repeat(len(x) // len(labels)))", ""]
    if mixes_samples(build_discriminator(config, streams(config.seed))):
        lines.append(f"real_logits, fake_logits = {critic}(real), {critic}(fake)")
    else:
        lines.append(f"real_logits, fake_logits = {critic}(torch.cat((real, fake))).view(2, -1).unbind()")
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
    shown = "augmented({})" if config.augment else "{}"
    lines = ["global g_loss"]
    if config.conditional:
        # A conditional G is asked for classes as often as the data have them: for those of a real batch.
        lines += ["real, labels = sample_real()", "fake = generate(sample_z(), labels)"]
        critic = "judge({}, labels)"
    else:
        lines += ["real = sample_real()"] if objective.g_needs_real else []
        lines.append("fake = generator(sample_z())")
        critic = "discriminator({})"
    lines.append(f"fake_logits = {critic.format(shown.format('fake'))}")
    if objective.g_needs_real:
        lines += ["with torch.no_grad():", f"    real_logits = {critic.format(shown.format('real'))}"]
        real = "real_logits"
    else:
        real = "fake_logits.detach()"
    lines += [
        f"losses = {objective.g_loss.__name__}({real}, fake_logits)",
        "g_loss = losses.detach().mean()",
        "descend(g_weights, optimizer_g, losses)",
    ]
    if settings.averages:
        lines.append("average()")
    return 'def update_g():\n    """Fix D, improve G."""\n' + textwrap.indent("\n".join(lines), "    ") + "\n"


def _apply(config: RunConfig, settings: Settings) -> str:
    """The function that repeats what was done to the run."""
    lines = ['if event == "d":', "    update_d()", 'elif event == "g":', "    update_g()", "else:"]
    changed = ["settings.update(event)"]
    for player, name in (("g", config.optimizer_g), ("d", config.optimizer_d)):
        if settings.changes(f"lr_{player}") or settings.changes(f"betas_{player}"):
            values = {"lr": settings[f"lr_{player}"], "betas": settings[f"betas_{player}"], "player": player}
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
    body = textwrap.indent("\n".join([*head, *lines, *(f"    {line}" for line in changed)]), "    ")
    return f'def apply(event):\n    """Do to the run what was done to it."""\n{body}\n'
