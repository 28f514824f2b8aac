"""What is found in a latent space: directions, inversions, copies, units; on recorded runs, which are trained GANs."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
import torch
from torch import Generator, Tensor

from gan_core import ConfigError, DataError, Trainer, preset
from gan_core.data import Images, Points
from gan_core.latent import analyses, attributes, directions, influence, manifold, memory, units
from gan_core.latent.desk import Desk, Edit
from gan_core.latent.inversion import Inversion, psnr
from gan_core.latent.players import Players
from gan_core.latent.points import Point, parse
from gan_core.storage import checkpoint
from gan_core.storage.bundled import recorded


@pytest.fixture(scope="module")
def digits() -> Players:
    return Players.of(recorded("digits").state)


@pytest.fixture(scope="module")
def ring() -> Players:
    return Players.of(recorded("ring-8").state)


@pytest.fixture(scope="module")
def told() -> Players:
    """A conditional generator."""
    return Players.of(recorded("digits-conditional").state)


@pytest.fixture(scope="module")
def dcgan() -> Players:
    """One with channels instead of units, untrained."""
    config = preset("own-images").changed({"data.name": "digits", "data.hash": "", "generator.kind": "mlp"})
    return Players.of(Trainer(config.changed({"discriminator.kind": "mlp", "generator.norm": "batch"})).state_dict())


def some(players: Players, n: int, seed: int = 7) -> tuple[Tensor, Tensor]:
    return directions.draw(players, n, seed)


# -- the players ---------------------------------------------------------------------------------------------


def test_copies_make_what_the_run_makes_and_leave_it_alone() -> None:
    trainer = Trainer(preset("digits"))
    for _ in range(3):
        trainer.step()
    state = trainer.state_dict()
    before = copy.deepcopy(state)
    players = Players.of(state)
    desk = Desk(players)
    points = [parse("s1.0", players.config), parse("s1.1", players.config), parse("s1.2", players.config)]
    desk.make(points, Edit(0.7, ((points[0].z, 1.0),), units.Off(0, (1, 2))))
    for ask in (
        desk.about,
        lambda: analyses.influence(desk),
        lambda: analyses.copy_test(desk),
        lambda: desk.paths(points, 4),
        lambda: desk.plane(points),
    ):
        ask()
    desk.invert(desk.real(0), 2, 5)
    analyses.units(desk, points[0], 0)
    analyses.directions(desk, "pca")
    z, classes = some(players, 4)
    torch.testing.assert_close(players.sample(z, classes), trainer.shown()(z))
    assert same(before, trainer.state_dict())
    assert same(before, state)
    trainer.step()  # and it trains on


def same(a: Any, b: Any) -> bool:
    if isinstance(a, Mapping):
        return a.keys() == b.keys() and all(same(a[k], b[k]) for k in a)
    if isinstance(a, Tensor | np.ndarray):
        return bool(torch.equal(torch.as_tensor(a), torch.as_tensor(b)))
    return bool(a == b)


def test_a_conditional_generator_makes_the_class_that_it_is_asked_for(told: Players) -> None:
    z, classes = some(told, 20)
    torch.testing.assert_close(told.sample(z, classes), told.generator(z, classes.argmax(1)))
    half = (told.classes(torch.tensor([3])) + told.classes(torch.tensor([8]))) / 2
    assert told.sample(z[:1], half).isfinite().all()
    torch.testing.assert_close(
        told.judge(told.sample(z, classes), classes),
        told.discriminator(told.sample(z, classes), classes.argmax(1)).detach(),
    )


def test_a_discriminator_of_packs_judges_single_samples() -> None:
    config = preset("digits").changed({"packing": 2, "regularisers": []})
    players = Players.of(Trainer(config).state_dict())
    z, classes = some(players, 5)
    judged = players.judge(players.sample(z, classes), classes)
    assert judged.shape == (5,)
    assert judged.isfinite().all()


# -- directions ----------------------------------------------------------------------------------------------


def test_principal_directions_are_orthonormal_and_in_order(digits: Players) -> None:
    found = directions.pca(digits)
    k = len(found.vectors)
    torch.testing.assert_close(found.vectors @ found.vectors.T, torch.eye(k), atol=1e-5, rtol=0)
    assert (found.values[:-1] >= found.values[1:]).all()
    assert 0 < float(found.values.sum()) <= 1 + 1e-5


def test_principal_directions_explain_the_variance_that_they_claim(digits: Players) -> None:
    z, classes = directions.draw(digits, 4096)
    hidden = units.activations(digits, z, classes, 0)
    centred = hidden - hidden.mean(0)
    _, sizes, _ = torch.linalg.svd(centred, full_matrices=False)
    expected = sizes.square() / sizes.square().sum()
    found = directions.pca(digits).values
    torch.testing.assert_close(found, expected[: len(found)], atol=1e-4, rtol=1e-3)


def test_sefa_directions_are_eigenvectors(digits: Players, told: Players) -> None:
    for players in (digits, told):
        found, weight = directions.sefa(players), players.first_weight
        stretched = found.vectors @ weight.T @ weight
        torch.testing.assert_close(stretched, found.values[:, None] * found.vectors, atol=1e-3, rtol=1e-3)
        assert (found.values[:-1] >= found.values[1:]).all()


def test_the_strongest_directions_move_samples_further_than_random_ones(digits: Players) -> None:
    z, classes = some(digits, 64)
    chance = influence.effects(digits, directions.random(digits, 8), 3.0, z, classes).mean()
    for kind in ("pca", "sefa"):
        moved = influence.effects(digits, directions.KINDS[kind](digits).vectors, 3.0, z, classes)
        assert moved[:2].mean() > 1.3 * chance
        assert moved[-1] < chance


def test_an_attribute_s_direction_changes_that_attribute(digits: Players) -> None:
    found = directions.attributes(digits)
    z, classes = some(digits, 200)
    for name, vector in zip(found.names, found.vectors, strict=True):
        measure = attributes.ATTRIBUTES[name]
        more, less = (measure(digits.sample(z + s * vector, classes)).mean() for s in (2, -2))
        random = [measure(digits.sample(z + 2 * v, classes)).mean() for v in directions.random(digits, 8)]
        assert more - less > 2 * torch.stack(random).std()


def test_attributes_are_what_their_names_say() -> None:
    upright, leaning, wide = (torch.full((1, 1, 8, 8), -1.0) for _ in range(3))
    upright[..., 1:7, 3] = 1
    for row in range(1, 7):
        leaning[..., row, 7 - row] = 1
    wide[..., 3, 1:7] = 1
    both = torch.cat((upright, leaning, wide))
    assert attributes.ink(both).tolist() == pytest.approx([6 / 64] * 3)
    slant = attributes.slant(both)
    assert slant[0].abs() < 1e-5
    assert float(slant[1]) == pytest.approx(1.0, abs=1e-4)  # to the right as it goes up
    assert attributes.width(both)[2] > attributes.width(both)[0]


def test_classes_are_told_by_the_nearest_images(digits: Players) -> None:
    data = digits.data
    assert isinstance(data, Images)
    assert data.held_out is not None
    assert data.held_out_labels is not None
    right = attributes.classify(data.held_out[:200], data) == data.held_out_labels[:200]
    assert float(right.float().mean()) > 0.9


def test_a_direction_towards_a_class_makes_more_of_it(digits: Players) -> None:
    found, data = directions.labels(digits), digits.data
    assert isinstance(data, Images)
    z, classes = some(digits, 100)
    more = [
        float((attributes.classify(digits.sample(z + 3 * found.vectors[c], classes), data) == c).float().mean())
        for c in range(10)
    ]
    assert float(np.mean(more)) > 0.3  # by chance a tenth


def test_influence_is_the_size_of_the_derivative(ring: Players) -> None:
    sizes = influence.coordinates(ring)
    assert sizes.shape == (2,)
    assert (sizes > 0).all()


def test_kinds_that_a_run_cannot_have_are_refused(ring: Players, told: Players) -> None:
    with pytest.raises(ConfigError, match="images"):
        directions.attributes(ring)
    with pytest.raises(ConfigError, match="labels"):
        directions.labels(ring)
    with pytest.raises(ConfigError, match="told the class"):
        directions.labels(told)
    with pytest.raises(ConfigError, match="not known"):
        analyses.directions(Desk(ring), "magic")


# -- editing -------------------------------------------------------------------------------------------------


def test_an_edit_of_no_strength_changes_nothing(digits: Players) -> None:
    desk, point = Desk(digits), parse("s1.0", digits.config)
    plain = desk.make([point], Edit())[1]
    vector = directions.pca(digits).vectors[0].numpy()
    for edit in (Edit(1.0, ((vector, 0.0),)), Edit(off=units.Off(0, ()))):
        edited = desk.make([point], edit)[1]
        assert (edited["samples"] == plain["samples"]).all()
        assert (edited["z"] == plain["z"]).all()
    assert (desk.make([point], Edit(1.0, ((vector, 2.0),)))[1]["samples"] != plain["samples"]).any()


def test_truncation_draws_samples_together(digits: Players) -> None:
    desk = Desk(digits)
    points = [parse(f"s1.{i}", digits.config) for i in range(64)]
    spreads = [desk.make(points, Edit(psi))[0]["spread"] for psi in (1.0, 0.5, 0.0)]
    assert spreads[0] > spreads[1] > spreads[2] == 0


def test_arithmetic_adds_the_difference_of_two_means(digits: Players) -> None:
    desk, config = Desk(digits), digits.config
    a, b, c = (parse(f"s1.{i}", config) for i in range(3))
    z = analyses.arithmetic(desk, [a, b], [c], a, to_shell=False)[1]["z"]
    np.testing.assert_allclose(z[3], (a.z + b.z) / 2 - c.z + a.z, atol=1e-5)
    np.testing.assert_allclose(analyses.arithmetic(desk, [b], [b], a, to_shell=False)[1]["z"][3], a.z, atol=1e-5)
    norm = analyses.arithmetic(desk, [a], [c], b, to_shell=True)[1]["norm"][3]
    assert norm == pytest.approx(desk.about()["likely"][1], rel=1e-4)


# -- inversion -----------------------------------------------------------------------------------------------


def test_inversion_reaches_what_the_generator_made(digits: Players) -> None:
    z, classes = some(digits, 32)
    search = Inversion(digits, digits.sample(z, classes), n_starts=4)
    search.advance(300)
    reached = psnr(search.best()[2])
    assert reached.median() >= 35, f"{reached.median():.1f} dB"


def test_inversion_comes_nearer_to_held_out_images_than_any_start(digits: Players) -> None:
    data = digits.data
    assert isinstance(data, Images)
    assert data.held_out is not None
    search = Inversion(digits, data.held_out[:64], n_starts=1)
    search.advance(100)
    start, end = psnr(search.curve[0]).mean(), psnr(search.best()[2]).mean()
    assert end > start + 2


def test_inversion_in_pieces_is_inversion(digits: Players) -> None:
    z, classes = some(digits, 2)
    target = digits.sample(z, classes)
    whole, pieces = Inversion(digits, target), Inversion(digits, target)
    whole.advance(20)
    for to in (0, 7, 7, 20):
        pieces.advance(to)
    assert torch.equal(whole.z, pieces.z)
    assert pieces.psnr().shape == (21, 2, 4)
    alone = Inversion(digits, target[:1])
    alone.advance(20)
    torch.testing.assert_close(alone.z, whole.z[:1], atol=1e-4, rtol=1e-4)


def test_inversion_finds_the_class_too(told: Players) -> None:
    z, _ = some(told, 10)
    classes = told.classes(torch.arange(10))
    search = Inversion(told, told.sample(z, classes), n_starts=4)
    search.advance(150)
    assert float((search.best()[1].argmax(1) == torch.arange(10)).float().mean()) >= 0.7
    only = Inversion(told, told.sample(z, classes)[:1], only=4)
    assert (only.classes.argmax(-1) == 4).all()


def test_inversion_finds_points_of_the_plane(ring: Players) -> None:
    data = ring.data
    assert isinstance(data, Points)
    header, arrays = Desk(ring).invert(np.array([1.0, 0.0], np.float32), 4, 300)
    assert header["done"] == 300
    assert arrays["curve"][header["best"], -1] < 0.03
    assert float(np.abs(arrays["samples"][header["best"]] - (1.0, 0.0)).max()) < 0.05


def test_what_does_not_fit_cannot_be_inverted(digits: Players) -> None:
    with pytest.raises(ConfigError, match="shape"):
        Inversion(digits, torch.zeros(1, 1, 9, 9))
    with pytest.raises(ConfigError, match="starts"):
        Inversion(digits, torch.zeros(1, 1, 8, 8), n_starts=99)
    with pytest.raises(ConfigError, match="shape"):
        Desk(digits).invert(np.zeros((9, 8, 1), np.uint8), 1, 0)


def test_psnr_is_what_its_formula_says() -> None:
    assert psnr(torch.tensor([4.0, 0.04, 0.0])).tolist() == pytest.approx([0.0, 20.0, 100.0])


# -- memory --------------------------------------------------------------------------------------------------


def test_the_nearest_image_of_a_training_image_is_itself(digits: Players) -> None:
    data = digits.data
    assert isinstance(data, Images)
    distances, places = memory.nearest(data.train[10:13], data.train, 3)
    assert places[:, 0].tolist() == [10, 11, 12]
    assert distances[:, 0].max() < 1e-3
    by_hand = (data.train[10] - data.train[places[0, 1]]).square().mean().sqrt()
    torch.testing.assert_close(distances[0, 1], by_hand, atol=1e-4, rtol=1e-4)


def test_the_copy_test_sees_copies_and_is_even_for_real_images(digits: Players) -> None:
    data, rng = digits.data, Generator().manual_seed(0)
    assert isinstance(data, Images)
    assert data.held_out is not None
    copies = memory.copy_test(data.train[:200], data, rng)
    assert copies.share > 0.9
    # Unseen images: half of the held-out ones are compared with the training images and with the other half.
    order = torch.randperm(len(data.held_out), generator=rng)  # neighbours in the set are of one writer
    fresh = Images("half", data.train, data.held_out[order[450:]], None, None, ())
    honest = memory.copy_test(data.held_out[order[:450]], fresh, rng)
    assert abs(honest.share - 0.5) < 4 * honest.noise
    assert honest.noise == pytest.approx(0.5 / 450**0.5)
    with pytest.raises(DataError, match="no held-out"):
        memory.copy_test(data.train[:2], Images("none", data.train, None, None, None, ()), rng)


def test_of_few_held_out_images_chance_in_which_they_are_counts_as_noise(digits: Players) -> None:
    data, rng = digits.data, Generator().manual_seed(0)
    assert isinstance(data, Images)
    assert data.held_out is not None
    real = data.held_out[torch.randperm(len(data.held_out), generator=rng)]
    tests = [
        memory.copy_test(real[:400], Images("few", data.train, real[start : start + 20], None, None, ()), rng)
        for start in range(400, 880, 20)
    ]
    assert all(0.02 < test.noise < 0.12 for test in tests)  # of 400 samples alone it would be 0.025
    away = torch.tensor([(test.share - 0.5) / test.noise for test in tests])
    assert 0.4 < float(away.std()) < 2
    few = Images("few", data.train[:150], real[:20], None, None, ())
    copies = memory.copy_test(data.train[:100].repeat(4, 1, 1, 1), few, rng)
    assert copies.share > 0.5 + 3 * copies.noise  # as many of each: 0.5, as 87 of the 100 would not be compared


# -- units ---------------------------------------------------------------------------------------------------


def test_a_unit_switched_off_gives_what_it_is_told_to(digits: Players) -> None:
    z, classes = some(digits, 8)
    whole = digits.sample(z, classes)
    hidden = units.activations(digits, z, classes, 1)
    assert hidden.shape[1] == Desk(digits).about()["layers"][1]
    most = int(units.importance(digits, z, classes, 1).argmax())
    changed = units.sample_without(digits, z, classes, units.Off(1, (most,)))
    assert not torch.equal(changed, whole)
    each = units.without_each(digits, z[:1], classes[:1], 1)
    torch.testing.assert_close(each[most], changed[0], atol=1e-6, rtol=1e-5)
    back = units.sample_without(digits, z[:1], classes[:1], units.Off(1, (most,), float(hidden[0, most])))
    torch.testing.assert_close(back, whole[:1])


def test_units_are_shown_in_order_of_what_they_matter_until_all_were_shown(digits: Players) -> None:
    desk, point = Desk(digits), parse("s1.0", digits.config)
    pages = [analyses.units(desk, point, 1, first) for first in (0, analyses.N_SHOWN_UNITS)]
    order = np.concatenate([arrays["order"] for _, arrays in pages])
    matters = np.concatenate([arrays["importance"] for _, arrays in pages])
    assert sorted(order) == list(range(pages[0][0]["n_units"]))
    assert (np.diff(matters) <= 0).all()
    assert pages[1][0]["most"] == pytest.approx(matters[0])
    with pytest.raises(ConfigError, match="none after"):
        analyses.units(desk, point, 1, 80)


def test_layers_and_units_that_are_not_there_are_refused(digits: Players) -> None:
    z, classes = some(digits, 1)
    with pytest.raises(ConfigError, match="no hidden layer 3"):
        units.activations(digits, z, classes, 2)
    with pytest.raises(ConfigError, match="units"):
        units.sample_without(digits, z, classes, units.Off(0, (10_000,)))


def test_batch_norm_does_not_hide_the_hidden_layers(dcgan: Players) -> None:
    assert len(units.hidden_layers(dcgan)) == 2
    z, classes = some(dcgan, 4)
    assert units.importance(dcgan, z, classes, 0).isfinite().all()


# -- the plane -----------------------------------------------------------------------------------------------


def test_bridges_between_modes_are_called_unreal(ring: Players) -> None:
    data = ring.data
    assert isinstance(data, Points)
    assert data.modes is not None
    bar = manifold.bar(ring)
    z, classes = some(ring, 2000)
    made = ring.sample(z, classes)
    typical = manifold.unreal(ring, made, classes, bar)
    middle = manifold.unreal(ring, torch.zeros(10, 2), classes[:10], bar)  # the ring's empty centre
    assert middle == {"by_d": 1.0, "by_density": 1.0}
    assert typical["by_density"] < 0.4
    assert typical["by_d"] < 0.5


def test_of_real_samples_hardly_any_are_called_unreal(ring: Players, told: Players) -> None:
    for players in (ring, told):
        shares = manifold.unreal_of_real(players, manifold.bar(players))
        assert shares["by_d"] == pytest.approx(manifold.LOWEST_SHARE, abs=0.005)
    assert manifold.unreal_of_real(ring, manifold.bar(ring))["by_density"] < 0.05
    assert Desk(ring).paths([Point(np.eye(2, dtype=np.float32)[i]) for i in (0, 1)], 4)[0]["real"]["by_density"] < 0.05


def test_folding_sends_each_cell_to_the_mode_of_its_sample(ring: Players) -> None:
    header, arrays = Desk(ring).plane([Point(np.zeros(2, np.float32))])
    assert header["reach"] > 2
    assert set(np.unique(arrays["mode"])) == set(range(9)), "blank bridges and all eight modes"
    assert arrays["image"].shape == (*arrays["mode"].shape, 2)


def test_paths_tell_their_norms_and_lengths(digits: Players) -> None:
    desk = Desk(digits)
    points = [parse("s1.0", digits.config), parse("s1.5", digits.config)]
    header, arrays = desk.paths(points, 10)
    assert arrays["lerp_norm"].min() < arrays["slerp_norm"].min()
    assert arrays["slerp_samples"].shape == (11, 8, 8, 1)
    assert header["ways"]["slerp"]["length"] == pytest.approx(float(arrays["slerp_step"].sum()), rel=1e-4)
    assert (arrays["slerp_samples"][0] == desk.make(points[:1], Edit())[1]["samples"][0]).all()
    with pytest.raises(ConfigError, match="two key points"):
        desk.paths(points[:1], 10)


def test_a_path_from_class_to_class_begins_and_ends_in_them(told: Players) -> None:
    desk = Desk(told)
    points = [parse("s1.0@3", told.config), parse("s1.0@8", told.config)]
    samples = desk.walk(points, 6, "slerp")[1]["samples"]
    ends = desk.make(points, Edit())[1]["samples"]
    assert (samples[0] == ends[0]).all()
    assert (samples[-1] == ends[1]).all()
    assert (samples[3] != samples[0]).any()


# -- names ---------------------------------------------------------------------------------------------------


def test_named_directions_are_saved_with_the_run() -> None:
    trainer = Trainer(preset("digits"))
    trainer.step()
    before = trainer.state_dict()
    trainer.name_direction("thicker", "zAAAA")
    assert same(
        {k: v for k, v in before.items() if k != "interventions"},
        {k: v for k, v in trainer.state_dict().items() if k != "interventions"},
    )
    again = checkpoint.load(checkpoint.encode(trainer.state_dict()))
    assert [(i.name, i.vector) for i in again.interventions] == [("thicker", "zAAAA")]
    assert again.step() == trainer.step()
