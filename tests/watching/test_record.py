"""A watch log as a record: live, torn, killed, hostile; what the Watch page is given of it."""

from __future__ import annotations

import json
import os
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from gan_core.errors import DataError
from gan_core.record.frame import decode, encode
from gan_core.watching import record
from gan_core.watching.log import WatchLog
from gan_core.watching.record import WatchedRun, default_folder, list_logs

FINDING = {
    "rule": "labels_swapped",
    "severity": "error",
    "step": 3,
    "headline": "D is told the wrong way round.",
    "evidence": "D's loss wants 0 on real",
    "mend": "labels.fill_(1)",
}


def pictures(seed: int = 0, n: int = 6) -> NDArray[np.float32]:
    return np.random.default_rng(seed).uniform(-1, 1, (n, 3, 12, 12)).astype(np.float32)


def written(folder: Path, steps: int = 30) -> WatchLog:
    log = WatchLog.create(folder, {"torch": "2.13", "n_g": 1, "n_d": 1})
    for step in range(1, steps + 1):
        log.event(
            "step", {"step": step, "player": "D", "d_loss": 1.4 - step / 100, "real_answer": 0.1, "d_grad_norm": 1.0}
        )
        log.event("step", {"step": step, "player": "G", "g_loss": 0.7, "g_grad_norm": 0.5})
        if step % 10 == 0:
            log.frame(step, {}, {"fake": pictures(step), "real": pictures(0)})
    return log


def shown(run: WatchedRun, at: int | None = None, now: float | None = None) -> tuple[dict[str, Any], dict[str, Any]]:
    return decode(run.frame(at, now))


def test_numbers_of_a_player_that_steps_less_often_are_a_line(tmp_path: Path) -> None:
    log = WatchLog.create(tmp_path, {"torch": "2.13", "n_g": 1, "n_d": 1})
    for step in range(1, 12):
        if step % 5 == 1:
            log.event("step", {"step": step, "player": "D", "d_loss": float(step), "real_answer": -float(step)})
        log.event("step", {"step": step, "player": "G", "g_loss": 0.7})
    log.event("step", {"step": 12, "player": "G", "g_loss": 0.7})
    _, arrays = shown(WatchedRun(log.folder))
    np.testing.assert_allclose(arrays["d_loss_mean"], [*range(1, 12), np.nan])
    np.testing.assert_allclose(arrays["real_logit"], [*(-n for n in range(1, 12)), np.nan])


def test_a_log_is_shown_as_the_live_view_shows_a_run(tmp_path: Path) -> None:
    log = written(tmp_path)
    log.event("finding", FINDING)
    run = WatchedRun(log.folder)
    header, arrays = shown(run)
    assert (header["step"], header["kind"], header["state"]) == (30, "images", "playing")
    assert arrays["fake_images"].shape == (6, 12, 12, 3)
    assert arrays["real_images"].dtype == np.uint8
    assert len(arrays["curve_step"]) == len(arrays["d_loss_mean"]) == len(arrays["real_logit"]) == 30
    assert header["stats"]["d_loss"] == pytest.approx(1.1)
    assert header["stats"]["g_loss"] == pytest.approx(0.7)
    verdict = header["verdict"]
    assert (verdict["level"], verdict["headline"], verdict["since_step"]) == ("bad", FINDING["headline"], 3)
    assert verdict["cures"][0]["changes"] == FINDING["mend"]
    assert header["marks"] == [{"step": 3, "label": "D is told the wrong way round"}]


def test_the_time_machine_shows_what_was_kept_at_a_step(tmp_path: Path) -> None:
    run = WatchedRun(written(tmp_path).folder)
    assert run.contents() == {"run": 0, "frames": [10, 20, 30], "states": [], "best": None}
    header, arrays = shown(run, 25)
    assert header["step"] == 20
    assert header["stats"]["d_loss"] == pytest.approx(1.2)
    expected = np.round((pictures(20) + 1) / 2 * 255).astype(np.uint8).transpose(0, 2, 3, 1)
    np.testing.assert_array_equal(arrays["fake_images"], expected)
    assert shown(run, -1)[0]["step"] == 10


def test_it_is_read_on_while_it_is_written_and_a_half_line_waits_for_its_end(tmp_path: Path) -> None:
    log = written(tmp_path, 10)
    run = WatchedRun(log.folder)
    before = run.serial
    line = json.dumps({"event": "step", "step": 40, "player": "D", "d_loss": 0.5}).encode() + b"\n"
    events = log.folder / "events.jsonl"
    with events.open("ab") as file:
        file.write(line[:20])
    run.refresh()
    assert shown(run)[0]["step"] == 10
    with events.open("ab") as file:
        file.write(line[20:])
    run.refresh()
    assert shown(run)[0]["step"] == 40
    assert run.serial > before
    log.end({})
    run.refresh()
    assert run.done
    assert "has ended" in shown(run)[0]["verdict"]["detail"]


