"""Statements that nobody waits for to end."""

ENDLESS = "SELECT sum(a.range % 7 * (b.range % 5)) AS n FROM range(10000000) AS a, range(10000000) AS b"
ENDLESS_WRITE = f"UPDATE portfolio SET shares = (SELECT n % 100 FROM ({ENDLESS}))"
