"""Scores of an ensemble: members drawn from a forecast distribution, and the target that came."""

# Made by tools/stubs.py from the definitions; run `make stubs` instead of editing this file.
# mypy: disable-error-code="override, overload-cannot-match"

from typing import Final, Literal, Unpack, overload

from lossary.engine.calls import A, Array, Float, Floats, Loss, Options, Parameter, Plain, Reduced, Reduction, TotalOptions
from lossary.engine.reduction import Total

class _CrpsEnsemble(Loss):
    @overload
    def __call__(
        self,
        members: Plain,
        target: Plain,
        *,
        fairness: Parameter = 0.0,
        present: Parameter | None = None,
        reduction: Literal["none"],
        **options: Unpack[Options],
    ) -> Floats:
        r"""Continuous ranked probability score of an ensemble of M members (Gneiting and Raftery, 2007), in units of the target.

        .. math:: \frac{1}{M} \sum_i |x_i - y| - \frac{1}{2} \Bigl(1 + \frac{f}{M - 1}\Bigr) \frac{1}{M^2} \sum_{i,j} |x_i - x_j|

        ``fairness`` f = 0 scores the members as the whole distribution (energy form, "nrg"). f = 1 is fair to the distribution
        they are drawn from: its expectation does not depend on M (Ferro, 2014), but members do not matter while at most one lies
        on each side of the target. In between it is almost fair, f = 0.95 for training (Lang et al., 2024). It is never negative;
        with one member it is the absolute error, and a fair one raises. Its parts are weighted so that nothing cancels, in O(M log
        M).

        ``members`` lie on the last axis (``axis``), one more than the target has. ``present``, a mask of their shape, leaves
        members out that are missing, whatever they hold; without it NaN makes the loss NaN. Only members have a gradient: 0 where
        one meets the target; equal members keep their order. Shapes that do not fit and a fairness outside [0, 1] raise.

        >>> import lossary
        >>> lossary.crps_ensemble([[1.0, 2.0, 4.0]], [3.0], reduction="none")
        array([0.66666667])
        >>> lossary.crps_ensemble.gradient([[1.0, 2.0, 4.0]], [3.0])
        array([[-0.11111111, -0.33333333,  0.11111111]])
        """
    @overload
    def __call__(
        self,
        members: Plain,
        target: Plain,
        *,
        fairness: Parameter = 0.0,
        present: Parameter | None = None,
        reduction: Reduced = "mean",
        **options: Unpack[Options],
    ) -> Float: ...
    @overload
    def __call__(
        self,
        members: A,
        target: A,
        *,
        fairness: Parameter = 0.0,
        present: Parameter | None = None,
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> A: ...
    @overload
    def gradient(
        self,
        members: Plain,
        target: Plain,
        *,
        fairness: Parameter = 0.0,
        present: Parameter | None = None,
        reduction: Reduction = "mean",
        out: Floats | None = None,
        **options: Unpack[Options],
    ) -> Floats: ...
    @overload
    def gradient(
        self,
        members: A,
        target: A,
        *,
        fairness: Parameter = 0.0,
        present: Parameter | None = None,
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> A: ...
    @overload
    def value_and_gradient(
        self,
        members: Plain,
        target: Plain,
        *,
        fairness: Parameter = 0.0,
        present: Parameter | None = None,
        reduction: Literal["none"],
        out: Floats | None = None,
        **options: Unpack[Options],
    ) -> tuple[Floats, Floats]: ...
    @overload
    def value_and_gradient(
        self,
        members: Plain,
        target: Plain,
        *,
        fairness: Parameter = 0.0,
        present: Parameter | None = None,
        reduction: Reduced = "mean",
        out: Floats | None = None,
        **options: Unpack[Options],
    ) -> tuple[Float, Floats]: ...
    @overload
    def value_and_gradient(
        self,
        members: A,
        target: A,
        *,
        fairness: Parameter = 0.0,
        present: Parameter | None = None,
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> tuple[A, A]: ...
    @overload
    def curvature(
        self,
        members: Plain,
        target: Plain,
        *,
        fairness: Parameter = 0.0,
        present: Parameter | None = None,
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> Floats: ...
    @overload
    def curvature(
        self,
        members: A,
        target: A,
        *,
        fairness: Parameter = 0.0,
        present: Parameter | None = None,
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> A: ...
    def total(
        self,
        members: Array,
        target: Array,
        *,
        fairness: Parameter = 0.0,
        present: Parameter | None = None,
        **options: Unpack[TotalOptions],
    ) -> Total: ...

crps_ensemble: Final[_CrpsEnsemble]
r"""Continuous ranked probability score of an ensemble of M members (Gneiting and Raftery, 2007), in units of the target.

    .. math:: \frac{1}{M} \sum_i |x_i - y| - \frac{1}{2} \Bigl(1 + \frac{f}{M - 1}\Bigr) \frac{1}{M^2} \sum_{i,j} |x_i - x_j|

    ``fairness`` f = 0 scores the members as the whole distribution (energy form, "nrg"). f = 1 is fair to the distribution
    they are drawn from: its expectation does not depend on M (Ferro, 2014), but members do not matter while at most one lies
    on each side of the target. In between it is almost fair, f = 0.95 for training (Lang et al., 2024). It is never negative;
    with one member it is the absolute error, and a fair one raises. Its parts are weighted so that nothing cancels, in O(M log
    M).

    ``members`` lie on the last axis (``axis``), one more than the target has. ``present``, a mask of their shape, leaves
    members out that are missing, whatever they hold; without it NaN makes the loss NaN. Only members have a gradient: 0 where
    one meets the target; equal members keep their order. Shapes that do not fit and a fairness outside [0, 1] raise.

    >>> import lossary
    >>> lossary.crps_ensemble([[1.0, 2.0, 4.0]], [3.0], reduction="none")
    array([0.66666667])
    >>> lossary.crps_ensemble.gradient([[1.0, 2.0, 4.0]], [3.0])
    array([[-0.11111111, -0.33333333,  0.11111111]])
    """

class _EnergyScore(Loss):
    @overload
    def __call__(
        self,
        members: Plain,
        target: Plain,
        *,
        fairness: Parameter = 0.0,
        reduction: Literal["none"],
        **options: Unpack[Options],
    ) -> Floats:
        r"""Energy score of an ensemble of M vectors (Gneiting and Raftery, 2007): the CRPS of several dimensions.

        .. math:: \frac{1}{M} \sum_i \lVert x_i - y \rVert
                  - \frac{1}{2} \Bigl(1 + \frac{f}{M - 1}\Bigr) \frac{1}{M^2} \sum_{i,j} \lVert x_i - x_j \rVert

        ``fairness`` f is as in :func:`lossary.crps_ensemble`, which it is in one dimension: 0 for the members as the distribution,
        1 fair, 0.95 almost fair. It is never negative. It tells wrong locations and scales well, wrong dependence of the
        dimensions less (see :func:`lossary.variogram_score`). Dimensions in different units want to be standardised first.

        ``members`` have the shape (…, M, D), the target (…, D). Only members have a gradient; a distance of 0 has slope 0, so
        members that coincide do no harm. All pairs are computed, M at a time. Shapes that do not fit and a fairness outside [0,
        1], or above 0 for one member, raise.

        >>> import lossary
        >>> lossary.energy_score([[[0.0, 0.0], [3.0, 4.0]]], [[0.0, 0.0]], reduction="none")
        array([1.25])
        """
    @overload
    def __call__(
        self,
        members: Plain,
        target: Plain,
        *,
        fairness: Parameter = 0.0,
        reduction: Reduced = "mean",
        **options: Unpack[Options],
    ) -> Float: ...
    @overload
    def __call__(
        self, members: A, target: A, *, fairness: Parameter = 0.0, reduction: Reduction = "mean", **options: Unpack[Options]
    ) -> A: ...
    @overload
    def gradient(
        self,
        members: Plain,
        target: Plain,
        *,
        fairness: Parameter = 0.0,
        reduction: Reduction = "mean",
        out: Floats | None = None,
        **options: Unpack[Options],
    ) -> Floats: ...
    @overload
    def gradient(
        self, members: A, target: A, *, fairness: Parameter = 0.0, reduction: Reduction = "mean", **options: Unpack[Options]
    ) -> A: ...
    @overload
    def value_and_gradient(
        self,
        members: Plain,
        target: Plain,
        *,
        fairness: Parameter = 0.0,
        reduction: Literal["none"],
        out: Floats | None = None,
        **options: Unpack[Options],
    ) -> tuple[Floats, Floats]: ...
    @overload
    def value_and_gradient(
        self,
        members: Plain,
        target: Plain,
        *,
        fairness: Parameter = 0.0,
        reduction: Reduced = "mean",
        out: Floats | None = None,
        **options: Unpack[Options],
    ) -> tuple[Float, Floats]: ...
    @overload
    def value_and_gradient(
        self, members: A, target: A, *, fairness: Parameter = 0.0, reduction: Reduction = "mean", **options: Unpack[Options]
    ) -> tuple[A, A]: ...
    @overload
    def curvature(
        self,
        members: Plain,
        target: Plain,
        *,
        fairness: Parameter = 0.0,
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> Floats: ...
    @overload
    def curvature(
        self, members: A, target: A, *, fairness: Parameter = 0.0, reduction: Reduction = "mean", **options: Unpack[Options]
    ) -> A: ...
    def total(self, members: Array, target: Array, *, fairness: Parameter = 0.0, **options: Unpack[TotalOptions]) -> Total: ...

energy_score: Final[_EnergyScore]
r"""Energy score of an ensemble of M vectors (Gneiting and Raftery, 2007): the CRPS of several dimensions.

    .. math:: \frac{1}{M} \sum_i \lVert x_i - y \rVert
              - \frac{1}{2} \Bigl(1 + \frac{f}{M - 1}\Bigr) \frac{1}{M^2} \sum_{i,j} \lVert x_i - x_j \rVert

    ``fairness`` f is as in :func:`lossary.crps_ensemble`, which it is in one dimension: 0 for the members as the distribution,
    1 fair, 0.95 almost fair. It is never negative. It tells wrong locations and scales well, wrong dependence of the
    dimensions less (see :func:`lossary.variogram_score`). Dimensions in different units want to be standardised first.

    ``members`` have the shape (…, M, D), the target (…, D). Only members have a gradient; a distance of 0 has slope 0, so
    members that coincide do no harm. All pairs are computed, M at a time. Shapes that do not fit and a fairness outside [0,
    1], or above 0 for one member, raise.

    >>> import lossary
    >>> lossary.energy_score([[[0.0, 0.0], [3.0, 4.0]]], [[0.0, 0.0]], reduction="none")
    array([1.25])
    """

class _VariogramScore(Loss):
    @overload
    def __call__(
        self, members: Plain, target: Plain, *, power: Parameter = 0.5, reduction: Literal["none"], **options: Unpack[Options]
    ) -> Floats:
        r"""Variogram score of an ensemble of M vectors, of an order p (Scheuerer and Hamill, 2015).

        .. math:: \sum_{i,j} \Bigl( |y_i - y_j|^p - \frac{1}{M} \sum_m |x_{mi} - x_{mj}|^p \Bigr)^2

        It compares how much pairs of components differ, so it tells wrong dependence where :func:`lossary.energy_score` hardly
        does; a common shift of all components it does not see. Each pair counts twice, with weight 1. ``power`` p = ½ bears heavy
        tails; 1 and 2 weigh large differences more.

        ``members`` have the shape (…, M, D), the target (…, D). Only members have a gradient; where two components of a member are
        equal, its slope is taken as 0, as for p < 1 it is infinite. All pairs are computed, D at a time. Shapes that do not fit
        and a power that is not positive raise.

        >>> import lossary
        >>> lossary.variogram_score([[[0.0, 1.0], [0.0, 4.0]]], [[0.0, 1.0]], reduction="none")
        array([0.5])
        """
    @overload
    def __call__(
        self, members: Plain, target: Plain, *, power: Parameter = 0.5, reduction: Reduced = "mean", **options: Unpack[Options]
    ) -> Float: ...
    @overload
    def __call__(
        self, members: A, target: A, *, power: Parameter = 0.5, reduction: Reduction = "mean", **options: Unpack[Options]
    ) -> A: ...
    @overload
    def gradient(
        self,
        members: Plain,
        target: Plain,
        *,
        power: Parameter = 0.5,
        reduction: Reduction = "mean",
        out: Floats | None = None,
        **options: Unpack[Options],
    ) -> Floats: ...
    @overload
    def gradient(
        self, members: A, target: A, *, power: Parameter = 0.5, reduction: Reduction = "mean", **options: Unpack[Options]
    ) -> A: ...
    @overload
    def value_and_gradient(
        self,
        members: Plain,
        target: Plain,
        *,
        power: Parameter = 0.5,
        reduction: Literal["none"],
        out: Floats | None = None,
        **options: Unpack[Options],
    ) -> tuple[Floats, Floats]: ...
    @overload
    def value_and_gradient(
        self,
        members: Plain,
        target: Plain,
        *,
        power: Parameter = 0.5,
        reduction: Reduced = "mean",
        out: Floats | None = None,
        **options: Unpack[Options],
    ) -> tuple[Float, Floats]: ...
    @overload
    def value_and_gradient(
        self, members: A, target: A, *, power: Parameter = 0.5, reduction: Reduction = "mean", **options: Unpack[Options]
    ) -> tuple[A, A]: ...
    @overload
    def curvature(
        self,
        members: Plain,
        target: Plain,
        *,
        power: Parameter = 0.5,
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> Floats: ...
    @overload
    def curvature(
        self, members: A, target: A, *, power: Parameter = 0.5, reduction: Reduction = "mean", **options: Unpack[Options]
    ) -> A: ...
    def total(self, members: Array, target: Array, *, power: Parameter = 0.5, **options: Unpack[TotalOptions]) -> Total: ...

variogram_score: Final[_VariogramScore]
r"""Variogram score of an ensemble of M vectors, of an order p (Scheuerer and Hamill, 2015).

    .. math:: \sum_{i,j} \Bigl( |y_i - y_j|^p - \frac{1}{M} \sum_m |x_{mi} - x_{mj}|^p \Bigr)^2

    It compares how much pairs of components differ, so it tells wrong dependence where :func:`lossary.energy_score` hardly
    does; a common shift of all components it does not see. Each pair counts twice, with weight 1. ``power`` p = ½ bears heavy
    tails; 1 and 2 weigh large differences more.

    ``members`` have the shape (…, M, D), the target (…, D). Only members have a gradient; where two components of a member are
    equal, its slope is taken as 0, as for p < 1 it is infinite. All pairs are computed, D at a time. Shapes that do not fit
    and a power that is not positive raise.

    >>> import lossary
    >>> lossary.variogram_score([[[0.0, 1.0], [0.0, 4.0]]], [[0.0, 1.0]], reduction="none")
    array([0.5])
    """
