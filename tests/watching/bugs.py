# ruff: noqa: E501, ISC004  edits of lines, as they stand
"""Bugs that people make, each an edit of a correct loop's source, with the rules that may name it.

`BUGS` was written before the rules. A bug's edits must fit the loop's source exactly once, so a loop cannot change
under its bugs without notice. `acts` is the generator's step, counted from 1, at which the bug first acts.
"""

from __future__ import annotations

import inspect
import sys
import textwrap
from dataclasses import dataclass
from typing import Any, Final

from tests.watching.loops import LOOPS, Loop
from tests.watching.more_loops import MORE
from tests.watching.third import THIRD

EVERY_LOOP: Final = LOOPS | MORE | THIRD


@dataclass(frozen=True)
class Bug:
    """One bug in one place.

    Attributes:
        kind: What was done wrong.
        loop: In which loop.
        edits: Lines as they were and as they are.
        named: Rules of which any names it.
        acts: First step of the generator at which it has an effect.
    """

    kind: str
    loop: str
    edits: tuple[tuple[str, str], ...]
    named: tuple[str, ...]
    acts: int = 1

    @property
    def name(self) -> str:
        """Kind and place."""
        return f"{self.kind}-{self.loop}"

    def build(self) -> Loop:
        """The loop with the bug.

        Raises:
            ValueError: If an edit does not fit exactly once.
        """
        loop = EVERY_LOOP[self.loop]
        source = textwrap.dedent(inspect.getsource(loop))
        for old, new in self.edits:
            if source.count(old) != 1:
                raise ValueError(f"{self.name}: {old!r} stands {source.count(old)} times in {self.loop}")
            indent = old[: len(old) - len(old.lstrip())]
            source = source.replace(old, new or (f"{indent}pass\n" if old.endswith("\n") else ""))
        names: dict[str, Any] = dict(vars(sys.modules[loop.__module__]))
        exec(compile(source, f"<{self.name}>", "exec"), names)  # noqa: S102  the source is ours
        built: Loop = names[self.loop]
        return built


def bug(kind: str, loop: str, *edits: tuple[str, str], named: str, acts: int = 1) -> Bug:
    """Short form for the table."""
    return Bug(kind, loop, edits, tuple(named.split()), acts)


