"""The words of a form: each key that is needed is there in every language, and no key is there for nothing.

Keys are JSON Forms': ``address.street.label``, ``.description``, ``.error.pattern``, ``maritalStatus.single`` for a
value, ``applicant.label`` for a group with that ``i18n``. An app hands ``texts[language]`` to its renderer as it is.
"""

from collections.abc import Iterator

from backend.forms.content import LANGUAGES, Content, Json
from backend.forms.fields import Node, Path
from backend.forms.reader import Fault, step

_MOST = 2_000
_OF_FORM = ("form.title", "form.description")
_OPTIONAL_OF_FORM = ("form.submitted",)


def text_faults(content: Content, root: Node) -> list[Fault]:
    """Missing, unknown, empty and overlong texts."""
    needed = {*_OF_FORM, *_elements(content.ui), *_values(root)}
    prefixes = {".".join(path) for path in _questions(root)}
    needed |= {f"{prefix}.label" for prefix in prefixes}
    needed |= {f"confirmation.{rule.kind}.{part}" for rule in content.confirmations for part in ("title", "text")}
    optional = {*_OPTIONAL_OF_FORM, *(f"{prefix}.description" for prefix in prefixes)}
    found: list[Fault] = [
        Fault("/texts", f"only {', '.join(LANGUAGES)} are known, not {language}")
        for language in content.texts.keys() - set(LANGUAGES)
    ]
    for language in LANGUAGES:
        texts, at = content.texts.get(language, {}), f"/texts/{language}"
        found += [Fault(at, f"{key} is missing") for key in sorted(needed - texts.keys())]
        for key, text in texts.items():
            if key not in needed and key not in optional and key.rpartition(".error.")[0] not in prefixes:
                found.append(Fault(f"{at}/{step(key)}", "belongs to nothing in this form"))
            if not text.strip() or len(text) > _MOST:
                found.append(Fault(f"{at}/{step(key)}", f"must have 1 to {_MOST} characters"))
    return found


def _questions(node: Node, above: Path = ()) -> Iterator[Path]:
    for leaf in node.leaves():
        yield (*above, *leaf.path)
        if leaf.rows is not None:
            yield from _questions(leaf.rows, (*above, *leaf.path))


def _values(node: Node, above: Path = ()) -> Iterator[str]:
    for leaf in node.leaves():
        prefix = ".".join((*above, *leaf.path))
        for schema in (leaf.schema, leaf.schema.get("items", {})):
            yield from (f"{prefix}.{value}" for value in schema.get("enum", ()))
        if leaf.rows is not None:
            yield from _values(leaf.rows, (*above, *leaf.path))


def _elements(ui: Json) -> Iterator[str]:
    if "i18n" in ui:
        yield f"{ui['i18n']}.{'text' if ui['type'] == 'Label' else 'label'}"
    for inner in ui.get("elements", ()):
        yield from _elements(inner)
    if (detail := ui.get("options", {}).get("detail")) is not None:
        yield from _elements(detail)
