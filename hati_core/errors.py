"""Everything that can go wrong, as one tree.

    HatiError
    ├── RepositoryError
    │   ├── StorageUnavailable     its place cannot be reached, read, written, or is full
    │   ├── EngineRestarted        the database engine failed inside and was started anew; trying again works
    │   └── RepositoryTooNew       written by a newer version of this program
    ├── BranchError
    │   ├── InvalidBranchName      empty, too long, control characters, reserved
    │   ├── BranchExists           the name is taken
    │   ├── BranchNotFound         no such branch
    │   │   └── VersionNotFound    the branch is there, and has no such version or commit
    │   ├── BranchDiscarded        it was discarded; it can still be restored
    │   ├── BranchMoved            it has commits that the caller has not seen
    │   └── BranchBusy             another writer holds it for longer than we wait
    ├── QueryError                 a statement that the database cannot run
    │   ├── SyntaxRefused          it does not parse
    │   ├── StatementRefused       the gate does not let it through
    │   └── QueryTimeout           it ran longer than allowed
    ├── DataError
    │   ├── TableNotFound          no such table on this branch
    │   ├── TableExists            the name is taken on this branch
    │   ├── InvalidKey             not a key of the table: missing columns, NULLs, duplicates
    │   ├── KeyViolation           a commit would leave two rows with one key, or one without
    │   ├── InvalidCheck           not a rule that rows of the table can be held to
    │   ├── CheckViolation         rows break a rule of their table: on a commit, in a merge, or when it is set
    │   ├── InvalidValue           a value does not fit the type of its column
    │   ├── StaleEdit              an edited row is not there any more
    │   ├── ImportRefused          a file that cannot become rows of a table
    │   ├── ExportRefused          rows that a file of that kind cannot hold
    │   ├── TooManyRows            a program would change more rows than it was allowed to
    │   ├── InvalidMetric          an expression that cannot be measured
    │   ├── InvalidCurrency        a text that cannot stand before amounts as the symbol of their currency
    │   └── InvalidAction          a scenario action that cannot be done to its table
    ├── MergeError
    │   ├── UnknownStrategy        not one of the four
    │   ├── MergeConflict          strategy "abort" met conflicts
    │   ├── UnresolvedConflicts    some conflicts have no resolution yet
    │   └── InvalidResolution      a resolution that does not fit its conflict
    └── AgentError
        ├── NotAllowed             an agent may not write there, or not do that
        ├── BadCall                a tool was called with arguments that it does not take
        ├── InvalidGoal            a run cannot be started with what it was given
        ├── NoSuchRun              no run or proposal of that id, or it was decided already
        └── PackagesNotLoaded      what a run needs could not be loaded; it may be tried again

Each class has a stable ``kind`` for programs and a ``title`` for a screen; the message
says what happened and what to do next.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar


class HatiError(Exception):
    """Anything this package raises on purpose.

    ``branch`` and ``table`` name what it happened to, where there is one.
    """

    kind: ClassVar[str] = "error"
    title: ClassVar[str] = "Something went wrong"

    def __init__(self, message: str, *, branch: str | None = None, table: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.branch = branch
        self.table = table


class RepositoryError(HatiError):
    """The repository as a whole cannot be used."""

    kind, title = "repository", "The repository cannot be used"


class StorageUnavailable(RepositoryError):
    """The place where the repository lives cannot be read, written, or is full."""

    kind, title = "storage_unavailable", "The storage is not available"


class EngineRestarted(RepositoryError):
    """DuckDB failed inside and was started anew, and what it had in memory is gone; trying again works."""

    kind, title = "engine_restarted", "The database was started anew"


class RepositoryTooNew(RepositoryError):
    """The repository was written by a newer version of this program."""

    kind, title = "repository_too_new", "The repository needs a newer version"


class BranchError(HatiError):
    """Something about a branch."""

    kind, title = "branch", "The branch cannot be used"


class InvalidBranchName(BranchError):
    """A name that no branch can have."""

    kind, title = "invalid_branch_name", "This name cannot be used"


class BranchExists(BranchError):
    """A live branch has that name already."""

    kind, title = "branch_exists", "The name is taken"


class BranchNotFound(BranchError):
    """There is no branch of that name."""

    kind, title = "branch_not_found", "No such branch"


class VersionNotFound(BranchNotFound):
    """The branch has no such version, or no such commit."""

    kind, title = "version_not_found", "No such version"


class BranchDiscarded(BranchError):
    """The branch was discarded; ``undiscard`` brings it back until it is collected."""

    kind, title = "branch_discarded", "The branch was discarded"


class BranchMoved(BranchError):
    """The branch has commits that the caller has not seen."""

    kind, title = "branch_moved", "The branch has moved on"

    def __init__(self, message: str, *, branch: str, expected: int, actual: int, table: str | None = None) -> None:
        super().__init__(message, branch=branch, table=table)
        self.expected = expected
        self.actual = actual


class BranchBusy(BranchError):
    """Another writer has held the branch for longer than a writer waits."""

    kind, title = "branch_busy", "The branch is busy"


class QueryError(HatiError):
    """A statement that the database cannot run."""

    kind, title = "query", "The statement cannot be run"


class SyntaxRefused(QueryError):
    """The statement does not parse; ``line`` and ``column`` count from 1 where they are known."""

    kind, title = "syntax", "The statement cannot be read"

    def __init__(self, message: str, *, line: int | None = None, column: int | None = None) -> None:
        super().__init__(message)
        self.line = line
        self.column = column


class StatementRefused(QueryError):
    """The statement asks for something that a branch session may not do.

    ``part`` is the piece of the statement that was refused.
    """

    kind, title = "statement_refused", "The statement is not allowed here"

    def __init__(self, message: str, *, part: str | None = None) -> None:
        super().__init__(message)
        self.part = part


class QueryTimeout(QueryError):
    """The statement ran longer than allowed and was stopped."""

    kind, title = "query_timeout", "The statement took too long"


class QueryStopped(QueryTimeout):
    """Somebody stopped the statement."""

    kind, title = "query_stopped", "Stopped"


class DataError(HatiError):
    """Rows, columns or values that cannot be taken as they are."""

    kind, title = "data", "The data cannot be taken"


class TableNotFound(DataError):
    """There is no table of that name on the branch."""

    kind, title = "table_not_found", "No such table"


class TableExists(DataError):
    """The branch has a table of that name already."""

    kind, title = "table_exists", "The table exists already"


class InvalidKey(DataError):
    """The columns do not identify the rows of the table; ``rows`` shows some that break it."""

    kind, title = "invalid_key", "These columns are not a key"

    def __init__(
        self, message: str, *, rows: Sequence[dict[str, Any]] = (), branch: str | None = None, table: str | None = None
    ) -> None:
        super().__init__(message, branch=branch, table=table)
        self.rows = tuple(rows)


class KeyViolation(InvalidKey):
    """The commit would leave two rows with one key, or a row without one; nothing was written."""

    kind, title = "key_violation", "Two rows would have the same key"


class InvalidCheck(DataError):
    """An expression that cannot be a check of its table, or a change that would take a column from under one."""

    kind, title = "invalid_check", "This check cannot be set"


class CheckViolation(DataError):
    """Rows break a rule of their table; nothing was written. ``violations`` lists them."""

    kind, title = "check_violation", "Some rows break a rule"

    def __init__(
        self, message: str, *, violations: Sequence[Any], branch: str | None = None, table: str | None = None
    ) -> None:
        super().__init__(message, branch=branch, table=table)
        self.violations = tuple(violations)


class InvalidValue(DataError):
    """A value does not fit its column; ``column`` names it."""

    kind, title = "invalid_value", "A value does not fit its column"

    def __init__(
        self, message: str, *, column: str | None = None, branch: str | None = None, table: str | None = None
    ) -> None:
        super().__init__(message, branch=branch, table=table)
        self.column = column


class StaleEdit(DataError):
    """A row that was to be changed or deleted is not there any more; nothing was written."""

    kind, title = "stale_edit", "A row is not there any more"


class ImportRefused(DataError):
    """A file that cannot become a table."""

    kind, title = "import_refused", "The file cannot be imported"


class ExportRefused(DataError):
    """Rows that a file of the wanted kind cannot hold, or that are not there."""

    kind, title = "export_refused", "This cannot be exported"


class TooManyRows(DataError):
    """A commit would change more rows than whoever makes it was allowed to; nothing was written."""

    kind, title = "too_many_rows", "Too many rows would change"


class InvalidMetric(DataError):
    """A metric whose expression does not run or is not one number."""

    kind, title = "invalid_metric", "The metric cannot be measured"


class InvalidCurrency(DataError):
    """A text that cannot stand before amounts of money as the symbol of their currency."""

    kind, title = "invalid_currency", "This is no currency"


class InvalidAction(DataError):
    """A scenario action whose parameters make no sense, or do not fit its table."""

    kind, title = "invalid_action", "This cannot be done to the table"


class MergeError(HatiError):
    """A merge that cannot be planned or carried out."""

    kind, title = "merge", "The merge cannot be done"


class UnknownStrategy(MergeError):
    """The strategy is not one of branch_wins, main_wins, manual and abort."""

    kind, title = "unknown_strategy", "No such merge strategy"


class MergeConflict(MergeError):
    """Strategy "abort" met conflicts; nothing was written. ``conflicts`` holds them, lazily."""

    kind, title = "merge_conflict", "The branches conflict"

    def __init__(self, message: str, *, conflicts: Sequence[Any], branch: str | None = None) -> None:
        super().__init__(message, branch=branch)
        self.conflicts = conflicts


class UnresolvedConflicts(MergeConflict):
    """Some conflicts have no resolution yet; nothing was written."""

    kind, title = "unresolved_conflicts", "Some conflicts are not settled yet"


class InvalidResolution(MergeError):
    """A resolution that does not fit its conflict."""

    kind, title = "invalid_resolution", "This choice does not fit the conflict"


class AgentError(HatiError):
    """Something about an agent, its tools or its runs."""

    kind, title = "agent", "The agent cannot do this"


class NotAllowed(AgentError):
    """An agent may not write to that branch, or not do that."""

    kind, title = "not_allowed", "The agent may not do this"


class BadCall(AgentError):
    """A tool was called with arguments that it does not take."""

    kind, title = "bad_call", "The tool was called wrongly"


class InvalidGoal(AgentError):
    """A run cannot be started with what it was given."""

    kind, title = "invalid_goal", "The run cannot be started"


class NoSuchRun(AgentError):
    """There is no run or proposal of that id, or it was decided already."""

    kind, title = "no_such_run", "There is no such run"


class PackagesNotLoaded(AgentError):
    """The packages that a run needs could not be loaded; it may be tried again."""

    kind, title = "not_loaded", "The run could not begin"
