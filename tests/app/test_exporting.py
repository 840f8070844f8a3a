"""Files that are taken along: CSV for a spreadsheet, HTML without a network."""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go
import pytest

from hati_core import Repository
from pages.parts.differences import differences_frame
from pages.parts.exporting import camera, csv_of, file_name, html_of


def test_a_csv_file_opens_in_excel_with_its_accents() -> None:
    content = csv_of(pd.DataFrame({"Größe": ["ä", None], "n": [1.5, -2.0]}))
    assert content.startswith(b"\xef\xbb\xbf")
    assert content.decode("utf-8-sig").splitlines() == ["Größe,n", "ä,1.5", ",-2.0"]


@pytest.mark.parametrize("text", ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1"])
def test_text_that_a_spreadsheet_would_run_is_kept_as_text(text: str) -> None:
    frame = pd.read_csv(pd.io.common.BytesIO(csv_of(pd.DataFrame({text: [text]}))), encoding="utf-8-sig")
    assert frame.iloc[0, 0] == f"'{text}"
    assert frame.columns[0] == f"'{text}"


def test_numbers_stay_numbers_whatever_their_sign() -> None:
    content = csv_of(pd.DataFrame({"n": [-1, "-2.5", "+3"]}, dtype=object)).decode("utf-8-sig")
    assert content.splitlines()[1:] == ["-1", "-2.5", "+3"]


def test_the_noise_of_calculations_is_left_out_and_nothing_else() -> None:
    numbers = [341969.08999999997, 0.1 + 0.2, 1234567890123.45, 9007199254740991.0, 0.123456789012345]
    content = csv_of(pd.DataFrame({"n": [*numbers, "x"]}, dtype=object)).decode("utf-8-sig")
    assert content.splitlines()[1:] == [
        "341969.09", "0.3", "1234567890123.45", "9007199254740991.0", "0.123456789012345", "x",
    ]  # fmt: skip


def test_a_figure_is_a_page_that_asks_the_network_for_nothing() -> None:
    page = html_of(go.Figure(go.Bar(y=[1])), "bars").decode()
    assert "<html>" in page
    assert len(page) > 1_000_000
    assert 'src="http' not in page


def test_the_camera_is_the_only_button_of_a_figure() -> None:
    config = camera("a b/c")
    assert config["modeBarButtons"] == [["toImage"]]
    assert config["toImageButtonOptions"]["filename"] == "a-b-c"
    assert config["displaylogo"] is False


@pytest.mark.parametrize(
    ("parts", "expected"), [(("../x", "a|b"), "x-a-b"), (("«»",), "hati"), (("Tech +20 % (v2)",), "Tech-20-v2")]
)
def test_names_of_branches_become_names_of_files(parts: tuple[str, ...], expected: str) -> None:
    assert file_name(*parts) == expected


def test_all_differences_are_exported_with_both_values_of_every_cell(branches: Repository) -> None:
    table = branches.diff("aggressive-growth").tables["portfolio"]
    frame = differences_frame(table, "main", "aggressive-growth")
    assert frame.columns.tolist()[:3] == ["change", "ticker · main", "ticker · aggressive-growth"]
    assert frame[["change", "shares · main", "shares · aggressive-growth"]].to_numpy().tolist() == [
        ["changed", 100, 200],
        ["added", None, 200],
    ]
