SELECT * FROM portfolio

select ticker, shares * current_price as value from portfolio order by value desc limit 2

FROM portfolio

FROM portfolio SELECT ticker WHERE shares > 10

TABLE portfolio

SELECT * FROM main.portfolio

SELECT p.ticker FROM "portfolio" AS p

VALUES (1, 'a'), (2, 'b')

SELECT 1; -- a comment at the end

/* a comment /* inside a comment */ */ SELECT 'it''s; fine -- really' AS text

SELECT $$two; statements; in; a string$$ AS text

SELECT 'read_text(''/etc/passwd'')' AS only_text

SELECT DISTINCT ON (sector) sector, ticker FROM portfolio ORDER BY sector, shares DESC

SELECT sector, sum(shares), avg(current_price), count(*), max(ticker) FROM portfolio GROUP BY ALL ORDER BY ALL

SELECT sector, count(*) FILTER (WHERE shares > 20) FROM portfolio GROUP BY sector HAVING count(*) > 0

SELECT sector, ticker, sum(shares) FROM portfolio GROUP BY ROLLUP (sector, ticker)

SELECT sector, ticker, grouping(sector), sum(shares) FROM portfolio GROUP BY GROUPING SETS ((sector), (ticker), ())

SELECT ticker, row_number() OVER (PARTITION BY sector ORDER BY shares) AS place FROM portfolio

SELECT ticker, lag(shares) OVER w, sum(shares) OVER w FROM portfolio WINDOW w AS (ORDER BY ticker ROWS BETWEEN 1 PRECEDING AND CURRENT ROW)

SELECT ticker FROM portfolio QUALIFY rank() OVER (PARTITION BY sector ORDER BY shares DESC) = 1

WITH tech AS (SELECT * FROM portfolio WHERE sector = 'Tech') SELECT count(*) FROM tech

WITH portfolio AS (SELECT * FROM portfolio WHERE shares > 10) SELECT * FROM portfolio

WITH RECURSIVE steps(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM steps WHERE n < 5) SELECT sum(n) FROM steps

WITH once AS MATERIALIZED (SELECT 1 AS a) SELECT a FROM once

SELECT ticker FROM portfolio UNION ALL SELECT 'cash'

(SELECT ticker FROM portfolio) EXCEPT (SELECT 'XOM') ORDER BY 1

SELECT ticker FROM portfolio INTERSECT SELECT 'XOM'

SELECT 1 AS a UNION ALL BY NAME SELECT 2 AS a

SELECT * FROM portfolio p JOIN sectors s ON p.sector = s.name

SELECT * FROM portfolio p LEFT JOIN sectors s ON p.sector = s.name WHERE s.name IS NOT NULL

SELECT * FROM portfolio JOIN (SELECT name AS sector FROM sectors) USING (sector)

SELECT p.ticker FROM portfolio p SEMI JOIN sectors s ON p.sector = s.name

SELECT p.ticker FROM portfolio p ANTI JOIN sectors s ON p.sector = s.name

SELECT a.ticker, b.ticker FROM portfolio a ASOF JOIN portfolio b ON a.shares >= b.shares

SELECT * FROM portfolio POSITIONAL JOIN sectors

SELECT p.ticker, x.twice FROM portfolio p, LATERAL (SELECT p.shares * 2 AS twice) x

SELECT ticker FROM portfolio WHERE sector IN (SELECT name FROM sectors)

SELECT ticker, (SELECT count(*) FROM sectors) AS sectors FROM portfolio WHERE EXISTS (SELECT 1 FROM sectors)

SELECT * EXCLUDE (sector) REPLACE (shares * 2 AS shares) FROM portfolio

SELECT COLUMNS('s.*') FROM portfolio

SELECT min(COLUMNS(*)) FROM portfolio

SELECT COLUMNS(c -> c LIKE 'sh%') FROM portfolio

SELECT list_transform([1, 2, 3], lambda x : x + 1), list_filter([1, 2, 3], x -> x > 1)

