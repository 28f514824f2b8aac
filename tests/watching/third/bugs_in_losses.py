# ruff: noqa: E501  edits of lines, as they stand
"""Bugs of labels, signs, ends and ranges: see `tests.watching.third.bugs`."""

from __future__ import annotations

from typing import Final

from tests.watching.bugs import Bug, bug

BUGS: Final[tuple[Bug, ...]] = (
    # labels, signs
    bug("label not set back to real", "tutorial", ("            label.fill_(real_label)\n", ""), named="same_goal"),
    bug(
        "G's label is fake",
        "least_squares_patches",
        ("g_loss = criterion(discriminator(gen_imgs), valid)", "g_loss = criterion(discriminator(gen_imgs), fake)"),
        named="same_goal labels_swapped",
    ),
    bug(
        "G's label is fake",
        "trainer_class",
        (
            "self.disc(self.gen(torch.randn(n, 20))), torch.zeros(n, 1)",
            "self.disc(self.gen(torch.randn(n, 20))), torch.ones(n, 1)",
        ),
        named="same_goal labels_swapped",
    ),
    bug(
        "G's label is fake",
        "enhanced",
        (
            "pred_real.mean(0, keepdim=True), valid)\n        loss_content",
            "pred_real.mean(0, keepdim=True), fake)\n        loss_content",
        ),
        named="same_goal labels_swapped",
        acts=3,
    ),
    bug(
        "D's labels swapped",
        "coupled",
        (
            "        validity1_real, validity2_real",
            "        valid, fake = fake, valid\n        validity1_real, validity2_real",
        ),
        named="labels_swapped same_goal",
    ),
    bug(
        "D's labels swapped",
        "trainer_class",
        (
            "torch.cat([torch.zeros(real.size(0), 1), torch.ones(fake.size(0), 1)])",
            "torch.cat([torch.ones(real.size(0), 1), torch.zeros(fake.size(0), 1)])",
        ),
        named="labels_swapped same_goal",
    ),
    bug(
        "all labels the same",
        "automatic",
        (
            "valid, fake = torch.ones(batch.size(0), 1), torch.zeros(batch.size(0), 1)",
            "valid, fake = torch.ones(batch.size(0), 1), torch.ones(batch.size(0), 1)",
        ),
        named="same_label",
    ),
    bug(
        "G's sign",
        "waves",
        ("G_cost = -netD(netG(noise)).mean()", "G_cost = netD(netG(noise)).mean()"),
        named="same_goal",
    ),
    bug(
        "G's sign",
        "domains",
        ("g_loss_fake = -torch.mean(out_src)", "g_loss_fake = torch.mean(out_src)"),
        named="same_goal",
    ),
    bug(
        "critic's sign",
        "tables",
        ("loss_d = -(torch.mean(y_real) - torch.mean(y_fake))", "loss_d = torch.mean(y_real) - torch.mean(y_fake)"),
        named="labels_swapped same_goal",
    ),
    bug(
        "critic's sign",
        "modern_baseline",
        ("loss = F.softplus(-(real_logits - fake_logits))", "loss = F.softplus(real_logits - fake_logits)"),
        named="labels_swapped same_goal",
    ),
    bug(
        "one sign of hinge",
        "attention",
        ("torch.nn.ReLU()(1.0 + d_out_fake)", "torch.nn.ReLU()(1.0 - d_out_fake)"),
        named="same_label",
    ),
    bug(
        "one sign of the critic",
        "divergence",
        (
            "d_loss = -torch.mean(real_validity) + torch.mean(fake_validity)",
            "d_loss = -torch.mean(real_validity) - torch.mean(fake_validity)",
        ),
        named="same_label",
    ),
    bug(
        "smoothing of fakes",
        "improved",
        ("bce(fake_out, torch.zeros(B, 1))", "bce(fake_out, torch.full((B, 1), 0.1))"),
        named="smoothing_on_fakes",
    ),
    bug(
        "sum and mean",
        "boundary_seeking",
        ("real_loss = discriminator_loss(", "real_loss = nn.BCELoss(reduction='sum')("),
        named="unequal_weights",
    ),
    bug(
        "G's loss on real pictures",
        "boundary_seeking",
        (
            "g_loss = boundary_seeking_loss(discriminator(gen_imgs))",
            "g_loss = boundary_seeking_loss(discriminator(imgs))",
        ),
        named="no_gradient",
    ),
    bug(
        "G's loss on real pictures",
        "simple_mlp",
        ("g_loss = -torch.log(D(G(z)) + eps).mean()", "g_loss = -torch.log(D(x) + eps).mean()"),
        named="no_gradient",
    ),
    bug(
        "D's loss without reals",
        "auxiliary",
        ("        d_loss = (d_real_loss + d_fake_loss) / 2\n", "        d_loss = (d_fake_loss + d_fake_loss) / 2\n"),
        named="no_real",
    ),
    bug(
        "D's loss without fakes",
        "upsampled",
        (
            "adversarial_loss(discriminator(gen_imgs.detach()), fake)",
            "adversarial_loss(discriminator(real_imgs), fake)",
        ),
        named="no_fakes same_label",
    ),
    bug(
        "loss of a tensor made anew",
        "automatic",
        (
            "            return F.binary_cross_entropy_with_logits(discriminator(generator(z)), valid)\n",
            "            return torch.tensor(F.binary_cross_entropy_with_logits(discriminator(generator(z)), valid).item(), requires_grad=True)\n",
        ),
        named="no_gradient",
    ),
    # ends, ranges
    bug(
        "sigmoid twice",
        "upsampled",
        ("adversarial_loss = torch.nn.BCELoss()", "adversarial_loss = torch.nn.BCEWithLogitsLoss()"),
        named="sigmoid_twice",
    ),
    bug("sigmoid twice", "looking_ahead", ("FlatG(), FlatD()", "FlatG(), FlatD(sigmoid=True)"), named="sigmoid_twice"),
    bug(
        "softmax over one number",
        "automatic",
        ("UpsampleG(), FlatD()", "UpsampleG(), nn.Sequential(FlatD(), nn.Softmax(dim=1))"),
        named="constant_answer no_gradient sigmoid_twice",
    ),
    bug(
        "softmax over one number",
        "conditional",
        (
            "                nn.Linear(128, 1),\n",
            "                nn.Linear(128, 1),\n                nn.Softmax(dim=1),\n",
        ),
        named="constant_answer no_gradient",
    ),
    bug(
        "sigmoid in a critic",
        "clipped",
        ("FlatG(), FlatD()", "FlatG(), FlatD(sigmoid=True)"),
        named="sigmoid_in_critic",
    ),
    bug(
        "sigmoid in a critic",
        "waves",
        ("nn.Linear(256, 1))", "nn.Linear(256, 1), nn.Sigmoid())"),
        named="sigmoid_in_critic",
    ),
    bug(
        "log of a logit",
        "simple_mlp",
        ("nn.Linear(64, 1), nn.Sigmoid())", "nn.Linear(64, 1))"),
        named="not_finite sigmoid_missing",
    ),
    bug(
        "log of zero",
        "boundary_seeking",
        (
            "boundary_seeking_loss(discriminator(gen_imgs))",
            "boundary_seeking_loss((40 * discriminator(gen_imgs)).clamp(0, 1))",
        ),
        named="not_finite no_gradient",
    ),
    bug(
        "data not normalised",
        "tutorial",
        ("dataloader = loader(photos(160))", "dataloader = loader(photos(160) * 0.5 + 0.5)"),
        named="range_mismatch",
    ),
    bug(
        "data not normalised",
        "trainer_class",
        (
            "trainer.fit(loader(*digits(128)), steps)",
            "x, y = digits(128)\n    trainer.fit(loader((x + 1) / 2, y), steps)",
        ),
        named="range_mismatch",
    ),
    bug("data in bytes", "attention", ("loader(photos())", "loader(photos() * 127.5 + 127.5)"), named="range_mismatch"),
    bug(
        "G ends in a ReLU",
        "modern_baseline",
        (
            "nn.Conv2d(16, 3, 3, 1, 1))  # fmt: skip\n    D =",
            "nn.Conv2d(16, 3, 3, 1, 1), nn.ReLU())  # fmt: skip\n    D =",
        ),
        named="range_mismatch",
    ),
    bug(
        "noise on reals alone",
        "improved",
        ("fake_out, _ = netD(noisy(fake.detach()))", "fake_out, _ = netD(fake.detach())"),
        ("sigma = 0.1 * (1 - t / 100)", "sigma = 0.5"),
        named="changed_alone range_mismatch",
    ),
    bug(
        "pictures changed for reals alone",
        "phases",
        ("real_logits = run_D(real_img_tmp)", "real_logits = run_D(1 - real_img_tmp.flip(2))"),
        named="changed_alone range_mismatch",
    ),
)
