-- COPY is not allowed here: it reads or writes files
COPY portfolio TO '/tmp/gate/out.csv'

-- COPY is not allowed here
COPY portfolio FROM '/etc/passwd'

-- COPY is not allowed here
COPY (SELECT 1) TO 'out.parquet' (FORMAT parquet)

-- COPY is not allowed here
COPY FROM DATABASE b TO memory

-- EXPORT is not allowed here
EXPORT DATABASE '/tmp/gate'

-- IMPORT is not allowed here
IMPORT DATABASE '/tmp/gate'

-- ATTACH is not allowed here: a branch session works on its own branch only
ATTACH '/tmp/gate/other.db'

-- ATTACH is not allowed here
/* quick */ attach ':memory:' AS other

-- DETACH is not allowed here
DETACH b

-- USE is not allowed here
USE memory

-- INSTALL is not allowed here: extensions
INSTALL httpfs

-- LOAD is not allowed here: extensions
LOAD httpfs

-- FORCE is not allowed here: extensions
FORCE INSTALL httpfs

-- PRAGMA is not allowed here
PRAGMA database_list

-- PRAGMA is not allowed here
PRAGMA table_info('portfolio')

-- SET is not allowed here: settings
SET memory_limit = '10GB'

-- SET is not allowed here
SET VARIABLE x = 1

-- RESET is not allowed here
RESET memory_limit

-- CALL is not allowed here
CALL ducklake_expire_snapshots('b', older_than => now())

-- CALL is not allowed here
CALL b.set_commit_message('me', 'hello')

-- CHECKPOINT is not allowed here
CHECKPOINT

-- VACUUM is not allowed here
VACUUM

-- ANALYZE is not allowed here
ANALYZE

-- BEGIN is not allowed here: each statement is one commit by itself
BEGIN TRANSACTION

-- COMMIT is not allowed here
COMMIT

-- ROLLBACK is not allowed here
ROLLBACK

-- PREPARE is not allowed here
PREPARE p AS SELECT 1

-- EXECUTE is not allowed here
EXECUTE p

-- DEALLOCATE is not allowed here
DEALLOCATE p

-- COMMENT is not allowed here
COMMENT ON TABLE portfolio IS 'mine'

-- UPDATE EXTENSIONS is not allowed here
UPDATE EXTENSIONS

-- several statements
SELECT 1; SELECT 2

-- several statements
SELECT 1; DROP TABLE portfolio

-- several statements
SELECT 1 /* ; */ ; /* hidden */ COPY portfolio TO 'x.csv' -- ;

-- looks like a file
FROM '/etc/passwd'

-- looks like a file
SELECT * FROM 'portfolio.csv'

-- looks like a file
SELECT * FROM "portfolio.parquet"

-- looks like a file
SELECT * FROM "https://example.com/x.parquet"

-- looks like a file
SELECT * FROM 's3://bucket/*.parquet'

-- looks like a file
DESCRIBE 'portfolio.csv'

-- looks like a file
SUMMARIZE 'portfolio.csv'

-- looks like a file
SELECT * FROM (WITH "x.csv" AS (SELECT 1) SELECT 1), "x.csv"

-- looks like a file
INSERT INTO portfolio (ticker) FROM 'x.csv'

-- looks like a file
UPDATE portfolio SET shares = (SELECT count(*) FROM 'x.csv')

-- looks like a file
DELETE FROM portfolio USING 'x.csv' AS x WHERE true

-- looks like a file
MERGE INTO portfolio USING 'x.csv' AS x ON true WHEN MATCHED THEN DELETE

-- looks like a file
CREATE TABLE stolen AS FROM 'x.csv'

-- looks like a file
CREATE VIEW window_to_file AS FROM 'x.csv'

-- looks like a file
CREATE TABLE "x.csv" (a INTEGER)

-- looks like a file
PIVOT 'x.csv' ON a USING count(*)

