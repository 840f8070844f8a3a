"""What a scenario action is: typed parameters in, SQL and a sentence out. None of it knows the database."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, Field, dataclass, fields
from enum import Enum
from typing import Annotated, Any, ClassVar, get_type_hints

from hati_core.errors import InvalidAction
from hati_core.model import Column, TableInfo
from hati_core.quote import identifier
from hati_core.scenarios.conditions import Condition, column_of
from hati_core.scenarios.roles import Role, fits, guessed, is_offer
from hati_core.scenarios.sql_text import decimal


class Kind(Enum):
    """What a parameter takes, as plain values."""

    TABLE = "table"
    COLUMN = "column"
    NUMBER = "number"
    PERCENT = "percent"
    CHOICE = "choice"
    CONDITION = "condition"
    VALUE = "value"
    WEIGHTS = "weights"
    CELLS = "cells"


_SAID = (Kind.NUMBER, Kind.PERCENT, Kind.VALUE)


@dataclass(frozen=True)
class Varies:
    """What a parameter asks for by the choice of another one, ``by``: its title, and what a form offers at first."""

    by: str
    titles: Mapping[str, str]
    starts: Mapping[str, float]


@dataclass(frozen=True)
class Takes:
    """What a field of an action takes as its parameter; ``choices`` are those of a ``CHOICE``."""

    kind: Kind
    title: str
    description: str
    role: Role | None = None
    choices: type[Enum] | None = None
    varies: Varies | None = None


@dataclass(frozen=True)
class Parameter:
    """One parameter of an action, and what it is where nobody gives it."""

    name: str
    takes: Takes
    required: bool
    default: Any = None

    @property
    def has_to_be_said(self) -> bool:
        """Whether a caller who sees no form has to give it: how much is done is nobody's to guess."""
        return self.required or self.takes.kind in _SAID

    @property
    def choices(self) -> tuple[str, ...]:
        """The values of a ``CHOICE``."""
        return tuple(str(choice.value) for choice in self.takes.choices or ())


@dataclass(frozen=True)
class Named:
    """Values that rows of a table should have in a column, because somebody named them."""

    column: Column
    values: tuple[Any, ...]


@dataclass(frozen=True)
class Action(ABC):
    """Something ready-made to do to one table. Its fields are its parameters.

    Raises:
        InvalidAction: a parameter is not what it has to be.
    """

    name: ClassVar[str]
    title: ClassVar[str]

    table: Annotated[str, Takes(Kind.TABLE, "Table", "The table to change.")]

    def __post_init__(self) -> None:
        for parameter in self.parameters():
            value = getattr(self, parameter.name)
            if value is not None or parameter.required:
                object.__setattr__(self, parameter.name, _read(parameter, value))
        self.require_sense()

    def require_sense(self) -> None:  # noqa: B027
        """Check what the parameters say by themselves; most actions take any.

        Raises:
            InvalidAction: it cannot be meant.
        """

    @abstractmethod
    def statements(self, table: TableInfo) -> tuple[str, ...]:
        """The SQL that does it to the table, in order.

        Raises:
            InvalidAction: the table has not the columns for it, or a value does not fit them.
        """

    @abstractmethod
    def sentence(self, table: TableInfo) -> str:
        """What it does, in words that a commit can be called by."""

    def named(self, table: TableInfo) -> tuple[Named, ...]:
        """What rows have to be there."""
        where: Condition | None = getattr(self, "where", None)
        return (Named(column_of(table, where.column), where.named),) if where and where.named else ()

    def caveats(self, table: TableInfo) -> tuple[str, ...]:
        """What a person should know before doing it, whatever comes of it."""
        return ()

    def watched(self, table: TableInfo) -> str | None:
        """A query for a number that is asked before and after, for :meth:`told`."""
        return None

    def told(self, table: TableInfo, before: float, after: float) -> tuple[str, ...]:
        """What a person should know of the outcome, given what :meth:`watched` came to."""
        return ()

    @classmethod
    def description(cls) -> str:
        """What it does, for somebody who chooses among actions."""
        return str(cls.__doc__).split("\n\n")[0].replace("\n    ", " ")

    @classmethod
    def parameters(cls) -> tuple[Parameter, ...]:
        """Its parameters, in order."""
        hints = get_type_hints(cls, include_extras=True)
        return tuple(_parameter(one, hints[one.name].__metadata__[0]) for one in fields(cls))


def role_column(table: TableInfo, chosen: str | None, role: Role) -> Column:
    """The column that somebody chose for a role, else the one that looks like it.

    Raises:
        InvalidAction: there is none, or it cannot have the role.
    """
    name = chosen or guessed(table, role)
    if name is None:
        raise InvalidAction(
            f"No column of “{table.name}” looks like a {role.value}. Choose one of: {', '.join(table.column_names)}.",
            table=table.name,
        )
    column = column_of(table, name)
    if not fits(column, role):
        raise InvalidAction(
            f"“{column.name}” of “{table.name}” is {column.type}, and a {role.value} is a number. Choose another.",
            table=table.name,
        )
    return column


def written(table: TableInfo, column: Column) -> Column:
    """The column, if an action may write it.

    Raises:
        InvalidAction: the rows are told apart by it.
    """
    if column.name in table.key:
        raise InvalidAction(
            f"“{column.name}” identifies the rows of “{table.name}”, so it stays as it is. Choose another column.",
            table=table.name,
        )
    return column


def update(table: TableInfo, column: Column, value: str, conditions: Sequence[str | None]) -> str:
    """The statement that writes one column of the rows that meet all conditions."""
    met = " AND ".join(f"({condition})" for condition in conditions if condition)
    where = f" WHERE {met}" if met else ""
    return f"UPDATE {identifier(table.name)} SET {identifier(column.name)} = {value}{where}"


def cost_caveat(table: TableInfo, quantity: Column) -> tuple[str, ...]:
    """That buying at the cost of before makes a profit on paper; nothing where no cost is kept, or nothing is held."""
    cost = guessed(table, Role.COST)
    if cost is None or is_offer(table, quantity.name):
        return ()
    return (
        f"Bought units are reckoned at the old {cost} of their row, not at today's price, "
        "so the unrealised P&L changes with them though nothing was earned.",
    )


def rows_meant(where: Condition | None) -> str:
    """Which rows, for the end of a sentence."""
    return f" where {where.sentence}" if where else ""


def _parameter(one: Field[Any], takes: Takes) -> Parameter:
    is_required = one.default is MISSING
    return Parameter(one.name, takes, is_required, None if is_required else one.default)


def _read(parameter: Parameter, value: Any) -> Any:
    takes, what = parameter.takes, f"“{parameter.name}”"
    match takes.kind:
        case Kind.NUMBER | Kind.PERCENT:
            return decimal(value, what)
        case Kind.CONDITION:
            return Condition.read(value)
        case Kind.WEIGHTS:
            pairs = _mapping(value, takes.title).items()
            return {key: decimal(weight, f"the weight of {key}") for key, weight in pairs}
        case Kind.CELLS:
            return dict(_mapping(value, takes.title))
        case Kind.CHOICE if takes.choices:
            try:
                return takes.choices(value)
            except ValueError as error:
                known = ", ".join(parameter.choices)
                raise InvalidAction(f"{what} is one of: {known}; not “{value}”.") from error
        case Kind.TABLE | Kind.COLUMN:
            if not isinstance(value, str) or not value.strip():
                raise InvalidAction(f"Give the name of a {takes.kind.value} as {what}.")
    return value


def _mapping(value: Any, title: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping) or not value:
        raise InvalidAction(f"{title}: give at least one.")
    return value
