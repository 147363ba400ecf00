"""Any loss as a ``Loss`` of Keras 3, on its backends of torch and JAX."""

from __future__ import annotations

import math
import sys
from typing import TYPE_CHECKING, Any, Self

import numpy as np

try:
    import keras
    from keras import ops
except ModuleNotFoundError as error:  # of Keras, or of its backend, which is TensorFlow unless the user says otherwise
    raise ModuleNotFoundError(
        f"lossary.trainers.keras takes Keras 3 on torch or JAX, and {error.name} is not installed: pip install keras torch, "
        "and set the environment variable KERAS_BACKEND to torch or jax before keras is imported",
        name=error.name,
    ) from None
try:
    from keras.src.backend import set_keras_mask  # it has no public name
except ImportError:
    raise ImportError(f"lossary.trainers.keras takes Keras 3.6 or newer; got {keras.__version__}; update it") from None

from lossary._version import __version__
from lossary.losses.find import registry
from lossary.names import like_a_loss
from lossary.trainers.targets import refuse_other_inputs, target_of

if TYPE_CHECKING:
    from lossary.engine.calls import Loss as AnyLoss

__all__ = ["Loss"]

_SET_HERE = ("normalizer", "axis", "where", "weight", "returns", "empty")
"""Options of a loss that its place in Keras decides."""
_MOST_CLASSES = {"bfloat16": 1 << 8, "float16": 1 << 11, "float32": 1 << 24}
"""Whole numbers up to this are floats of a dtype, as which Keras hands labels over."""


