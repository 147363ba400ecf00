"""Experiments with losses: gradient descent with its whole path, and the cost over two parameters of a model."""

from lossary.lab.cost_grid import Chord, Landscape, landscape
from lossary.lab.gradient_descent import Descent, descent

__all__ = ["Chord", "Descent", "Landscape", "descent", "landscape"]