BUGS: Final = (
    # Gradients of earlier steps
    bug("d not cleared", "dcgan", ("    netD.zero_grad()\n", "    pass\n"), named="gradients_not_cleared"),
    bug("d not cleared", "gan_mlp", ("    optimizer_D.zero_grad()\n", ""), named="gradients_not_cleared"),
    bug("d not cleared", "lsgan", ("    opt_d.zero_grad()\n", ""), named="gradients_not_cleared"),
    bug("d not cleared", "acgan", ("    opt_d.zero_grad()\n", ""), named="gradients_not_cleared"),
    bug("g not cleared", "gan_mlp", ("    optimizer_G.zero_grad()\n", ""), named="gradients_not_cleared"),
    bug("g not cleared", "d2l", ("        trainer_G.zero_grad()\n", ""), named="gradients_not_cleared"),
    bug("g not cleared", "wgan_gp", ("    opt_g.zero_grad()\n", ""), named="gradients_not_cleared"),
    bug(
        "not detached, not cleared",
        "dcgan",
        ("    netD.zero_grad()\n", "    netD.zero_grad()\n        netG.zero_grad()\n"),
        ("netD(fake.detach())", "netD(fake)"),
        (
            "    netG.zero_grad()\n        label.fill_(real_label)\n        output = netD(fake)",
            "    label.fill_(real_label)\n        output = netD(netG(noise))",
        ),
        named="fakes_attached gradients_not_cleared",
    ),
    bug(
        "not detached, not cleared",
        "lightweight",
        (".clone().detach()", ""),
        ("    opt_g.zero_grad()\n", ""),
        ("    opt_d.zero_grad()\n", "    opt_d.zero_grad(); opt_g.zero_grad()\n"),
        named="fakes_attached gradients_not_cleared",
    ),
    bug(
        "d not frozen",
        "simult",
        ("    D.requires_grad_(False)\n", ""),
        ("    D.requires_grad_(True)\n", ""),
        named="gradient_leak",
    ),
    bug(
        "d cleared too early",
        "gan_mlp",
        ("    optimizer_D.zero_grad()\n", ""),
        ("    optimizer_D.step()\n", "    optimizer_D.step()\n        optimizer_D.zero_grad()\n"),
        named="gradient_leak",
    ),
    # Cleared between backward and step
    bug(
        "cleared before step",
        "gan_mlp",
        ("g_loss.backward()\n", "g_loss.backward()\n        optimizer_G.zero_grad()\n"),
        named="no_gradient",
    ),
    bug(
        "cleared before step",
        "cgan",
        ("d_loss.backward()\n", "d_loss.backward()\n        opt_d.zero_grad()\n"),
        named="no_gradient",
    ),
    # G's loss does not reach G
    bug("detached in g's loss", "lsgan", ("(D(fake) - 1)", "(D(fake.detach()) - 1)"), named="no_gradient"),
    bug(
        "detached in g's loss",
        "gan_mlp",
        ("discriminator(gen_imgs), valid", "discriminator(gen_imgs.detach()), valid"),
        named="no_gradient",
    ),
    bug(
        "no_grad in g's loss",
        "hinge_sn",
        (
            "loss_g = -D(G(torch.randn(BATCH, 8))).mean()",
            "with torch.no_grad():\n            made = G(torch.randn(BATCH, 8))\n        loss_g = -D(made).mean()",
        ),
        named="no_gradient",
    ),
    bug(
        "g's loss on real data",
        "gan_mlp",
        ("discriminator(gen_imgs), valid", "discriminator(real_imgs), valid"),
        named="no_gradient",
    ),
    # Labels and signs
    bug("g's label wrong", "dcgan", ("    label.fill_(real_label)\n", ""), named="same_goal labels_swapped"),
    bug(
        "g's label wrong",
        "gan_mlp",
        ("discriminator(gen_imgs), valid", "discriminator(gen_imgs), fake"),
        named="same_goal labels_swapped",
    ),
    bug(
        "g's label wrong",
        "d2l",
        ("loss_G = loss(fake_Y, ones.", "loss_G = loss(fake_Y, 0 * ones."),
        named="same_goal labels_swapped",
    ),
    bug(
        "g's label wrong",
        "cgan",
        ("loss(D(gen, gen_labels), torch.ones", "loss(D(gen, gen_labels), torch.zeros"),
        named="same_goal labels_swapped",
    ),
    bug(
        "d's labels swapped",
        "gan_mlp",
        ("discriminator(real_imgs), valid", "discriminator(real_imgs), fake"),
        ("discriminator(gen_imgs.detach()), fake", "discriminator(gen_imgs.detach()), valid"),
        named="same_goal labels_swapped",
    ),
    bug(
        "d's labels swapped",
        "lsgan",
        ("((D(x) - 1) ** 2)", "(D(x) ** 2)"),
        ("(D(fake.detach()) ** 2)", "((D(fake.detach()) - 1) ** 2)"),
        named="same_goal labels_swapped",
    ),
    bug("g's sign wrong", "wgan", ("loss_G = -torch.mean", "loss_G = torch.mean"), named="same_goal labels_swapped"),
    bug("g's sign wrong", "hinge_sn", ("loss_g = -D", "loss_g = D"), named="same_goal labels_swapped"),
    bug(
        "g's sign wrong",
        "closures",
        ("loss = F.softplus(-D(G", "loss = F.softplus(D(G"),
        named="same_goal labels_swapped",
    ),
    bug(
        "critic's sign wrong",
        "wgan_gp",
        ("critic(fake).mean() - critic(real).mean()", "critic(real).mean() - critic(fake).mean()"),
        named="same_goal labels_swapped",
    ),
    bug(
        "g's sign wrong",
        "lightweight",
        ("loss = D(augment(generated)).mean()", "loss = -D(augment(generated)).mean()"),
        named="same_goal labels_swapped",
    ),
    bug("same label for both", "dcgan", ("    label.fill_(fake_label)\n", ""), named="same_label"),
    bug(
        "same label for both", "lsgan", ("(D(fake.detach()) ** 2)", "((D(fake.detach()) - 1) ** 2)"), named="same_label"
    ),
    bug("same sign for both", "wgan", ("+ torch.mean(D(fake))", "- torch.mean(D(fake))"), named="same_label"),
    bug(
        "smoothing on fakes",
        "dcgan",
        ("real_label, fake_label = 1.0, 0.0", "real_label, fake_label = 0.9, 0.1"),
        named="smoothing_on_fakes",
    ),
    bug(
        "smoothing on fakes",
        "gan_mlp",
        ("fake = torch.zeros(BATCH, 1)", "fake = torch.full((BATCH, 1), 0.2)"),
        named="smoothing_on_fakes",
    ),
    # Ends of networks
    bug("sigmoid twice", "dcgan", ("nn.BCELoss()", "nn.BCEWithLogitsLoss()"), named="sigmoid_twice"),
    bug("sigmoid twice", "gan_mlp", ("nn.BCELoss()", "nn.BCEWithLogitsLoss()"), named="sigmoid_twice"),
    bug("sigmoid twice", "d2l", ("mlp(2, 8, 5, 1)", "mlp(2, 8, 5, 1, end=nn.Sigmoid())"), named="sigmoid_twice"),
    bug(
        "sigmoid in a critic",
        "wgan",
        ("mlp(DIM, 32, 1)", "mlp(DIM, 32, 1, end=nn.Sigmoid())"),
        named="sigmoid_in_critic",
    ),
    bug(
        "sigmoid in a critic",
        "wgan_gp",
        ("    nn.Linear(256, 1),\n", "    nn.Linear(256, 1), nn.Sigmoid(),\n"),
        named="sigmoid_in_critic",
    ),
    # Ranges
    bug("real in [0, 1]", "dcgan", ("real = images()", "real = images() / 2 + 0.5"), named="range_mismatch"),
    bug(
        "real in [0, 1]", "gan_mlp", ("real_imgs = points()", "real_imgs = points() / 3 + 0.5"), named="range_mismatch"
    ),
    bug("real in [0, 1]", "wgan", ("real = points(32)", "real = points(32) / 3 + 0.5"), named="range_mismatch"),
    bug("real in [0, 1]", "amp", ("real = points(32)", "real = points(32) / 3 + 0.5"), named="range_mismatch"),
    bug("real in [0, 1]", "pix2pix", ("real_B = images(4)", "real_B = images(4) / 2 + 0.5"), named="range_mismatch"),
    bug("real in [0, 255]", "dcgan", ("real = images()", "real = images() * 127.5 + 127.5"), named="range_mismatch"),
    bug(
        "real in [-1, 1], G ends in a sigmoid", "gan_mlp", ("end=nn.Tanh()", "end=nn.Sigmoid()"), named="range_mismatch"
    ),
    # Optimisers
    bug(
        "opt_g holds D",
        "dcgan",
        ("optimizerG = torch.optim.Adam(netG.", "optimizerG = torch.optim.Adam(netD."),
        named="player_without_optimizer",
    ),
    bug(
        "opt_g holds D",
        "gan_mlp",
        ("Adam(generator.parameters()", "Adam(discriminator.parameters()"),
        named="player_without_optimizer",
    ),
    bug(
        "opt_g holds both",
        "gan_mlp",
        ("Adam(generator.parameters()", "Adam([*generator.parameters(), *discriminator.parameters()]"),
        named="moved_by_other",
    ),
    bug(
        "opt_d holds both",
        "lsgan",
        ("SGD(D.parameters()", "SGD([*D.parameters(), *G.parameters()]"),
        named="moved_by_other",
    ),
    bug(
        "lr 0",
        "dcgan",
        (
            "optimizerG = torch.optim.Adam(netG.parameters(), lr=2e-4",
            "optimizerG = torch.optim.Adam(netG.parameters(), lr=0.0",
        ),
        named="does_not_move",
    ),
    bug("lr 0", "d2l", ("lr=0.05", "lr=0.0"), named="does_not_move"),
    bug(
        "lr 0",
        "simult",
        ("opt_d = torch.optim.Adam(D.parameters(), 1e-3)", "opt_d = torch.optim.Adam(D.parameters(), 0.0)"),
        named="does_not_move",
    ),
    bug(
        "G made anew after its optimiser",
        "gan_mlp",
        (
            "start(generator, discriminator)",
            "generator = mlp(8, 32, DIM, end=nn.Tanh())\n    start(generator, discriminator)",
        ),
        named="player_without_optimizer",
    ),
    bug("d never steps", "gan_mlp", ("    optimizer_D.step()\n", ""), named="never_steps"),
    bug("d never steps", "d2l", ("        trainer_D.step()\n", ""), named="never_steps"),
    bug("g never steps", "lsgan", ("    opt_g.step()\n", ""), named="never_steps"),
    bug(
        "lr far too high",
        "gan_mlp",
        ("torch.optim.Adam(generator.parameters(), lr=2e-4", "torch.optim.Adam(generator.parameters(), lr=1.0"),
        named="update_ratio",
    ),
    bug(
        "lr far too high",
        "wgan_gp",
        ("opt_g = torch.optim.Adam(G.parameters(), lr=1e-4", "opt_g = torch.optim.Adam(G.parameters(), lr=3.0"),
        named="update_ratio",
    ),
    bug("scaled gradients", "amp", ("scaler.step(opt_d)", "opt_d.step()"), named="scaled_gradients"),
    bug(
        "clip before step",
        "wgan",
        (
            "    opt_D.step()\n        for p in D.parameters():\n            p.data.clamp_(-0.01, 0.01)\n",
            "    for p in D.parameters():\n            p.data.clamp_(-0.01, 0.01)\n        opt_D.step()\n",
        ),
        named="changed_before_step",
    ),
    # Modes
    bug("D in eval", "dcgan", ("start(netG, netD)", "start(netG, netD)\n    netD.eval()"), named="eval_mode"),
    bug(
        "G left in eval",
        "dcgan",
        ("with torch.no_grad():\n", "with torch.no_grad():\n                netG.eval()\n"),
        named="eval_mode",
        acts=6,
    ),
    bug(
        "G left in eval",
        "pix2pix",
        ("    opt_G.step()\n", "    opt_G.step()\n        G.eval()\n"),
        named="eval_mode",
        acts=2,
    ),
    # Noise, batches, sampling
    bug("same z", "dcgan", ("noise = torch.randn(b_size, 8, 1, 1)", "noise = fixed_noise"), named="z_repeats"),
    bug(
        "same z",
        "gan_mlp",
        ("z = torch.randn(BATCH, 8)", "torch.manual_seed(0)\n        z = torch.randn(BATCH, 8)"),
        named="z_repeats batch_repeats",
    ),
    bug("same z", "cgan", ("z = torch.randn(32, 8)", "z = torch.ones(32, 8)"), named="z_repeats z_ignored"),
    bug(
        "batch repeats",
        "gan_mlp",
        ("start(generator, discriminator)", "start(generator, discriminator)\n    once = points()"),
        ("real_imgs = points()", "real_imgs = once"),
        named="batch_repeats",
    ),
    bug(
        "batch repeats",
        "cgan",
        ("start(G, D)", "start(G, D)\n    once = points(32)"),
        ("real = points(32)", "real = once"),
        named="batch_repeats",
    ),
    bug(
        "batch repeats",
        "pix2pix",
        ("start(G, D)", "start(G, D)\n    once = images(4)"),
        ("real_B = images(4)", "real_B = once"),
        named="batch_repeats z_repeats",
    ),
    bug(
        "U in training, N in sampling",
        "gan_mlp",
        ("z = torch.randn(BATCH, 8)", "z = torch.rand(BATCH, 8)"),
        named="sampling_differs",
        acts=4,
    ),
    bug(
        "N in training, U in sampling",
        "cgan",
        ("G(torch.randn(8, 8), torch", "G(torch.rand(8, 8), torch"),
        named="sampling_differs",
        acts=3,
    ),
    bug(
        "stale fakes",
        "gan_mlp",
        (
            "start(generator, discriminator)",
            "start(generator, discriminator)\n    old = generator(torch.randn(BATCH, 8)).detach()",
        ),
        ("discriminator(gen_imgs.detach())", "discriminator(old)"),
        named="stale_fakes",
    ),
    bug(
        "fakes for real",
        "dcgan",
        ("output = netD(real)", "output = netD(netG(torch.randn(b_size, 8, 1, 1)).detach())"),
        named="no_real",
    ),
    bug("fakes for real", "lsgan", ("((D(x) - 1) ** 2)", "((D(fake.detach()) - 1) ** 2)"), named="no_real"),
    bug(
        "real for fakes", "gan_mlp", ("discriminator(gen_imgs.detach())", "discriminator(real_imgs)"), named="no_fakes"
    ),
    bug("real for fakes", "hinge_sn", ("torch.cat([real, fake])", "torch.cat([real, real])"), named="no_fakes"),
    # Conditions
    bug(
        "G ignores y",
        "cgan",
        (
            "G, D = CondG(), CondD()",
            "G, D = CondG(), CondD()\n    G.embed.weight.data.zero_()\n    G.embed.weight.requires_grad_(False)\n",
        ),
        named="y_ignored",
    ),
    bug(
        "G ignores y",
        "acgan",
        (
            "G, D = CondG(), TwoHeads()",
            "G, D = CondG(), TwoHeads()\n    G.forward = lambda z, y: G.net(torch.cat((0 * G.embed(y), z), -1))",
        ),
        named="y_ignored",
    ),
    bug(
        "D ignores y",
        "hinge_biggan",
        (
            "G, D = CondG(), CondD()",
            "G, D = CondG(), CondD()\n    D.forward = lambda x, y: D.net(torch.cat((x, 0 * D.embed(y)), -1))",
        ),
        named="y_ignored",
    ),
    bug(
        "G ignores z",
        "gan_mlp",
        ("gen_imgs = generator(z)", "gen_imgs = generator(0 * z)"),
        named="z_repeats z_ignored",
    ),
    bug(
        "G ignores z",
        "dcgan",
        (
            "netG, netD = UpG(), DownD()",
            "netG, netD = UpG(), DownD()\n    netG.forward = lambda z: netG.main(torch.zeros_like(z))",
        ),
        named="z_ignored",
    ),
    # Penalties
    bug(
        "penalty: axis",
        "wgan_gp",
        (
            "penalty = gradient_penalty(critic, real, fake)",
            "mix = (0.5 * real + 0.5 * fake).requires_grad_(True)\n"
            "            (grad,) = torch.autograd.grad(critic(mix).sum(), mix, create_graph=True)\n"
            "            penalty = ((grad.norm(2, dim=1) - 1) ** 2).mean()",
        ),
        named="penalty_axis",
    ),
    bug(
        "penalty: batch norm",
        "wgan_gp",
        ("nn.Conv2d(16, 16, 3, 1, 1), nn.LeakyReLU", "nn.Conv2d(16, 16, 3, 1, 1), nn.BatchNorm2d(16), nn.LeakyReLU"),
        named="penalty_batch_norm",
    ),
    bug(
        "penalty: no graph",
        "wgan_gp",
        ("penalty = gradient_penalty(critic, real, fake)", "penalty = gradient_penalty(critic, real, fake).detach()"),
        named="penalty_without_effect",
    ),
    bug(
        "penalty: no graph",
        "r3gan",
        ("inputs=samples, create_graph=True", "inputs=samples, retain_graph=True"),
        named="penalty_without_effect",
    ),
    bug("penalty: not added", "wgan_gp", (" + 10 * penalty", ""), named="penalty_without_effect"),
    bug(
        "penalty: no graph",
        "lightweight",
        ("real, create_graph=True", "real, retain_graph=True"),
        named="penalty_without_effect",
    ),
    # Weights
    bug(
        "unequal weights",
        "lsgan",
        ("0.5 * (D(fake.detach()) ** 2).mean()", "0.5 * (D(fake.detach()) ** 2).sum()"),
        named="unequal_weights",
    ),
    bug(
        "unequal weights",
        "dcgan",
        ("errD_real = criterion(output, label)", "errD_real = nn.BCELoss(reduction='sum')(output, label)"),
        named="unequal_weights",
    ),
    bug(
        "made anew each epoch",
        "dcgan",
        (
            "    netD.zero_grad()\n",
            "    if i and i % 3 == 0:\n            netD.apply(weights_init)\n        netD.zero_grad()\n",
        ),
        named="reinitialised",
        acts=4,
    ),
    bug(
        "saved before loaded",
        "gan_mlp",
        (
            "    real_imgs = points()\n",
            "    if i == 3:\n            state = copy.deepcopy(generator.state_dict())\n"
            "            generator.load_state_dict(state)\n        real_imgs = points()\n",
        ),
        named="load_without_effect",
        acts=4,
    ),
    bug(
        "nan in the data",
        "lsgan",
        (
            "fake = G(torch.randn(32, 8))",
            "x[0, 0] = x[0, 0] / (0 if _ == 3 else 1) - x[0, 0] / (0 if _ == 3 else 1)\n        fake = G(torch.randn(32, 8))",
        ),
        named="not_finite",
        acts=4,
    ),
    bug(
        "nan in the loss",
        "lsgan",
        (
            "loss_g = 0.5 * ((D(fake) - 1) ** 2).mean()",
            "loss_g = 0.5 * ((D(fake) - 1) ** 2).mean() + (fake.sum() * 0).sqrt()",
        ),
        named="not_finite",
    ),
    bug(
        "dead units",
        "gan_mlp",
        (
            "discriminator = mlp(DIM, 32, 1, end=nn.Sigmoid())",
            "discriminator = nn.Sequential(nn.Linear(DIM, 32), nn.ReLU(), nn.Linear(32, 1), nn.Sigmoid())\n"
            "    nn.init.constant_(discriminator[0].bias, -9.0)",
        ),
        named="dead_units",
    ),
)
