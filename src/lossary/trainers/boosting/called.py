"""An objective that someone wrote for an engine, called as the engine calls it."""

from __future__ import annotations

import inspect
import traceback
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np

Engine = Literal["lightgbm", "xgboost"]
_TARGETS = ("y_true", "y", "target", "targets", "label", "labels", "true")
"""Names of a first parameter that is the targets: the convention of the estimators."""
_WEIGHTS = ("sample_weight", "sample_weights", "weight", "weights", "w", "sw")
_FLAT: dict[Engine, Literal["C", "F"]] = {"lightgbm": "F", "xgboost": "C"}
"""How an engine reads flat arrays of several scores: LightGBM class after class, XGBoost row after row."""
_REMEDY = "make it run on the engine's own data"


class Remark(NamedTuple):
    """One thing that was looked at."""

    name: str
    wrong: bool
    found: str
    remedy: str | None = None


class UnusableError(Exception):
    """The objective gives nothing that can be judged further."""

    def __init__(self, remark: Remark) -> None:
        super().__init__(remark.found)
        self.remark = remark


class Called:
    """An objective of the native interface, ``f(scores, dataset)``, or of the estimators, ``f(y_true, y_pred)``."""

    def __init__(self, objective: Callable[..., Any], engine: Engine) -> None:
        self.objective, self.engine = objective, engine
        try:
            parameters = list(inspect.signature(objective).parameters.values())
        except (TypeError, ValueError):  # a function of C
            parameters = []
        self.names = [p.name for p in parameters]
        self._positional = [p for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
        required = [p for p in self._positional if p.default is p.empty]
        self.third = self._positional[2].name if len(self._positional) > 2 else None
        self.by_arrays = self.names[:1] != [] and (
            self.names[0] in _TARGETS or len(required) > 2 or (self.third or "").lower() in _WEIGHTS
        )
        self.flat = False
        """Whether it returned flat arrays of several scores."""
        self.needs_weight = False
        """Whether it fails without weights, so that it is called with weights of 1."""

    @property
    def takes_weight(self) -> bool:
        """Whether it takes weights as an argument."""
        if not self.by_arrays or "sample_weight" in self.names:
            return self.by_arrays
        return self.third is not None and (self.engine == "lightgbm" or self._third_is_weight())

    @property
    def weight_name(self) -> str | None:
        """The parameter that estimators pass weights to."""
        return "sample_weight" if "sample_weight" in self.names else self.third

    def interface(self, scores: np.ndarray, target: np.ndarray) -> Remark:
        """Return which interface it is of; raise UnusableError if it is of none."""
        arguments = self._arrays(scores, target)
        table, ones = (_table(self.engine, arguments[1], x) for x in (None, _equal(target)))
        self.needs_weight = (
            self._error(arguments[0], table, of=self._called) is not None
            and self._error(arguments[0], ones, of=self._called) is None
        )
        if not (self.by_arrays or self.needs_weight) and (error := self._error(arguments[0], table)) is not None:
            self._find_other(error, *arguments, table)
        if not self.by_arrays:
            return Remark("interface", False, f"native: f(scores, {'Dataset' if self.engine == 'lightgbm' else 'DMatrix'})")
        names, weight = ", ".join(self.names), "weight" if self.engine == "lightgbm" else "sample_weight=None"
        remedy = f"take (y_true, y_pred) or (y_true, y_pred, {weight})"
        found = None
        if self.engine == "lightgbm" and len(self.names) not in (2, 3, 4):
            found = f"LightGBM's estimators count the parameters of a function and know 2, 3 or 4; this has {len(self.names)}"
        elif self.engine == "lightgbm" and self.third is not None and not self._third_is_weight():
            found = f"LightGBM's estimators pass weights as the third argument, which is {self.third} here"
        elif self.engine == "xgboost" and self.third is not None:
            third = self._positional[2]
            if third.name != "sample_weight" and (third.default is third.empty or self._third_is_weight()):
                found = f"XGBoost's estimators pass weights by the name sample_weight; this has ({names})"
            elif third.name == "sample_weight" and third.default is third.empty:
                found = "XGBoost's estimators leave sample_weight out where there are no weights, and it has no default"
        if found is not None:
            return Remark("interface", True, found, remedy)
        return Remark("interface", False, f"that of the estimators: f({names})")

    def _third_is_weight(self) -> bool:
        return self._positional[2].default is inspect.Parameter.empty or str(self.third).lower() in _WEIGHTS

    def _find_other(self, error: BaseException, scores: np.ndarray, labels: np.ndarray, table: Any) -> None:
        """Take it for one of the estimators if it runs so; else raise UnusableError, and say what order it has."""
        second = self.names[1] if len(self.names) > 1 else ""
        if self._error(labels, scores) is None:
            self.by_arrays = True
            if second in _TARGETS:
                found = f"it takes ({', '.join(self.names)}), and estimators pass the targets first"
                raise UnusableError(Remark("interface", True, found, "take (y_true, y_pred)"))
            return
        if self._error(table, scores) is None:
            found = "it takes (data, scores), and training passes the scores first"
            raise UnusableError(Remark("interface", True, found, "take (scores, data)"))
        raise UnusableError(Remark("result", True, _raised(error), _REMEDY))

    def _error(self, *arguments: Any, of: Callable[..., Any] | None = None) -> BaseException | None:
        with _quietly():
            try:
                (of or self.objective)(*(x.copy() if isinstance(x, np.ndarray) else x for x in arguments))
            except (Exception, SystemExit) as error:
                return error
        return None

    def _arrays(self, scores: np.ndarray, target: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        scores = np.array(scores, np.float64 if self.engine == "lightgbm" else np.float32)
        if self.engine == "lightgbm" and scores.ndim == 2:
            scores = np.asfortranarray(scores)
        return scores, np.array(target, np.float32)

    def __call__(self, scores: np.ndarray, target: np.ndarray, weight: np.ndarray | None = None) -> tuple[Any, Any]:
        """Return slopes and curvatures as float64 arrays of the shape of the scores, or raise UnusableError."""
        scores, labels = self._arrays(scores, target)
        table = _table(self.engine, labels, _equal(target) if weight is None and self.needs_weight else weight)
        with _quietly():
            try:
                found = self._called(scores.copy(order="K"), table)
            except (Exception, SystemExit) as error:
                raise UnusableError(Remark("result", True, _raised(error), _REMEDY)) from error
        for name, before, now in (("labels", labels, table.get_label()), ("weights", weight, table.get_weight())):
            if before is not None and not np.array_equal(before, now):
                found_is = f"it changes the {name} that it is given, which the engine keeps for all rounds"
                raise UnusableError(Remark("data", True, found_is, f"work on a copy: {name}.copy()"))
        return self._read(found, scores)

    def _called(self, scores: Any, table: Any) -> Any:
        """Return what the objective does, of the scores and data that an engine has."""
        if not self.by_arrays:
            return self.objective(scores, table)
        labels, weight = table.get_label(), table.get_weight()
        weight = None if weight is None or not len(weight) else weight
        if self.engine == "xgboost" and "sample_weight" in self.names:
            return self.objective(labels, scores, **({} if weight is None else {"sample_weight": weight}))
        return self.objective(labels, scores, *(weight, None)[: len(self._positional) - 2 if self.takes_weight else 0])

    def _read(self, found: Any, scores: np.ndarray) -> tuple[Any, Any]:
        if not isinstance(found, tuple | list) or len(found) != 2:
            what = f"{type(found).__name__} of {len(found)}" if hasattr(found, "__len__") else type(found).__name__
            found_is = f"it returns {what}, and the engine takes two arrays"
            raise UnusableError(Remark("result", True, found_is, "return (gradient, curvature)"))
        arrays = []
        for name, given in zip(("gradient", "curvature"), found, strict=True):
            try:
                is_complex = np.iscomplexobj(given)
                x = np.array(given if not is_complex else np.real(given), np.float64)
            except Exception as error:  # of another library's array
                found_is = f"the {name} is no array of numbers but {type(given).__name__}"
                raise UnusableError(Remark("result", True, found_is, "return two NumPy arrays")) from error
            if is_complex:
                found_is = f"the {name} holds complex numbers"
                raise UnusableError(Remark("result", True, found_is, "return two NumPy arrays of real numbers"))
            if x.shape == (*scores.shape, 1):
                x = x[..., 0]
            elif scores.ndim == 2 and x.shape == (scores.size,):
                self.flat, x = True, x.reshape(scores.shape, order=_FLAT[self.engine])
            if x.shape != scores.shape:
                shapes = f"{x.shape or 'a single number'}, and the scores are of {scores.shape}"
                remedy = "return arrays of shape (samples, classes)" if scores.ndim == 2 else "return one value a sample"
                found_is = f"the {name} is of shape {shapes}"
                raise UnusableError(Remark("result", True, found_is, remedy))
            if not np.isfinite(x).all():
                share, span = 1 - np.isfinite(x).mean(), f"{scores.min():.1f} to {scores.max():.1f}"
                found_is = f"the {name} is infinite or NaN in {share:.0%} of the rows, at scores from {span}"
                raise UnusableError(Remark("result", True, found_is, "apply the link first (exp, sigmoid), without overflow"))
            arrays.append(x)
        return arrays[0], arrays[1]

    def refusal(self, target: np.ndarray, classes: int) -> str | None:
        """Return why the engine refuses what the objective returns, by one round of training, or None if it takes it."""
        labels = np.asarray(target, np.float32)
        table = _table(self.engine, labels, _equal(target) if self.needs_weight else None)
        own: dict[str, Any] = {"num_class": classes} if classes > 1 else {}
        with _quietly():
            try:
                if self.engine == "lightgbm":
                    import lightgbm

                    lightgbm.train(
                        {**own, "verbosity": -1, "num_threads": 1, "objective": self._called, "metric": "None"}, table, 1
                    )
                else:
                    import xgboost

                    with xgboost.config_context(verbosity=0):
                        xgboost.train(
                            {**own, "nthread": 1, "base_score": 0.0, "disable_default_eval_metric": True},
                            table,
                            1,
                            obj=self._called,
                        )
            except Exception as error:
                return f"the engine refuses it: {type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}"
        return None


def _raised(error: BaseException) -> str:
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename != __file__]
    own = [frame for frame in frames if frame.filename == frames[0].filename]  # and not those of libraries that it calls
    where = f", in line {own[-1].lineno} of {Path(own[-1].filename).name}" if own else ""
    return f"calling it raises {type(error).__name__}: {str(error).strip()}{where}"


@contextmanager
def _quietly() -> Iterator[None]:
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        yield


def _equal(target: np.ndarray) -> np.ndarray:
    """Return weights that are 1 but for the last bit, since LightGBM takes weights of 1 for none."""
    return np.full(len(target), np.nextafter(np.float32(1), np.float32(2)))


def _table(engine: Engine, labels: np.ndarray, weight: np.ndarray | None) -> Any:
    features = np.arange(float(len(labels)))[:, None]
    if engine == "lightgbm":
        from lightgbm import Dataset

        own = None if weight is None else weight.copy()
        data: Any = Dataset(features, labels.copy(), weight=own, free_raw_data=False, params={"verbosity": -1})
        return data.construct()
    from xgboost import DMatrix

    return DMatrix(features, labels, weight=weight)
