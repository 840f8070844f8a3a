"""The repository of this process, and what one person's session remembers from page to page."""

from __future__ import annotations

import getpass
import os
from collections.abc import Hashable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Literal
from urllib.parse import unquote

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from hati_core import HatiError, Repository
from pages.parts.words import plain

LabelVisibility = Literal["visible", "hidden", "collapsed"]
AUTHOR = "author"
AUTHOR_COOKIE = "hati_author"
AUTHOR_CHARACTERS = 60
SEARCHED = 200
_TURNED = "page"
_SEEN_PAGE = "page in view"
_ENTERED = "page was just entered"


@st.cache_resource(show_spinner="Opening the repository…", on_release=Repository.close)
def repository() -> Repository:
    """The repository that ``HATI_HOME`` names, a folder or a server, else ``.hati``; opened once for all sessions."""
    opened = Repository.open(os.environ.get("HATI_HOME", ".hati"), author=default_author())
    # The first statement starts the gate's own parser, which takes half a second.
    opened.main.query("SELECT 1")
    opened.keep_up()
    return opened


def default_author() -> str:
    """Who signs, until a session says otherwise."""
    return os.environ.get("HATI_AUTHOR") or getpass.getuser()


def author() -> str:
    """Who signs the commits of this session: who said so in it, or in this browser before."""
    cookie = st.context.cookies.get(AUTHOR_COOKIE)
    # Without a browser, as in AppTest, a cookie is no text.
    remembered = unquote(cookie).strip()[:AUTHOR_CHARACTERS] if isinstance(cookie, str) else ""
    return str(st.session_state.get(AUTHOR) or remembered or default_author())


def note_page(slug: str) -> None:
    """Take down which page runs: on entering one, the address decides; afterwards the widgets do.

    The address decides too where the browser went back or forward to it; what it leaves out is then as by default.
    """
    st.session_state[_ENTERED] = went_back() or st.session_state.get(_SEEN_PAGE) != slug
    st.session_state[_SEEN_PAGE] = slug


def went_back() -> bool:
    """Whether this run shows an address that the browser went back or forward to."""
    run = get_script_run_ctx()
    return run is not None and run.is_history_navigation


def current(name: str, options: Sequence[str], default: str) -> str:
    """A choice that lasts from page to page and stands in the address."""
    chosen = _chosen(name, options, default)
    write_address(name, chosen)
    return chosen


def option(name: str, options: Sequence[str], default: str) -> str:
    """As :func:`current`, for one of many choices: the address has it only where it is not the default."""
    chosen = _chosen(name, options, default)
    write_address(name, "" if chosen == default else chosen)
    return chosen


def _chosen(name: str, options: Sequence[str], default: str) -> str:
    state = f"chosen {name}"
    asked = asked_for(name)
    if asked is not None and (asked in options or not asked):
        st.session_state[state] = asked
    if st.session_state.get(state) not in options:
        st.session_state[state] = default
    return str(st.session_state[state])


def write_address(name: str, value: str) -> None:
    """Put a choice into the address, or take it out where it is empty.

    Each write is an entry of the browser's history, so the same value is not written again, and nothing is where the
    browser went back: whoever wants to go further back would be kept there.
    """
    if went_back():
        return
    if value and st.query_params.get(name) != value:
        st.query_params[name] = value
    elif not value and name in st.query_params:
        del st.query_params[name]


def choose(name: str, value: str) -> None:
    """Make a choice from code, such as a button that opens another page."""
    st.session_state[f"chosen {name}"] = value


def asked_for(name: str) -> str | None:
    """What the address asks for when a page is entered, whether it exists or not; nothing where it was gone back to."""
    if not st.session_state.get(_ENTERED):
        return None
    return st.query_params.get(name, "" if went_back() else None)


def widget_key(name: str) -> str:
    """A widget's key that no other page has: widgets of one key on two pages reset each other."""
    return f"{name}-{st.session_state[_SEEN_PAGE]}"


def adopt(name: str) -> None:
    """Take over what the widget for a choice says; for ``on_change``."""
    choose(name, st.session_state[widget_key(name)])


