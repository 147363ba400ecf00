"""``lossary explain``: what a coded finding of a report means."""

from __future__ import annotations

import textwrap

import click

from lossary.report.findings import KINDS, Kind, codes_of


@click.command()
@click.argument("codes", metavar="[CODE...]", nargs=-1)
def explain(codes: tuple[str, ...]) -> None:
    """Explain a finding of a report by its code. Say what it is, why it matters, what to do; without a code, list all.

    \b
    lossary explain L101
    """
    kinds = [KINDS[code] for code in codes_of(codes)]
    if not kinds:
        click.echo("\n".join(f"  {kind.code}  {kind.level:<7}  {kind.title}" for kind in KINDS.values()))
    for kind in kinds:
        click.echo(_described(kind))


def _described(kind: Kind) -> str:
    rows = (("what", kind.what), ("why", kind.why), ("what to do", kind.remedy))
    lines = [f"{kind.code} {kind.title} ({kind.level})"]
    for label, text in rows:
        lines.append(textwrap.fill(text, 100, initial_indent=f"  {label:<10}  ", subsequent_indent=" " * 14))
    return "\n".join(lines)
