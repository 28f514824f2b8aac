"""Sounds: notes that are made, a judge that hears them, a run from config to frame, file and melody."""

from __future__ import annotations

import io
import math
import re
import wave
import zipfile
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor

from gan_core.config import RunConfig
from gan_core.config.presets import preset
from gan_core.data import Sounds, load
from gan_core.data.own import register
from gan_core.data.pitch import coarse, hear, spectrogram, tuning
from gan_core.data.sounds import LENGTH, NOTES, PITCHES, RATE, synthesise, wav
from gan_core.diagnosis import look, recent
from gan_core.diagnosis.cures import of_missing_variety
from gan_core.errors import ConfigError
from gan_core.export.common import GeneratorCopy
from gan_core.export.frames import to_film
from gan_core.export.html import run_page
from gan_core.export.pictures import sample_png, samples_zip
from gan_core.game.networks import build_discriminator, build_generator
from gan_core.game.networks.wavegan import PhaseShuffle, WaveDown, WaveUp
from gan_core.game.streams import streams
from gan_core.latent.playing import play
from gan_core.latent.questions import PlayQuestion
from gan_core.metrics.sounds import note_shares, score_sounds
from gan_core.record.frame import decode, encode
from gan_core.training import Trainer
from tests.core.own_sets import sounds

SMALL = preset("notes").changed({"generator.width": 8, "discriminator.width": 8, "batch_size": 8})


@pytest.fixture(scope="module")
def data() -> Sounds:
    found = load("notes")
    assert isinstance(found, Sounds)
    return found


def tone(pitch: float, *partials: float, decay: float = 0.15) -> Tensor:
    t = torch.arange(LENGTH, dtype=torch.float64) / RATE
    sound = sum(a * torch.sin(2 * math.pi * pitch * (i + 1) * t) for i, a in enumerate(partials))
    assert isinstance(sound, Tensor)
    return (0.5 * sound * torch.exp(-t / decay)).float()[None]


# -- data ----------------------------------------------------------------------------------------------------


def test_notes_are_the_same_each_time_and_no_training_note_is_held_out(data: Sounds) -> None:
    again, which = synthesise(5_000, torch.Generator().manual_seed(0))
    assert torch.equal(torch.cat((data.train, data.held_out if data.held_out is not None else data.train)), again)
    assert data.train_notes is not None
    assert torch.equal(data.train_notes, which[:4_000])
    assert float(again.abs().max()) <= 1
    assert len({sound.numpy().tobytes() for sound in again}) == len(again)


def test_every_real_note_is_heard_as_what_it_is(data: Sounds) -> None:
    assert data.held_out is not None
    judged = data.judge(data.held_out)
    assert data.held_out_notes is not None
    assert torch.equal(judged.note, data.held_out_notes)
    assert bool(judged.in_tune.all())
    assert float(judged.purity.min()) > 0.99
    assert 2 < float(judged.off.abs().mean()) < 3  # a deviation of 3 cents


# -- the judge -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("pitch", [100.0, 220.0, 246.9417, 311.2, 440.0, 500.0])
@pytest.mark.parametrize("partials", [(1.0,), (1.0, 0.5), (0.5, 1.0)])
def test_the_pitch_of_a_tone_is_found_within_two_cents(pitch: float, partials: tuple[float, ...]) -> None:
    heard = hear(tone(pitch, *partials), RATE)
    assert abs(1200 * math.log2(float(heard.pitch[0]) / pitch)) < 2
    assert float(heard.purity[0]) > 0.95


def test_a_tone_between_two_notes_is_a_note_that_is_not_in_tune(data: Sounds) -> None:
    judged = data.judge(tone(PITCHES[3] * 2 ** (45 / 1200), 1.0, 0.3)[None])
    assert bool(judged.is_note[0])
    assert not bool(judged.in_tune[0])
    assert float(judged.off[0]) == pytest.approx(45, abs=2)


def test_noise_and_silence_are_no_notes(data: Sounds) -> None:
    noise = 0.3 * torch.randn(200, 1, LENGTH, generator=torch.Generator().manual_seed(0))
    assert not bool(data.judge(noise).is_note.any())
    silence = hear(torch.zeros(1, LENGTH), RATE)
    assert math.isnan(float(silence.pitch[0]))
    assert float(silence.purity[0]) == 0
    note, off = tuning(silence.pitch, torch.tensor(PITCHES))
    assert int(note[0]) == 0
    assert math.isnan(float(off[0]))


def test_a_spectrogram_shows_a_tone_in_the_row_of_its_frequency_and_forgets_its_phase() -> None:
    seen = spectrogram(tone(700, 1.0))[0]
    rows = seen.mean(1)
    assert int(rows.argmax()) == 31 - int(700 / 32)
    t = torch.arange(LENGTH) / RATE
    turned = 0.5 * torch.cos(2 * math.pi * 700 * t) * torch.exp(-t / 0.15)
    away = float((coarse(turned[None]) - coarse(tone(700, 1.0))).norm())
    other = float((coarse(tone(300, 1.0)) - coarse(tone(700, 1.0))).norm())
    assert away < other / 3


