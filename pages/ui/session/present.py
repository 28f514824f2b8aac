"""The visit of this session and its run. A session holds one `Visit`, and through it one run."""

from __future__ import annotations

import atexit
import functools
import os
from typing import Final

import streamlit as st

from gan_core.config.presets import link_repeats_until
from gan_core.live.commands import SetOwner
from gan_core.record.run_card import fingerprint
from pages.ui import browser, guard
from pages.ui.latent import link as latent_link
from pages.ui.presence import Rooms, Visit, default_cluster, default_hosts, default_pace, default_slots
from pages.ui.session.address import from_link
from pages.ui.session.memory import forget, notify, recall, remember, value_of

_BROWSER: Final = "gan.browser"
HEARTBEAT: Final = 60.0
"""Seconds between two greetings: rare, because a tick beside a click may be one click too many."""


@functools.cache
def rooms() -> Rooms:
    """Return what all sessions of this process share."""
    forgotten = float(st.get_option("server.disconnectedSessionTTL"))
    n_hosts = default_hosts(for_many=not guard.is_loopback(st.get_option("server.address")))
    made = Rooms(
        default_slots(),
        release_after=forgotten + 5,
        pace=default_pace(),
        n_hosts=n_hosts,
        cluster=default_cluster(),
    )
    atexit.register(made.close)
    return made


@st.cache_resource(scope="session", on_release=Visit.leave, show_spinner=False)
def _presence(_visit: Visit, token: str) -> Visit:
    """Released when the browser goes, made again by the first script run when it is back."""
    _visit.arrive()
    return _visit


def visit() -> Visit:
    """Return this visitor's run; it is made from the link at the first call, and again after it was released."""
    known: Visit | None = recall("visit")
    if known is None or known.run.closed:
        if known is None:
            config, preset, interventions = from_link()
        else:  # released meanwhile: the same run from its beginning, with all that was done to it
            last = known.run.status()
            config, preset, interventions = last.initial_config, last.preset, last.interventions
            if link_repeats_until(interventions) == -1:
                interventions = ()
                notify("This run began with what another had learned, and that is gone: it begins with fresh weights.")
        from pages.ui.session.kept import bring_back

        bring_back(config.data)
        known = take(rooms().open(config, interventions, preset, visitor()))
    return _presence(known, known.token)


def visit_or_recorded(name: str) -> Visit:
    """Return this visitor's run; without one, and without a link, open a recorded run at its end.

    Args:
        name: One of `gan_core.storage.bundled.RECORDED`.
    """
    if recall("visit") is None and not st.query_params.keys() - set(latent_link.NAMES):
        take(rooms().open_recorded(name, visitor()))
        remember("recorded", name)
    return visit()


def take(opened: Visit) -> Visit:
    """Make a run this visitor's, in place of the one there was."""
    remember("visit", opened)
    remember("keys", keys_of_runs() | {opened.key})
    opened.run.send(SetOwner(owner()))
    return opened


def has_run() -> bool:
    """Tell whether this visitor has a run, without making one."""
    known: Visit | None = recall("visit")
    return known is not None and not known.run.closed


def token() -> str | None:
    """Return the key that tells this visitor's run from others; None if there is none."""
    return visit().token if has_run() else None


@st.fragment(run_every=HEARTBEAT)
def greet() -> None:
    """Tell a run that its browser is here, whatever page it looks at; makes no run.

    A timed fragment, and only for this: after a broken connection Streamlit's front end runs the script again if
    there is one on the page. Without that nobody would hear that the browser is back.
    """
    known: Visit | None = recall("visit")
    if known is not None:
        _presence(known, known.token)
    if not owner():
        browser.mount(key=_BROWSER, on_token=_recognise)
    elif forget("recognised", False) and not is_for_one():
        st.rerun(scope="app")  # now it is known which saved runs are this browser's


def _recognise() -> None:
    token = browser.parse(value_of(_BROWSER).get("token"))
    remember("owner", fingerprint(token))
    remember("recognised", True)
    known: Visit | None = recall("visit")
    if known is not None:
        known.run.send(SetOwner(owner()))


def owner() -> str:
    """Whom this session's runs belong to: the fingerprint of its browser's token, "" while that is not known."""
    found: str = recall("owner", "")
    return found


def is_for_one() -> bool:
    """Tell whether the app serves one person, who may see all saved runs.

    So it is where it listens on the loopback address alone; ``GAN_EXPLORER_USERS`` says it outright: ``one`` or
    ``many``. Nothing that a browser says of itself decides it.
    """
    said = os.environ.get("GAN_EXPLORER_USERS", "").lower()
    return said == "one" if said in ("one", "many") else guard.is_loopback(st.get_option("server.address"))


def visitor() -> str:
    """Name this session's visitor, for whom slots are shared out: by the server's cookie, else by the address.

    A browser is one visitor, however many tabs it opens; all browsers of one address that keep no cookies are one, too.
    """
    known = guard.visitor_of(st.context.cookies.get(guard.COOKIE))
    return known or f"address {st.context.ip_address}"


def keys_of_runs() -> frozenset[str]:
    """Return the names under which the runs of this session are saved, without their numbers."""
    return frozenset(recall("keys", ()))


def key_of_run() -> str:
    """Return the name under which the open run is saved; "" if there is none."""
    return f"{visit().key}-{visit().run.status().run}" if has_run() else ""