def test_a_half_frame_waits_and_a_killed_writer_is_said_to_be_silent(tmp_path: Path) -> None:
    log = written(tmp_path, 20)
    frames = log.folder / "frames.bin"
    whole = frames.read_bytes()
    frames.write_bytes(whole[:-7])
    run = WatchedRun(log.folder)
    assert run.contents()["frames"] == [10]
    frames.write_bytes(whole)
    run.refresh()
    assert run.contents()["frames"] == [10, 20]
    when = (log.folder / "events.jsonl").stat().st_mtime
    assert "may have been killed" in shown(run, now=when + 1000)[0]["verdict"]["detail"]
    assert [listed.state for listed in list_logs(tmp_path, when + 1000)] == ["silent"]
    assert [listed.state for listed in list_logs(tmp_path, when + 1)] == ["writing"]


def test_another_log_in_its_place_is_read_from_its_beginning(tmp_path: Path) -> None:
    log = written(tmp_path, 20)
    run = WatchedRun(log.folder)
    for name in ("events.jsonl", "frames.bin"):
        (log.folder / name).unlink()
    with pytest.raises(DataError, match="gone"):
        run.refresh()
    short = written(tmp_path / "other", 5)
    (short.folder / "events.jsonl").replace(log.folder / "events.jsonl")
    run.refresh()
    assert shown(run)[0]["step"] == 5


def test_points_and_flat_pixels_are_shown_and_what_cannot_be_is_not(tmp_path: Path) -> None:
    for shape, kind in (((40, 2), "plane"), ((5, 784), "images"), ((5, 7), None), ((5, 1, 9, 14), "images")):
        log = WatchLog.create(tmp_path, {})
        samples = np.random.default_rng(0).normal(size=shape).astype(np.float32)
        log.frame(1, {}, {"fake": samples, "real": samples})
        header, arrays = shown(WatchedRun(log.folder))
        assert header.get("kind") == kind
        if kind == "plane":
            np.testing.assert_array_equal(arrays["real"], samples)
            assert header["frame"][0] < 0 < header["frame"][1]


