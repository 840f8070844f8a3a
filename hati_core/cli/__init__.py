"""The command line of hati_core: ``python -m hati_core.cli``."""
