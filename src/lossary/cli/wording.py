"""Say in options of the command line what the library says in arguments of Python."""

from __future__ import annotations

import re
import shlex

_ARGUMENT = re.compile(
    r"\b(also|baseline|classes|clip|cluster|comment|decimal|delimiter|encoding|engine|every|given|group|higher_is_better|id|interval|levels|long|loss|missing_members|model|names|prediction|query|sheet|skip_invalid|target|thousands|time|time_zone|unlabelled|unpredicted|weight)="
    r'("[^"]*"|True)'
)


def as_options(text: str) -> str:
    """Return a sentence with arguments written as options.

    >>> as_options('pass given="probabilities", or skip_invalid=True; prediction="logit_*"')
    "pass --given probabilities, or --skip-invalid; --prediction 'logit_*'"
    """
    return _ARGUMENT.sub(_option, text)


def _option(match: re.Match[str]) -> str:
    name, value = match.groups()
    option = f"--{name.replace('_', '-')}"
    return option if value == "True" else f"{option} {shlex.quote(value[1:-1])}"
