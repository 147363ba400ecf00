"""Formulas as JavaScript: one self-contained function expression."""

from __future__ import annotations

import re
from collections.abc import Mapping
from string import Template

from lossary.formula.expression import Expression
from lossary.formula.formulas import Formulas, SoftmaxFormulas
from lossary.formula.languages.printer import Names, Spell, Text, joint_statements, spell_leaf, statements
from lossary.formula.passes import passes
from lossary.formula.rewrite import expand
from lossary.formula.words import WORDS

# log Σ e^z = max + log1p(Σ of the others): the loss of a confident row keeps its digits instead of becoming 0
_LOG_SOFTMAX = """\
  let top = 0;
  for (let k = 1; k < prediction.length; k++) if (prediction[k] > prediction[top] || prediction[k] !== prediction[k]) top = k;
  let others = 0;
  for (let k = 0; k < prediction.length; k++) if (k !== top) others += Math.exp(prediction[k] - prediction[top]);
  const inputs = Array.from(prediction, (z) => z - prediction[top] - Math.log1p(others));
"""
_INPUTS = """\
  const inputs = Array.from(prediction);
"""
_ROW_VALUE = """\
  if (typeof target === "number") return f(inputs[target]);
  return inputs.reduce((sum, x, k) => (target[k] === 0 ? sum : sum + target[k] * f(x)), 0);
"""
_SHARES = """\
  const share = (k) => (typeof target === "number" ? (k === target ? 1 : 0) : target[k]);
"""
_ROW_SUM = """\
  return inputs.reduce((sum, x, k) => sum + f(x, share(k)), 0);
"""
_ROW_TERMS = """\
  return inputs.map((x, k) => $f);
"""
_ROW_GRADIENT = """\
  const slopes = inputs.map((x, k) => $f);
  const sum = slopes.reduce((a, b) => a + b, 0);
  return inputs.map((x, j) => slopes[j] * -Math.expm1(x) - Math.exp(x) * (sum - slopes[j]));
"""
_ROW_CURVATURE = """\
  const first = inputs.map((x, k) => $f1);
  const second = inputs.map((x, k) => $f);
  const sum1 = first.reduce((a, b) => a + b, 0), sum2 = second.reduce((a, b) => a + b, 0);
  return inputs.map((x, j) => {
    const p = Math.exp(x), rest = -Math.expm1(x);
    return second[j] * rest ** 2 + p ** 2 * (sum2 - second[j]) - p * rest * sum1;
  });
"""


_RESERVED = """
    Array Infinity Math NaN arguments async await break case catch class const continue debugger default delete do else
    enum eval export extends false finally for function if implements import in instanceof interface let new null
    package private protected public return static super switch this throw true try typeof undefined var void while with
    yield
"""
"""JavaScript's reserved words, and what the code calls."""


def write(formulas: Formulas, order: int, given: str | None, of: str | None = None) -> str:
    """Return a function of the inputs and parameters in the definition's order; a derivative in one of the predictions.

    For a softmax loss the prediction is an array, and the target a class index or an array of class probabilities. For a
    samplewise loss the inputs are arrays of a sample's components, and a derivative is an array too.
    """
    if formulas.kind == "samplewise":
        return _of_sample(formulas, order, given, of)
    name = "log_probability" if given == "logits" else "prediction"
    takes_target = isinstance(formulas, SoftmaxFormulas) and formulas.takes_target
    lines = "" if formulas.kind == "pointwise" else _row(order, given, takes_target)
    leading = (*formulas.inputs, "log_probability")
    taken = leading if formulas.kind == "softmax" else ()
    names = Names({*_RESERVED.split(), *taken, *re.findall(r"\w+", lines)})
    called = names.renamed(formulas.parameters)
    if formulas.kind == "softmax":
        called |= {argument: argument for argument in leading}
    else:
        called = names.renamed(formulas.inputs) | called
    arguments = ", ".join(called[name] for name in (*formulas.inputs, *formulas.parameters))
    if formulas.kind == "pointwise":
        return f"({arguments}) => {_body(formulas.formula(given, order, of), called, names, '')}"
    terms = {"f": order, **({"f1": 1} if "f1(" in lines else {})}
    name += ", target" * takes_target
    for term, which in terms.items():
        lines = f"  const {term} = ({name}) => {_body(formulas.formula(given, which), called, names, '  ')};\n" + lines
    return f"({arguments}) => {{\n{lines}}}"


