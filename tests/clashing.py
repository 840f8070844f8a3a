"""A branch that stands against ``main`` in every way that rows can."""

from __future__ import annotations

from hati_core import Branch, Repository


def clash_with_main(repository: Repository) -> Branch:
    """On bold, AAPL (two cells), twelve small positions, a deleted row and an added one stand against main's."""
    main = repository.main
    main.execute("INSERT INTO portfolio SELECT 'X' || lpad(i::VARCHAR, 2, '0'), 10, 20, 25 FROM range(12) t(i)")
    bold = repository.create_branch("bold")
    for branch, shares, price, author in ((bold, 200, 190, "eve"), (main, 90, 188, "bob")):
        with branch.transaction(author=author) as tx:
            tx.execute(f"UPDATE portfolio SET shares = {shares}, current_price = {price} WHERE ticker = 'AAPL'")
            tx.execute(f"UPDATE portfolio SET shares = {shares} WHERE ticker LIKE 'X%'")
            tx.execute(f"INSERT INTO portfolio VALUES ('NVDA', {shares}, 800, 950)")
    bold.execute("DELETE FROM portfolio WHERE ticker = 'GOOGL'", author="eve")
    main.execute("UPDATE portfolio SET shares = 55 WHERE ticker = 'GOOGL'", author="bob")
    return bold
