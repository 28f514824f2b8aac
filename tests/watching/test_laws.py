# ruff: noqa: N803, N806  players are called G and D, as in the scripts that are watched
"""What a watch never does."""

from __future__ import annotations

import copy
import gc
import io
import threading
import weakref
from typing import Any

import pytest
import torch
from torch import nn
from torch.utils._python_dispatch import TorchDispatchMode

from gan_core.watching import capture as capturing
from gan_core.watching import parcels, schedule, session
from gan_core.watching.session import WatchError, watch
from tests.watching.bugs import BUGS
from tests.watching.loops import BATCH, DIM, LOOPS, mlp, points

BY_NAME = {bug.name: bug for bug in BUGS}


def step(G: nn.Module, D: nn.Module, opt_g: Any, opt_d: Any) -> None:
    """One usual step."""
    fake = G(torch.randn(BATCH, 8))
    opt_d.zero_grad()
    (nn.functional.softplus(-D(points())).mean() + nn.functional.softplus(D(fake.detach())).mean()).backward()
    opt_d.step()
    opt_g.zero_grad()
    nn.functional.softplus(-D(fake)).mean().backward()
    opt_g.step()


def pair() -> tuple[nn.Module, nn.Module, Any, Any]:
    G, D = mlp(8, 16, DIM), mlp(DIM, 16, 1)
    return G, D, torch.optim.Adam(G.parameters(), 1e-3), torch.optim.Adam(D.parameters(), 1e-3)


def test_no_tensor_of_the_users_is_kept() -> None:
    G, D, opt_g, opt_d = pair()
    seen = watch(G, D, on="silent")
    for _ in range(2):
        step(G, D, opt_g, opt_d)
    gc.collect()
    opt_d.zero_grad()
    x = points().requires_grad_()
    made = G(torch.randn(BATCH, 8))
    out = D(x)
    (grad,) = torch.autograd.grad(out.sum(), x, create_graph=True)
    (out.mean() + grad.square().sum()).backward()
    refs = [weakref.ref(t) for t in (x, made, out, grad)]
    del x, made, out, grad
    assert [ref() for ref in refs] == [None] * 4, "held without a collection of cycles"
    seen.close()


def test_players_that_are_gone_are_not_kept() -> None:
    G, D, opt_g, opt_d = pair()
    seen = watch(G, D, on="silent")
    step(G, D, opt_g, opt_d)
    ref = weakref.ref(G)
    del G, opt_g
    gc.collect()
    assert ref() is None
    seen.close()


def test_no_exception_of_a_hook_reaches_the_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    names = ("forward", "by_answers", "by_input", "before_write", "after_write", "before_step", "after_step")

    def fail(*_: object) -> None:
        raise ZeroDivisionError

    for name in names:
        monkeypatch.setattr(capturing.Capture, name, fail)
    G, D, opt_g, opt_d = pair()
    seen = watch(G, D, on="raise")
    for _ in range(4):
        step(G, D, opt_g, opt_d)
    assert "ZeroDivisionError" in " ".join(seen.summary().notes)
    seen.close()


def test_on_raise_raises_at_the_first_error_and_nothing_else_does() -> None:
    torch.manual_seed(0)
    seen: list[session.Watch] = []
    with pytest.raises(WatchError, match="used again"):
        BY_NAME["d not cleared-lsgan"].build()(lambda g, d: seen.append(watch(g, d, on="raise")), 10)
    seen[0].close()


