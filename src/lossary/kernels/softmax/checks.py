"""Checks of given probabilities and soft targets, for both layouts of a softmax kernel."""

from __future__ import annotations

from lossary.kernels.code import Code
from lossary.kernels.softmax.options import SoftmaxOptions


def outside_domain(options: SoftmaxOptions, z: str) -> str:
    """Return a condition that holds for a given number that is no probability, or no logarithm of one."""
    return f"({z} > real(0))" if options.logs else f"({z} < real(0)) | ({z} > real(1))"


def check_excluded(code: Code, options: SoftmaxOptions, prediction: str, target: str) -> None:
    """Check the given probabilities and soft target of a sample that counts for nothing: it has to be valid all the same.

    ``prediction`` and ``target`` are code for those of class j.
    """
    code("mass, target_mass = 0.0, 0.0")
    with code.block("for j in range(classes)"):
        if not options.logits:
            code(f"z = {prediction}", f"outside = outside | {outside_domain(options, 'z')}")
            code(f"mass += float64({f'exp_{options.precision}(z)' if options.logs else 'z'})")
        if options.dense:
            code(f"t = {target}", "outside = outside | (t < real(0)) | (t > real(1))", "target_mass += float64(t)")
    if not options.logits:
        code("outside = outside | (not abs(mass - 1.0) <= tolerance)")
    if options.dense:
        code("outside = outside | (not abs(target_mass - 1.0) <= tolerance)")
