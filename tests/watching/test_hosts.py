"""Where loops live: Lightning, accelerate, Jupyter. Each test runs where the package is installed, else it is skipped.

What was tried, with versions, stands in docs/watch.md.
"""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn
from torch.nn import functional as F  # noqa: N812

from gan_core.data.compat import import_torchvision
from gan_core.watching import WatchCallback, watch
from tests.watching.loops import BATCH, DIM, mlp, points

ROOT = Path(__file__).resolve().parents[2]


def lightning_module(pl: Any, bug: str) -> Any:
    """The GAN of Lightning's own examples: manual optimisation, toggled optimisers."""

    class GAN(pl.LightningModule):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.automatic_optimization = False
            self.generator = mlp(8, 32, DIM, end=nn.Tanh())
            self.discriminator = mlp(DIM, 32, 1, end=nn.Sigmoid())

        def training_step(self, batch: Any) -> None:
            (imgs,) = batch
            optimizer_g, optimizer_d = self.optimizers()
            z = torch.randn(imgs.shape[0], 8)
            valid, fake = torch.ones(imgs.size(0), 1), torch.zeros(imgs.size(0), 1)
            self.toggle_optimizer(optimizer_g)
            target = fake if bug == "label" else valid
            g_loss = F.binary_cross_entropy(self.discriminator(self.generator(z)), target)
            self.manual_backward(g_loss)
            optimizer_g.step()
            optimizer_g.zero_grad()
            self.untoggle_optimizer(optimizer_g)
            self.toggle_optimizer(optimizer_d)
            real_loss = F.binary_cross_entropy(self.discriminator(imgs), valid)
            fake_loss = F.binary_cross_entropy(self.discriminator(self.generator(z).detach()), fake)
            self.manual_backward((real_loss + fake_loss) / 2)
            optimizer_d.step()
            if bug != "clear":
                optimizer_d.zero_grad()
            self.untoggle_optimizer(optimizer_d)

        def validation_step(self, batch: Any) -> None:
            self.generator(torch.randn(4, 8))

        def configure_optimizers(self) -> Any:
            return [
                torch.optim.Adam(m.parameters(), lr=2e-4, betas=(0.5, 0.999))
                for m in (self.generator, self.discriminator)
            ], []

    return GAN()


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    ("bug", "named"), [("", set()), ("label", {"same_goal"}), ("clear", {"gradients_not_cleared"})]
)
def test_lightning_with_the_callback(bug: str, named: set[str], tmp_path: Path) -> None:
    import_torchvision()  # Lightning's metrics look for it; it may be of another build than torch
    pl = pytest.importorskip("lightning.pytorch", reason="lightning is not installed: pip install lightning")
    torch.manual_seed(0)
    callback = WatchCallback(on="silent")
    data = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(points(BATCH * 15)), batch_size=BATCH)
    trainer = pl.Trainer(
        max_epochs=1,
        accelerator="cpu",
        callbacks=[callback],
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        default_root_dir=tmp_path,
    )
    trainer.fit(lightning_module(pl, bug), data, data)
    assert callback.watch is not None
    summary = callback.watch.summary()
    assert summary.seen
    assert summary.steps_g == 15
    assert {found.rule for found in summary.findings if found.severity != "info"} == named


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("bug", "named"), [("", set()), ("sign", {"same_goal"})])
def test_accelerate_after_prepare(bug: str, named: set[str]) -> None:
    accelerate = pytest.importorskip("accelerate", reason="accelerate is not installed: pip install accelerate")
    torch.manual_seed(0)
    accelerator = accelerate.Accelerator(cpu=True)
    generator, discriminator = mlp(8, 32, DIM, end=nn.Tanh()), mlp(DIM, 32, 1)
    opt_g, opt_d = (torch.optim.Adam(m.parameters(), 2e-4) for m in (generator, discriminator))
    loader = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(points(BATCH * 12)), batch_size=BATCH)
    generator, discriminator, opt_g, opt_d, loader = accelerator.prepare(generator, discriminator, opt_g, opt_d, loader)
    with watch(generator, discriminator, on="silent") as watching:
        for (real,) in loader:
            fake = generator(torch.randn(len(real), 8))
            loss_d = F.softplus(-discriminator(real)).mean() + F.softplus(discriminator(fake.detach())).mean()
            opt_d.zero_grad()
            accelerator.backward(loss_d)
            accelerator.clip_grad_norm_(discriminator.parameters(), 1.0)
            opt_d.step()
            sign = 1 if bug else -1
            opt_g.zero_grad()
            accelerator.backward(F.softplus(sign * discriminator(fake)).mean())
            opt_g.step()
    summary = watching.summary()
    assert summary.seen
    assert {found.rule for found in summary.findings if found.severity != "info"} == named


CELLS = (
    """
    import sys, time
    sys.path.insert(0, ROOT)
    import torch
    from torch import nn
    from torch.nn import functional as F
    from gan_core.watching import watch
    torch.manual_seed(0)
    G = nn.Sequential(nn.Linear(8, 32), nn.ReLU(), nn.Linear(32, 8), nn.Tanh())
    D = nn.Sequential(nn.Linear(8, 32), nn.ReLU(), nn.Linear(32, 1), nn.Sigmoid())
    opt_g, opt_d = (torch.optim.Adam(m.parameters(), 2e-4) for m in (G, D))
    bce = nn.BCEWithLogitsLoss()
    """,
    """
    w = watch(G, D, on="silent")
    w.show()
    begun = time.time()
    while time.time() - begun < 2.6:
        real, fake = torch.randn(16, 8).tanh(), G(torch.randn(16, 8))
        opt_d.zero_grad()
        (bce(D(real), torch.ones(16, 1)) + bce(D(fake.detach()), torch.zeros(16, 1))).backward()
        opt_d.step()
        opt_g.zero_grad()
        bce(D(fake), torch.ones(16, 1)).backward()
        opt_g.step()
        time.sleep(0.01)
    """,
    "print(len(w.findings)); w.close(); w",
)


@pytest.mark.filterwarnings("ignore")
def test_a_notebook_shows_a_report_that_updates(tmp_path: Path) -> None:
    nbclient = pytest.importorskip("nbclient", reason="nbclient is not installed: pip install nbclient ipykernel")
    pytest.importorskip("ipykernel", reason="ipykernel is not installed: pip install nbclient ipykernel")
    nbformat = pytest.importorskip("nbformat", reason="comes with nbclient")
    cells = [
        nbformat.v4.new_code_cell(textwrap.dedent(cell).strip().replace("ROOT", repr(str(ROOT)))) for cell in CELLS
    ]
    notebook = nbformat.v4.new_notebook(cells=cells)
    updates: list[str] = []

    class Client(nbclient.NotebookClient):  # type: ignore[misc, name-defined]
        def process_message(self, msg: Any, cell: Any, index: int) -> Any:
            if msg["msg_type"] == "update_display_data":
                updates.append(msg["content"]["data"]["text/html"])
            return super().process_message(msg, cell, index)

    Client(notebook, timeout=90, kernel_name="python3", resources={"metadata": {"path": str(tmp_path)}}).execute()
    shown = [output for output in notebook.cells[1].outputs if output.output_type == "display_data"]
    assert len(shown) == 1
    assert updates, "the report was updated while the loop ran"
    assert "A sigmoid is applied twice" in updates[-1]
    last = notebook.cells[2].outputs
    assert last[0].text.strip() == "1"
    assert "A sigmoid is applied twice" in last[-1].data["text/html"]  # `w` as the last line of a cell
    assert "<script" not in last[-1].data["text/html"]
