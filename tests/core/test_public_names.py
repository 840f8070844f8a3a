"""What hati_core shows, and what it does not drag in."""

from __future__ import annotations

import hati_core
from tests.core.processes import run_python


def test_all_lists_what_is_there() -> None:
    assert sorted(hati_core.__all__) == hati_core.__all__
    assert all(hasattr(hati_core, name) for name in hati_core.__all__)
    public = {name for name, value in vars(hati_core).items() if isinstance(value, type) and not name.startswith("_")}
    assert public == set(hati_core.__all__)


def test_a_notebook_gets_no_screen_and_no_model_vendor() -> None:
    program = (
        "from hati_core import Repository\n"
        "print(sorted({'streamlit', 'openai', 'agents', 'plotly', 'pandas'} & set(sys.modules)))"
    )
    assert run_python(program).strip() == "[]"


def test_who_only_reads_about_runs_waits_for_no_model_vendor() -> None:
    program = "import hati_core.agent\nprint(sorted({'streamlit', 'openai', 'agents', 'plotly'} & set(sys.modules)))"
    assert run_python(program).strip() == "[]"
