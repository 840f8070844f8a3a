"""Which metrics a repository has, in what order, and what one came to version by version."""

from __future__ import annotations

import pytest

from hati_core import Branch, Repository
from hati_core.errors import InvalidMetric
from hati_core.measured import MetricOrigin
from hati_core.scenarios.metrics import Metric

SHARES = "SELECT sum(shares) FROM portfolio"


def names(repo: Repository, branch: Branch | None = None) -> list[str]:
    return [metric.name for metric in repo.measures.metrics(branch or repo.main)]


def test_the_list_says_where_each_metric_comes_from(repo: Repository, main: Branch) -> None:
    repo.set_metric("Shares", SHARES)
    repo.set_metric("Positions", "SELECT 1")
    listed = {one.metric.name: one.origin for one in repo.metrics()}
    assert listed["Portfolio value"] is MetricOrigin.READY_MADE
    assert (listed["Positions"], listed["Shares"]) == (MetricOrigin.REPLACED, MetricOrigin.OWN)


def test_a_ready_made_metric_is_removed_and_restored_on_every_branch(repo: Repository, main: Branch) -> None:
    growth, before = repo.create_branch("growth"), names(repo)
    repo.remove_metric("Positions")
    assert "Positions" not in names(repo, growth)
    assert [one.metric.name for one in repo.metrics("growth") if one.is_removed] == ["Positions"]
    repo.restore_metric("Positions")
    assert names(repo, growth) == before


def test_removing_an_own_metric_brings_back_the_ready_made_one(repo: Repository, main: Branch) -> None:
    before = names(repo)
    repo.set_metric("Positions", "SELECT 10")
    repo.set_metric("Shares", SHARES)
    repo.remove_metric("Positions")
    repo.remove_metric("Shares")
    assert names(repo) == before
    assert {one.origin for one in repo.metrics()} == {MetricOrigin.READY_MADE}
    repo.set_metric("Positions", "SELECT 10")
    repo.restore_metric("Positions")
    assert {one.origin for one in repo.metrics()} == {MetricOrigin.READY_MADE}


def test_a_renamed_metric_keeps_its_place_and_its_values(repo: Repository, main: Branch) -> None:
    repo.set_metric("Shares", SHARES)
    repo.set_metric("Zero", "SELECT 0")
    repo.rename_metric("Shares", "All shares")
    repo.rename_metric("Positions", "Holdings")
    assert [name for name in names(repo) if name in ("Holdings", "All shares", "Zero")] == [
        "Holdings",
        "All shares",
        "Zero",
    ]
    assert "Positions" not in names(repo)
    found = {value.metric.name: value.value for value in repo.measures.values(main, repo.measures.metrics(main))}
    assert (found["All shares"], found["Holdings"]) == (225.0, 3.0)


def test_metrics_stand_in_the_order_that_somebody_gave_them(repo: Repository, main: Branch) -> None:
    repo.set_metric("Shares", SHARES)
    repo.order_metrics(["Shares", "Positions"])
    assert names(repo)[:3] == ["Shares", "Positions", "Portfolio value"]
    repo.set_metric("Later", "SELECT 1")
    assert names(repo)[-1] == "Later"


def test_what_cannot_be_done_to_a_metric_is_said(repo: Repository, main: Branch) -> None:
    with pytest.raises(InvalidMetric, match=r"no metric “Nothing”\. The metrics are: “Portfolio value”"):
        repo.remove_metric("Nothing")
    with pytest.raises(InvalidMetric, match="called “Positions” already"):
        repo.rename_metric("Portfolio value", "Positions")
    with pytest.raises(InvalidMetric, match="Give the metric a name"):
        repo.rename_metric("Portfolio value", "  ")
    with pytest.raises(InvalidMetric, match="nothing to restore"):
        repo.restore_metric("Positions")
    with pytest.raises(InvalidMetric, match="named twice"):
        repo.order_metrics(["Positions", "Positions"])


def history(repo: Repository, branch: Branch, metric: Metric, limit: int = 50) -> list[tuple[int, float | None]]:
    return [(one.commit.version, one.found.value) for one in repo.measures.history(branch, metric, limit)]


def test_the_history_of_a_metric_has_each_version_with_its_commit(repo: Repository, main: Branch) -> None:
    branch = repo.create_branch("growth")
    branch.execute("UPDATE portfolio SET shares = 200 WHERE ticker = 'AAPL'", message="Double Apple")
    branch.execute("CREATE TABLE notes AS SELECT 1 AS n")
    branch.execute("DELETE FROM portfolio WHERE ticker = 'MSFT'")
    shares = Metric("Shares", SHARES)
    assert history(repo, branch, shares) == [(4, 250.0), (3, 325.0), (2, 325.0), (1, 225.0), (0, None)]
    assert history(repo, branch, shares, limit=2) == [(4, 250.0), (3, 325.0)]
    first = repo.measures.history(branch, shares)[2]
    assert (first.commit.message, first.commit.author) == ("Double Apple", "ada")
    assert repo.measures.history(branch, shares)[-1].found.problem == "There was no table yet."


def test_a_history_measures_no_more_than_it_may(repo: Repository, main: Branch) -> None:
    for count in range(4):
        main.execute(f"UPDATE portfolio SET shares = {count}")
    shares = Metric("Shares", SHARES)
    found = repo.measures.history(main, shares, measure=2)
    assert [one.found.value for one in found] == [9.0, 6.0, None, None, None, None]
    assert found[2].found.problem == "Not measured yet."
    found = repo.measures.history(main, shares, measure=2)
    assert [one.found.value for one in found] == [9.0, 6.0, 3.0, 0.0, None, None]


def test_a_view_may_change_without_a_touch_of_what_it_reads(repo: Repository, main: Branch) -> None:
    main.execute("CREATE VIEW held AS SELECT sum(shares) AS n FROM portfolio")
    main.execute("UPDATE portfolio SET shares = 1")
    assert history(repo, main, Metric("Held", "SELECT n FROM held"), limit=2) == [(3, 3.0), (2, 225.0)]


def test_a_metric_that_fails_on_one_branch_fails_nowhere_else(repo: Repository, main: Branch) -> None:
    broken, well = repo.create_branch("broken"), repo.create_branch("well")
    broken.execute("ALTER TABLE portfolio RENAME COLUMN avg_cost TO paid")
    metrics = repo.measures.metrics(main)
    listed = repo.measures.listed(repo.branches(), metrics)
    failing = {name: [v.metric.name for v in found if v.value is None] for name, found in listed.items()}
    assert failing == {"main": [], "broken": ["Unrealised P&L", "Cost"], well.name: []}
    assert all("avg_cost" in (v.problem or "") for v in listed["broken"] if v.value is None)
