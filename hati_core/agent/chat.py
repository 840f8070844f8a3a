"""One question of a person, answered."""

from __future__ import annotations

from typing import Any, cast

from hati_core.agent.control import Control
from hati_core.agent.faults import NO_MODEL
from hati_core.agent.instructions import for_chat, remembered
from hati_core.agent.jobs import Outcome
from hati_core.agent.model_choice import Access
from hati_core.agent.models import Models, Purpose
from hati_core.agent.talking import Task, talk
from hati_core.agent.toolkit import EVERY_TOOL
from hati_core.agent.workspace import Allowance, Workspace
from hati_core.repository import Repository
from hati_core.runs import Run, RunStatus

_REMEMBERED = 12


async def answer(
    repo: Repository, run: Run, control: Control, models: Models | None, access: Access, handed: frozenset[str]
) -> Outcome:
    """Answer what a person wrote, going on where their conversation stands; ``handed`` are ids of branches."""
    if models is None:
        return Outcome(NO_MODEL.status, NO_MODEL.sentence, NO_MODEL.word)
    log = repo._store.registry.runs
    before = log.runs(_REMEMBERED, conversation=run.conversation) if run.conversation else []
    earlier = [found for found in reversed(before) if found.id != run.id]
    work = Workspace(
        repo,
        run.id,
        f"agent for {run.author}",
        control.stop,
        run.limits,
        Allowance(run.limits.rows),
        family=frozenset(found.id for found in earlier),
        handed=handed,
        forks=Allowance(run.limits.scenarios),
    )
    said = [*remembered([(found, log.steps(found.id)) for found in earlier]), {"role": "user", "content": run.goal}]
    task = Task(for_chat(run.branch, bool(handed)), cast(list[Any], said), EVERY_TOOL)
    async with models.open() as model_for:
        found = await talk(task, model_for(Purpose()), work, control, access)
    if found.problem:
        return Outcome(found.problem.status, found.problem.sentence, found.problem.word)
    return Outcome(RunStatus.DONE, found.text)
