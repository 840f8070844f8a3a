"""The scenario actions that there are, for buttons and for tools of a model."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Any

from hati_core.errors import InvalidAction
from hati_core.scenarios.action import Action, Kind, Parameter
from hati_core.scenarios.conditions import Operator
from hati_core.scenarios.positions import AddPosition, ScalePositions, TrimPositions
from hati_core.scenarios.prices import ShockPrices
from hati_core.scenarios.rebalance import Rebalance
from hati_core.scenarios.setting import SetValue

ACTIONS: tuple[type[Action], ...] = (ShockPrices, ScalePositions, AddPosition, TrimPositions, Rebalance, SetValue)

_CELL: dict[str, Any] = {"type": ["string", "number", "boolean", "null"]}
_SCHEMAS: dict[Kind, dict[str, Any]] = {
    Kind.TABLE: {"type": "string"},
    Kind.COLUMN: {"type": "string"},
    Kind.NUMBER: {"type": "number"},
    Kind.PERCENT: {"type": "number"},
    Kind.VALUE: _CELL,
    Kind.WEIGHTS: {"type": "object", "additionalProperties": {"type": "number"}, "minProperties": 1},
    Kind.CELLS: {"type": "object", "additionalProperties": _CELL, "minProperties": 1},
    Kind.CONDITION: {
        "type": "object",
        "properties": {
            "column": {"type": "string"},
            "operator": {"type": "string", "enum": [operator.value for operator in Operator]},
            "value": {"anyOf": [_CELL, {"type": "array", "items": _CELL}]},
        },
        "required": ["column", "operator"],
        "additionalProperties": False,
    },
}


def action_named(name: str) -> type[Action]:
    """The action of that name.

    Raises:
        InvalidAction: there is none.
    """
    found = next((action for action in ACTIONS if action.name == name), None)
    if found is None:
        raise InvalidAction(f"There is no action “{name}”. Those are: {', '.join(a.name for a in ACTIONS)}.")
    return found


def make_action(name: str, arguments: Mapping[str, Any]) -> Action:
    """An action from plain values, such as JSON, by parameter.

    Raises:
        InvalidAction: there is no such action or parameter, one is missing, or is not what it has to be.
    """
    action = action_named(name)
    known = {parameter.name: parameter for parameter in action.parameters()}
    if unknown := [name for name in arguments if name not in known]:
        raise InvalidAction(f"“{action.title}” has no parameter “{unknown[0]}”. Those are: {', '.join(known)}.")
    given = {name: value for name, value in arguments.items() if value is not None}
    if missing := [name for name, parameter in known.items() if parameter.required and name not in given]:
        raise InvalidAction(f"“{action.title}” needs “{missing[0]}”: {known[missing[0]].takes.description}")
    return action(**given)


def told_action(name: str, arguments: Mapping[str, Any]) -> Action:
    """An action from plain values of a caller who sees no form: what it does has to be said, and is never a default.

    Raises:
        InvalidAction: as :func:`make_action` does; or it is not said how much is done, or what is written.
    """
    action = action_named(name)
    for parameter in action.parameters():
        may_be_empty = parameter.takes.kind is Kind.VALUE
        is_said = parameter.name in arguments and (may_be_empty or arguments[parameter.name] is not None)
        if parameter.has_to_be_said and not is_said:
            raise InvalidAction(f"“{name}” needs “{parameter.name}”: {parameter.takes.description}")
    return make_action(name, arguments)


def schema(action: type[Action]) -> dict[str, Any]:
    """The parameters of an action as a JSON schema, for callers who see no form."""
    parameters = action.parameters()
    return {
        "type": "object",
        "properties": {parameter.name: _property(parameter) for parameter in parameters},
        "required": [parameter.name for parameter in parameters if parameter.has_to_be_said],
        "additionalProperties": False,
    }


def _property(parameter: Parameter) -> dict[str, Any]:
    takes = parameter.takes
    kind = {"type": "string", "enum": list(parameter.choices)} if takes.choices else _SCHEMAS[takes.kind]
    described = takes.description
    if takes.kind is Kind.COLUMN and not parameter.required:
        described += " By default the one that looks like it."
    default = parameter.default
    if parameter.has_to_be_said or default is None:
        return {**kind, "description": described}
    return {**kind, "description": described, "default": default.value if isinstance(default, Enum) else default}