# -- scores --------------------------------------------------------------------------------------------------


def test_real_notes_reach_the_floor_and_one_note_is_a_collapse(data: Sounds) -> None:
    assert data.held_out is not None
    assert data.train_notes is not None
    real = score_sounds(data, data.train[2_000:2_600])
    assert (real["notes_reached"].value, real["notes_reached"].floor, real["in_tune"].value) == (8, 8, 1)
    assert real["coverage"].value > 0.9
    one = data.train[data.train_notes == 6][:300]
    scores = score_sounds(data, one)
    assert scores["notes_reached"].value == 1
    assert scores["in_tune"].value == 1
    assert scores["cents"].value < 4
    assert scores["note_kl"].value == pytest.approx(math.log(8))
    assert scores["coverage"].value < 0.3
    assert note_shares(data, one) == dict.fromkeys(NOTES, 0.0) | {"G4": 1.0}


def test_noise_reaches_no_note_and_what_is_no_number_has_no_score(data: Sounds) -> None:
    noise = torch.rand(100, 1, LENGTH, generator=torch.Generator().manual_seed(0)) * 2 - 1
    scores = score_sounds(data, noise)
    assert scores["notes_reached"].value == scores["in_tune"].value == scores["precision"].value == 0
    assert math.isnan(scores["cents"].value)
    broken = score_sounds(data, torch.full((10, 1, LENGTH), math.nan))
    assert all(math.isnan(score.value) for score in broken.values())
    assert broken["notes_reached"].floor is not None


# -- networks ------------------------------------------------------------------------------------------------


def test_the_products_are_the_convolutions_that_they_are_said_to_be() -> None:
    rng = torch.Generator().manual_seed(0)
    x = torch.randn(3, 32, 5, generator=rng)
    down = WaveDown(5, 7)
    torch.nn.init.normal_(down.weight, generator=rng)
    torch.nn.init.normal_(down.bias, generator=rng)
    due = torch.nn.functional.conv1d(x.transpose(1, 2), down.weight.view(7, 5, 16), down.bias, 4, 6)
    torch.testing.assert_close(down(x), due.transpose(1, 2), rtol=1e-4, atol=1e-4)
    up = WaveUp(5, 7, bias=True)
    torch.nn.init.normal_(up.weight, generator=rng)
    assert up.shift is not None
    torch.nn.init.normal_(up.shift, generator=rng)
    # Rows are four samples of each channel; columns are channels beside the four places, the first of which is last.
    kernel = up.weight.view(4, 7, 5, 4).permute(2, 1, 3, 0).flip(2).reshape(5, 7, 16)
    due = torch.nn.functional.conv_transpose1d(x.transpose(1, 2), kernel, up.shift, 4, 6)
    torch.testing.assert_close(up(x), due.transpose(1, 2), rtol=1e-4, atol=1e-4)


def test_phase_shuffle_moves_maps_by_a_few_places_in_training_alone() -> None:
    x = torch.arange(10.0)[None, :, None]
    layer = PhaseShuffle(2, torch.Generator().manual_seed(0))
    seen = {tuple(layer(x)[0, :, 0].int().tolist()) for _ in range(50)}
    assert (0, 1, 2, 3, 4, 5, 6, 7, 8, 9) in seen
    assert (2, 3, 4, 5, 6, 7, 8, 9, 8, 7) in seen
    assert (2, 1, 0, 1, 2, 3, 4, 5, 6, 7) in seen
    assert len(seen) == 5
    assert torch.equal(layer.eval()(x), x)


def test_a_pair_makes_sounds_and_judges_each() -> None:
    rngs = streams(0)
    generator, discriminator = build_generator(SMALL, rngs), build_discriminator(SMALL, rngs)
    made = generator(torch.randn(4, 32, generator=rngs["z"]))
    assert made.shape == (4, 1, LENGTH)
    assert float(made.detach().abs().max()) <= 1
    assert discriminator(made).shape == (4,)


# -- a run ---------------------------------------------------------------------------------------------------


def test_a_frame_holds_sounds_that_differ_and_stays_small() -> None:
    trainer = Trainer(SMALL)
    trainer.step()
    snapshot = trainer.snapshot()
    frame = encode(snapshot.header, snapshot.arrays)
    header, arrays = decode(frame)
    assert (header["kind"], header["rate"]) == ("sound", RATE)
    assert arrays["fake_sound"].shape == arrays["real_sound"].shape == (24, LENGTH)
    assert len({row.tobytes() for row in arrays["fake_sound"]}) == 24
    assert len(frame) < 120_000
    assert sample_png(snapshot).startswith(b"\x89PNG")
    frames = [(snapshot.step, frame)]
    (_, picture), *_ = to_film(frames).moments
    assert picture.shape[0] == 1
    assert len(np.unique(picture)) > 20
    assert run_page(frames, SMALL).count(b"data:image/png") == 1