def _bound(name: str, value: str) -> dict[str, Any]:
    """What ties a widget to a choice: it shows the value, and what is put in there is adopted."""
    st.session_state[widget_key(name)] = value
    return {"key": widget_key(name), "on_change": adopt, "args": (name,)}


def picker(label: str, name: str, options: Sequence[str], default: str, *, help: str | None = None) -> str:
    """A select box for a choice that lasts from page to page."""
    chosen = current(name, options, default)
    st.selectbox(label, options, help=help, **_bound(name, chosen))
    return chosen


def selection(
    label: str,
    name: str,
    options: Mapping[str, str],
    default: str,
    *,
    width: Literal["stretch"] | int = "stretch",
) -> str:
    """A select box for an :func:`option`; ``options`` are what each is called on screen, by what the address has.

    ``width`` is in pixels.
    """
    chosen = option(name, list(options), default)
    st.selectbox(label, list(options), format_func=options.__getitem__, width=width, **_bound(name, chosen))
    return chosen


def segments(
    label: str,
    name: str,
    options: Mapping[str, str],
    default: str,
    *,
    label_visibility: LabelVisibility = "visible",
) -> str:
    """As :func:`selection`, with all options side by side; what they are called is Markdown."""
    chosen = option(name, list(options), default)
    st.segmented_control(
        label,
        list(options),
        format_func=options.__getitem__,
        required=True,
        label_visibility=label_visibility,
        **_bound(name, chosen),
    )
    return chosen


def named(name: str) -> str:
    """A choice that has no list of options, such as a text to look for; it lasts and stands in the address."""
    if (asked := asked_for(name)) is not None:
        choose(name, asked)
    found = str(st.session_state.get(f"chosen {name}", ""))
    write_address(name, found)
    return found


def placed(name: str, place: Hashable) -> str:
    """As :func:`named`, for a choice that means something in one place, such as one table: elsewhere it is gone."""
    if asked_for(name) is None and st.session_state.get(f"place of {name}") != place:
        choose(name, "")
    st.session_state[f"place of {name}"] = place
    return named(name)


def tell(name: str, value: str) -> str:
    """Make a choice in the midst of a run, so that the address has it too; returns it."""
    choose(name, value)
    write_address(name, value)
    return value


def turned(pages: int, place: Hashable) -> int:
    """The page of a list that is turned to, from 1, with the buttons for it where there are several.

    It stands in the address; a list of another ``place``, such as one with another filter, begins at its first page.
    """
    asked = placed(_TURNED, place)
    number = min(max(int(asked), 1), pages) if asked.isascii() and asked.isdigit() else 1
    shown = str(number) if number > 1 else ""
    if asked != shown:
        tell(_TURNED, shown)
    if pages > 1:
        # The buttons are made anew for another list: where a page is put into those that are there, Streamlit warns.
        key = f"{widget_key(_TURNED)}-{pages}-{hash(place)}"
        st.pagination(pages, default=number, key=key, width="stretch", on_change=_turn, args=(key,))
    return number


def _turn(key: str) -> None:
    choose(_TURNED, str(st.session_state[key]))


def search(label: str, name: str, *, placeholder: str | None = None) -> str:
    """A field for a text to look for; it stands in the address."""
    typed = named(name)
    st.text_input(label, type="search", placeholder=placeholder, max_chars=SEARCHED, **_bound(name, typed))
    return typed.strip()


@contextmanager
def told() -> Iterator[None]:
    """Show what went wrong as a title and a sentence; the rest of the page goes on."""
    try:
        yield
    except HatiError as error:
        complain(error)


def complain(error: HatiError) -> None:
    """A title and a sentence that says what to do."""
    st.error(f"**{plain(error.title)}.** {plain(error.message)}", icon=":material/error:")


def announce(message: str) -> None:
    """Say something after the next run, when the page has been drawn anew."""
    st.session_state.setdefault("announcements", []).append(message)


def make_announcements() -> None:
    """Say what the last run left to be said."""
    for message in st.session_state.pop("announcements", []):
        st.toast(message, icon=":material/check_circle:", duration="long")
