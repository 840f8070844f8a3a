"""What amounts are measured in: money of the repository's currency, plain numbers, or percentages."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, replace
from enum import Enum
from typing import ClassVar

from hati_core.errors import InvalidCurrency

DEFAULT_SYMBOL = "$"
_LONGEST_SYMBOL = 5
_BETWEEN = "./"
"""What stands in symbols such as ``Fr.`` and ``S/`` beside letters and currency signs."""
NARROW_SPACE = "\u202f"
"""It does not break, so that no line ends between a symbol and its number."""


class UnitKind(Enum):
    """How the numbers of a metric are meant; this is what is kept of a unit."""

    MONEY = "money"
    NUMBER = "number"
    PERCENT = "percent"


@dataclass(frozen=True)
class Unit:
    """How a metric reads on a screen; of money, with the symbol of its currency."""

    MONEY: ClassVar[Unit]
    NUMBER: ClassVar[Unit]
    PERCENT: ClassVar[Unit]

    kind: UnitKind
    symbol: str = ""

    @classmethod
    def of(cls, kind: UnitKind) -> Unit:
        """The unit of that kind; money is in the default currency."""
        return cls(kind, DEFAULT_SYMBOL if kind is UnitKind.MONEY else "")

    @property
    def is_money(self) -> bool:
        return self.kind is UnitKind.MONEY

    @property
    def is_percent(self) -> bool:
        return self.kind is UnitKind.PERCENT

    @property
    def prefix(self) -> str:
        """What stands between the sign and the digits of an amount: ``€``, or ``CHF`` and a narrow space."""
        is_sign = not self.symbol or unicodedata.category(self.symbol[-1]) == "Sc"
        return self.symbol if is_sign else f"{self.symbol}{NARROW_SPACE}"

    def in_currency(self, symbol: str) -> Unit:
        """The same unit, of money in another currency."""
        return replace(self, symbol=symbol) if self.is_money else self


Unit.MONEY, Unit.NUMBER, Unit.PERCENT = (Unit.of(kind) for kind in (UnitKind.MONEY, UnitKind.NUMBER, UnitKind.PERCENT))


def valid_symbol(symbol: str) -> str:
    """The symbol of a currency as it is kept, without spaces around it.

    Raises:
        InvalidCurrency: it is empty, longer than 5 characters, or could be taken for a part of the number.
    """
    symbol = unicodedata.normalize("NFC", symbol).strip()
    if not symbol:
        raise InvalidCurrency("Give the symbol of a currency, such as €, CHF or kr.")
    if len(symbol) > _LONGEST_SYMBOL:
        raise InvalidCurrency(
            f"“{symbol}” has {len(symbol)} characters, and a symbol has at most {_LONGEST_SYMBOL}. "
            "Give a shorter one, such as CHF."
        )
    kinds = [unicodedata.category(character) for character in symbol]
    if refused := [c for c, kind in zip(symbol, kinds, strict=True) if not _may_stand(c, kind)]:
        told = f"“{refused[0]}”" if refused[0].isprintable() else "characters that cannot be seen"
        raise InvalidCurrency(
            f"A symbol of a currency has no {told} in it. Use letters, signs such as € and dots, as in CHF, R$ or kr."
        )
    if not any(kind == "Sc" or kind[0] == "L" for kind in kinds) or kinds.count("Sc") > 1:
        raise InvalidCurrency(f"“{symbol}” is no symbol of a currency. Use letters or one sign, as in €, CHF or R$.")
    return symbol


def _may_stand(character: str, kind: str) -> bool:
    """Letters with their marks, currency signs and what stands between them: no digits, signs, spaces or markup."""
    return kind == "Sc" or kind[0] in "LM" or character in _BETWEEN
