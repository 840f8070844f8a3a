"""Settings."""

from pages.parts.shell import begin_page

page = begin_page("Settings", "")
