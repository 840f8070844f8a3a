"""Reading a statement word by word."""

from __future__ import annotations

from collections.abc import Sequence

from hati_core.errors import StatementRefused
from hati_core.sql.parser import Token
from hati_core.sql.walk import check_qualifier


class Words:
    """A place in the tokens of a statement, moving forward."""

    def __init__(self, sql: str, found: Sequence[Token], at: int = 0) -> None:
        self._raw = sql.encode()
        self.tokens = found
        self.at = at

    def peek(self, ahead: int = 0) -> str:
        """The word or sign that comes next, in upper case; empty at the end."""
        index = self.at + ahead
        if index >= len(self.tokens):
            return ""
        return self.tokens[index].word or self.tokens[index].text

    def take(self, *words: str) -> bool:
        """Step over these words if they come next."""
        if all(self.peek(ahead) == word for ahead, word in enumerate(words)):
            self.at += len(words)
            return True
        return False

    def expect(self, *words: str) -> None:
        """Step over these words.

        Raises:
            StatementRefused: something else comes next.
        """
        if not self.take(*words):
            raise self.refuse()

    def name(self) -> str:
        """Step over one identifier and return it without quotes."""
        if self.at >= len(self.tokens) or not self.tokens[self.at].is_name:
            raise self.refuse()
        self.at += 1
        return self.tokens[self.at - 1].name

    def path(self) -> None:
        """Step over the name of a column, or of a field inside it."""
        self.name()
        while self.take("."):
            self.name()

    def table(self) -> str:
        """Step over the name of a table of this branch, which may have ``main.`` in front."""
        parts = [self.name()]
        while self.take("."):
            parts.append(self.name())
        check_qualifier(".".join(parts[:-2]), parts[-2] if len(parts) > 1 else "", parts[-1])
        return parts[-1]

    def alias(self, *stops: str) -> None:
        """Step over an alias, unless one of ``stops`` comes next."""
        if self.take("AS") or (self.peek() and self.peek() not in stops):
            self.name()

    def names_in_parentheses(self) -> bool:
        """Step over ``(a, b, …)`` if it comes next and holds nothing but names."""
        if self.peek() != "(":
            return False
        at = self.at + 1
        while at + 1 < len(self.tokens) and self.tokens[at].is_name:
            if self.tokens[at + 1].text == ")":
                self.at = at + 2
                return True
            if self.tokens[at + 1].text != ",":
                return False
            at += 2
        return False

    def find(self, word: str, stop: int | None = None) -> int:
        """The index of the next ``word`` outside brackets and CASEs, or ``stop`` (the end) if there is none."""
        end = len(self.tokens) if stop is None else stop
        for index in range(self.at, end):
            if self.tokens[index].word == word and self.tokens[index].depth == 0:
                return index
        return end

    def text(self, begin: int, end: int | None = None) -> str:
        """The text from one token up to another (the end), as written."""
        if begin >= len(self.tokens):
            return ""
        stop = len(self._raw) if end is None or end >= len(self.tokens) else self.tokens[end].start
        return self._raw[self.tokens[begin].start : stop].decode()

    def rest(self) -> str:
        """The text from here to the end."""
        return self.text(self.at)

    def end(self) -> None:
        """Make sure that nothing follows."""
        if self.at < len(self.tokens):
            raise self.refuse()

    def refuse(self) -> StatementRefused:
        """The refusal of what comes next."""
        part = self.peek()
        where = f"{part} is not allowed at this place" if part else "The statement ends too early"
        return StatementRefused(f"{where}: write the statement in its plain form.", part=part or None)