-- looks like a file
FROM (PIVOT 'x.csv' ON a)

-- The function read_csv is not allowed here: it reads or writes files
SELECT * FROM read_csv('/etc/passwd')

-- The function read_text is not allowed here
FROM read_text('/etc/passwd') SELECT content

-- The function read_blob is not allowed here
SELECT (SELECT content FROM read_blob('/etc/passwd'))

-- The function read_parquet is not allowed here
WITH x AS (FROM READ_PARQUET(['a.parquet'])) SELECT * FROM x

-- The function read_text is not allowed here
SELECT * FROM "read_text"('/etc/passwd')

-- The function read_text is not allowed here
SELECT * FROM read_text /* hello */ ('/etc/passwd')

-- The function read_text is not allowed here
SELECT * FROM portfolio, LATERAL (FROM read_text(portfolio.ticker))

-- The function read_json is not allowed here
SELECT * FROM read_json('x.json') AS generate_series

-- The function glob is not allowed here
SELECT * FROM glob('/etc/*')

-- The function parquet_metadata is not allowed here
SELECT * FROM parquet_metadata('x.parquet')

-- The function sniff_csv is not allowed here
FROM sniff_csv('x.csv')

-- The function sqlite_scan is not allowed here
FROM sqlite_scan('/tmp/gate/b.sqlite', 'ducklake_table')

-- The function sqlite_query is not allowed here
FROM sqlite_query('b', 'SELECT 1')

-- The function query is not allowed here: it runs SQL hidden in a text
FROM query('DROP TABLE portfolio')

-- The function query_table is not allowed here
FROM query_table('x.csv')

-- The function json_execute_serialized_sql is not allowed here
FROM json_execute_serialized_sql(json_serialize_sql('SELECT 1'))

-- The function json_serialize_plan is not allowed here
SELECT json_serialize_plan('FROM read_text(''/etc/passwd'')')

-- The function histogram_values is not one
FROM histogram_values('x.csv', a)

-- cannot be used as a table
FROM histogram(portfolio, shares)

-- The function getenv is not allowed here: settings
SELECT getenv('HOME')

-- The function getenv is not allowed here
SELECT ticker.getenv() FROM portfolio

-- The function getenv is not allowed here
SELECT list_transform(['HOME'], lambda x : getenv(x))

-- The function getenv is not allowed here
UPDATE portfolio SET ticker = getenv('HOME')

-- The function getenv is not allowed here
INSERT INTO portfolio (ticker) VALUES (getenv('HOME'))

-- The function getenv is not allowed here
CREATE TABLE t (a VARCHAR DEFAULT getenv('HOME'))

-- has to be a plain value
ALTER TABLE portfolio ADD COLUMN a VARCHAR DEFAULT upper('x')

-- has to be a plain value
ALTER TABLE portfolio ADD COLUMN a VARCHAR DEFAULT getenv('HOME')

-- The type INET is not one that a branch session knows
SELECT '1.2.3.4'::INET

-- The type INET is not one
CREATE TABLE t (a INET)

-- The type INET is not one
CREATE TABLE t (a STRUCT(b INET[]))

-- The type INET is not one
CREATE TABLE t (a VARCHAR DEFAULT '1.2.3.4'::INET)

-- The type mood is not one
ALTER TABLE portfolio ADD COLUMN a other.mood

-- The function getenv is not allowed here
CREATE TABLE t (a VARCHAR NOT NULL DEFAULT ('HOME').getenv() PRIMARY KEY)

-- UNIQUE is not allowed here: only the key of a table is kept unique
CREATE TABLE t (a INTEGER UNIQUE)

-- The function getenv is not allowed here
CREATE TABLE t (a VARCHAR CHECK (a > getenv('HOME')))

-- The function read_text is not
ALTER TABLE t ADD CONSTRAINT c CHECK (a > read_text('/etc/passwd'))

