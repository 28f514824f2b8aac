# ruff: noqa: E501  edits of lines, as they stand
"""Bugs of clearing, detaching and stepping: see `tests.watching.third.bugs`."""

from __future__ import annotations

from typing import Final

from tests.watching.bugs import Bug, bug

BUGS: Final[tuple[Bug, ...]] = (
    # zero_grad
    bug("zero_grad of D missing", "tutorial", ("            netD.zero_grad()\n", ""), named="gradients_not_cleared"),
    bug("zero_grad of D missing", "projecting", ("            opt_d.zero_grad()\n", ""), named="gradients_not_cleared"),
    bug("zero_grad of G missing", "simple_mlp", ("            g_opt.zero_grad()\n", ""), named="gradients_not_cleared"),
    bug(
        "zero_grad without parentheses",
        "upsampled",
        ("optimizer_D.zero_grad()", "optimizer_D.zero_grad"),
        named="gradients_not_cleared",
    ),
    bug(
        "zero_grad once before the loop",
        "sentences",
        ("        gen_opt.zero_grad()\n", ""),
        ("    start(gen, dis)\n", "    start(gen, dis)\n    gen_opt.zero_grad()\n"),
        named="gradients_not_cleared",
    ),
    bug(
        "zero_grad of the other player",
        "boundary_seeking",
        ("        optimizer_D.zero_grad()\n", "        optimizer_G.zero_grad()\n"),
        named="gradients_not_cleared gradient_leak",
    ),
    bug(
        "zero_grad between backward and step",
        "trainer_class",
        (
            "            nn.utils.clip_grad_norm_(self.gen.parameters(), 1.0)\n",
            "            self.opt_gen.zero_grad()\n",
        ),
        named="no_gradient gradients_thrown_away",
    ),
    bug(
        "zero_grad between backward and step",
        "coupled",
        ("        d_loss.backward()\n", "        d_loss.backward()\n        optimizer_D.zero_grad()\n"),
        named="no_gradient gradients_thrown_away",
    ),
    bug(
        "zero_grad every step of an accumulation",
        "counted",
        ("        loss_D.backward()\n", "        opt_D.zero_grad()\n        loss_D.backward()\n"),
        named="gradients_thrown_away",
    ),
    # detach
    bug(
        "both backward, one zero_grad",
        "scales_and_features",
        (
            "        optimizer_G.zero_grad()\n        loss_G.backward()\n        optimizer_G.step()\n        optimizer_D.zero_grad()\n        loss_D.backward()\n        optimizer_D.step()\n",
            "        optimizer_G.zero_grad()\n        optimizer_D.zero_grad()\n        loss_G.backward(retain_graph=True)\n        loss_D.backward()\n        optimizer_G.step()\n        optimizer_D.step()\n",
        ),
        named="gradient_leak",
    ),
    bug(
        "fakes not detached",
        "conditional",
        ("        optimizer_G.zero_grad()\n", ""),
        ("        optimizer_G.step()\n", "        optimizer_G.step()\n        optimizer_G.zero_grad()\n"),
        (
            "        validity_fake = discriminator(gen_imgs.detach(), gen_labels)\n",
            "        validity_fake = discriminator(generator(z, gen_labels), gen_labels)\n",
        ),
        named="fakes_attached gradients_not_cleared",
    ),
    bug(
        "detached in G's step",
        "tutorial",
        ("output = netD(fake).view(-1)", "output = netD(fake.detach()).view(-1)"),
        named="no_gradient",
    ),
    bug(
        "detached in G's step",
        "pairs_with_l1",
        ("pred_fake = discriminator(fake_B, real_A)", "pred_fake = discriminator(fake_B.detach(), real_A)"),
        named="no_gradient g_loss_without_d",
    ),
    bug(
        "data in G's step",
        "clipped",
        (
            "loss_G = -torch.mean(discriminator(gen_imgs))",
            "loss_G = -torch.mean(discriminator(Variable(gen_imgs.data, requires_grad=True)))",
        ),
        named="no_gradient",
    ),
    bug(
        "no_grad around G in its own step",
        "at_scale",
        ("D_fake = model(z_, y_, train_G=True)", "D_fake = model(z_, y_).requires_grad_()"),
        ("        ortho(G)\n", ""),
        named="no_gradient",
    ),
    bug(
        "words by argmax",
        "sentences",
        (
            "token = F.gumbel_softmax(self.out(h), tau=temperature, hard=True)",
            "token = F.one_hot(self.out(h).argmax(1), VOCAB).float()",
        ),
        ("        g_loss.backward()\n", "        g_loss.backward() if g_loss.requires_grad else None\n"),
        named="no_gradient",
    ),
    bug(
        "x detached in D",
        "improved",
        ("h = self.features(x.flatten(1))", "h = self.features(x.detach().flatten(1))"),
        named="no_gradient",
    ),
    # optimizers
    bug(
        "optimizer of D holds G",
        "upsampled",
        ("torch.optim.Adam(discriminator.parameters()", "torch.optim.Adam(generator.parameters()"),
        named="moved_by_other player_without_optimizer",
    ),
    bug(
        "optimizer of D holds G",
        "attention",
        ("filter(lambda p: p.requires_grad, D.parameters())", "filter(lambda p: p.requires_grad, G.parameters())"),
        named="moved_by_other player_without_optimizer",
    ),
    bug(
        "optimizer of G holds both",
        "balanced",
        (
            "torch.optim.Adam(generator.parameters(), lr=0.0002",
            "torch.optim.Adam([*generator.parameters(), *discriminator.parameters()], lr=0.0002",
        ),
        named="moved_by_other",
    ),
    bug(
        "one of two players in the optimizer",
        "cycles",
        ("itertools.chain(G_AB.parameters(), G_BA.parameters())", "G_AB.parameters()"),
        named="player_without_optimizer does_not_move",
    ),
    bug(
        "one of two players in two optimizers",
        "cycles",
        ("optimizer_D_B = torch.optim.Adam(D_B.parameters()", "optimizer_D_B = torch.optim.Adam(D_A.parameters()"),
        named="player_without_optimizer does_not_move",
    ),
    bug(
        "optimizer of a copy",
        "per_sample",
        (
            "torch.optim.Adam(G.parameters(), 1e-4, (0.0, 0.9))",
            "torch.optim.Adam(__import__('copy').deepcopy(G).parameters(), 1e-4, (0.0, 0.9))",
        ),
        named="player_without_optimizer does_not_move",
    ),
    bug(
        "optimizer of a network that is replaced",
        "inpainting",
        (
            "    start(generator, discriminator)\n",
            "    discriminator = Patches()\n    start(generator, discriminator)\n",
        ),
        named="player_without_optimizer does_not_move",
    ),
    bug(
        "optimizer of the feature network",
        "enhanced",
        ("torch.optim.Adam(discriminator.parameters()", "torch.optim.Adam(feature_extractor.parameters()"),
        named="player_without_optimizer does_not_move never_steps",
        acts=3,
    ),
    bug(
        "step without parentheses",
        "least_squares_patches",
        ("opt_D.step()", "opt_D.step"),
        named="never_steps does_not_move",
    ),
    bug(
        "backward without parentheses",
        "modern_baseline",
        ("(scale * discriminator_loss.mean()).backward()", "(scale * discriminator_loss.mean()).backward"),
        named="no_gradient",
    ),
    bug(
        "G's block steps D's optimizer",
        "growing",
        ("        loss_G.backward()\n        opt_G.step()\n", "        loss_G.backward()\n        opt_D.step()\n"),
        named="never_steps gradient_leak does_not_move",
    ),
    bug(
        "step before backward",
        "least_squares_patches",
        ("        g_loss.backward()\n        opt_G.step()\n", "        opt_G.step()\n        g_loss.backward()\n"),
        named="no_gradient gradients_thrown_away",
    ),
    bug(
        "step before backward",
        "semi_supervised",
        (
            "        d_loss.backward()\n        optimizer_D.step()\n",
            "        optimizer_D.step()\n        d_loss.backward()\n",
        ),
        named="no_gradient gradients_thrown_away gradient_leak",
    ),
    bug(
        "two steps on one backward",
        "auxiliary",
        ("        optimizer_G.step()\n", "        optimizer_G.step()\n        optimizer_G.step()\n"),
        named="steps_twice gradients_not_cleared",
    ),
    bug(
        "two steps on one backward",
        "waves",
        ("            optimizerD.step()\n", "            optimizerD.step()\n            optimizerD.step()\n"),
        named="steps_twice gradients_not_cleared",
    ),
    bug(
        "optimizer made anew each step",
        "twice_g",
        (
            "        netD.zero_grad(set_to_none=True)\n",
            "        optimizerD = torch.optim.Adam(netD.parameters(), lr=1e-4, betas=(0.5, 0.999))\n        netD.zero_grad(set_to_none=True)\n",
        ),
        named="optimizer_made_anew",
    ),
    bug(
        "optimizer made anew each step",
        "growing",
        ("        if step == 4:\n", "        if step:\n"),
        named="optimizer_made_anew",
    ),
    bug(
        "rate a thousand times too high",
        "upsampled",
        ("torch.optim.Adam(generator.parameters(), lr=0.0002", "torch.optim.Adam(generator.parameters(), lr=0.2"),
        named="update_ratio",
    ),
    bug(
        "rate a thousand times too high",
        "waves",
        (
            "(torch.optim.Adam(m.parameters(), lr=1e-4, betas=(0.5, 0.9)) for m in (netG, netD))",
            "(torch.optim.Adam(m.parameters(), lr=1e-1, betas=(0.5, 0.9)) for m in (netG, netD))",
        ),
        named="update_ratio critic_unbounded",
    ),
    bug(
        "rate a thousand times too low",
        "projecting",
        ("torch.optim.Adam(generator.parameters(), 1e-4", "torch.optim.Adam(generator.parameters(), 1e-7"),
        named="does_not_move update_ratio rate_too_low",
    ),
    bug(
        "scheduler stepped each batch",
        "cycles",
        ("        for s in schedulers:\n            s.step()\n", ""),
        ("            i += 1\n", "            for s in schedulers:\n                s.step()\n            i += 1\n"),
        ("lambda e: 1.0 - max(0, e - 50) / 50", "lambda e: max(0.0, 1.0 - e / 4)"),
        named="does_not_move rate_falls",
        acts=5,
    ),
    bug(
        "D stays frozen",
        "at_scale",
        ("        toggle_grad(D, True)\n", ""),
        (
            "                D_loss.backward()\n",
            "                D_loss.backward() if D_loss.requires_grad else None\n",
        ),
        named="no_gradient does_not_move",
        acts=2,
    ),
    bug(
        "G stays frozen",
        "styles",
        ("        requires_grad(generator, True)\n", ""),
        ("        g_loss.backward()\n", "        g_loss.backward() if g_loss.requires_grad else None\n"),
        ("if i % g_reg_every == 0:", "if False:"),
        named="no_gradient does_not_move",
    ),
    bug(
        "clip before step",
        "clipped",
        (
            "            optimizer_D.step()\n            for p in discriminator.parameters():\n                p.data.clamp_(-clip_value, clip_value)\n",
            "            for p in discriminator.parameters():\n                p.data.clamp_(-clip_value, clip_value)\n            optimizer_D.step()\n",
        ),
        named="changed_before_step",
    ),
    bug(
        "clip of the wrong player",
        "clipped",
        ("for p in discriminator.parameters():", "for p in generator.parameters():"),
        named="critic_unbounded clips_g",
        acts=1,
    ),
    bug(
        "gradients clipped before backward",
        "trainer_class",
        (
            "            loss.backward()\n            nn.utils.clip_grad_norm_(self.disc.parameters(), 1.0)\n",
            "            nn.utils.clip_grad_norm_(self.disc.parameters(), 1.0)\n            loss.backward()\n",
        ),
        named="clip_without_effect",
    ),
    bug(
        "scaled gradients",
        "attention",
        (
            "        d_loss.backward()\n",
            "        scaler = torch.amp.GradScaler('cpu')\n        scaler.scale(d_loss).backward()\n",
        ),
        named="scaled_gradients",
    ),
    bug(
        "clipped while scaled",
        "sentences",
        ("    temperature, bce = 1.0,", "    scaler = torch.amp.GradScaler('cpu')\n    temperature, bce = 1.0,"),
        ("        d_loss.backward()\n", "        scaler.scale(d_loss).backward()\n"),
        ("        dis_opt.step()\n", "        scaler.step(dis_opt)\n        scaler.update()\n"),
        named="clipped_while_scaled",
    ),
    bug(
        "accumulated without dividing",
        "counted",
        ("        loss_D = loss_D / accumulation_steps\n", ""),
        named="not_divided",
    ),
)
