"""The built-in planner: no model, but rules that do the autopilot's job through the same runner and the same tools."""