-- The function getenv is not allowed here
ALTER TABLE portfolio ALTER ticker SET DEFAULT getenv('HOME')

-- The function getenv is not allowed here
MERGE INTO portfolio USING sectors ON true WHEN MATCHED AND getenv('HOME') = '' THEN DELETE

-- The function getenv is not allowed here
MERGE INTO portfolio USING sectors ON false WHEN NOT MATCHED THEN INSERT (ticker) VALUES (getenv('HOME'))

-- The function getenv is not allowed here
MERGE INTO portfolio USING sectors ON true WHEN MATCHED THEN UPDATE SET ticker = getenv('HOME')

-- The function current_setting is not allowed here
SELECT current_setting('home_directory')

-- The function getvariable is not allowed here
SELECT getvariable('x')

-- The function nextval is not allowed here
SELECT nextval('numbers')

-- The function setseed is not allowed here
SELECT setseed(0.5)

-- The function sleep_ms is not allowed here
SELECT sleep_ms(100000)

-- The function write_log is not allowed here
SELECT write_log('hello')

-- The function branch_create is not allowed here
SELECT branch_create('x') FROM portfolio

-- Did you mean sum
SELECT summ(shares) FROM portfolio

-- The function duckdb_tables is not allowed here
FROM duckdb_tables()

-- The function duckdb_secrets is not allowed here
SELECT * FROM duckdb_secrets()

-- The function pragma_database_list is not
FROM pragma_database_list()

-- The function ducklake_snapshots is not allowed here
FROM ducklake_snapshots('b')

-- The function snapshots is not allowed here
FROM snapshots()

-- The function snapshots is not allowed here
FROM b.snapshots()

-- is outside this branch
FROM b.range(3)

-- The function table_changes is not allowed here
FROM table_changes('portfolio', 1, 2)

-- is outside this branch
SELECT * FROM memory.main.portfolio

-- is outside this branch
SELECT * FROM other.portfolio

-- is outside this branch
SELECT * FROM __ducklake_metadata_b.ducklake_snapshot

-- is outside this branch
SELECT * FROM "__ducklake_metadata_b"."main"."ducklake_table"

-- is outside this branch
FROM information_schema.tables

-- is outside this branch
FROM pg_catalog.pg_class

-- is not a table of this branch
FROM __ducklake_metadata_b

-- is not a table of this branch
FROM sqlite_master

-- is not a table of this branch
FROM "DuckDB_Tables"

-- is not a table of this branch
FROM pg_settings

-- is not a table of this branch
WITH a AS (FROM duckdb_logs) SELECT * FROM a

-- is outside this branch
INSERT INTO __ducklake_metadata_b.ducklake_snapshot VALUES (1)

-- is outside this branch
DELETE FROM other.portfolio

-- is outside this branch
UPDATE other.main.portfolio SET shares = 1

-- is outside this branch
CREATE TABLE memory.main.t (a INTEGER)

-- is outside this branch
DROP TABLE other.portfolio

-- is outside this branch
ALTER TABLE other.portfolio RENAME TO x

-- is outside this branch
TRUNCATE other.portfolio

-- is outside this branch
MERGE INTO other.portfolio USING portfolio ON true WHEN MATCHED THEN DELETE

-- SHOW lists the tables of this branch only
SHOW ALL TABLES

-- SHOW lists the tables of this branch only
SHOW DATABASES

-- SHOW lists the tables of this branch only
SHOW TABLES FROM memory

-- SHOW lists the tables of this branch only
DESCRIBE

-- SHOW lists the tables of this branch only
FROM (SHOW DATABASES)

-- CREATE MACRO is not allowed here: macros are not kept
CREATE MACRO twice(x) AS x * 2

-- CREATE FUNCTION is not allowed here
CREATE FUNCTION twice(x) AS x * 2

-- CREATE SECRET is not allowed here
CREATE SECRET (TYPE s3)

