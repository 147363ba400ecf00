"""Kernels of losses over classes: the value and the gradient of each sample, and the sum of the losses."""