@keras.saving.register_keras_serializable(package="lossary")
class Loss(keras.losses.Loss):
    r"""A loss of a prediction and a target for ``model.compile(loss=…)``: on one sample, Keras's own way to a cost on many.

    ``call`` returns one value a sample: of a pointwise loss the mean over the last axis, :math:`\frac{1}{M} \sum_m \ell_m`, as
    Keras's own do, where there is more than one axis; of a loss of classes or regions that of each row. Keras multiplies by
    ``sample_weight`` and divides by the number of values N; ``reduction="mean_with_sample_weight"`` divides by the sum of
    the weights. Keras turns targets into floats: whole ones are read as class indexes where the loss takes these.

    ``parameters`` are the loss's own, as :func:`lossary.huber`'s ``delta``. A loss that takes raw scores or probabilities takes
    raw scores here too, so the last layer has no softmax or sigmoid; else pass ``given="probabilities"``. A model is saved
    with its loss by name and parameters; one of your own is found in its module, which must be imported before the model is
    loaded.

    Raises ValueError on another backend of Keras and for labels that are no whole numbers (on JAX, which cannot raise within
    compiled code, such a sample's loss is NaN), TypeError for a loss of other inputs and for unknown parameters, and what the
    loss raises.

    >>> import lossary, numpy as np
    >>> from lossary.trainers.keras import Loss
    >>> float(Loss(lossary.huber, delta=2.0)(np.array([[0.0]]), np.array([[3.0]])))
    4.0
    """

    def __init__(
        self,
        loss: AnyLoss,
        *,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = None,
        dtype: Any = None,
        **parameters: Any,
    ) -> None:
        if keras.backend.backend() not in ("torch", "jax"):
            raise ValueError(
                f"losses run on Keras's backends torch and jax; got {keras.backend.backend()!r}; set the environment variable "
                "KERAS_BACKEND before keras is imported"
            )
        of: Any = loss
        refuse_other_inputs(of, "Keras")
        for option in _SET_HERE:
            if option in parameters:
                weight = "; weights of samples go to fit, as sample_weight=" if option == "weight" else ""
                raise TypeError(f"{option}= is decided by Keras; leave it out{weight}")
        super().__init__(name=name or of.__name__, reduction=reduction, dtype=dtype)
        self.loss, self.parameters = loss, parameters
        self._of, self._options = of.choose({key: _array(x) for key, x in parameters.items()})
        self._of.read_options({**self._options, "reduction": "none"})
        self._target = target_of(self._of)

    def __repr__(self) -> str:
        parameters = "".join(f", {name}={x!r}" for name, x in self.parameters.items())
        return f"Loss({self.loss.__name__}, reduction={self.reduction!r}{parameters})"

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Return one value a sample."""
        loss, y_true, y_pred = self._of, ops.convert_to_tensor(y_true), ops.convert_to_tensor(y_pred)
        if loss.kind == "pointwise" and tuple(y_pred.shape) == (*y_true.shape, 1):
            y_pred = ops.squeeze(y_pred, -1)
        labels = self._target.by_class and tuple(y_true.shape) != tuple(y_pred.shape)
        # Keras's users pass columns: (N, 1) stands for (N,)
        fewer = 1 if labels else self._target.fewer
        if len(y_true.shape) == len(y_pred.shape) - fewer + 1 and y_true.shape[-1] == 1:
            y_true = ops.squeeze(y_true, -1)
        if labels or self._target.whole:
            y_true = self._indexes(y_true, y_pred.shape[-1] if labels else None)
        # on torch, weights of classes go where the model is, or where Keras tries it
        options = {name: x.to(y_pred.device) if hasattr(x, "to") else x for name, x in self._options.items()}
        found = loss(y_pred, y_true, **options, reduction="none")
        if labels and (ignored := self._options.get("ignore_index")) is not None:
            set_keras_mask(found, ops.not_equal(y_true, ignored))  # so that Keras leaves these out of its divisor
        return ops.mean(found, axis=-1) if loss.kind == "pointwise" and found.ndim > 1 else found

    def _indexes(self, labels: Any, classes: int | None) -> Any:
        """Return labels as class indexes; those that are no whole numbers are out of range."""
        name = self.loss.__name__
        dtype = keras.backend.standardize_dtype(labels.dtype)
        most = _MOST_CLASSES.get(dtype, math.inf)
        if classes is not None and classes > most:
            raise ValueError(
                f"Keras hands labels over as {dtype}, which tells {most} classes apart; got {classes}; make the loss with "
                'dtype="float32" or "float64"'
            )
        whole = ops.equal(labels, ops.round(labels))
        # Keras tries a loss on torch's device "meta", without values; where that fails, on ones, which may be no valid labels
        if keras.backend.backend() == "torch" and labels.device.type != "meta" and not bool(whole.all()):
            upto = "" if classes is None else f", from 0 to {classes - 1}"
            raise ValueError(f"{name}: labels are whole numbers{upto}; got fractions or NaN")
        return ops.cast(ops.where(whole, labels, -(1 << 30)), "int32")

    def get_config(self) -> dict[str, Any]:
        """Return what the loss is made of: its name, its parameters, and Keras's own options."""
        name = self.loss.__name__
        if registry.get(name) is not self.loss:
            if getattr(sys.modules.get(self.loss.__module__), name, None) is not self.loss:
                raise ValueError(
                    f"a loss is saved by its name in a module; {name} has none there; give it one, or save the weights alone"
                )
            name = f"{self.loss.__module__}:{name}"
        parameters = {key: np.asarray(x).tolist() if hasattr(x, "shape") else x for key, x in self.parameters.items()}
        return {**super().get_config(), "loss": name, "dtype": self.dtype, **parameters}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        """Return the loss of a configuration; a loss of your own is one of a module that is imported already."""
        return cls(**{**config, "loss": _find(config["loss"])})


def _find(name: str) -> Any:
    """Return a loss by its name, or as ``module:name`` where the module is imported: nothing is run by loading a file."""
    module, colon, attribute = name.partition(":")
    if not colon:
        if name not in registry:
            raise ValueError(
                f"lossary {__version__} has no loss {name!r}{like_a_loss(name, registry)}; update it to the version that "
                "saved the model"
            )
        return registry[name]
    if not hasattr(sys.modules.get(module), attribute):
        raise ValueError(f"the loss {attribute!r} is one of the module {module!r}, which is not imported; import it first")
    return getattr(sys.modules[module], attribute)


def _array(value: Any) -> Any:
    """Return a parameter as the loss takes it: lists, as configurations have them, are arrays."""
    return keras.ops.convert_to_tensor(value) if isinstance(value, (list, tuple, np.ndarray)) else value
