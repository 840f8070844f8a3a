"""What of a table somebody can decide, and what are facts, as names and roles of columns suggest it.

In a portfolio one decides how many of each are held; prices are the market's, and what was paid was paid. In a price
list the price is one's own, and how many were sold is what customers did. Elsewhere nothing is known.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from hati_core.model import TableInfo
from hati_core.quote import identifier
from hati_core.scenarios.roles import SHARES, Role, guessed, is_offer, label_columns

_OF_A_MARKET = ("current_price", "market_price", "last_price", "close")
_TRADED = ("ticker", "symbol", "isin")


class Nature(Enum):
    """What a table is about."""

    HOLDINGS = "holdings"
    PRICE_LIST = "price list"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Levers:
    """The columns of a table by what they are for; ``label`` names a row."""

    table: TableInfo
    nature: Nature
    label: str
    group: str | None
    quantity: str | None
    price: str | None
    cost: str | None

    @property
    def facts(self) -> frozenset[str]:
        """Columns that nobody decides."""
        found = {
            Nature.HOLDINGS: (self.price, self.cost),
            Nature.PRICE_LIST: (self.quantity, self.cost),
            Nature.UNKNOWN: (),
        }[self.nature]
        return frozenset(name for name in found if name)

    @property
    def value_sql(self) -> str | None:
        """What a row is worth."""
        return _times(self.quantity, self.price)

    @property
    def cost_sql(self) -> str | None:
        """What a row has cost; where nobody kept that, what it is worth."""
        return _times(self.quantity, self.cost) or self.value_sql

    @property
    def unit_cost_sql(self) -> str | None:
        """What one more of a row costs at most: today's price, or what cost is reckoned by, if that is higher."""
        if not self.price:
            return None
        price = f"coalesce({identifier(self.price)}, 0)"
        return f"greatest({price}, coalesce({identifier(self.cost)}, 0))" if self.cost else price


def levers(table: TableInfo) -> Levers:
    """What a table's columns are for."""
    quantity, price, cost = (guessed(table, role) for role in (Role.QUANTITY, Role.PRICE, Role.COST))
    label = label_columns(table)[0]
    return Levers(
        table, _nature(table, label, quantity, price), label, guessed(table, Role.GROUP), quantity, price, cost
    )


def _nature(table: TableInfo, label: str, quantity: str | None, price: str | None) -> Nature:
    is_traded = label.casefold() in _TRADED
    if not price or (is_traded and not quantity):
        return Nature.UNKNOWN
    if not quantity or is_offer(table, quantity):
        return Nature.PRICE_LIST
    is_held = quantity.casefold() in SHARES or price.casefold() in _OF_A_MARKET or is_traded
    return Nature.HOLDINGS if is_held else Nature.UNKNOWN


def _times(one: str | None, other: str | None) -> str | None:
    return f"{identifier(one)} * {identifier(other)}" if one and other else None
