"""File descriptors of a server whose visitors come and go."""

from __future__ import annotations

import time
from pathlib import Path

import psutil
import pytest

from benchmarks.plain import PlainVisitor
from benchmarks.served import Server

N: int = 200


@pytest.mark.full
def test_two_hundred_openings_and_closings_leave_what_streamlit_still_remembers(tmp_path: Path) -> None:
    """Streamlit gives each session an event loop, of three descriptors, and drops old ones when others leave."""
    changes = {
        "GAN_EXPLORER_HOSTS": "1",
        "GAN_EXPLORER_RUNS": str(tmp_path),
        "GAN_EXPLORER_PACE": "5",
        "STREAMLIT_SERVER_DISCONNECTED_SESSION_TTL": "3",
    }
    with (tmp_path / "log.txt").open("w+b") as log, Server(changes, log=log) as server:

        def come_and_go(n: int) -> tuple[int, int]:
            for i in range(n):
                visitor = PlainVisitor(server.url, {"preset": "ring-8", "seed": str(i)}, looks=False)
                visitor.header()
                visitor.leave()
            return psutil.Process(server.pid).num_fds(), psutil.Process(server.hosts()[0]).num_fds()

        come_and_go(5)
        early, late = come_and_go(N // 2), come_and_go(N // 2)
        assert late[0] <= early[0] + 20, "they do not go on growing"
        assert late[1] <= early[1] + 5
        time.sleep(10)
        server_now, host_now = come_and_go(1)
        assert server_now < 40, "with those of the last visitors the others' are gone"
        assert host_now <= early[1] + 5
