"""A PostgreSQL wire server on a repository: :func:`hati_core.serve.server.serve`."""
