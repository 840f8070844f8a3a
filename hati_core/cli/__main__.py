"""Run the command line."""

from hati_core.cli.commands import main

raise SystemExit(main())
