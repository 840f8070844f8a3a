"""The founding document's SQL functions, carried out by the repository's own methods."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hati_core.branch import Branch
from hati_core.errors import StatementRefused
from hati_core.model import Row, Strategy
from hati_core.names import MAIN
from hati_core.sql import gate
from hati_core.sql.functions import BranchCall
from hati_core.sql.gate import StatementKind

if TYPE_CHECKING:
    from hati_core.repository import Repository

_FORMS = {
    "branch_create": ("branch_create('name' [, 'parent'])", 1, 2),
    "branch_query": ("branch_query('name', 'SQL')", 2, 2),
    "branch_merge": ("branch_merge('name' [, 'strategy'])", 1, 2),
    "branch_discard": ("branch_discard('name')", 1, 1),
}


def run_on(branch: Branch, sql: str) -> list[Row]:
    """Run one statement on a branch, whether it reads or writes; a write answers with its count."""
    if gate.check(sql).kind is StatementKind.QUERY:
        return branch.query(sql)
    return [{"rows": branch.execute(sql)}]


def run_call(repository: Repository, call: BranchCall) -> list[Row]:
    """Carry out one call; creating, merging and discarding answer with one row that says what was done.

    Raises:
        StatementRefused: no such function, or other arguments than it takes.
        HatiError: as the repository's own methods do.
    """
    arguments = _checked(call)
    name = arguments[0]
    if call.name == "branch_query":
        return run_on(repository.branch(name), arguments[1])
    if call.name == "branch_create":
        branch = repository.create_branch(name, arguments[1] if arguments[1:] else MAIN)
        return [{"branch": branch.name, "version": branch.head}]
    if call.name == "branch_merge":
        commit = repository.merge(name, arguments[1] if arguments[1:] else Strategy.MANUAL)
        return [{"branch": name, "merged_into": commit.branch, "version": commit.version}]
    repository.discard(name)
    return [{"branch": name, "discarded": True}]


def _checked(call: BranchCall) -> list[str]:
    known = ", ".join(form for form, _, _ in _FORMS.values())
    if call.name not in _FORMS:
        raise StatementRefused(f"There is no function {call.name}. There are: {known}.", part=call.name)
    form, least, most = _FORMS[call.name]
    texts = [argument for argument in call.arguments if isinstance(argument, str)]
    if len(texts) != len(call.arguments) or not least <= len(texts) <= most:
        raise StatementRefused(f"Write {form}, with text in single quotes.", part=call.name)
    return texts