def _row(order: int, given: str | None, takes_target: bool) -> str:
    """Return the lines for a row; f is a term or its derivative of order ``order``, f1 the first derivative."""
    inputs = _LOG_SOFTMAX if given == "logits" else _INPUTS
    if order == 0:
        return inputs + (_SHARES + _ROW_SUM if takes_target else _ROW_VALUE)
    lines = _ROW_TERMS if given != "logits" else _ROW_GRADIENT if order == 1 else _ROW_CURVATURE
    term = "{}(x, share(k))" if takes_target else "(share(k) === 0 ? 0 : share(k) * {}(x))"
    return inputs + _SHARES + Template(lines).substitute(f=term.format("f"), f1=term.format("f1"))


_SUMS = {"total": ("0", "{0} += {1};"), "largest": ("-Infinity", "{0} = Math.max({0}, {1});")}
"""How words over components begin, and what they do with each component."""


def _of_sample(formulas: Formulas, order: int, given: str | None, of: str | None) -> str:
    """Return a function of arrays of components: loops that make sums, then the loss or an array of slopes."""
    plain = expand(formulas.formula(given, order, of), _knows_of_sample, "JavaScript")
    components = formulas.component_inputs
    arranged = passes(None, (plain,), components) if order else passes(plain, (), components)
    names = Names({*_RESERVED.split(), "i"})
    called = names.renamed((*formulas.inputs, *formulas.parameters))
    arguments, length = ", ".join(called.values()), f"{called[formulas.inputs[0]]}.length"
    called |= {name: f"{called[name]}[i]" for name in components} | {arranged.count: length}
    lines: list[str] = []

    def hold(held: Mapping[str, Expression]) -> None:
        """Write what is computed once for the sample."""
        inside, results = joint_statements(tuple(held.values()), _speller(called), names)
        for left, _ in inside:
            names.new(left)  # it stays, for what follows
        own = names.renamed(held)
        lines.extend(f"const {left} = {right};" for left, right in [*inside, *zip(own.values(), results, strict=True)])
        called.update(own)

    for step in arranged.sums:
        hold(step.held)
        called |= names.renamed(name for words in step.words for _, name in words)
        lines += [f"let {called[name]} = {_SUMS[word][0]};" for words in step.words for word, name in words]
        lines.append(f"for (let i = 0; i < {length}; i++) {{")
        inside, results = joint_statements(step.formulas, _speller(called), names)
        lines += [f"  const {left} = {right};" for left, right in inside]
        for words, result in zip(step.words, results, strict=True):
            lines += [f"  {_SUMS[word][1].format(called[name], result)}" for word, name in words]
        lines.append("}")
    if arranged.slopes is not None:
        hold(arranged.slopes.held)
        slope = _body(arranged.slopes.formulas[0], called, names, "  ")
        lines.append(f"return Array.from({arguments.split(', ')[0]}, (_, i) => {slope});")
    else:
        assert arranged.loss is not None
        inside, (result,) = joint_statements((arranged.loss,), _speller(called), names)
        lines += [*(f"const {left} = {right};" for left, right in inside), f"return {result};"]
    return f"({arguments}) => {{\n" + "".join(f"  {line}\n" for line in lines) + "}"


def _knows_of_sample(node: Expression) -> bool:
    return node.head in (*_SUMS, "count") or (node.head in WORDS and bool(WORDS[node.head].javascript))


def _speller(called: Mapping[str, str]) -> Spell:
    def spell(node: Expression, written: tuple[Text, ...]) -> Text:
        if node.is_symbol or node.is_constant:
            return spell_leaf(node, called, "Infinity", "NaN")
        return Text(WORDS[node.head].javascript.format(*written), WORDS[node.head].binds)

    return spell


def _body(formula: Expression, called: Mapping[str, str], names: Names, indent: str) -> str:
    plain = expand(formula, lambda node: bool(WORDS[node.head].javascript), "JavaScript")
    assignments, result = statements(plain, _speller(called), names)
    if not assignments:
        return result
    lines = [*(f"const {left} = {right};" for left, right in assignments), f"return {result};"]
    return "{\n" + "".join(f"{indent}  {line}\n" for line in lines) + indent + "}"