SELECT [x * 2 FOR x IN [1, 2, 3] IF x > 1] AS doubled

SELECT {'a': 1, 'b': [1, 2]}.a AS field, MAP {'k': 'v'}['k'] AS entry, [1, 2, 3][1:2] AS slice

SELECT ticker.lower().upper() FROM portfolio

SELECT ('a' || 'b').upper()

SELECT ticker, CASE WHEN shares > 20 THEN 'large' ELSE 'small' END FROM portfolio

SELECT shares::VARCHAR, CAST(shares AS DECIMAL(10, 2)), TRY_CAST(ticker AS INTEGER) FROM portfolio

SELECT date_trunc('month', DATE '2024-05-17') + INTERVAL 3 DAYS, extract(year FROM DATE '2024-05-17'), strftime(TIMESTAMP '2024-05-17 10:00:00', '%Y')

SELECT now(), current_date, current_timestamp, today()

SELECT regexp_replace(ticker, '[A-M]', '*', 'g'), string_split('a,b', ','), coalesce(NULL, ticker), nullif(ticker, 'X') FROM portfolio

SELECT trim(BOTH ' ' FROM ' a '), substring('hello' FROM 2 FOR 2), position('l' IN 'hello')

SELECT ticker FROM portfolio WHERE ticker LIKE 'A%' OR ticker ILIKE '%m%' OR ticker SIMILAR TO 'X.*' OR ticker GLOB 'M*'

SELECT * FROM unnest([1, 2, 3]) AS t(n)

SELECT unnest([1, 2, 3]), unnest({'a': 1, 'b': 2})

SELECT * FROM range(3), generate_series(1, 3)

SELECT * FROM range(DATE '2024-01-01', DATE '2024-03-01', INTERVAL 1 MONTH) AS months(month)

SELECT * FROM json_each('{"a": [1, 2]}')

SELECT '{"a": {"b": 1}}'::JSON -> 'a' ->> 'b', json_extract('{"a": 1}', '$.a'), to_json({'a': 1})

SELECT quantile_cont(shares, 0.5), median(shares), stddev(shares), arg_max(ticker, shares), string_agg(ticker, ', ' ORDER BY ticker), list(ticker) FROM portfolio

SELECT approx_count_distinct(ticker), histogram(shares), mode(sector), first(ticker), any_value(sector) FROM portfolio

SELECT list_sum([1, 2]), list_sort([2, 1]), list_aggregate([1, 2], 'max'), list_zip([1], [2]), array_length([1]), list_reduce([1, 2], lambda a, b : a + b)

SELECT corr(shares, current_price), regr_slope(shares, current_price), covar_pop(shares, current_price) FROM portfolio

SELECT * FROM portfolio USING SAMPLE 2 ROWS

SELECT * FROM portfolio TABLESAMPLE reservoir(50%) REPEATABLE (1)

SELECT * FROM portfolio ORDER BY shares DESC NULLS LAST LIMIT 1 OFFSET 1

FROM portfolio AT (VERSION => 2)

SELECT now.shares - old.shares FROM portfolio now JOIN (FROM portfolio AT (VERSION => 2)) old USING (ticker)

PIVOT portfolio ON sector USING sum(shares)

PIVOT portfolio ON sector IN ('Tech', 'Energy') USING sum(shares) AS total, max(current_price) AS top GROUP BY ticker

FROM (PIVOT portfolio ON sector, ticker USING sum(shares * current_price)) SELECT *

WITH wide AS (PIVOT portfolio ON sector USING count(*) GROUP BY ticker ORDER BY ticker) SELECT * FROM wide

SELECT * FROM portfolio PIVOT (sum(shares) FOR sector IN ('Tech', 'Energy'))

UNPIVOT (SELECT ticker, shares, avg_cost::INTEGER AS cost FROM portfolio) ON shares, cost INTO NAME what VALUE amount

SELECT * FROM (SELECT ticker, avg_cost, current_price FROM portfolio) UNPIVOT (price FOR kind IN (avg_cost, current_price))

