"""Run the command line: ``python -m hati_core``, the same as ``hati``."""

from hati_core.cli.commands import main

raise SystemExit(main())
