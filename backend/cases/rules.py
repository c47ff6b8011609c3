"""What may happen to a case, in which states, and by whom. Pure."""

from typing import Any, Literal, cast

from backend.cases.errors import CaseChanged, CaseStateError
from backend.cases.model import LIVE, Actor, Case, State
from backend.errors import FieldError, InvalidInput
from backend.forms.conditions import MISSING
from backend.forms.content import Json

Action = Literal["answer", "withdraw", "assign", "request_info", "approve", "reject"]

_OF_PERSON: dict[Action, tuple[State, ...]] = {"answer": ("info_requested",), "withdraw": LIVE}
_OF_CLERK: dict[Action, tuple[State, ...]] = {
    "assign": LIVE,
    "request_info": ("submitted", "in_review"),
    "approve": LIVE,
    "reject": LIVE,
}


def possible(case: Case, actor: Actor) -> list[Action]:
    """What the state leaves open to this kind of actor."""
    actions = _OF_PERSON if actor.kind == "person" else _OF_CLERK
    return [action for action, states in actions.items() if case.state in states]


def judge(case: Case, action: Action, actor: Actor, version: int | None) -> None:
    """Raises CaseChanged where the case has another version by now, CaseStateError where its state forbids it."""
    if version is not None and case.version != version:
        raise CaseChanged(current={"version": case.version, "state": case.state})
    if action not in possible(case, actor):
        raise CaseStateError(state=case.state, actions=[spoken(one) for one in possible(case, actor)])


def spoken(action: Action) -> str:
    """The action as it stands in a URL."""
    return action.replace("_", "-")


def check_reason(reason: str | None) -> str:
    """The reason without blanks around it; raises InvalidInput where there is none."""
    kept = (reason or "").strip()
    if not kept:
        raise InvalidInput([FieldError("/reason", "required", "A rejection says why")])
    return kept


def check_reopened(before: Json, after: Json, fields: list[str]) -> None:
    """Raises InvalidInput where an answer that has not been asked for again is another than before."""
    wrong = [pointer for pointer in changed(before, after) if not _open(pointer, fields)]
    if wrong:
        detail = "This answer has not been asked for again"
        raise InvalidInput([FieldError(f"/answers{pointer}", "not-reopened", detail) for pointer in wrong[:50]])


def check_answered(patch: Json, fields: list[str]) -> None:
    """Raises InvalidInput where a patch says nothing of what was asked: the case would go back as it came. What is
    right as it stands can be said again.
    """
    said = _leaves(patch, "")
    if not any(meet(pointer, field) for pointer in said for field in fields):
        detail = "Nothing of what was asked is answered"
        raise InvalidInput([FieldError(f"/answers{field}", "not-answered", detail) for field in fields])


def _leaves(patch: Any, pointer: str) -> list[str]:
    """Pointers to what a merge patch says: each value that is not an object, null too."""
    if not isinstance(patch, dict):
        return [pointer]
    return [found for name, value in cast("Json", patch).items() for found in _leaves(value, f"{pointer}/{name}")]


def changed(before: Any, after: Any, pointer: str = "") -> list[str]:
    """Pointers to what is not the same, as deep as objects and lists of the same length go."""
    pairs: list[tuple[Any, Any, Any]] = []
    if isinstance(before, dict) and isinstance(after, dict):
        one, two = cast("Json", before), cast("Json", after)
        pairs = [(name, one.get(name, MISSING), two.get(name, MISSING)) for name in sorted(one.keys() | two.keys())]
    elif isinstance(before, list) and isinstance(after, list):
        rows, others = cast("list[Any]", before), cast("list[Any]", after)
        if len(rows) == len(others):
            pairs = [(index, *pair) for index, pair in enumerate(zip(rows, others, strict=True))]
    if pairs:
        return [found for name, one, two in pairs for found in changed(one, two, f"{pointer}/{name}")]
    return [] if before == after else [pointer]


def meet(one: str, other: str) -> bool:
    """Whether one pointer leads into what the other leads to: a list is asked for as a whole, or by its rows."""
    return _open(one, [other]) or _open(other, [one])


def _open(pointer: str, fields: list[str]) -> bool:
    return any(pointer == field or pointer.startswith(f"{field}/") for field in fields)
