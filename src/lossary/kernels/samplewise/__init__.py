"""Kernels for losses of sums over the components of a sample: sums in one pass or a few, then the loss, then slopes in a pass.

Samples of few components are computed side by side (``few.py``), longer ones one after another, the second pass finding the
numbers in the cache (``whole.py``); threads take groups of samples. A few samples of many components are cut into blocks, which
threads take; between two passes, the sums of the blocks are joined in their order (``blocks.py``). So results do not depend on
the number of threads. ``kernel.py`` chooses.
"""