def test_sounds_are_taken_home_as_files_that_players_play() -> None:
    trainer = Trainer(SMALL)
    content = samples_zip(GeneratorCopy.of(trainer), 3)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        names = [name for name in archive.namelist() if name.endswith(".wav")]
        first, second = (archive.read(name) for name in names[:2])
    assert len(names) == 3
    assert first != second
    with wave.open(io.BytesIO(first)) as file:
        assert (file.getnchannels(), file.getsampwidth()) == (1, 2)
        assert file.getframerate() >= 8_000
        assert file.getnframes() / file.getframerate() == pytest.approx(LENGTH / RATE)


def test_a_file_holds_the_sound_itself(data: Sounds) -> None:
    sound = data.train[0].flatten()
    with wave.open(io.BytesIO(wav(sound, RATE))) as file:
        levels = np.frombuffer(file.readframes(file.getnframes()), "<i2") / 32767
        every = file.getframerate() // RATE
    np.testing.assert_allclose(levels[::every], sound.numpy(), atol=1e-3)


def test_the_diagnosis_counts_known_notes(data: Sounds) -> None:
    trainer = Trainer(SMALL)
    trainer.step()
    assert data.train_notes is not None

    class One(torch.nn.Module):
        """Makes the same note whatever z."""

        def __init__(self) -> None:
            super().__init__()
            self.none = torch.nn.Parameter(torch.zeros(1))

        def forward(self, z: Tensor) -> Tensor:
            assert data.train_notes is not None
            return data.train[data.train_notes == 2][: len(z)]

    numbers = recent(trainer.history)
    signs = look(1, trainer.config, data, One().eval(), None, trainer.discriminator.eval(), numbers)
    assert signs is not None
    assert (signs.reached, signs.regions) == (1, 8)
    assert signs.raw_shares[2] == 1
    assert signs.precision > 0.9


def test_the_collapse_preset_is_cured_towards_the_healthy_one() -> None:
    config = preset("notes-collapse")
    cured = config.changed(of_missing_variety(config)[0])
    assert cured.regularisers[0].weight == preset("notes").regularisers[0].weight
    assert cured.g_steps == 1
    assert cured.ema > 0.9


# -- a melody ------------------------------------------------------------------------------------------------


def state_of(config: RunConfig) -> dict[str, object]:
    trainer = Trainer(config)
    trainer.step()
    return trainer.state_dict()


def test_a_melody_has_gaps_where_g_has_no_such_note() -> None:
    found = play(state_of(SMALL), PlayQuestion("c4 E4, A3"))
    assert set(found.missing) <= {"C4", "E4", "A3"}
    assert found.missing, "after one step"
    assert set(found.shares) == set(NOTES)
    for content in (found.melody, found.real_melody):
        with wave.open(io.BytesIO(content)) as file:
            assert file.getnframes() / file.getframerate() == pytest.approx(3 * LENGTH / RATE)
    assert found.melody != found.real_melody
    assert len({one.sound for one in found.sounds}) == len(found.sounds) == 4
    assert all(one.said == "no clear note" or one.said[:2] in NOTES for one in found.sounds)
    assert all(one.nearest[:2] in NOTES for one in found.sounds)


@pytest.mark.parametrize("melody", ["", "H4", "C4 " * 40, "<b>C4</b>", "C4 \u0000"])
def test_what_is_no_melody_is_refused_in_a_sentence(melody: str) -> None:
    with pytest.raises(ConfigError, match="a melody has 1 to 32 of the notes A3 B3"):
        play(state_of(SMALL), PlayQuestion(melody))


def test_another_run_plays_no_melody() -> None:
    with pytest.raises(ConfigError, match="this run makes no sounds"):
        play(state_of(preset("ring-8")), PlayQuestion("C4"))


def test_sounds_of_ones_own_are_played_in_a_row_beside_the_nearest_real_ones() -> None:
    own = sounds(70)
    register(own)
    state = state_of(preset("own-sounds").changed(own.settings | {"batch_size": 8, "generator.width": 4}))
    found = play(state, PlayQuestion("", n=3))
    assert (found.shares, found.missing, found.n_tried) == ({}, (), 8)
    for content in (found.melody, found.real_melody):
        with wave.open(io.BytesIO(content)) as file:
            assert file.getnframes() / file.getframerate() == pytest.approx(8 * LENGTH / own.rate)
    assert found.melody != found.real_melody
    assert len(found.sounds) == 3
    assert all(re.fullmatch(r"0\.\d\d away", one.said) for one in found.sounds)
    assert found.usual is not None
    assert 0 < found.usual < 1


def test_sounds_that_are_no_notes_have_scores_without_them(data: Sounds) -> None:
    own = replace(data, notes=(), pitches=(), train_notes=None, held_out_notes=None)
    scores = score_sounds(own, data.train[:50])
    assert "notes_reached" not in scores
    assert "coverage" in scores
    assert note_shares(own, data.train[:50]) == {}
