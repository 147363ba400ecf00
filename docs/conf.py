"""Sphinx: the pages, and what is made for them when they are built: every picture, and the reference of every loss."""

import inspect
import os
import re
import runpy
import sys
from functools import partial
from importlib import import_module
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pyarrow.parquet as pq

import lossary
from lossary import losses, plots, vocabulary
from lossary.engine.help import MEANINGS
from lossary.engine.options import COMMON
from lossary.report.findings import KINDS
from lossary.suggestion import rules
from lossary.vocabulary import sigmoid

sys.path.insert(0, str(Path(__file__).parent))  # for mathml.py beside this file
sys.path.insert(0, str(Path(__file__).parents[1]))  # for the rows of other libraries in tests/dialects
from tests import dialects

project = "Lossary"
author = "The Lossary authors"
version = release = lossary.__version__
extensions = ["myst_parser", "sphinx.ext.autodoc", "mathml"]
html_math_renderer = "mathml"
myst_enable_extensions = ["dollarmath", "amsmath"]
myst_heading_anchors = 3
exclude_patterns = ["_build", "_generated"]
html_theme = "furo"
html_title = "Lossary"
html_show_copyright = False
html_static_path = ["_static"]
html_css_files = ["lossary.css"]
autodoc_typehints = "none"
autodoc_member_order = "bysource"
add_module_names = False
pygments_style = "friendly"

GENERATED = Path(__file__).parent / "_generated"
FAMILIES = Path(__file__).parent / "families"


@lossary.pointwise
def squared_error_of_a_score(prediction, target):
    return (sigmoid(prediction) - target) ** 2


def save(figure, name):
    """As SVG, the same to the last byte at every build."""
    with mpl.rc_context({"svg.hashsalt": "lossary"}):
        figure.savefig(GENERATED / f"{name}.svg", metadata={"Date": None})


def pictures():
    """What draws each picture, by name."""
    engel = pq.read_table(Path(lossary.__file__).parent / "data" / "engel.parquet")
    income, food = (engel[name].to_numpy() / 1000 for name in ("income", "target"))
    event = (food > np.median(food)).astype(float)
    span = ((-15, 15), (-15, 15))
    drawn = {
        "training_loop": plots.training_loop,
        "binary_cross_entropy_branches": plots.binary_cross_entropy_branches,
        "softmax_process": plots.softmax_process,
        "regression_losses": plots.regression_losses,
        "squared_error_of_a_score": partial(plots.loss, squared_error_of_a_score, target=1, span=(-6, 6), curvature=True),
        "cross_entropy_of_a_score": partial(
            plots.loss, lossary.binary_cross_entropy, given="logits", target=1, span=(-6, 6), curvature=True
        ),
        "absolute_error_circles": lossary.descent(lossary.absolute_error, income, food, rate=0.3, steps=60).plot,
        "squared_error_chord": lossary.landscape(lossary.squared_error, income, event, model="logistic", span=span).plot,
    }
    for loss in all_losses():
        name = loss.__name__
        if loss.properties.kind != "composed":
            drawn[f"loss_{name}"] = partial(plots.loss, loss, parameters=SHOWN.get(name), target=TARGETS.get(name))
    return drawn


