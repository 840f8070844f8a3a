"""Comparing and merging: lineage, states, diff, plan, resolution, apply."""
