"""The run in view: how far it has come, every scenario of it, and what it proposes."""

from __future__ import annotations

from dataclasses import dataclass, field

import streamlit as st

from hati_core import HatiError, Unit
from hati_core.agent.desk import AgentDesk, Progress
from hati_core.errors import NoSuchRun
from hati_core.runs import Direction, ProposalStatus, Run, RunKind, RunStatus, Scenario, Step, StepKind
from pages.parts.agent_others import discard_others, propose_instead
from pages.parts.agent_proposal import proposal_panel
from pages.parts.agent_scenario import scenario_card
from pages.parts.agent_steps import settings_link, steps_panel, stop_button
from pages.parts.agent_words import LIMIT, run_badge, spoken, taken, worker
from pages.parts.figures import CONFIG, BranchValue, value_bars
from pages.parts.palette import branch_colours
from pages.parts.session import author, choose, complain
from pages.parts.shell import Page
from pages.parts.words import amount, plain, when

_SEEN = "steps of the run in view"
_EVERY_SECONDS = 1.0


@dataclass
class _Seen:
    """The steps that were read of a run, by number."""

    run: str
    steps: dict[int, Step] = field(default_factory=dict)

    @property
    def known(self) -> int:
        """The number behind which there may be something new: an answer, or another step."""
        waiting = (one.number for one in self.steps.values() if one.kind is StepKind.TOOL and one.answer is None)
        return min(waiting, default=max(self.steps, default=0) + 1) - 1


def followed(desk: AgentDesk, run_id: str) -> tuple[Progress, list[Step]]:
    """How far a run has come, and all its steps; only what is new is read.

    Raises:
        NoSuchRun: there is no run of that id.
    """
    seen: _Seen | None = st.session_state.get(_SEEN)
    if seen is None or seen.run != run_id:
        seen = st.session_state[_SEEN] = _Seen(run_id)
    progress = desk.follow(run_id, after=seen.known)
    seen.steps.update((step.number, step) for step in progress.steps)
    return progress, [seen.steps[number] for number in sorted(seen.steps)]


def run_in_view(page: Page, desk: AgentDesk, run_id: str) -> None:
    """A run by its id, at work or over; an id that is none is said, with the way on."""
    try:
        run = desk.run(run_id)
    except NoSuchRun as error:
        _new_goal()
        complain(error)
        st.button("See the runs", icon=":material/list:", key="see-runs", on_click=choose, args=("agent", "runs"))
        return
    if not run.status.is_over:
        _new_goal()
        _following(page, desk, run_id)
        return
    progress, steps = followed(desk, run_id)
    with st.container(horizontal=True):
        _new_goal()
        # Where something is proposed, deciding on it comes first.
        is_next = all(one.status is ProposalStatus.REJECTED for one in progress.proposals)
        _again(desk, run, is_next=is_next)
    _head(desk, progress.run)
    for proposal in progress.proposals:
        proposal_panel(page, desk, proposal, LIMIT if run.status is RunStatus.LIMITED else "")
    _scenarios(page, desk, progress, steps)


@st.fragment(run_every=_EVERY_SECONDS)
def _following(page: Page, desk: AgentDesk, run_id: str) -> None:
    """A run at work, drawn anew until it is over; then the page is, which polls no more."""
    progress, steps = followed(desk, run_id)
    if progress.run.status.is_over:
        st.rerun()
    _head(desk, progress.run)
    _scenarios(page, desk, progress, steps)


def _new_goal() -> None:
    st.button("New goal", icon=":material/add:", key="new-goal", on_click=choose, args=("run", ""))


def _again(desk: AgentDesk, run: Run, *, is_next: bool) -> None:
    """A way to pursue the same goal once more."""
    if run.kind is RunKind.AUTOPILOT and st.button(
        "Run it again",
        icon=":material/replay:",
        key="run-again",
        type="primary" if is_next else "secondary",
        help="The same goal, metric and limits, from the branch as it is now",
    ):
        try:
            begun = desk.repeat(run.id, author=author())
        except HatiError as error:
            complain(error)
            return
        choose("run", begun.id)
        st.rerun()


def _head(desk: AgentDesk, run: Run) -> None:
    with st.container(border=True, key="run-in-view", gap="small"):
        st.markdown(f"**{plain(run.goal)}** {run_badge(run.status)}")
        way = "Lower" if run.direction is Direction.LOWER else "Raise"
        wanted = f"{way} {run.metric}, from {run.branch}" if run.metric else f"About {run.branch}"
        facts = (wanted, worker(run), run.author, when(run.started_at), taken(run))
        st.caption(plain(" · ".join(fact for fact in facts if fact)))
        if not run.status.is_over:
            stop_button(desk, run.id)
        elif run.outcome:
            st.markdown(spoken(run.outcome))
        settings_link(run)


def _scenarios(page: Page, desk: AgentDesk, progress: Progress, steps: list[Step]) -> None:
    """The values side by side, then every scenario, the best first."""
    run, unit = progress.run, _unit(page, progress.run)
    # A run makes branches while it is in view.
    colours = branch_colours(page.repository.branches("all"))
    order = sorted(progress.scenarios, key=lambda one: (one.rank is None, one.rank or 0, one.number))
    if run.status.is_over:
        _bars(page, run, order, unit, colours)
    taken_up = {one.scenario for one in progress.proposals if one.status is not ProposalStatus.REJECTED}
    own = [step for step in steps if step.scenario is None]
    steps_panel(own, "run-steps", "Steps of the planning", progress.saying.get(None, ""))
    for scenario in order:
        mine = [step for step in steps if step.scenario == scenario.number]
        with st.container(border=True, key=f"scenario-{scenario.number}", gap="small"):
            scenario_card(scenario, unit, colours.get(scenario.branch, page.theme.quiet))
            steps_panel(mine, f"steps-{scenario.number}", "Steps", progress.saying.get(scenario.number, ""))
            if run.status.is_over and scenario.number not in taken_up:
                is_only = not any(one.status is ProposalStatus.OPEN for one in progress.proposals)
                propose_instead(page, desk, scenario, "Propose this" if is_only else "Propose this instead")
    if run.status.is_over:
        discard_others(page, desk, progress)
    elif not order:
        st.caption(":material/hourglass_top: Thinking of ideas to try …")


def _bars(page: Page, run: Run, order: list[Scenario], unit: Unit, colours: dict[str, str]) -> None:
    found = [BranchValue(one.branch, one.after) for one in order if one.after is not None]
    before = next((one.before for one in order if one.before is not None), None)
    if not found or before is None:
        return
    values = [BranchValue(run.branch, before), *found]
    with st.container(border=True):
        st.markdown(f"**{plain(run.metric)}**, with {plain(run.branch)} as it was")
        st.plotly_chart(
            value_bars(
                values, unit, {one.branch: colours.get(one.branch, page.theme.quiet) for one in values}, page.theme
            ),
            theme=None,
            config=CONFIG,
            key="run-values",
            alt="; ".join(f"{one.branch} {amount(one.value, unit)}" for one in values),
        )


def _unit(page: Page, run: Run) -> Unit:
    """What the run's metric is measured in; a number where the metric is not there any more."""
    if run.branch not in page.names:
        return Unit.NUMBER
    metrics = page.repository.measures.metrics(page.repository.branch(run.branch))
    return next((one.unit for one in metrics if one.name == run.metric), Unit.NUMBER)