def test_hooks_never_wait_for_a_device(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every tensor is treated as one on a device whose copies arrive late; nothing may read a value."""
    arrived = False
    reads: list[str] = []

    class Late(parcels.Parcel):
        __slots__ = ()

        def ready(self) -> bool:
            return arrived

    class Spy(TorchDispatchMode):
        def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            if func.overloadpacket.__name__ in ("_local_scalar_dense", "equal", "is_nonzero"):
                reads.append(str(func))
            return func(*args, **(kwargs or {}))

    def late(tensor: torch.Tensor, *, own: bool = False) -> parcels.Parcel:
        return Late(tensor.detach().clone())

    monkeypatch.setattr(capturing, "send", late)
    monkeypatch.setattr(capturing, "is_zero", lambda g: True if g is None else late(g.count_nonzero() == 0))
    guarded = capturing.Capture.guarded

    def spied(self: capturing.Capture, *args: Any) -> Any:
        with Spy():  # type: ignore[no-untyped-call]
            return guarded(self, *args)

    monkeypatch.setattr(capturing.Capture, "guarded", spied)
    torch.manual_seed(0)
    G, D, opt_g, opt_d = pair()
    opt_d.zero_grad = lambda: None
    seen = watch(G, D, on="silent")
    for _ in range(4):
        step(G, D, opt_g, opt_d)
    assert reads == []
    assert seen.findings == ()
    arrived = True
    step(G, D, opt_g, opt_d)
    assert [found.rule for found in seen.findings] == ["gradients_not_cleared"]
    seen.close()


class Own(nn.Module):
    """A module with a forward of its own: torch does not compile its own containers in place."""

    def __init__(self, inner: nn.Module) -> None:
        super().__init__()
        self.inner = inner

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        out: torch.Tensor = self.inner(x)
        return out


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("in_place", [False, True])
def test_nothing_is_traced_into_compiled_modules(in_place: bool) -> None:
    def graphs(watched: bool) -> list[list[str]]:
        torch._dynamo.reset()
        traced: list[list[str]] = []

        def backend(graph: torch.fx.GraphModule, inputs: Any) -> Any:
            traced.append([str(node.target) for node in graph.graph.nodes if node.op.startswith("call")])
            return graph.forward

        torch.manual_seed(0)
        inner_g, inner_d, opt_g, opt_d = pair()
        G: Any = Own(inner_g)
        D: Any = Own(inner_d)
        if in_place:
            seen = watch(G, D, on="silent") if watched else None
            G.compile(backend=backend)
            D.compile(backend=backend)
        else:
            G, D = torch.compile(G, backend=backend), torch.compile(D, backend=backend)
            seen = watch(G, D, on="silent") if watched else None
        for _ in range(3):
            step(G, D, opt_g, opt_d)
        if seen is not None:
            assert seen.summary().losses == "D bce_logits, G bce_logits"
            seen.close()
        return [names for names in traced if names]

    assert graphs(watched=True) == graphs(watched=False)


def test_copies_and_files_know_nothing_of_it(tmp_path: Any) -> None:
    G, D, opt_g, opt_d = pair()
    keys = list(G.state_dict())
    seen = watch(G, D, on="silent")
    step(G, D, opt_g, opt_d)
    averaged = copy.deepcopy(G)
    assert seen._capture is not None
    before = seen._capture.n_forwards["G"]
    averaged(torch.randn(2, 8))
    assert seen._capture.n_forwards["G"] == before
    assert list(G.state_dict()) == keys
    file = io.BytesIO()
    torch.save(G, file)
    file.seek(0)
    other = torch.load(file, weights_only=False)
    other(torch.randn(2, 8))
    assert seen._capture.n_forwards["G"] == before
    assert copy.deepcopy({"watch": seen}) == {"watch": None}
    seen.close()


def test_close_takes_every_hook_away() -> None:
    G, D, opt_g, opt_d = pair()
    with watch(G, D, on="silent"):
        step(G, D, opt_g, opt_d)
    for module in (G, D):
        assert not module._forward_hooks
        assert not module._load_state_dict_post_hooks
        assert not module._load_state_dict_pre_hooks
        for parameter in module.parameters():
            assert not parameter._backward_hooks
            assert not parameter._post_accumulate_grad_hooks
    assert not session._ALIVE


def test_no_thread_is_started() -> None:
    before = threading.active_count()
    G, D, opt_g, opt_d = pair()
    with watch(G, D, on="silent"):
        step(G, D, opt_g, opt_d)
        assert threading.active_count() == before


def test_only_rank_0_watches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RANK", "1")
    G, D, opt_g, opt_d = pair()
    with watch(G, D, on="silent") as seen:
        step(G, D, opt_g, opt_d)
    assert not G._forward_hooks
    assert seen.spent == 0
    assert "rank 1" in str(seen.summary())


def test_a_watch_without_a_name_lives_until_it_is_closed(capsys: pytest.CaptureFixture[str]) -> None:
    torch.manual_seed(0)
    BY_NAME["same label for both-lsgan"].build()(lambda g, d: [watch(g, d)].clear(), 6)
    gc.collect()
    assert "same_label" in capsys.readouterr().err
    for watching in list(session._ALIVE.values()):
        watching.close()


@pytest.mark.parametrize("name", ["gan_mlp", "dcgan"])
def test_bursts_after_the_dense_start_keep_every_bit_and_raise_no_alarm(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests.watching.running import bare, run

    monkeypatch.setattr(schedule, "BURST_EVERY", 6)
    monkeypatch.setattr(schedule, "SHARE", 1.0)
    ran = run(LOOPS[name], 40, seed=0)
    assert ran.summary.findings == ()
    assert ran.watching._seen.course.looks[-1].step > schedule.DENSE
    assert all(torch.equal(a, b) for a, b in zip(ran.after, bare(LOOPS[name], 40, seed=0), strict=True))
