"""Formulas as MathML, which browsers draw themselves: no script to fetch, so the pages are whole offline."""

from docutils import nodes

from lossary.atlas.formulas import formula


def inline(self, node):
    self.body.append(formula(node.astext()))
    raise nodes.SkipNode


def block(self, node):
    text = node.astext().strip()
    if r"\\" in text and r"\begin" not in text:
        text = rf"\begin{{aligned}}{text}\end{{aligned}}"
    self.body.append(f'<div class="math">{formula(text, "block")}</div>\n')
    raise nodes.SkipNode


def setup(app):
    app.add_html_math_renderer("mathml", (inline, None), (block, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
