"""The preview of a write says what running it would do, and leaves no trace."""

from __future__ import annotations

import threading

import pytest

from hati_core import Branch, ChangeKind, HatiError, Preview, Repository, Stop
from hati_core.errors import CheckViolation, KeyViolation, QueryError, QueryTimeout, StatementRefused, TableNotFound
from hati_core.model import KeyOrigin
from tests.endless import ENDLESS_WRITE

WRITES = [
    "UPDATE portfolio SET current_price = current_price * 0.8 WHERE ticker <> 'AAPL'",
    "INSERT INTO portfolio VALUES ('NVDA', 200, 800.0, 950.0), ('BND', 500, 72.0, 74.0)",
    "DELETE FROM portfolio WHERE shares < 80",
    "DELETE FROM portfolio; INSERT INTO portfolio VALUES ('AAPL', 1, 150.0, 185.0), ('TSLA', 2, 3, 4)",
    "UPDATE portfolio SET shares = shares",
    "ALTER TABLE portfolio ADD COLUMN sector VARCHAR; UPDATE portfolio SET sector = 'tech'",
    "ALTER TABLE portfolio ALTER shares TYPE BIGINT; UPDATE portfolio SET shares = 5000000000 WHERE ticker = 'AAPL'",
    "CREATE TABLE notes AS SELECT range AS n FROM range(3); DELETE FROM portfolio WHERE ticker = 'MSFT'",
    "DROP TABLE portfolio",
    "ALTER TABLE portfolio RENAME TO holdings; UPDATE holdings SET shares = 1 WHERE ticker = 'AAPL'",
    "SELECT 1",
]


def traces(repo: Repository) -> tuple[object, ...]:
    """All that is kept of a repository, as far as a place can list it."""
    place = repo._store.engine.place
    leftovers = {name: [file.name for file in files] for name, files in place.leftovers().items()}
    heads = [(info.name, info.head) for info in repo.branches("all")]
    return sorted(file.name for file in place.data.list()), leftovers, heads, repo.main.log()


@pytest.mark.parametrize("sql", WRITES)
def test_a_preview_says_what_executing_does_and_leaves_no_trace(repo: Repository, main: Branch, sql: str) -> None:
    before = traces(repo)
    preview = main.preview(sql)
    assert traces(repo) == before
    written = repo.create_branch("written")
    with written.transaction() as tx:
        affected = sum(tx.execute(piece) for piece in sql.split(";"))
    diff = repo.diff("written")
    assert preview.affected == affected
    assert preview.changed_rows == diff.changed_rows
    assert {name: (t.key, t.columns, t.schema_changes) for name, t in preview.tables.items()} == {
        name: (t.key, t.columns, t.schema_changes) for name, t in diff.tables.items() if t
    }
    for name, table in preview.tables.items():
        assert [table.rows(kind) for kind in ChangeKind] == [diff.tables[name].rows(kind) for kind in ChangeKind]
    values = repo.measures.values(written, [value.metric for value in preview.after])
    assert [value.value for value in preview.after] == [value.value for value in values]
    assert list(preview.before) == repo.measures.values(main, repo.measures.metrics(main))


@pytest.mark.every_backend
def test_rules_that_a_write_would_break_are_listed_with_the_rows(repo: Repository, checked: Branch) -> None:
    statements = [
        "UPDATE portfolio SET shares = -shares WHERE shares > 60",
        "INSERT INTO portfolio VALUES ('AAPL', 1, 1, 1)",
    ]
    key, check = checked.preview(statements).violations
    assert (key.rule, key.rows) == ("PRIMARY KEY (ticker)", ({"ticker": "AAPL"},))
    assert check.rule == "positive"
    assert {row["ticker"] for row in check.rows} == {"AAPL", "MSFT"}
    with pytest.raises(CheckViolation):
        checked.execute(statements[0])
    with pytest.raises(KeyViolation):
        checked.execute(statements[1])