HOSTILE: dict[str, bytes] = {
    "nothing": b"",
    "no JSON": b"hello\n",
    "a list": b"[1]\n",
    "deep": b"[" * 60_000 + b"\n",
    "another kind": b'{"event":"begin","kind":"run","schema":1}\n',
    "a later schema": b'{"event":"begin","kind":"watch","schema":99}\n',
    "no end of line": b'{"event":"begin","kind":"watch","schema":1}',
    "a line without end": b'{"kind":"watch","schema":1,"x":"' + b"a" * 200_000,
    "binary": bytes(range(256)) * 40,
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_what_is_no_log_is_refused_with_a_reason(tmp_path: Path, kind: str) -> None:
    folder = tmp_path / "x.watch"
    folder.mkdir()
    (folder / "events.jsonl").write_bytes(HOSTILE[kind])
    with pytest.raises(DataError):
        WatchedRun(folder)
    (listed,) = list_logs(tmp_path)
    assert listed.state == "refused"
    assert listed.reason


FIRST = b'{"event":"begin","kind":"watch","schema":1}\n'
LINES = [
    b'{"event":"step","step":-1,"d_loss":1}',
    b'{"event":"step","step":true,"d_loss":1}',
    b'{"event":"step","step":1e3,"d_loss":1}',
    b'{"event":"step","step":99999999999999999999999,"d_loss":1}',
    b'{"event":"step","step":4,"d_loss":"<script>","g_loss":NaN,"real_answer":1e300,"fake_answer":[1]}',
    b'{"event":"step","step":5,"d_loss":' + b"9" * 5_000 + b"}",
    b'{"event":"finding","step":2,"severity":["x"],"headline":{"a":1},"evidence":null,"rule":"\\u0000","mend":5}',
    b'{"event":"finding","step":2,"severity":"error","headline":"' + b"x" * 5_000 + b'"}',
    b'{"event":"step","step":6,"d_loss":0.5}',
]


def test_lines_that_make_no_sense_are_left_out_and_the_others_are_read(tmp_path: Path) -> None:
    folder = tmp_path / "x.watch"
    folder.mkdir()
    (folder / "events.jsonl").write_bytes(FIRST + b"\n".join([*LINES, b"\xff\xfe", b"[" * 50_000, b""]))
    run = WatchedRun(folder)
    header, arrays = shown(run)
    assert header["step"] == 6
    assert arrays["curve_step"].tolist() == [6]
    assert all(len(finding["headline"]) <= record.MAX_TEXT for finding in run.findings)
    assert header["verdict"]["level"] == "bad"


def frame_of(header: bytes, body: bytes = b"") -> bytes:
    return struct.pack("<4sII", b"GANX", 1, len(header)) + header + body


@pytest.mark.parametrize(
    "content",
    [
        b"no frame at all",
        frame_of(b'{"arrays":{"fake":{"dtype":"float32","shape":[1000000,1000000],"offset":0}}}'),
        frame_of(b'{"arrays":{"fake":{"dtype":"float32","shape":[-1,2],"offset":-50}}}', b"\0" * 32),
        frame_of(b'{"arrays":{"fake":{"dtype":"object","shape":[1],"offset":0}}}', b"\0" * 32),
        frame_of(b'{"arrays":{"fake":{"dtype":"uint8","shape":[1,1,8,"8"],"offset":0}}}', b"\0" * 64),
        frame_of(b'{"arrays":[]}'),
        frame_of(b"[" * 60_000),
        frame_of(b'{"arrays":{"fake":{"dtype":"uint8","shape":[0,3,8,8],"offset":0}}}'),
        encode({}, {"fake": np.full((4, 2), np.nan, np.float32)}),
        encode({}, {"fake": np.full((4, 1, 12, 12), np.inf, np.float32)}),
        encode({}, {"fake": np.zeros((3, 1, 1, 5000), np.uint8)}),
    ],
)
def test_frames_of_strangers_break_nothing(tmp_path: Path, content: bytes) -> None:
    folder = tmp_path / "x.watch"
    folder.mkdir()
    (folder / "events.jsonl").write_bytes(FIRST + b'{"event":"step","step":6,"d_loss":0.5}\n')
    (folder / "frames.bin").write_bytes(struct.pack("<IQ", len(content), 6) + content)
    header, arrays = shown(WatchedRun(folder))
    assert header["step"] == 6
    for name in ("fake", "real"):
        assert name not in arrays or np.isfinite(arrays[name]).all()


def test_heads_that_claim_too_much_are_passed_over(tmp_path: Path) -> None:
    folder = tmp_path / "x.watch"
    folder.mkdir()
    (folder / "events.jsonl").write_bytes(FIRST)
    good = encode({}, {"fake": np.zeros((2, 2), np.float32)})
    heads = [struct.pack("<IQ", *head) for head in ((len(good), 2**63), (len(good), 7), (2**32 - 1, 8))]
    (folder / "frames.bin").write_bytes(heads[0] + good + heads[1] + good + heads[2])
    assert WatchedRun(folder).contents()["frames"] == [7]


def test_links_and_pipes_are_not_opened(tmp_path: Path) -> None:
    real = written(tmp_path / "real", 3)
    linked = tmp_path / "a.watch"
    linked.mkdir()
    (linked / "events.jsonl").symlink_to(real.folder / "events.jsonl")
    piped = tmp_path / "b.watch"
    piped.mkdir()
    os.mkfifo(piped / "events.jsonl")
    (tmp_path / "c.watch").symlink_to(real.folder)
    assert {listed.name: listed.state for listed in list_logs(tmp_path)} == {"a.watch": "refused", "b.watch": "refused"}


def test_counts_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for cap, value in {"MAX_STEPS": 50, "MAX_FRAMES": 8, "MAX_FINDINGS": 3, "MAX_CURVE": 20, "MAX_LOGS": 2}.items():
        monkeypatch.setattr(record, cap, value)
    log = WatchLog.create(tmp_path, {})
    for step in range(1, 301):
        log.event("step", {"step": step, "d_loss": 1.0})
        log.event("finding", FINDING)
        log.frame(step, {}, {"fake": np.zeros((2, 2), np.float32)})
    run = WatchedRun(log.folder)
    _, arrays = shown(run)
    assert len(arrays["curve_step"]) <= 20
    assert arrays["curve_step"][-1] > 250
    assert 4 <= len(run.contents()["frames"]) <= 9
    assert run.contents()["frames"][0] == 1
    assert len(run.findings) == 3
    for number in range(4):
        (tmp_path / f"{number}.watch").mkdir()
    assert len(list_logs(tmp_path)) == 2


def test_the_watched_folder_is_named_or_lies_beside_the_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GAN_EXPLORER_WATCH", str(tmp_path / "w"))
    assert default_folder() == tmp_path / "w"
    monkeypatch.delenv("GAN_EXPLORER_WATCH")
    monkeypatch.setenv("GAN_EXPLORER_RUNS", str(tmp_path / "runs"))
    assert default_folder() == tmp_path / "watched"
    assert list_logs(tmp_path / "not there") == []
