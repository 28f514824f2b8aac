# ruff: noqa: E501  edits of lines, as they stand
"""Bugs in the second set of loops, written when the rules were done and before any of them was run: see `bugs`."""

from __future__ import annotations

from typing import Final

from tests.watching.bugs import Bug, bug

MORE_BUGS: Final[tuple[Bug, ...]] = (
    # Gradients
    bug("d not cleared", "wrapped", ("        opt_d.zero_grad()\n", ""), named="gradients_not_cleared"),
    bug("d not cleared", "manual_system", ("            opt_d.zero_grad()\n", ""), named="gradients_not_cleared"),
    bug(
        "d not cleared",
        "three_and_three",
        ("            do.zero_grad(set_to_none=True)\n", ""),
        named="gradients_not_cleared",
    ),
    bug(
        "g not cleared",
        "two_scalers",
        ("        opt_g.zero_grad(set_to_none=True)\n", ""),
        named="gradients_not_cleared",
    ),
    bug("g not cleared", "srgan", ("        netG.zero_grad()\n", ""), named="gradients_not_cleared"),
    bug("g not cleared", "accumulate_gp", ("        g_opt.zero_grad()\n", ""), named="gradients_not_cleared"),
    bug(
        "g cleared between micro-batches",
        "accumulate_gp",
        ("            loss_g = -D", "            g_opt.zero_grad()\n            loss_g = -D"),
        named="gradients_thrown_away",
    ),
    bug(
        "d cleared too early",
        "rotations",
        ("        opt_d.zero_grad()\n", ""),
        ("        opt_d.step()\n", "        opt_d.step()\n        opt_d.zero_grad()\n"),
        named="gradient_leak",
    ),
    bug(
        "d cleared too early",
        "lecam",
        ("        opt_d.zero_grad()\n", ""),
        ("        opt_d.step()\n", "        opt_d.step()\n        opt_d.zero_grad()\n"),
        named="gradient_leak",
    ),
    bug(
        "not detached, not cleared",
        "noisy_labels",
        (".detach()\n            opt_d", "\n            opt_d"),
        ("        opt_g.zero_grad()\n", ""),
        named="fakes_attached gradients_not_cleared",
    ),
    bug(
        "cleared before step",
        "rals",
        ("r, f = D(x), D(fake)\n        opt_G.zero_grad()\n", "r, f = D(x), D(fake)\n"),
        (
            ".div(2).backward()\n        opt_G.step()",
            ".div(2).backward()\n        opt_G.zero_grad()\n        opt_G.step()",
        ),
        named="no_gradient",
    ),
    bug(
        "detached in g's loss",
        "unet_d",
        ("f = D(G(torch.randn(BATCH, 8, 1, 1)))", "f = D(G(torch.randn(BATCH, 8, 1, 1)).detach())"),
        named="no_gradient",
    ),
    # Who moves
    bug(
        "g's optimizer holds d",
        "paired",
        ("torch.optim.Adam(G.parameters(), 2e-4", "torch.optim.Adam(D.parameters(), 2e-4"),
        named="player_without_optimizer",
    ),
    bug(
        "optimizer of an older g",
        "lazy_r1",
        ("    start(generator", "    generator = UpG()\n    start(generator"),
        named="player_without_optimizer",
    ),
    bug(
        "g's optimizer holds both",
        "rotations",
        ("torch.optim.Adam(G.parameters(), 2e-4)", "torch.optim.Adam([*G.parameters(), *D.parameters()], 2e-4)"),
        named="moved_by_other",
    ),
    bug("lr 0", "two_scalers", ("lr=1e-4", "lr=0.0"), named="does_not_move"),
    bug("rate falls to 0", "warm_up", ("min(1.0, s / 5)", "max(0.0, 1.0 - s / 3)"), named="does_not_move", acts=4),
    bug("d never steps", "dragan", ("        do.step()\n", ""), named="never_steps"),
    bug("g never steps", "projection", ("        optG.step()\n", ""), named="never_steps"),
    bug(
        "d trained with g's optimizer",
        "unrolled",
        (
            "    g_opt, d_opt = torch.optim.Adam(G.parameters(), 1e-3), torch.optim.Adam(D.parameters(), 1e-3)",
            "    g_opt = torch.optim.Adam(G.parameters(), 1e-3)\n    d_opt = g_opt",
        ),
        named="never_steps player_without_optimizer",
    ),
    # What D and G are told
    bug(
        "d labels swapped",
        "noisy_labels",
        (
            "loss(out_real, real_labels) + loss(out_fake, torch.zeros(BATCH))",
            "loss(out_fake, real_labels) + loss(out_real, torch.zeros(BATCH))",
        ),
        named="labels_swapped",
    ),
    bug(
        "d labels swapped",
        "multi_scale",
        (
            "gan_loss(pred_fake_pool, False) + gan_loss(pred_real, True)",
            "gan_loss(pred_fake_pool, True) + gan_loss(pred_real, False)",
        ),
        named="labels_swapped",
    ),
    bug(
        "d labels swapped",
        "three_and_three",
        ("(torch.arange(2 * BATCH) < BATCH)", "(torch.arange(2 * BATCH) >= BATCH)"),
        named="labels_swapped",
    ),
    bug(
        "d's sign wrong",
        "projection",
        (
            "F.relu(1.0 - dis_real)) + torch.mean(F.relu(1.0 + dis_fake))",
            "F.relu(1.0 + dis_real)) + torch.mean(F.relu(1.0 - dis_fake))",
        ),
        named="labels_swapped same_goal",
    ),
    bug("d's sign wrong", "original_wgan", ("errD_real.backward(mone)", "errD_real.backward(one)"), named="same_label"),
    bug(
        "d's sign wrong",
        "paired",
        ("-(D(x) - D(fake.detach()))", "(D(x) - D(fake.detach()))"),
        named="labels_swapped same_goal",
    ),
    bug(
        "g's sign wrong",
        "lecam",
        ("loss = -D(augment(fake))", "loss = D(augment(fake))"),
        named="same_goal labels_swapped",
    ),
    bug("g's sign wrong", "paired", ("-(D(fake) - D(x))", "(D(fake) - D(x))"), named="same_goal labels_swapped"),
    bug("g's sign wrong", "packed_tables", ("loss_g = -torch", "loss_g = torch"), named="same_goal labels_swapped"),
    bug(
        "g's label wrong",
        "manual_system",
        (
            "self.discriminator(self.generator(z)), valid",
            "self.discriminator(self.generator(z)), torch.zeros(imgs.size(0), 1)",
        ),
        named="same_goal labels_swapped",
    ),
    bug("g's label wrong", "from_numpy", ("(D(G(z)) ** 2)", "((D(G(z)) + 1) ** 2)"), named="same_goal labels_swapped"),
    bug(
        "g's label wrong",
        "rals",
        (
            "(r - f.mean() + 1) ** 2).mean() + ((f - r.mean() - 1)",
            "(r - f.mean() - 1) ** 2).mean() + ((f - r.mean() + 1)",
        ),
        named="same_goal labels_swapped",
    ),
    bug("same label for both", "dragan", ("torch.zeros(BATCH, 1)", "torch.ones(BATCH, 1)"), named="same_label"),
    bug("real for fakes", "wrapped", ("D(fake.detach())).mean()", "D(x.detach())).mean()"), named="no_fakes"),
    bug("fakes for real", "sequences", ("F.softplus(-D(x))", "F.softplus(-D(fake.detach()))"), named="no_real"),
    bug(
        "smoothing on fakes",
        "noisy_labels",
        ("loss(out_fake, torch.zeros(BATCH))", "loss(out_fake, torch.zeros(BATCH) + 0.1)"),
        named="smoothing_on_fakes",
    ),
    bug(
        "unequal weights",
        "srgan",
        ("netD(sr.detach()), torch.zeros(BATCH, 1)", "netD(sr.detach()), torch.zeros(BATCH, 1), reduction='sum'"),
        named="unequal_weights",
    ),
    # Ends, ranges
    bug(
        "sigmoid twice",
        "manual_system",
        ("real_loss = F.binary_cross_entropy(", "real_loss = F.binary_cross_entropy_with_logits("),
        ("fake_loss = F.binary_cross_entropy(", "fake_loss = F.binary_cross_entropy_with_logits("),
        named="sigmoid_twice",
    ),
    bug(
        "sigmoid in critic",
        "accumulate_gp",
        ("mlp(DIM, 32, 1)", "mlp(DIM, 32, 1, end=nn.Sigmoid())"),
        named="sigmoid_in_critic",
    ),
    bug(
        "sigmoid in critic",
        "lecam",
        ("Critic(norm=True)", "nn.Sequential(Critic(norm=True), nn.Sigmoid())"),
        named="sigmoid_in_critic",
    ),
    bug("real in [0, 1]", "unet_d", ("D(images())", "D(images() * 0.5 + 0.5)"), named="range_mismatch"),
    bug(
        "real in [0, 255]",
        "rotations",
        ("x, fake = images(), G(", "x, fake = images() * 127.5 + 127.5, G("),
        named="range_mismatch",
    ),
    bug(
        "real in [0, 1]",
        "bigan",
        ("x, z = points(), torch", "x, z = points().sigmoid(), torch"),
        named="range_mismatch",
    ),
    # Penalties, norms, modes
    bug(
        "penalty without graph",
        "packed_tables",
        ("create_graph=True, retain_graph=True", "retain_graph=True"),
        ("        pen.backward(retain_graph=True)\n", "        loss_d = loss_d + pen.detach()\n"),
        named="penalty_without_effect",
    ),
    bug(
        "penalty not added",
        "dragan",
        ("(loss_real + loss_fake + penalty)", "(loss_real + loss_fake)"),
        named="penalty_without_effect",
    ),
    bug(
        "penalty on a wrong axis",
        "lazy_r1",
        (".pow(2).reshape(grad_real.shape[0], -1).sum(1).mean()", ".norm(2, dim=2).sum()"),
        named="penalty_axis",
    ),
    bug(
        "batch norm beside a penalty",
        "dragan",
        ("mlp(DIM, 32, 1)", "nn.Sequential(nn.Linear(DIM, 32), nn.BatchNorm1d(32), nn.ReLU(), nn.Linear(32, 1))"),
        named="penalty_batch_norm",
    ),
    bug("eval left on", "warm_up", ("            G.train()\n            D.train()\n", ""), named="eval_mode", acts=4),
    bug("d in eval", "noisy_labels", ("    start(G, D)\n", "    start(G, D)\n    D.eval()\n"), named="eval_mode"),
    bug(
        "clip before step",
        "original_wgan",
        (
            "            optimizerD.step()\n",
            "            for p in netD.parameters():\n                p.data.clamp_(-0.005, 0.005)\n            optimizerD.step()\n",
        ),
        named="changed_before_step",
    ),
    bug(
        "scaled gradients",
        "two_scalers",
        ("        scaler_g.unscale_(opt_g)\n", ""),
        ("        torch.nn.utils.clip_grad_norm_(gen.parameters(), 1.0)\n", ""),
        ("scaler_g.step(opt_g)", "opt_g.step()"),
        named="scaled_gradients",
    ),
    bug(
        "critic unbounded",
        "original_wgan",
        ("            for p in netD.parameters():\n                p.data.clamp_(-0.01, 0.01)\n", ""),
        ("RMSprop(netD.parameters(), lr=5e-5)", "RMSprop(netD.parameters(), lr=5e-2)"),
        named="critic_unbounded update_ratio",
    ),
    # z, labels, batches
    bug(
        "same z",
        "lecam",
        ("    start(G, D)\n", "    start(G, D)\n    z = torch.randn(BATCH, 8, 1, 1)\n"),
        ("G(torch.randn(BATCH, 8, 1, 1))", "G(z)"),
        named="z_repeats",
    ),
    bug(
        "same z",
        "from_numpy",
        (
            '            z = torch.from_numpy(rng.uniform(-1, 1, (BATCH, 8)).astype("float32"))\n            D.zero_grad()',
            "            z = torch.ones(BATCH, 8)\n            D.zero_grad()",
        ),
        (
            '            z = torch.from_numpy(rng.uniform(-1, 1, (BATCH, 8)).astype("float32"))\n            G.zero_grad()',
            "            z = torch.ones(BATCH, 8)\n            G.zero_grad()",
        ),
        named="z_repeats",
    ),
    bug(
        "loader repeats a batch",
        "wrapped",
        ("    start(inner_g, inner_d)\n", "    start(inner_g, inner_d)\n    first = images()\n"),
        ("x, fake = images(), G(", "x, fake = first, G("),
        named="batch_repeats",
    ),
    bug(
        "loader repeats a batch",
        "from_numpy",
        ("X[b * BATCH : (b + 1) * BATCH].copy()", "X[:BATCH].copy()"),
        ("        rng.shuffle(X)\n", ""),
        named="batch_repeats",
    ),
    bug(
        "sampling unlike training",
        "ema_schedule",
        (
            "                ema(torch.randn(4, 8, 1, 1))",
            "                g.eval()\n                g(torch.rand(16, 8, 1, 1))\n                g.train()",
        ),
        named="sampling_differs",
        acts=4,
    ),
    bug(
        "y ignored by d",
        "projection",
        (
            "    G, D = ClassNormG(), ProjectionD()\n",
            "    G, D = ClassNormG(), ProjectionD()\n    nn.init.zeros_(D.embed.weight_orig)\n    D.forward = lambda x, y: D.out(D.body(x))  # type: ignore[method-assign]\n",
        ),
        named="y_ignored",
    ),
    bug(
        "y ignored by g",
        "projection",
        (
            "    G, D = ClassNormG(), ProjectionD()\n",
            "    G, D = ClassNormG(), ProjectionD()\n    G.forward = lambda z, labels: torch.tanh(G.last(torch.relu(G.norm(G.first(z)))))  # type: ignore[method-assign]\n",
        ),
        named="y_ignored",
    ),
    bug(
        "stale fakes",
        "sequences",
        (
            "        fake = G(torch.randn(BATCH, 8), 0.8)\n",
            "        fake = G(torch.randn(BATCH, 8), 0.8)\n        old = fake.detach() if _ == 0 else old\n",
        ),
        ("D(fake.detach())", "D(old)"),
        named="stale_fakes",
    ),
    # Weights
    bug(
        "made anew",
        "rotations",
        (
            "        x, fake = images()",
            "        if _ and _ % 2 == 0:\n            for m in G.modules():\n                getattr(m, 'reset_parameters', lambda: None)()\n        x, fake = images()",
        ),
        named="reinitialised",
        acts=3,
    ),
    bug(
        "loaded without effect",
        "unet_d",
        (
            "        with torch.no_grad():\n",
            "        if _ == 2:\n            D.load_state_dict(D.state_dict())\n        with torch.no_grad():\n",
        ),
        named="load_without_effect",
        acts=3,
    ),
    bug(
        "nan in the loss",
        "paired",
        ("        d_loss = F.softplus", "        d_loss = (D(x).sum() * 0).sqrt() + F.softplus"),
        named="not_finite",
    ),
    bug(
        "nan in the data",
        "srgan",
        (
            "        lr = F.avg_pool2d(hr, 2)\n",
            "        hr[0, 0, 0, 0] = float('nan') if _ == 2 else 0.0\n        lr = F.avg_pool2d(hr, 2)\n",
        ),
        named="not_finite",
        acts=3,
    ),
    bug(
        "steps too large",
        "rals",
        ("torch.optim.Adam(G.parameters(), 2e-4", "torch.optim.Adam(G.parameters(), 5.0"),
        named="update_ratio",
    ),
    bug(
        "dead units",
        "sequences",
        ("mlp(30, 32, 1))", "nn.Linear(30, 32), nn.ReLU(), nn.Linear(32, 1))\n    nn.init.constant_(D[1].bias, -9.0)"),
        named="dead_units",
    ),
)
