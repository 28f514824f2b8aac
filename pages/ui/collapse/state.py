"""The lab of this session: which failure, which sides, and what is done to them."""

from __future__ import annotations

from typing import Final

import streamlit as st

from gan_core import GanExplorerError
from gan_core.experiments.gallery import Failure, GoalName, failures, find, goal_of
from gan_core.experiments.published import PROTOCOLS
from gan_core.experiments.zoo import Variant, plain
from gan_core.live.commands import ChangeSide, Pause
from pages.ui import session
from pages.ui.collapse.bench import LETTERS, Bench, Entry
from pages.ui.collapse.link import (
    OWN,
    beside_plain,
    cured,
    failing,
    parse_link,
    published,
    sides_to_link,
    variant_named,
)

_BENCH, _FAILURE, _PROTOCOL, _SHOWN = "lab.bench", "lab.failure", "lab.protocol", "lab.shown"
_VARIANT: Final = "lab.variant"


@st.cache_resource(scope="session", on_release=Bench.leave, show_spinner=False)
def _presence(_bench: Bench, token: str) -> Bench:
    """Released when the browser goes, made again by the first script run when it is back."""
    _bench.arrive()
    return _bench


def bench() -> Bench:
    """Return this visitor's comparison; it is made from the link at the first call, and again after it was released."""
    known: Bench | None = session.recall(_BENCH)
    if known is None or known.run.closed:
        if known is None:
            failure, entries = _from_link()
            session.remember(_FAILURE, failure.name)
            own = entries[0].cure == OWN
            _name(st.query_params.get("protocol", "") if own else "", st.query_params.get("zoo", "") if own else "")
        else:  # released meanwhile: the same sides from their beginning
            failure, entries = chosen(), list(known.entries)
        known = Bench(entries, base(), session.rooms(), session.visitor())
        session.rooms().admit(known)
        session.remember(_BENCH, known)
        if session.has_run() and session.visit().run.status().playing:
            session.visit().run.send(Pause())
            session.notify("The run on the Train page is paused: two at once would share one processor.")
    return _presence(known, known.token)


def chosen() -> Failure:
    """Return the failure that is shown."""
    return find(session.recall(_FAILURE, next(iter(failures()))))


def goal() -> GoalName:
    """Return the goal that the sides are checked for."""
    if variant := compared():
        return goal_of(plain(variant.base)) or "modes"
    return "modes" if session.recall(_PROTOCOL) else chosen().goal


def compared() -> Variant | None:
    """Return the variant of the zoo that stands beside the plain GAN, if that is what is shown."""
    return variant_named(session.recall(_VARIANT, ""))


def otherwise() -> str:
    """Describe in Markdown what stands side by side where it is no failure beside its cures, else ""."""
    if variant := compared():
        return (
            f"**{variant.name}, {variant.year}, beside {variant.beside[0]}.** {variant.idea} **Cured:** {variant.cured}"
        )
    if name := session.recall(_PROTOCOL, ""):
        return f"**A published protocol: {PROTOCOLS[name].title}.** Its figures stand below."
    return ""


def base() -> str:
    """Return the preset that the sides come from."""
    variant = compared()
    return chosen().preset if variant is None else variant.base


def _name(protocol: str = "", variant: str = "") -> None:
    """Remember what the sides are called together, where they are no failure and its cures."""
    session.remember(_PROTOCOL, protocol)
    session.remember(_VARIANT, variant)


def open_failure(name: str) -> None:
    """Show a failure beside its first cure, playing."""
    failure = find(name)
    session.remember(_FAILURE, name)
    _name()
    seed = bench().entries[0].config.seed
    entries = [failing(failure, seed), cured(failure, failure.cures[0].name, seed)]
    bench().show(entries, failure.preset)


def show_cure(name: str) -> None:
    """Put a cure beside the failing run: in place of the last cure, or as one more side if that is asked for."""
    failure, here = chosen(), bench()
    seed = here.entries[0].config.seed
    more = session.recall("lab.more", False) and len(here.entries) < len(LETTERS)
    if session.recall(_PROTOCOL) or compared():
        _name()
        more, here.entries = False, (failing(failure, seed),)
    kept = here.entries if more else here.entries[:1]
    here.show([*kept, cured(failure, name, seed)], failure.preset)


def show_protocol(name: str) -> None:
    """Show GAN and PacGAN2 in the settings of a published protocol, playing."""
    protocol, here = PROTOCOLS[name], bench()
    seed = here.entries[0].config.seed
    _name(name)
    here.show(published(name, seed), protocol.preset)


def show_variant(variant: Variant) -> None:
    """Show a variant of the zoo beside the plain GAN, playing, from another page."""
    st.query_params.from_dict({"zoo": variant.name})  # a first bench is made from its link
    here = bench()
    _name(variant=variant.name)
    here.show(beside_plain(variant, 0), variant.base)
    session.notify(f"{variant.name} beside {variant.beside[0]}: the same data, noise and seed.")


def change_side(i: int, path: str, text: str) -> None:
    """Change one setting of one side; what is not allowed is said."""
    here = bench()
    try:
        again = here.run.send(ChangeSide(i, {path: text}))
    except GanExplorerError as error:
        session.notify(str(error))
        return
    here.rename(i)
    session.notify("All sides begin again: this setting cannot change while a run goes on." if again else "")


def update_link() -> None:
    """Put what defines the comparison into the address."""
    here, failure = bench(), chosen()
    seed = here.entries[0].config.seed
    if protocol := session.recall(_PROTOCOL, ""):
        query = {"protocol": protocol}
    elif variant := compared():
        query = {"zoo": variant.name}
    else:
        query = sides_to_link(failure, here.entries, seed)
    if seed:
        query["seed"] = str(seed)
    if session.recall(_SHOWN) != query or st.query_params.to_dict() != query:
        session.remember(_SHOWN, query)
        st.query_params.from_dict(query)


def _from_link() -> tuple[Failure, list[Entry]]:
    query = st.query_params.to_dict()
    try:
        return parse_link(query)
    except GanExplorerError as error:
        session.notify(f"The link could not be followed: {error}. This is the first failure instead.")
        return parse_link({})
