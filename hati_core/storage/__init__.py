"""Where a repository lives: the DuckDB instance, catalogs, locks, the registry, the collector."""