DESCRIBE portfolio

DESCRIBE SELECT ticker, shares FROM portfolio

SHOW TABLES

SUMMARIZE portfolio

SUMMARIZE SELECT shares FROM portfolio

SELECT column_name FROM (SUMMARIZE portfolio)

EXPLAIN SELECT * FROM portfolio

EXPLAIN ANALYZE SELECT sum(shares) FROM portfolio

EXPLAIN UPDATE portfolio SET shares = 0

SELECT rowid, ticker FROM portfolio

SELECT shares: 1, total: shares + 1

SELECT 1_000 + 0x1F, 1e3, 'a' || 'b'

SELECT * FROM portfolio WHERE (sector, shares) IN (('Tech', 50), ('Energy', 1))

SELECT ticker FROM portfolio WHERE shares > ALL (SELECT 1) AND shares BETWEEN 1 AND 100 AND sector IS DISTINCT FROM 'x'

SELECT greatest(1, 2), least(1, 2), round(1.25, 1), abs(-1), power(2, 3), sqrt(4), ln(1), 7 // 2, 7 % 2, 2 ** 3, ~5, 1 << 2, xor(1, 3)

SELECT md5(ticker), sha256(ticker), hash(ticker), uuid() IS NOT NULL, random() >= 0 FROM portfolio

SELECT try(1 / 0), if(true, 1, 2), ifnull(NULL, 1), typeof(1), error_free FROM (SELECT 1 AS error_free)

SELECT "größe", "🚀" FROM (SELECT 1 AS "größe", 'emoji 👩‍💻' AS "🚀")

INSERT INTO portfolio VALUES ('NVDA', 200, 800.0, 950.0, 'Tech', true)

INSERT INTO portfolio (ticker, shares) VALUES ('BND', 500), ('CASH', DEFAULT)

INSERT INTO main.portfolio (shares, ticker) SELECT shares * 2, ticker || '2' FROM portfolio WHERE sector = 'Tech'

INSERT INTO portfolio BY NAME SELECT 'GLD' AS ticker, 5 AS shares

WITH more AS (SELECT 'AMZN' AS ticker, 3 AS shares) INSERT INTO portfolio (ticker, shares) FROM more

INSERT INTO portfolio (ticker) (SELECT 'TSLA')

INSERT INTO portfolio (ticker) WITH x AS (SELECT 'ORCL') SELECT * FROM x

INSERT INTO sectors DEFAULT VALUES

UPDATE portfolio SET shares = 200 WHERE ticker = 'AAPL'

UPDATE portfolio AS p SET shares = p.shares + s.weight, sector = upper(sector) FROM sectors s WHERE s.name = p.sector

UPDATE portfolio SET shares = CASE WHEN shares > 20 THEN shares ELSE 20 END, avg_cost = (SELECT max(avg_cost) FROM portfolio)

UPDATE portfolio SET large = shares > 20, sector = sector IS DISTINCT FROM 'Tech'

WITH cheap AS (SELECT ticker FROM portfolio WHERE current_price < 200) UPDATE portfolio SET shares = 0 WHERE ticker IN (FROM cheap)

DELETE FROM portfolio WHERE shares < 20

DELETE FROM portfolio p USING sectors s WHERE p.sector = s.name AND s.weight > 5

DELETE FROM sectors

TRUNCATE sectors

TRUNCATE TABLE portfolio

MERGE INTO portfolio AS p USING (VALUES ('AAPL', 7), ('AMD', 9)) AS n(ticker, shares) ON p.ticker = n.ticker WHEN MATCHED THEN UPDATE SET shares = n.shares WHEN NOT MATCHED THEN INSERT (ticker, shares) VALUES (n.ticker, n.shares)

MERGE INTO portfolio USING sectors ON portfolio.sector = sectors.name WHEN MATCHED AND sectors.weight = 1 THEN DELETE

