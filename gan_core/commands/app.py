"""The app, opened from any folder: what ``gan-explorer`` does without a command.

Streamlit is run as ``python -m streamlit`` runs it, in this process; nothing here imports it, so that the commands
work where it is missing.
"""

from __future__ import annotations

import importlib.util
import ipaddress
import os
import runpy
import sys
from collections.abc import Mapping, MutableMapping, Sequence
from itertools import zip_longest
from pathlib import Path
from typing import Final

from gan_core.config.assets import asset
from gan_core.errors import ConfigError

HELP: Final = (
    "Open the app, on this computer's own address unless --server.address says another. All options of 'streamlit "
    "run' may follow, such as --server.port 8600."
)
_ADDRESS: Final = "--server.address"


def script() -> Path:
    """Return the app's script: in a checkout, or in an installed package."""
    return asset().parent / "app.py"


def arguments(words: Sequence[str], environment: Mapping[str, str]) -> list[str]:
    """Build the command line for Streamlit.

    Args:
        words: Options of ``streamlit run``.
        environment: The process's variables; ``STREAMLIT_SERVER_ADDRESS`` says where to listen, as an option does.

    Returns:
        Program, command, script and options. Where nothing says another address, the app listens on the loopback
        address alone: nobody else can reach it.
    """
    where = [_ADDRESS, "localhost"] if _address(words, environment) is None else []
    return ["streamlit", "run", str(script()), *where, *words]


def users(words: Sequence[str], environment: Mapping[str, str]) -> str:
    """Decide for whom the app is: ``one`` person or ``many``.

    Args:
        words: Options of ``streamlit run``.
        environment: The process's variables; ``GAN_EXPLORER_USERS`` decides if it is set.

    Returns:
        ``one`` if only this computer can reach the app, so that it may offer all saved runs; else ``many``.
    """
    said, address = environment.get("GAN_EXPLORER_USERS", ""), _address(words, environment)
    return said or ("one" if address is None or _is_loopback(address) else "many")


def open_app(words: Sequence[str], environment: MutableMapping[str, str] = os.environ) -> None:
    """Run the app until it is stopped; ends the process.

    Args:
        words: Options of ``streamlit run``.
        environment: The process's variables; it is told for whom the app is.

    Raises:
        ConfigError: If Streamlit is not installed.
    """
    if importlib.util.find_spec("streamlit") is None:
        raise ConfigError("Streamlit is not installed, and the app needs it: pip install gan-explorer")
    environment["GAN_EXPLORER_USERS"] = users(words, environment)
    sys.argv = arguments(words, environment)
    # Not altering __main__: worker processes that are spawned import it, and this program's is light.
    runpy.run_module("streamlit", run_name="__main__")


def _address(words: Sequence[str], environment: Mapping[str, str]) -> str | None:
    """Return where the app is told to listen, None if nothing says so; the last option wins, as in Streamlit."""
    given = environment.get("STREAMLIT_SERVER_ADDRESS")
    for word, following in zip_longest(words, words[1:], fillvalue=""):
        name, equals, value = word.partition("=")
        if name == _ADDRESS:
            given = value if equals else following
    return given


def _is_loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address.strip("[]")).is_loopback
    except ValueError:
        return address.lower() == "localhost"