-- CREATE PERSISTENT is not allowed here
CREATE PERSISTENT SECRET s (TYPE s3)

-- CREATE SEQUENCE is not allowed here: there are no sequences
CREATE SEQUENCE numbers

-- CREATE TYPE is not allowed here
CREATE TYPE mood AS ENUM ('good', 'bad')

-- CREATE INDEX is not allowed here
CREATE INDEX i ON portfolio (ticker)

-- CREATE UNIQUE is not allowed here
CREATE UNIQUE INDEX i ON portfolio (ticker)

-- CREATE SCHEMA is not allowed here: a branch has one schema
CREATE SCHEMA other

-- CREATE TEMP is not allowed here
CREATE TEMP TABLE t (a INTEGER)

-- CREATE TEMPORARY is not allowed here
CREATE OR REPLACE TEMPORARY VIEW v AS SELECT 1

-- CREATE TEMP is not allowed here
CREATE LOCAL TEMP TABLE t (a INTEGER)

-- DROP SCHEMA is not allowed here
DROP SCHEMA main CASCADE

-- DROP MACRO is not allowed here
DROP MACRO twice

-- ALTER VIEW is not allowed here
ALTER VIEW v RENAME TO w

-- ALTER TABLE … SET is not allowed here
ALTER TABLE portfolio SET PARTITIONED BY (sector)

-- ALTER … TYPE … USING is not available
ALTER TABLE portfolio ALTER shares TYPE BIGINT USING shares + 1

-- RETURNING is not available
INSERT INTO portfolio (ticker) VALUES ('X') RETURNING ticker

-- RETURNING is not available
DELETE FROM portfolio RETURNING *

-- RETURNING is not available
UPDATE portfolio SET shares = 1 RETURNING shares

-- ON CONFLICT is not available on a branch: use MERGE INTO
INSERT INTO portfolio (ticker) VALUES ('X') ON CONFLICT DO NOTHING

-- INSERT OR REPLACE is not available on a branch: use MERGE INTO
INSERT OR REPLACE INTO portfolio (ticker) VALUES ('X')

-- EXPLAIN ANALYZE would run this statement
EXPLAIN ANALYZE DELETE FROM portfolio

-- EXPLAIN ANALYZE would run this statement
EXPLAIN (ANALYZE, FORMAT json) INSERT INTO portfolio (ticker) VALUES ('X')

-- COPY is not allowed here
EXPLAIN COPY portfolio TO 'x.csv'

-- is outside this branch
EXPLAIN SELECT * FROM other.portfolio

-- invisible or unusual space character (U+200B)
SELECT​ 1

-- invisible or unusual space character (U+3000)
SELECT * FROM　portfolio

-- The function ｒead_text is not one
SELECT * FROM ｒead_text('/etc/passwd')

-- The type HUGEINT is not kept on a branch: use DECIMAL(38,0)
ALTER TABLE portfolio ADD COLUMN big HUGEINT

-- COLLATE is not allowed here
ALTER TABLE portfolio ADD COLUMN a VARCHAR COLLATE nocase

-- The type ENUM is not kept on a branch: use VARCHAR
ALTER TABLE portfolio ADD COLUMN a ENUM('x', 'y')

-- The type HUGEINT is not kept on a branch
ALTER TABLE portfolio ALTER shares TYPE HUGEINT

-- needs its values written out
CREATE TABLE wide AS PIVOT portfolio ON sector USING sum(shares)

-- needs its values written out
INSERT INTO portfolio (ticker) SELECT ticker FROM (PIVOT portfolio ON sector USING sum(shares))

-- a PIVOT goes into FROM
CREATE TABLE wide AS PIVOT portfolio ON sector IN ('Tech') USING sum(shares)

-- needs its values written out
EXPLAIN PIVOT portfolio ON sector USING sum(shares)

-- Write it in full: ALTER TABLE
ALTER TABLE portfolio DROP shares
