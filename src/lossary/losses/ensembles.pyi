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
        fairness: Parameter = 0.95,
        present: Parameter | None = None,
        estimator: Literal["energy", "fair", "almost_fair"] = "energy",
        reduction: Literal["none"],
        **options: Unpack[Options],
    ) -> Floats:
        r"""Continuous ranked probability score of an ensemble of M members (Gneiting and Raftery, 2007), in units of the target.

        .. math:: \frac{1}{M} \sum_i |x_i - y| - \frac{1}{2} \Bigl(1 + \frac{f}{M - 1}\Bigr) \frac{1}{M^2} \sum_{i,j} |x_i - x_j|

        ``estimator="energy"`` scores the members as the whole distribution, f = 0. ``"fair"``, f = 1, is fair to the distribution
        they are drawn from: its expectation does not depend on M (Ferro, 2014), but members do not matter while at most one lies
        on each side of the target. ``"almost_fair"`` for training has f = ``fairness``, 0.95 by default (Lang et al., 2024). The
        score is never negative; with one member it is the absolute error, and a fair one raises. Its parts are weighted so that
        nothing cancels, in O(M log M).

        ``members`` lie on the last axis (``axis``), one more than the target has. ``present``, a mask of their shape, leaves
        members out that are missing, whatever they hold; without it NaN makes the loss NaN. It is NaN too where no member is
        present, or a fair score has but one. Only members have a gradient: 0 where one meets the target; equal members keep their
        order. Shapes that do not fit, an ensemble without members, a fairness outside [0, 1] and one that is passed with another
        estimator raise.

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
        fairness: Parameter = 0.95,
        present: Parameter | None = None,
        estimator: Literal["energy", "fair", "almost_fair"] = "energy",
        reduction: Reduced = "mean",
        **options: Unpack[Options],
    ) -> Float: ...
    @overload
    def __call__(
        self,
        members: A,
        target: A,
        *,
        fairness: Parameter = 0.95,
        present: Parameter | None = None,
        estimator: Literal["energy", "fair", "almost_fair"] = "energy",
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> A: ...
    @overload
    def gradient(
        self,
        members: Plain,
        target: Plain,
        *,
        fairness: Parameter = 0.95,
        present: Parameter | None = None,
        estimator: Literal["energy", "fair", "almost_fair"] = "energy",
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
        fairness: Parameter = 0.95,
        present: Parameter | None = None,
        estimator: Literal["energy", "fair", "almost_fair"] = "energy",
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> A: ...
    @overload
    def value_and_gradient(
        self,
        members: Plain,
        target: Plain,
        *,
        fairness: Parameter = 0.95,
        present: Parameter | None = None,
        estimator: Literal["energy", "fair", "almost_fair"] = "energy",
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
        fairness: Parameter = 0.95,
        present: Parameter | None = None,
        estimator: Literal["energy", "fair", "almost_fair"] = "energy",
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
        fairness: Parameter = 0.95,
        present: Parameter | None = None,
        estimator: Literal["energy", "fair", "almost_fair"] = "energy",
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> tuple[A, A]: ...
    @overload
    def curvature(
        self,
        members: Plain,
        target: Plain,
        *,
        fairness: Parameter = 0.95,
        present: Parameter | None = None,
        estimator: Literal["energy", "fair", "almost_fair"] = "energy",
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> Floats: ...
    @overload
    def curvature(
        self,
        members: A,
        target: A,
        *,
        fairness: Parameter = 0.95,
        present: Parameter | None = None,
        estimator: Literal["energy", "fair", "almost_fair"] = "energy",
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> A: ...
    def total(
        self,
        members: Array,
        target: Array,
        *,
        fairness: Parameter = 0.95,
        present: Parameter | None = None,
        estimator: Literal["energy", "fair", "almost_fair"] = "energy",
        **options: Unpack[TotalOptions],
    ) -> Total: ...

crps_ensemble: Final[_CrpsEnsemble]
r"""Continuous ranked probability score of an ensemble of M members (Gneiting and Raftery, 2007), in units of the target.

    .. math:: \frac{1}{M} \sum_i |x_i - y| - \frac{1}{2} \Bigl(1 + \frac{f}{M - 1}\Bigr) \frac{1}{M^2} \sum_{i,j} |x_i - x_j|

    ``estimator="energy"`` scores the members as the whole distribution, f = 0. ``"fair"``, f = 1, is fair to the distribution
    they are drawn from: its expectation does not depend on M (Ferro, 2014), but members do not matter while at most one lies
    on each side of the target. ``"almost_fair"`` for training has f = ``fairness``, 0.95 by default (Lang et al., 2024). The
    score is never negative; with one member it is the absolute error, and a fair one raises. Its parts are weighted so that
    nothing cancels, in O(M log M).

    ``members`` lie on the last axis (``axis``), one more than the target has. ``present``, a mask of their shape, leaves
    members out that are missing, whatever they hold; without it NaN makes the loss NaN. It is NaN too where no member is
    present, or a fair score has but one. Only members have a gradient: 0 where one meets the target; equal members keep their
    order. Shapes that do not fit, an ensemble without members, a fairness outside [0, 1] and one that is passed with another
    estimator raise.

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
        fairness: Parameter = 0.95,
        estimator: Literal["energy", "fair", "almost_fair"] = "energy",
        reduction: Literal["none"],
        **options: Unpack[Options],
    ) -> Floats:
        r"""Energy score of an ensemble of M vectors (Gneiting and Raftery, 2007): the CRPS of several dimensions.

        .. math:: \frac{1}{M} \sum_i \lVert x_i - y \rVert
                  - \frac{1}{2} \Bigl(1 + \frac{f}{M - 1}\Bigr) \frac{1}{M^2} \sum_{i,j} \lVert x_i - x_j \rVert

        It is :func:`lossary.crps_ensemble` in one dimension, with its ``estimator``: ``"energy"`` (the default, f = 0), ``"fair"``
        (f = 1) or ``"almost_fair"`` (f = ``fairness``, 0.95 by default). It is never negative. It tells wrong locations and scales
        well, wrong dependence of the dimensions less (see :func:`lossary.variogram_score`). Dimensions in different units want to
        be standardised first.

        ``members`` have the shape (…, M, D), the target (…, D). Only members have a gradient; a distance of 0 has slope 0, so
        members that coincide do no harm. All pairs are computed, M at a time. Shapes that do not fit, a fairness outside [0, 1]
        or passed with another estimator, and a fair score of one member raise.

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
        fairness: Parameter = 0.95,
        estimator: Literal["energy", "fair", "almost_fair"] = "energy",
        reduction: Reduced = "mean",
        **options: Unpack[Options],
    ) -> Float: ...
    @overload
    def __call__(
        self,
        members: A,
        target: A,
        *,
        fairness: Parameter = 0.95,
        estimator: Literal["energy", "fair", "almost_fair"] = "energy",
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> A: ...
    @overload
    def gradient(
        self,
        members: Plain,
        target: Plain,
        *,
        fairness: Parameter = 0.95,
        estimator: Literal["energy", "fair", "almost_fair"] = "energy",
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
        fairness: Parameter = 0.95,
        estimator: Literal["energy", "fair", "almost_fair"] = "energy",
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> A: ...
    @overload
    def value_and_gradient(
        self,
        members: Plain,
        target: Plain,
        *,
        fairness: Parameter = 0.95,
        estimator: Literal["energy", "fair", "almost_fair"] = "energy",
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
        fairness: Parameter = 0.95,
        estimator: Literal["energy", "fair", "almost_fair"] = "energy",
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
        fairness: Parameter = 0.95,
        estimator: Literal["energy", "fair", "almost_fair"] = "energy",
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> tuple[A, A]: ...
    @overload
    def curvature(
        self,
        members: Plain,
        target: Plain,
        *,
        fairness: Parameter = 0.95,
        estimator: Literal["energy", "fair", "almost_fair"] = "energy",
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> Floats: ...
    @overload
    def curvature(
        self,
        members: A,
        target: A,
        *,
        fairness: Parameter = 0.95,
        estimator: Literal["energy", "fair", "almost_fair"] = "energy",
        reduction: Reduction = "mean",
        **options: Unpack[Options],
    ) -> A: ...
    def total(
        self,
        members: Array,
        target: Array,
        *,
        fairness: Parameter = 0.95,
        estimator: Literal["energy", "fair", "almost_fair"] = "energy",
        **options: Unpack[TotalOptions],
    ) -> Total: ...

energy_score: Final[_EnergyScore]
r"""Energy score of an ensemble of M vectors (Gneiting and Raftery, 2007): the CRPS of several dimensions.

    .. math:: \frac{1}{M} \sum_i \lVert x_i - y \rVert
              - \frac{1}{2} \Bigl(1 + \frac{f}{M - 1}\Bigr) \frac{1}{M^2} \sum_{i,j} \lVert x_i - x_j \rVert

    It is :func:`lossary.crps_ensemble` in one dimension, with its ``estimator``: ``"energy"`` (the default, f = 0), ``"fair"``
    (f = 1) or ``"almost_fair"`` (f = ``fairness``, 0.95 by default). It is never negative. It tells wrong locations and scales
    well, wrong dependence of the dimensions less (see :func:`lossary.variogram_score`). Dimensions in different units want to
    be standardised first.

    ``members`` have the shape (…, M, D), the target (…, D). Only members have a gradient; a distance of 0 has slope 0, so
    members that coincide do no harm. All pairs are computed, M at a time. Shapes that do not fit, a fairness outside [0, 1]
    or passed with another estimator, and a fair score of one member raise.

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