def test_rows_that_would_break_a_key_are_shown_all_the_same(main: Branch) -> None:
    preview = main.preview("INSERT INTO portfolio VALUES ('AAPL', 1, 1, 1)")
    table = preview.tables["portfolio"]
    assert (table.added, table.key_origin) == (1, KeyOrigin.LINEAGE)


def test_a_rule_that_the_write_itself_makes_true_is_not_held_against_the_branch(main: Branch) -> None:
    sql = "UPDATE portfolio SET shares = 100; ALTER TABLE portfolio ADD CONSTRAINT many CHECK (shares >= 100)"
    assert main.preview(sql).violations == ()
    assert main.checks("portfolio") == ()


@pytest.mark.every_backend
@pytest.mark.parametrize(
    ("sql", "error"),
    [
        ("UPDATE portfolio SET nothing = 1", QueryError),
        ("UPDATE portfolio SET shares = 1; COPY portfolio TO 'x.csv'", StatementRefused),
        ("UPDATE portfolio SET shares = 1; UPDATE portfolio SET shares = 'many'", HatiError),
        ("UPDATE portfolio SET shares = 1; SELECT * FROM absent", TableNotFound),
    ],
)
def test_what_cannot_be_run_is_refused_as_when_it_is_run(
    repo: Repository, main: Branch, sql: str, error: type[HatiError]
) -> None:
    before = traces(repo)
    with pytest.raises(error):
        main.preview(sql)
    assert traces(repo) == before


def test_a_preview_ends_when_its_time_is_over(repo: Repository, main: Branch) -> None:
    before = traces(repo)
    with pytest.raises(QueryTimeout, match=r"ran for 0\.2 seconds and was stopped"):
        main.preview(ENDLESS_WRITE, timeout=0.2)
    assert traces(repo) == before
    assert main.preview("UPDATE portfolio SET shares = 1", timeout=60).affected == 3


def test_a_preview_can_be_stopped_from_another_thread(main: Branch) -> None:
    stop = Stop()
    timer = threading.Timer(0.1, stop)
    timer.start()
    with pytest.raises(QueryTimeout, match="was stopped"):
        main.preview(ENDLESS_WRITE, stop=stop)
    timer.join()


def test_counts_are_exact_where_more_rows_change_than_are_kept(main: Branch) -> None:
    main.execute("CREATE TABLE numbers AS SELECT range AS n, 0 AS m FROM range(1000)")
    preview = main.preview("UPDATE numbers SET m = 1 WHERE n < 900; DELETE FROM numbers WHERE n >= 950")
    table = preview.tables["numbers"]
    assert (table.changed, table.removed, preview.changed_rows, preview.affected) == (900, 50, 950, 950)
    assert [len(table.rows(kind, limit=1000)) for kind in ChangeKind] == [0, 50, 100]
    assert [change.key for change in table.rows(ChangeKind.CHANGED, 98, 10)] == [(98,), (99,)]


def test_a_writer_does_not_wait_for_a_preview(main: Branch) -> None:
    found: list[Preview] = []
    stop = Stop()

    def look() -> None:
        with pytest.raises(QueryTimeout):
            found.append(main.preview(ENDLESS_WRITE, stop=stop))

    looking = threading.Thread(target=look)
    looking.start()
    for shares in (1, 2, 3):
        main.execute(f"UPDATE portfolio SET shares = {shares}")
    stop()
    looking.join()
    assert main.query("SELECT DISTINCT shares FROM portfolio") == [{"shares": 3}]


@pytest.mark.every_backend
def test_one_metric_that_fails_says_so_and_the_others_are_measured(repo: Repository, main: Branch) -> None:
    repo.set_metric("Ratio", "SELECT sum(shares) / (CASE WHEN min(shares) > 0 THEN 1 END) FROM portfolio")
    preview = main.preview("UPDATE portfolio SET shares = 0 WHERE ticker = 'AAPL'")
    after = {value.metric.name: value for value in preview.after}
    assert after["Ratio"].value is None
    assert "not a number" in (after["Ratio"].problem or "")
    assert after["Portfolio value"].value == 40_250
