# ruff: noqa: E501  edits of lines, as they stand
"""Bugs of penalties, modes, z, classes, batches and weights: see `tests.watching.third.bugs`."""

from __future__ import annotations

from typing import Final

from tests.watching.bugs import Bug, bug

BUGS: Final[tuple[Bug, ...]] = (
    # penalties
    bug(
        "penalty without graph",
        "gradient_penalty_numpy",
        ("create_graph=True, retain_graph=True", "retain_graph=True"),
        named="penalty_without_effect",
    ),
    bug(
        "penalty without graph",
        "modern_baseline",
        ("inputs=samples, create_graph=True", "inputs=samples, retain_graph=True"),
        named="penalty_without_effect",
    ),
    bug(
        "penalty not added",
        "domains",
        (" + d_loss_cls + 10 * d_loss_gp", " + d_loss_cls"),
        named="penalty_without_effect",
    ),
    bug(
        "penalty's sign",
        "gradient_penalty_numpy",
        ("+ lambda_gp * gradient_penalty", "- lambda_gp * gradient_penalty"),
        named="penalty_sign",
    ),
    bug("penalty's sign", "styles", ("(10 / 2 * r1_loss", "(-10 / 2 * r1_loss"), named="penalty_sign"),
    bug(
        "penalty between reals and reals",
        "waves",
        ("calc_gradient_penalty(real, fake)\n", "calc_gradient_penalty(real, real)\n"),
        named="penalty_place",
    ),
    bug(
        "penalty at the fakes",
        "per_sample",
        ("mixed = torch.lerp(real, fake, torch.rand(B, 1, 1, 1))", "mixed = fake"),
        named="penalty_place",
    ),
    bug(
        "penalty on channels",
        "gradient_penalty_numpy",
        ("        gradients = gradients.view(gradients.size(0), -1)\n", ""),
        named="penalty_axis",
    ),
    bug(
        "penalty on the whole batch",
        "growing",
        ("((g.flatten(1).norm(2, 1) - 1) ** 2).mean()", "(g.norm(2) - 1) ** 2"),
        named="penalty_axis",
    ),
    bug(
        "batch norm beside a penalty",
        "growing",
        (
            "nn.Conv2d(16, 16, 3, 2, 1), nn.LeakyReLU(0.2), nn.Flatten(), nn.Linear(256, 1))",
            "nn.Conv2d(16, 16, 3, 2, 1), nn.BatchNorm2d(16), nn.LeakyReLU(0.2), nn.Flatten(), nn.Linear(256, 1))",
        ),
        named="penalty_batch_norm",
    ),
    # modes
    bug(
        "eval left on",
        "pairs_with_l1",
        ("            generator.train()\n", ""),
        ("if i % 5 == 4:", "if i == 1:"),
        named="eval_mode",
        acts=3,
    ),
    bug(
        "D in eval",
        "upsampled",
        ("        optimizer_D.zero_grad()\n", "        optimizer_D.zero_grad()\n        discriminator.eval()\n"),
        named="eval_mode",
    ),
    bug(
        "G in eval for D's fakes",
        "information",
        ("    start(generator, discriminator)\n", "    start(generator, discriminator)\n    generator.eval()\n"),
        named="eval_mode",
    ),
    # z, classes, batches
    bug(
        "fixed noise in training",
        "tutorial",
        ("            fake = netG(noise)\n", "            fake = netG(fixed_noise.repeat(2, 1, 1, 1))\n"),
        named="z_repeats",
    ),
    bug(
        "same noise each step",
        "trainer_class",
        ("self.gen(torch.randn(n, 20))", "self.gen(torch.randn(n, 20, generator=torch.Generator().manual_seed(0)))"),
        named="z_repeats",
    ),
    bug(
        "noise of zeros",
        "information",
        (
            "        z = torch.randn(B, 16)\n        label_input = F.one_hot(torch.randint",
            "        z = torch.zeros(B, 16)\n        label_input = F.one_hot(torch.randint",
        ),
        named="z_repeats z_ignored",
    ),
    bug(
        "noise not refilled",
        "at_scale",
        ("    z_, y_ = torch.empty(B, 16),", "    z_, y_ = torch.randn(B, 16),"),
        (
            "            z_.normal_()\n            y_.random_(0, N_CLASSES)\n            D_fake = model(z_, y_, train_G=True)\n",
            "            y_.random_(0, N_CLASSES)\n            D_fake = model(fixed, y_, train_G=True)\n",
        ),
        ("    start(G, D)\n", "    start(G, D)\n    fixed = z_.clone()\n"),
        named="z_repeats",
    ),
    bug(
        "G ignores z",
        "conditional",
        ("torch.cat((self.label_emb(labels), noise), -1)", "torch.cat((self.label_emb(labels), noise * 0), -1)"),
        named="z_ignored",
    ),
    bug(
        "classes of fakes given with reals",
        "conditional",
        ("discriminator(real_imgs, labels)", "discriminator(real_imgs, gen_labels)"),
        named="y_mismatch y_ignored",
    ),
    bug(
        "D ignores the class",
        "projecting",
        (" + (self.embed(y) * h).sum(1, keepdim=True)", " + 0 * (self.embed(y) * h).sum(1, keepdim=True)"),
        named="y_ignored",
    ),
    bug(
        "G ignores the class",
        "auxiliary",
        ("gen_imgs = generator(z, gen_labels)", "gen_imgs = generator(z, gen_labels * 0)"),
        named="y_ignored y_mismatch",
    ),
    bug(
        "first batch again and again",
        "least_squares_patches",
        ("    it = iter(loader(photos()))\n", "    data = loader(photos(), shuffle=False)\n"),
        ("(imgs,) = next(it)", "(imgs,) = next(iter(data))"),
        named="batch_repeats",
    ),
    bug(
        "first batch again and again",
        "styles",
        ("torch.tensor(0.0), iter(loader(photos()))", "torch.tensor(0.0), loader(photos(), shuffle=False)"),
        ("real_img = next(it)[0]", "real_img = next(iter(it))[0].clone()"),
        named="batch_repeats",
    ),
    bug(
        "buffer that is never refilled",
        "cycles",
        (
            "                if len(self.data) < self.max_size:",
            "                if len(self.data) == 8:\n                    to_return.append(self.data[len(to_return)])\n                elif len(self.data) < self.max_size:",
        ),
        named="stale_fakes",
        acts=2,
    ),
    bug(
        "fakes of the averaged G",
        "at_scale",
        ("    model = GD(G, D)\n", "    model = GD(G_ema, D)\n"),
        ("        ortho(G)\n", ""),
        named="does_not_move no_gradient player_without_optimizer stale_fakes",
    ),
    # weights
    bug(
        "weights drawn anew each epoch",
        "tutorial",
        ("    for _epoch in range(99):\n", "    for _epoch in range(99):\n        netG.apply(weights_init)\n"),
        named="reinitialised",
        acts=6,
    ),
    bug(
        "old weights loaded each step",
        "looking_ahead",
        (
            "        D.load_state_dict(backup)\n",
            "        D.load_state_dict(backup)\n        G.load_state_dict(first)\n",
        ),
        ("    start(G, D)\n", "    start(G, D)\n    first = copy.deepcopy(G.state_dict())\n"),
        named="reinitialised does_not_move weights_go_back",
        acts=2,
    ),
    bug(
        "checkpoint loaded into a copy",
        "automatic",
        (
            "    start(generator, discriminator)\n",
            "    start(generator, discriminator)\n    saved = {k: v.clone() for k, v in generator.state_dict().items()}\n",
        ),
        (
            "        for s in schedulers:\n",
            "        if k == 3:\n            generator.load_state_dict(generator.state_dict())\n        for s in schedulers:\n",
        ),
        named="load_without_effect",
        acts=4,
    ),
    bug(
        "averaged G is never averaged",
        "styles",
        ("        accumulate(g_ema, generator, 0.5 ** (32 / (10 * 1000)))\n", ""),
        named="ema_stale",
        acts=2,
    ),
    bug(
        "averaged G into G",
        "styles",
        (
            "accumulate(g_ema, generator, 0.5 ** (32 / (10 * 1000)))",
            "accumulate(generator, g_ema, 0.5 ** (32 / (10 * 1000)))",
        ),
        named="weights_go_back reinitialised changed_outside ema_stale",
    ),
    bug(
        "dead start",
        "balanced",
        (
            "nn.Linear(256, 32), nn.BatchNorm1d(32, 0.8), nn.ReLU(inplace=True)",
            "nn.Linear(256, 32), nn.BatchNorm1d(32, 0.8), nn.Threshold(5.0, 0.0)",
        ),
        named="dead_units",
    ),
)
