"""Pages of the guide as HTML: headings to link to, tables that a phone can show, answers laid out to be read."""

import json
import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any, cast

from markdown_it import MarkdownIt
from markdown_it.token import Token

from api import catalogue_of_errors
from api.docs import pages

_markdown = MarkdownIt("commonmark", {"html": False}).enable("table")
_SHORT = 9
"""Characters of a cell that a phone can show beside others."""
_WIDE = 76
"""Characters of a line of an answer; what fits into one is not divided."""


def rendered(text: str) -> tuple[str, Sequence[tuple[str, str]]]:
    """The HTML, and the second-level headings as (anchor, text)."""
    tokens = _markdown.parse(text)
    found: list[tuple[str, str]] = []
    for heading, inline in _headings(tokens):
        anchor = anchor_of(inline)
        heading.attrSet("id", anchor)
        if heading.tag == "h2":
            found.append((anchor, plain(inline)))
    _label(tokens)
    _lead_to_errors(tokens)
    for token in tokens:
        if token.type == "fence" and token.info == "json":
            token.content = f"{laid_out(json.loads(token.content))}\n"
    html = str(_markdown.renderer.render(tokens, _markdown.options, {}))
    html = re.sub(r'<pre>(?=<code class="language-(?:json|text)")', '<pre tabindex="0" class="output">', html)
    return html.replace("<pre>", '<pre tabindex="0">'), found  # what scrolls is scrolled by keyboard too


def anchor_of(heading: str) -> str:
    """A heading as the end of its address."""
    return pages.anchor(plain(heading))


def plain(heading: str) -> str:
    """Without marks."""
    return heading.replace("`", "")


def laid_out(value: Any, indent: int = 0, before: int = 0) -> str:
    """JSON with what fits in one line; ``before`` are the characters that stand before it in its line."""
    short = json.dumps(value, ensure_ascii=False)
    if indent + before + len(short) <= _WIDE or not isinstance(value, dict | list) or not value:
        return short
    inner, pad = indent + 2, " " * (indent + 2)
    if isinstance(value, list):
        parts = [f"{pad}{laid_out(one, inner)}" for one in cast("list[Any]", value)]
        return "[\n" + ",\n".join(parts) + f"\n{' ' * indent}]"
    members = cast("dict[str, Any]", value).items()
    parts = [f'{pad}"{name}": {laid_out(one, inner, len(name) + 4)}' for name, one in members]
    return "{\n" + ",\n".join(parts) + f"\n{' ' * indent}}}"


def _headings(tokens: Sequence[Token]) -> Iterator[tuple[Token, str]]:
    for token, inline in pairwise(tokens):
        if token.type == "heading_open":
            yield token, inline.content


def _lead_to_errors(tokens: Sequence[Token]) -> None:
    """A code of an error leads to its page, but within a heading or a link."""
    slugs = {entry.slug for entry in catalogue_of_errors.entries()}
    for before, inline in pairwise(tokens):
        if inline.type != "inline" or before.type == "heading_open":
            continue
        children, depth = list[Token](), 0
        for child in inline.children or ():
            depth += child.nesting if child.type in ("link_open", "link_close") else 0
            if child.type == "code_inline" and child.content in slugs and not depth:
                opened = Token("link_open", "a", 1, attrs={"href": f"/docs/errors/{child.content}"})
                children += [opened, child, Token("link_close", "a", -1)]
            else:
                children.append(child)
        inline.children = children


def _label(tokens: Sequence[Token]) -> None:
    """Gives each cell but the first the head of its column, for screens on which cells stand below each other; a table
    of short cells stays one there too."""
    heads: list[str] = []
    column = 0
    whole, longest = Token("", "", 0), 0
    for token, inline in pairwise(tokens):
        if token.type == "table_open":
            heads, whole, longest = [], token, 0
        elif token.type == "table_close" and longest <= _SHORT and len(heads) > 1:
            whole.attrSet("class", "short")
        elif token.type == "tr_open":
            column = 0
        elif token.type == "th_open":
            heads.append(plain(inline.content))
        elif token.type == "td_open":
            longest = max(longest, len(inline.content) if column else 0)
            if 0 < column < len(heads) and heads[column] and len(heads) > 2:
                token.attrSet("data-label", heads[column])
            column += 1