def draw_pictures():
    """Draw all; with LOSSARY_DOCS_PICTURES=none empty ones, in half of the time: to check the pages, not to read them."""
    for name, draw in pictures().items():
        if os.environ.get("LOSSARY_DOCS_PICTURES") == "none":
            (GENERATED / f"{name}.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg"/>', encoding="utf-8")
        else:
            save(draw(), name)


LONGEST = 600
"""Characters of the longest formula that is shown."""
SHOWN = {"huber": {"delta": (0.5, 1, 2)}}
"""Parameters for which a loss is drawn beside its defaults."""
TARGETS = {
    "absolute_percentage_error": 1.0,
    "symmetric_percentage_error": 1.0,
    "squared_log_error": 1.0,
    **dict.fromkeys(("poisson", "negative_binomial", "tweedie"), (0.0, 1.0, 4.0)),
    "gamma": (1.0, 4.0),
}
"""Targets for which a loss is drawn where 0 alone would not show it."""


def all_losses():
    return list(losses.registry.values())


def family_page(family):
    """The page of one field's losses: for each, what its docstring says, and what is derived from its definition."""
    lines = [*heading(family.capitalize(), "="), *import_module(f"lossary.losses.{family}").__doc__.splitlines(), ""]
    for name in losses.LOSSES[family]:
        lines += entry(losses.registry[name])
    return "\n".join(lines)


def entry(loss):
    name = loss.__name__
    lines = [*heading(name, "-"), f".. py:data:: lossary.{name}", "   :no-index:", ""]
    lines += [f"   {line}" for line in text_of(loss)] + ["", *facts(loss)]
    if loss.properties.kind == "composed":
        return lines
    lines += [
        f".. image:: ../_generated/loss_{name}.svg",
        f"   :alt: {name}: the loss above, its gradient below",
        "   :width: 460px",
        "",
    ]
    lines += ["Derived from the definition:", ""]
    for what, latex in formulas(loss):
        lines += [".. math::", "", f"   \\text{{{what}:}} \\quad {latex}", ""]
    for language, lexer in (("JavaScript", "javascript"), ("SQL", "sql")):
        if loss.properties.kind == "pointwise" and can_be_written(loss, lexer) and len(loss.code(lexer)) <= 2 * LONGEST:
            of = ", of a logit" if "logits" in loss.properties.given else ""
            lines += [f"In {language}{of}:", "", f".. code-block:: {lexer}", ""]
            lines += [f"   {line}" for line in loss.code(lexer).splitlines()] + [""]
    return lines


def text_of(loss):
    """The lines of a docstring; a bar in its text is a bar, and no substitution of reStructuredText."""
    formula = False
    for line in inspect.cleandoc(loss.definition.__doc__).splitlines():
        formula = line.startswith(".. math::") or (formula and line.startswith(" "))
        yield line if formula else re.sub(r"(`[^`]*`)|\|", lambda found: found[1] or r"\|", line)


def formulas(loss):
    """The value and its derivatives; of a raw score too, where the loss takes one."""
    yield "value", loss.latex()
    for name in loss.predictions:
        of = {"of": name} if len(loss.predictions) > 1 else {}
        for what in ("gradient", "curvature"):
            text = loss.latex(what, **of)
            if len(text) <= LONGEST:
                yield (f"{what} in {name}" if of else what), text
    if "logits" in loss.properties.given and loss.properties.kind == "pointwise" and len(loss.predictions) == 1:
        for what in ("value", "gradient", "curvature"):
            yield f"{what}, of a logit z", loss.latex(what, given="logits")


def facts(loss):
    known = loss.properties
    rows = {
        "also": ", ".join(f"``{alias}``" for alias in losses.registry.aliases(loss.__name__)),
        "kind": known.kind,
        "parameters": ", ".join(f"``{name}`` = {value}" for name, value in loss.parameters.items()),
        **{name: ", ".join(f"``{word}``" for word in listed) for name, listed in loss.choices.items()},
        "given": ", ".join(f"``{given}``" for given in known.given),
        **dict(known.described(loss.parameters)),
    }
    return [" · ".join(f"*{name}*: {value}" for name, value in rows.items() if value), ""]


def capabilities():
    """The table of what each loss is and can do, a row a loss."""
    head = ("loss", "inputs", "kind", "convex", "best constant", "slope at most", "proper", "JavaScript", "SQL")
    lines = [".. list-table::", "   :header-rows: 1", "   :class: capabilities", ""]
    lines += [f"   {'*' if i == 0 else ' '} - {name}" for i, name in enumerate(head)]
    for family, names in losses.LOSSES.items():
        for name in names:
            loss, known = losses.registry[name], losses.registry[name].properties
            described = dict(known.described(loss.parameters))
            row = (
                f":doc:`{name} <families/{family}>`",
                ", ".join(loss.inputs),
                known.kind,
                described["convex"].replace("not stated", ""),
                known.minimizer or "",
                described.get("greatest slope", ""),
                "yes" if known.proper else "",
                *("yes" if can_be_written(loss, language) else "" for language in ("javascript", "sql")),
            )
            lines += [f"   {'*' if i == 0 else ' '} - {cell}" for i, cell in enumerate(row)]
    return "\n".join(lines)


def can_be_written(loss, language):
    try:
        loss.code(language)
    except (TypeError, ValueError):
        return False
    return True


def which_loss(word=str, kinds=None, facts=None):
    """The rules by which losses are suggested, a section a kind of target; in other words where they are passed."""
    kinds = kinds or {kind: (kind.capitalize(), meaning) for kind, meaning in rules.KINDS.items()}
    facts = facts or {fact: (fact, meaning) for fact, meaning in rules.FACTS.items()}
    lines = []
    for kind, (name, meaning) in kinds.items():
        lines += [*heading(name, "-"), word("The target: {}.").format(meaning), ""]
        lines += [".. list-table::", "   :header-rows: 1", "   :widths: 22 18 22 38", ""]
        rows = [tuple(map(word, ("loss", "if", "its best prediction", "why")))]
        for rule in rules.RULES:
            if rule.kind == kind:
                conditions = [
                    *(facts[fact][0] for fact in rule.needs),
                    *(word("no {}").format(facts[fact][0]) for fact in rule.unless),
                ]
                family = losses.registry.family(rule.loss)
                link = f":doc:`{rule.loss} </families/{family}>`"
                rows.append((link, word(", ").join(conditions), word(rule.finds), word(rule.reason)))
        lines += [f"   {'*' if i == 0 else ' '} - {cell}" for row in rows for i, cell in enumerate(row)] + [""]
    lines += [*heading(word("What is looked at"), "-"), ".. list-table::", "   :widths: 22 78", ""]
    lines += [line for name, meaning in facts.values() for line in (f"   * - {name}", f"     - {meaning}")]
    return "\n".join(lines)


def which_loss_in_chinese():
    """The same in Chinese; headings keep the English name, which ``--kind`` takes, and of which addresses are made."""
    texts = runpy.run_path(str(Path(__file__).parent / "zh" / "rules.py"))
    kinds = {kind: (f"{name}（{kind}）", meaning) for kind, (name, meaning) in texts["KINDS"].items()}
    return which_loss({**texts["WORDS"], **texts["SENTENCES"]}.__getitem__, kinds, texts["FACTS"])


def language_of_page(app, page, template, context, doctree):
    """State the language of Chinese pages, by which browsers choose letters and voices."""
    if page.startswith("zh/"):
        context["language"] = "zh-CN"


def all_findings():
    """What reports remark on, a section a code, so that each has an address: findings.html#l101."""
    lines = []
    for kind in KINDS.values():
        lines += [f".. _{kind.code}:", "", *heading(f"{kind.code}: {kind.title}", "-")]
        for label, text in ((kind.level.capitalize(), kind.what), ("Why it matters", kind.why), ("What to do", kind.remedy)):
            lines += [f"*{label}*: {text.replace('`', '``')}", ""]
    return "\n".join(lines)


def options():
    """The table of the options that all losses share."""
    lines = [".. list-table::", "   :header-rows: 1", "   :widths: 20 80", "", "   * - option", "     - meaning"]
    for name in COMMON:
        lines += [f"   * - ``{name}``", f"     - {MEANINGS[name].replace('`', '``')}"]
    return "\n".join(lines)


def translations():
    """The calls of other libraries beside ours, a table a library."""
    lines = [".. list-table::", "   :widths: 15 85", ""]
    lines += [line for name, meaning in dialects.NAMES.items() for line in (f"   * - ``{name}``", f"     - {meaning}")] + [""]
    for module in map(dialects.library, dialects.FILES):
        lines += [*heading(module.LIBRARY, "-"), ".. list-table::", "   :header-rows: 1", "   :widths: 38 38 24", ""]
        imports = ", ".join(f"``{name}`` is ``{path}``" for name, path in module.MODULES.items() if name != path)
        lines += ["   * - theirs", "     - ours", f"     - {imports}"]
        for row in module.ROWS:
            note = row.note.replace("`", "``").replace("|", "\\|")
            lines += [
                f"   * - ``{row.theirs}``",
                f"     - ``{row.ours}``",
                f"     - {'*Differs.* ' if row.differs else ''}{note}",
            ]
        lines.append("")
    return "\n".join(lines)


def functions():
    """The functions beside the losses: scales, weights, margins."""
    return "\n".join(f".. autofunction:: lossary.{name}" for names in losses.FUNCTIONS.values() for name in names)


def words():
    """The table of the words a definition may use."""
    lines = [".. list-table::", "   :header-rows: 1", "   :widths: 35 65", "", "   * - word", "     - meaning"]
    for name in vocabulary.__all__:
        word = getattr(vocabulary, name)
        meaning = inspect.getdoc(word).replace("|", "\\|")
        lines += [f"   * - ``{name}({', '.join(inspect.signature(word).parameters)})``", f"     - {meaning}"]
    return "\n".join(lines)


def without_blank_ends(app, docname, source):
    """Doctest needs a blank line before the fence that ends an example; the page does not."""
    source[0] = source[0].replace("\n\n```\n", "\n```\n")


def setup(app):
    app.connect("source-read", without_blank_ends)
    app.connect("html-page-context", language_of_page)


def heading(text, underline):
    return [text, underline * len(text.encode("utf-8")), ""]  # at least as wide as Chinese letters are


def build():
    GENERATED.mkdir(exist_ok=True)
    draw_pictures()
    (GENERATED / "capabilities.rst").write_text(capabilities(), encoding="utf-8")
    FAMILIES.mkdir(exist_ok=True)
    for family, names in losses.LOSSES.items():
        if names:
            (FAMILIES / f"{family}.rst").write_text(family_page(family), encoding="utf-8")
    (GENERATED / "which_loss.rst").write_text(which_loss(), encoding="utf-8")
    (GENERATED / "which_loss_zh.rst").write_text(which_loss_in_chinese(), encoding="utf-8")
    (GENERATED / "translations.rst").write_text(translations(), encoding="utf-8")
    (GENERATED / "functions.rst").write_text(functions(), encoding="utf-8")
    (GENERATED / "findings.rst").write_text(all_findings(), encoding="utf-8")
    (GENERATED / "options.rst").write_text(options(), encoding="utf-8")
    (GENERATED / "words.rst").write_text(words(), encoding="utf-8")


build()
