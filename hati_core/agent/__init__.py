"""Agents: tools, runs, jobs and the built-in planner. The only place that knows a model vendor.

Neither openai nor openai-agents is loaded before the first run begins: that takes seconds.
"""

from hati_core.agent.deciding import Review
from hati_core.agent.desk import AgentDesk, ModelState, Progress
from hati_core.agent.model_choice import Access, Api, ModelChoice
from hati_core.agent.models import VendorModels

__all__ = ["Access", "AgentDesk", "Api", "ModelChoice", "ModelState", "Progress", "Review", "VendorModels"]
