"""What a session does with SELECT branch_…('…')."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from hati_core.branch import Branch
from hati_core.errors import MergeConflict
from hati_core.names import MAIN, folded
from hati_core.quote import literal
from hati_core.repository import Repository
from hati_core.serve import answers
from hati_core.serve.answers import Answer, AnswerColumn, Columns, Done, Plan
from hati_core.serve.control import Control
from hati_core.serve.failures import Refusal, failure_of
from hati_core.serve.work import Work
from hati_core.sql.functions import BranchCall
from hati_core.sql.gate import Statement
from hati_core.sql_calls import columns_of, run_call, writes


class Calling:
    """The half of a session that carries out calls of the functions about branches."""

    repository: Repository
    author: str
    work: Work
    notes: list[str]
    _control: Control

    if TYPE_CHECKING:

        @property
        def branch(self) -> str:
            """The name of the branch that statements run on."""

        def settle(self) -> None:
            """Commit what no BEGIN began."""

        def _checked(self, branch: Branch, sql: str) -> Statement: ...

        def _statement(self, branch: Branch, sql: str, values: Sequence[Any]) -> Plan: ...

    def _call(self, call: BranchCall, sql: str) -> Plan:
        if call.name == "branch_query":
            columns_of(call)
            return self._branch_query(str(call.arguments[0]), str(call.arguments[1]))
        columns = named_columns(columns_of(call))
        assert columns is not None

        def start() -> Answer:
            if writes(call):
                self._require_nothing_written(call.name)
            try:
                return answers.from_dicts(columns, run_call(self.repository, call, self.branch))
            except MergeConflict as error:
                raise _refused(call, error) from error

        return Plan(start, lambda: columns, is_write=writes(call))

    def _branch_query(self, name: str, sql: str) -> Plan:
        branch = self.repository.branch(name)
        inner = self._statement(branch, sql, ())
        if not inner.is_write:
            return inner
        columns = (AnswerColumn("rows", "BIGINT"),)

        def start() -> Answer:
            if folded(branch.name) != folded(self.branch):
                self._require_nothing_written("branch_query")
                statement = self._checked(branch, sql)
                with branch.transaction(author=self.author, stop=self._control.new_stop()) as tx:
                    affected = tx.execute(statement, written=sql)
            else:
                answer = inner.start()
                assert isinstance(answer, Done)
                affected = int((answer.tag or "").split()[-1]) if (answer.tag or "")[-1:].isdigit() else 0
            return answers.one_row(columns, affected)

        return Plan(start, lambda: columns, is_write=True)

    def _require_nothing_written(self, what: str) -> None:
        """Another branch's commit could neither wait for this transaction nor be undone with it."""
        if not self.work.is_block:
            self.settle()
        elif self.work.has_written:
            raise Refusal(
                "25001",
                f"{what} makes a commit of its own, and “{self.branch}” has changes that are not committed.",
                "COMMIT them first.",
            )
        else:
            self.notes.append(f"{what} is done at once: a ROLLBACK does not undo it.")


def _refused(call: BranchCall, error: MergeConflict) -> Refusal:
    """A merge that met conflicts, with the statement that lists them."""
    name = str(call.arguments[0])
    sides = {"branch_merge": (name,), "branch_sync": (MAIN, name)}.get(call.name)
    told = failure_of(error)
    listing = f" SELECT branch_conflicts({', '.join(map(literal, sides))}) lists the conflicts." if sides else ""
    return Refusal(told.state, told.message, f"{told.hint}{listing}")


def named_columns(named: Mapping[str, str] | None) -> Columns | None:
    """The columns of a call's rows."""
    return None if named is None else tuple(AnswerColumn(name, kind) for name, kind in named.items())
