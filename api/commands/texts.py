"""``wartefrei texts preview``: what a person would read, for whoever writes or translates the texts."""

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

from api.commands import Subparsers
from backend.notices import letters, samples
from backend.notices.kinds import KINDS
from backend.notices.texting import Language, TextError, languages, push_text, render

_CHANNELS = ("push", "inbox", "mail")
_HELP = """\
Shows the texts with made-up names and times: every kind in every language on every channel, or those chosen. A channel
that a kind does not use is left out. Right-to-left languages are marked; mails are text, with --html a page.

A new language is looked at before it is part of the program: --file texts/ar.ftl (its name is the language).
"""


def add_parser(subparsers: Subparsers) -> None:
    """``texts`` with its action."""
    command = subparsers.add_parser("texts", help="what people are told")
    actions = command.add_subparsers(dest="action", required=True)
    preview = actions.add_parser(
        "preview", help="show it with made-up names", description=_HELP,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    preview.add_argument(
        "--kind", action="append", choices=list(KINDS), metavar="KIND", help="e.g. appointment.cancelled"
    )
    preview.add_argument("--language", action="append", metavar="TAG", help=f"of {', '.join(languages())}")
    preview.add_argument("--channel", action="append", choices=_CHANNELS)
    preview.add_argument("--by", choices=("person", "clerk", "system"), default="clerk", help="who did it")
    preview.add_argument("--short", action="store_true", help="without what is not always there: a reason, a counter")
    preview.add_argument("--html", action="store_true", help="mails as HTML")
    preview.add_argument("--file", type=Path, help="a Fluent file that is not part of the program yet")


def run(args: argparse.Namespace) -> int:
    """0; 1 where a text is missing or broken; 2 for a language that there is not."""
    try:
        chosen = _languages(args.file, args.language)
    except (OSError, ValueError, TextError) as error:
        print(error, file=sys.stderr)
        return 1
    if not chosen:
        print(f"there are texts in: {', '.join(languages())}", file=sys.stderr)
        return 2
    faults = 0
    for kind in args.kind or KINDS:
        for language in chosen:
            for channel in args.channel or _CHANNELS:
                try:
                    shown = _shown(kind, language, channel, args)
                except TextError as error:
                    faults += 1
                    print(f"✗ {kind} · {channel}: {error}", file=sys.stderr)
                    continue
                if shown:
                    mark = " · right to left" if language.direction == "rtl" else ""
                    print(f"── {kind} · {language.name} · {channel}{mark}")
                    print("\n".join(shown), end="\n\n")
    return 1 if faults else 0


def _languages(file: Path | None, wanted: list[str] | None) -> list[Language]:
    if file is not None:
        return [Language(file.name.removesuffix(".ftl"), file.read_text(encoding="utf-8"))]
    known = languages()
    if wanted is None:
        return list(known.values())
    return [known[name] for name in wanted] if set(wanted) <= known.keys() else []


def _shown(kind: str, language: Language, channel: str, args: argparse.Namespace) -> list[str]:
    """The lines; none where the kind does not take this way."""
    return list(_lines(kind, language, channel, by=args.by, short=args.short, html=args.html))


def _lines(kind: str, language: Language, channel: str, *, by: str, short: bool, html: bool) -> Iterator[str]:
    use, data = KINDS[kind], samples.data(kind, by=by, short=short)
    facts = samples.FACTS
    if channel == "push" and use.push != "never":
        yield from push_text(kind, language)
    elif channel == "inbox" and use.inbox:
        said = render(kind, language, data, facts)
        yield from (said.title, said.body)
    elif channel == "mail" and use.mail != "never":
        letter = letters.write(
            kind, language, data, facts, subject_id=samples.SUBJECT, app_url="https://app.stadt.example"
        )
        yield from (letter.html,) if html else (letter.subject, "", letter.text.rstrip())
