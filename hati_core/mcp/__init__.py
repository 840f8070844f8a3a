"""The agent's tools for any program that speaks the Model Context Protocol; the only place that knows its package."""
