"""Agents: tools, runs, jobs and the built-in planner. The only place that knows a model vendor."""