MERGE INTO sectors USING (SELECT 'Tech' AS name, 9 AS weight) AS n USING (name) WHEN MATCHED THEN UPDATE WHEN NOT MATCHED BY TARGET THEN INSERT BY NAME WHEN NOT MATCHED BY SOURCE THEN DO NOTHING

CREATE TABLE trades (id INTEGER, made TIMESTAMP DEFAULT '2024-01-01', price DECIMAL(18, 4), note VARCHAR NOT NULL DEFAULT 'none', tags VARCHAR[], place STRUCT(x DOUBLE, y DOUBLE), extra MAP(VARCHAR, INTEGER))

CREATE TABLE IF NOT EXISTS trades (id INTEGER)

CREATE OR REPLACE TABLE sectors AS SELECT DISTINCT sector AS name FROM portfolio

CREATE TABLE totals AS FROM portfolio SELECT sector, sum(shares * current_price) AS value GROUP BY sector

CREATE TABLE wide AS SELECT * FROM (PIVOT portfolio ON sector IN ('Tech') USING sum(shares))

CREATE TABLE shape AS FROM portfolio WITH NO DATA

CREATE TABLE copies (ticker, twice) AS SELECT ticker, shares * 2 FROM portfolio

DROP TABLE sectors

DROP TABLE IF EXISTS nothing_here

ALTER TABLE portfolio ADD COLUMN note VARCHAR DEFAULT 'none'

ALTER TABLE portfolio ADD COLUMN IF NOT EXISTS shares INTEGER

ALTER TABLE portfolio DROP COLUMN sector

ALTER TABLE portfolio RENAME COLUMN shares TO units

ALTER TABLE portfolio RENAME TO positions

ALTER TABLE portfolio ALTER COLUMN shares TYPE BIGINT

ALTER TABLE portfolio ALTER shares SET DATA TYPE BIGINT

ALTER TABLE portfolio ALTER COLUMN shares SET DEFAULT 0

ALTER TABLE portfolio ALTER COLUMN shares DROP DEFAULT

ALTER TABLE portfolio ALTER COLUMN ticker DROP NOT NULL

ALTER TABLE sectors ALTER name SET NOT NULL

CREATE VIEW tech AS SELECT * FROM portfolio WHERE sector = 'Tech'

CREATE OR REPLACE VIEW names (name) AS SELECT ticker FROM portfolio

DROP VIEW IF EXISTS names

SELECT * FROM portfolio WHERE ticker IN ('AAPL') -- a comment; with a semicolon

SELECT ticker AS "weird ""name"" here" FROM portfolio;

SELECT ticker, sum(shares) OVER (ORDER BY shares RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW EXCLUDE TIES) FROM portfolio

SELECT struct_pack(a := 1, b := 'x'), struct_extract({'a': 1}, 'a'), row(1, 'x'), map_from_entries([('k', 1)])

SELECT ARRAY(SELECT ticker FROM portfolio ORDER BY ALL), list_contains([1, 2], 1), 1 IN (1, 2), [1, 2] @> [1]

SELECT date_diff('day', DATE '2024-01-01', DATE '2024-02-01'), DATE '2024-01-01' - DATE '2023-01-01', age(TIMESTAMP '2024-01-01', TIMESTAMP '2023-01-01')

SELECT sum(shares * current_price) / nullif(sum(shares * avg_cost), 0) - 1 AS gain FROM portfolio

FROM portfolio AT (TIMESTAMP => now())

SELECT ticker FROM (FROM portfolio) AS everything WHERE everything.shares > 0

SELECT count(*) FROM portfolio p1, portfolio p2 WHERE p1.ticker <> p2.ticker

SELECT 5 AS "select", 6 AS "from"

WITH a AS (SELECT 1 AS x), b AS (SELECT x + 1 AS x FROM a) SELECT * FROM a NATURAL JOIN b

DELETE FROM portfolio WHERE ticker IN (WITH small AS (FROM portfolio WHERE shares < 20) SELECT ticker FROM small)

EXPLAIN (FORMAT json) SELECT * FROM portfolio

EXPLAIN DELETE FROM portfolio
