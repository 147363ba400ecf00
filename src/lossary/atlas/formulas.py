"""Formulas for pages, where the brace of cases is drawn by the style sheet: it stretches only in mathematical fonts."""

from __future__ import annotations

from lossary.formula.languages.mathml import of_latex

_BRACE = '<mrow><mo stretchy="true" fence="true" form="prefix">&#x0007B;</mo><mtable>'
_DRAWN = '<mrow class="cases"><mtable>'


def formula(latex: str, display: str = "inline") -> str:
    """Return LaTeX as MathML of a page; the row of the class ``cases`` has its brace from the style sheet.

    >>> 'class="cases"' in formula(r"\\begin{cases} x & x > 0 \\\\ 0 & \\text{otherwise} \\end{cases}")
    True
    """
    return of_latex(latex, display).replace(_BRACE, _DRAWN)
