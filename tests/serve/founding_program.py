from hatidata_agent import HatiDataAgent

hati = HatiDataAgent(host="localhost", port=5439, agent_id="portfolio-agent")
# Create baseline portfolio
hati.execute("""
CREATE TABLE portfolio (
ticker VARCHAR, shares INTEGER,
avg_cost DOUBLE, current_price DOUBLE
)
""")
hati.execute("""
INSERT INTO portfolio VALUES
('AAPL', 100, 150.0, 185.0),
('GOOGL', 50, 120.0, 175.0),
('MSFT', 75, 310.0, 420.0)
""")
result = hati.query("SELECT ticker, shares, current_price FROM portfolio")
print("Baseline portfolio:")
for r in result:
    print(f" {r['ticker']}: {r['shares']} shares @ ${r['current_price']}")
# Create two branches for parallel exploration
hati.execute("SELECT branch_create('aggressive-growth')")
hati.execute("SELECT branch_create('conservative-hedge')")
print("Created branches: aggressive-growth, conservative-hedge")
# In the aggressive branch: buy more tech
hati.execute("""
SELECT branch_query(
'aggressive-growth',
'INSERT INTO portfolio VALUES (''NVDA'', 200, 800.0, 950.0)'
)
""")
hati.execute("""
SELECT branch_query(
'aggressive-growth',
'UPDATE portfolio SET shares = 200 WHERE ticker = ''AAPL'''
)
""")
# In the conservative branch: diversify into bonds
hati.execute("""
SELECT branch_query(
'conservative-hedge',
'INSERT INTO portfolio VALUES (''BND'', 500, 72.0, 74.0)'
)
""")
print("Branch writes complete — main state is untouched")
# Compare portfolios across branches
for branch in ["aggressive-growth", "conservative-hedge"]:
    result = hati.query(f"""
    SELECT branch_query(
    '{branch}',
    'SELECT ticker, shares, current_price, shares * current_price AS value FROM portfolio'
    )
    """)
    total = sum(float(r["value"]) for r in result)
    print(f"\n=== {branch} ===")
    for r in result:
        print(f" {r['ticker']}: {r['shares']} shares, value=${float(r['value']):,.0f}")
    print(f" Total portfolio value: ${total:,.0f}")
# Check main state is unchanged
main_result = hati.query("SELECT COUNT(*) AS cnt FROM portfolio")
print(f"\nMain state: {main_result[0]['cnt']} positions (unchanged)")
# Merge the aggressive branch (higher returns)
hati.execute("SELECT branch_merge('aggressive-growth', 'branch_wins')")
print("Merged aggressive-growth into main state")
# Discard the conservative branch
hati.execute("SELECT branch_discard('conservative-hedge')")
print("Discarded conservative-hedge branch")
# Verify main state updated
result = hati.query("SELECT ticker, shares, current_price FROM portfolio ORDER BY ticker")
print("\nFinal portfolio (main state):")
for r in result:
    print(f" {r['ticker']}: {r['shares']} shares @ ${r['current_price']}")
