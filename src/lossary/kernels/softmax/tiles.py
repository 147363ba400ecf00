"""The source of a kernel that computes 64 samples side by side, for few classes: the vector units are full.

The samples of a tile are its lanes. The tile's numbers are copied to local arrays, class by class, and a sample that counts for
nothing is replaced by zeros there, so that no lane needs a branch. The names are those of ``rows.py``; one in the plural is an
array with a number for each lane.
"""

from __future__ import annotations

from lossary.formula.languages.numba import name_in_kernel
from lossary.kernels.code import Code
from lossary.kernels.sizes import LANES, RUNNING
from lossary.kernels.softmax.checks import check_excluded, outside_domain
from lossary.kernels.softmax.options import SoftmaxOptions

_EACH_CLASS = "for j in range(classes)"
_EACH_LANE = f"for k in range({LANES})"
_EACH_SAMPLE = "for k in range(lanes)"  # the lanes in use: the last tile may have fewer samples
_IN_TILE = f"[j * {LANES} + k]"


def source(options: SoftmaxOptions) -> str:
    """Return the function ``kernel``."""
    code = _Tiles(options)
    code.kernel()
    return str(code)


class _Tiles(Code):
    """Writes a kernel for tiles, phase by phase."""

    def __init__(self, options: SoftmaxOptions) -> None:
        super().__init__()
        self.options = options

    def kernel(self) -> None:
        """Write the function ``kernel``: blocks of tiles, until none is left."""
        options = self.options
        with self.block(f"def kernel({', '.join(options.arguments())})"):
            self(f'"""Blocks of tiles, until none is left; a tile is {LANES} samples side by side, a sample a lane."""')
            self(f"tiles_an_outer = (inners + {LANES - 1}) // {LANES}", "tiles = outers * tiles_an_outer")
            self.local_arrays()
            with self.turns("block_index = take_next(counter)", "first = block_index * block", end="first >= tiles"):
                self("total, outside = 0.0, False")
                if options.double:
                    with self.block(f"for k in range({RUNNING})"):
                        self("totals[k], lost[k] = 0.0, 0.0")
                if not options.dense:
                    self("mislabelled = False")
                with self.block("for n in range(first, min(first + block, tiles))"):
                    self.tile()
                if options.double:
                    self("total = total_of(totals, lost)")
                self("sums[block_index] = total", f"flags[block_index] = {options.flag}")

    def local_arrays(self) -> None:
        """Make the arrays that the kernel has for itself."""
        options = self.options
        tile, lanes = f"tile_{options.precision}()", f"lanes_{options.precision}()"
        self(f"tile = {tile}")
        if options.dense:
            self(f"targets = {tile}")
        self(*(f"these_{name_in_kernel(name)} = {lanes}" for name, _ in options.of_samples))
        self("labels = lanes_int64()")
        self("scales = lanes_float64()")  # what a lane's sample weighs; 0 where it does not count
        if options.logits:
            self(f"tops = {lanes}")
        self(f"others = {lanes}")  # first a group's share of r, then r
        self("double_others = lanes_float64()")  # r, summed over groups of 8 classes, whose own sums may be in single precision
        if options.logits:
            self(f"ties = {lanes}")
        self(f"lane_losses = {lanes}", f"lane_slopes = {lanes}")
        if options.label_apart:
            self(f"label_zs = {lanes}", f"label_coefficients = {lanes}")
        if options.slopes and options.logits:
            self(f"factors = {lanes}")
        if options.slopes and options.smoothed and options.label_apart:
            self(f"label_slopes = {lanes}")
        if options.may_vanish:
            self(f"coefficients = {lanes}")
        if options.double:
            self("totals, lost = running(), running()")
        if options.soft and options.logits:
            self(f"log_sums = {lanes}")
            if options.slopes:
                self(f"rests = {lanes}")

    def tile(self) -> None:
        """Compute one tile."""
        options = self.options
        self.locate()
        self.count()
        self.load()
        self.clear_excluded()
        if options.dense:
            self.check_target()
        self.start_lanes()
        self.sum_exponentials()
        self.normalise()
        if options.soft:
            self.soft_terms()
            if options.label_apart:
                self.soft_term_of_label()
        else:
            self.label_term()
        if options.slopes:
            if options.soft:
                self.soft_slopes()
            else:
                self.label_slopes()
            self.store_slopes()
        self.add_losses()

    # ---- load

    def locate(self) -> None:
        """Find the tile in the arrays."""
        options = self.options
        self("outer = n // tiles_an_outer", f"inner = (n - outer * tiles_an_outer) * {LANES}")
        self(f"lanes = min({LANES}, inners - inner)")
        self("start = outer * prediction_outer + inner * prediction_inner")
        if options.slopes:
            self("slopes_start = outer * slopes_outer + inner * slopes_inner")
        if options.dense:
            self("target_start = outer * target_outer + inner * target_inner")
        self("sample = outer * inners + inner")

    def count(self) -> None:
        """Decide which samples count, and how much they weigh."""
        options = self.options
        with self.block(f"for k in range(lanes, {LANES})"):
            self("labels[k] = 0", "scales[k] = 0.0")
            self(*(f"{options.of_sample(name)} = real(0)" for name, _ in options.of_samples))
        self(f"excluded = {LANES} - lanes")
        with self.block(_EACH_SAMPLE):
            self("scale = 1.0")
            if options.masked:
                self("scale = float64(where[sample + k] != 0)")
            if not options.dense:
                self.read_label()
            options.read_of_sample(self, "sample + k", "scale != 0.0")
            if options.dense or not options.logits:
                self("checked = scale != 0.0")
            if options.class_weighted and not options.soft:
                with self.block("if scale != 0.0 and class_weight[label] == real(0)"):
                    self("scale = 0.0")
            if options.weight:
                with self.block("if scale != 0.0"):
                    self(f"scale = float64({options.read('weight', 'sample + k')})")
                    self("outside = outside or not 0.0 <= scale < inf")
            if options.dense or not options.logits:
                with self.block("if checked and scale == 0.0"):
                    prediction = options.read("prediction", "start + j * prediction_class + k * prediction_inner")
                    target = options.read("target", "target_start + j * target_class + k * target_inner")
                    check_excluded(self, options, prediction, target)
            with self.block("if scale == 0.0"):
                if not options.dense:
                    self("label = 0")
                self("excluded += 1")
            if not options.dense:
                self("labels[k] = label")
            self("scales[k] = scale")

    def read_label(self) -> None:
        """Read a label; the sample does not count if it is ignored or out of range."""
        self("label = int64(target[sample + k])")
        if self.options.ignoring:
            with self.block("if label == ignored"):
                self("scale = 0.0")
        with self.block("if scale != 0.0 and (label < 0 or label >= classes)"):
            self("mislabelled, scale = True, 0.0")

    def load(self) -> None:
        """Copy the tile, along the axis that is contiguous in memory."""
        options = self.options
        loops = (_EACH_SAMPLE, _EACH_CLASS) if options.adjacent else (_EACH_CLASS, _EACH_SAMPLE)
        if options.adjacent:
            place, target = "start + k * prediction_inner + j", "target_start + k * target_inner + j * target_class"
        else:
            place, target = (
                "start + j * prediction_class + k * prediction_inner",
                "target_start + j * target_class + k * target_inner",
            )
        with self.block(loops[0]), self.block(loops[1]):
            self(f"tile{_IN_TILE} = {options.read('prediction', place)}")
            if options.dense:
                self(f"targets{_IN_TILE} = {options.read('target', target)}")

    def clear_excluded(self) -> None:
        """Replace the numbers of samples that do not count by zeros, which do no harm."""
        excluded = self.block("if scales[k] == 0.0")
        with self.block("if excluded > 0"), self.block(_EACH_LANE), excluded, self.block(_EACH_CLASS):
            self(f"tile{_IN_TILE} = real(0)")
            if self.options.dense:
                self(f"targets{_IN_TILE} = real(0)")

    def check_target(self) -> None:
        """Check a soft target, and smooth it."""
        with self.block(_EACH_LANE):
            self("others[k] = real(0)")
        with self.block(_EACH_CLASS), self.block(_EACH_LANE):
            self(f"t = targets{_IN_TILE}", "outside = outside | (t < real(0)) | (t > real(1))", "others[k] += t")
            if self.options.smoothed:
                self(f"targets{_IN_TILE} = t * real(kept) + real(floor)")
        with self.block(_EACH_SAMPLE):
            self("outside = outside | ((scales[k] != 0.0) & (not abs(float64(others[k]) - 1.0) <= tolerance))")

    def start_lanes(self) -> None:
        """Set up the sums of each lane, and find the largest logits."""
        options = self.options
        with self.block(_EACH_LANE):
            if options.logits:
                self("tops[k] = real(-inf)")
            self("double_others[k] = 0.0")
            if options.logits:
                self("ties[k] = real(-1)")
            if options.label_apart:
                self(f"label_zs[k] = tile[labels[k] * {LANES} + k]")
                self(f"label_coefficients[k] = {'real(kept)' if options.soft else 'real(scales[k])'}")
                if options.class_weighted:
                    self("label_coefficients[k] *= class_weight[labels[k]]")
        if options.logits:
            with self.block(_EACH_CLASS), self.block(_EACH_LANE):
                self(f"tops[k] = larger(tops[k], tile{_IN_TILE})")

    # ---- normalise

    def sum_exponentials(self) -> None:
        """Sum e^(z - top) over the classes below the top, and count those at the top; or sum given probabilities."""
        options = self.options
        with self.block("for group in range(0, classes, 8)"):
            with self.block(_EACH_LANE):
                self("others[k] = real(0)")
            with self.block("for j in range(group, min(group + 8, classes))"), self.block(_EACH_LANE):
                self(f"z = tile{_IN_TILE}")
                if options.logits:
                    self(f"e = exp_below_{options.precision}(z - tops[k])")  # any number where both are infinite
                    self("others[k] += select(z == tops[k], real(0), e)", "ties[k] += select(z == tops[k], real(1), real(0))")
                    if options.slopes and not options.soft:
                        self(f"tile{_IN_TILE} = select(z == tops[k], real(1), e)")
                else:
                    self(f"others[k] += {f'exp_{options.precision}(z)' if options.logs else 'z'}")
                    self("counts = scales[k] != 0.0")
                    self(f"outside = outside | (counts & ({outside_domain(options, 'z')}))")
            with self.block(_EACH_LANE):
                self("double_others[k] += float64(others[k])")

    def normalise(self) -> None:
        """Complete ``others``, and compute what depends on it alone."""
        options = self.options
        with self.block(_EACH_LANE):
            self("others[k] = real(double_others[k])")
            if options.logits:
                self("others[k] += ties[k]")
                # one logit of +∞ has all the probability; beside NaN, two or none, e is any number
                self("alone = (tops[k] == real(inf)) & (others[k] == real(0))")
                self("others[k] = select((tops[k] - tops[k] == real(0)) | alone, others[k], real(nan))")
        if not options.logits:
            with self.block(_EACH_LANE):
                self("outside = outside | ((scales[k] != 0.0) & (not abs(float64(others[k]) - 1.0) <= tolerance))")
        if options.soft and options.logits:
            with self.block(_EACH_LANE):
                self("whole = real(1) + others[k]", f"log_sums[k] = log1p_{options.precision}(others[k])")
                if options.slopes:
                    self("factors[k] = real(1) / whole", "rests[k] = others[k] / whole")

    # ---- the label's class alone has a coefficient

    def label_term(self) -> None:
        """Compute the loss of the label's class, its slope, and the factor of the other classes' slopes."""
        options = self.options
        with self.block(_EACH_LANE):
            if options.logits:
                self(f"label_depth = from_top_{options.precision}(label_zs[k], tops[k])")
                self(f"argument = label_depth - log1p_{options.precision}(others[k])")
            else:
                self("argument = label_zs[k]")
            self(f"loss, slope = term(argument, label_coefficients[k]{options.real_numbers})", "lane_losses[k] = loss")
            if options.slopes and options.logits:
                self("whole = real(1) + others[k]")
                rest = f"select(label_depth == real(0), others[k], whole - exp_{options.precision}(label_depth)) / whole"
                self(f"rest = {rest}", "factors[k] = real(0) - real(share) * slope / whole")
                self("lane_slopes[k] = real(share) * slope * rest")
            elif options.slopes:
                self("lane_slopes[k] = real(share) * slope")

    def label_slopes(self) -> None:
        """Replace the exponentials by the slopes."""
        with self.block(_EACH_CLASS), self.block(_EACH_LANE):
            self(f"tile{_IN_TILE} {'*= factors[k]' if self.options.logits else '= real(0)'}")
        with self.block(_EACH_LANE):
            self(f"tile[labels[k] * {LANES} + k] = lane_slopes[k]")

    # ---- every class has a coefficient

    def coefficient(self) -> None:
        """Compute target and coefficient of class j; a label's own part is added apart unless the formula takes the target."""
        options = self.options
        if options.dense:
            self(f"t = targets{_IN_TILE}")
        elif options.takes_target:
            self("t = select(labels[k] == j, real(kept) + real(floor), real(floor))")
        else:
            self("t = real(floor)")
        if options.class_weighted:
            self("c = class_weight[j]" if options.takes_target else "c = t * class_weight[j]")
        else:
            self("c = real(1)" if options.takes_target else "c = t")

    def soft_terms(self) -> None:
        """Sum the terms, the slopes and the coefficients of all classes."""
        options = self.options
        with self.block(_EACH_LANE):
            self("lane_losses[k] = real(0)")
            if options.may_vanish:
                self(f"coefficients[k] = {'real(0)' if options.dense else 'label_coefficients[k]'}")
            self("lane_slopes[k] = real(0)")
        with self.block(_EACH_CLASS), self.block(_EACH_LANE):
            self.coefficient()
            self(f"argument = tile{_IN_TILE}")
            if options.logits:
                self(f"argument = from_top_{options.precision}(argument, tops[k]) - log_sums[k]")
            self(f"loss, slope = {options.term('argument', 'c', 't')}")
            if options.may_vanish:
                self("coefficients[k] += c")
            self("lane_losses[k] += loss", "lane_slopes[k] += slope")

    def soft_term_of_label(self) -> None:
        """Add the part of a smoothed target that the label has for itself."""
        options = self.options
        with self.block(_EACH_LANE):
            self("argument = label_zs[k]")
            if options.logits:
                self(f"argument = from_top_{options.precision}(argument, tops[k]) - log_sums[k]")
            self(f"loss, slope = term(argument, label_coefficients[k]{options.real_numbers})")
            self("lane_losses[k] += loss", "lane_slopes[k] += slope")
            if options.slopes:
                self("label_slopes[k] = slope")

    def soft_slopes(self) -> None:
        """Replace the numbers by the slopes: cₖf′ₖ·(1 - pₖ) - pₖ·Σ cⱼf′ⱼ over the other classes j, for class k."""
        options = self.options
        with self.block(_EACH_CLASS), self.block(_EACH_LANE):
            self(f"z = tile{_IN_TILE}")
            self.coefficient()
            self("argument = z")
            if options.logits:
                self(f"argument = from_top_{options.precision}(z, tops[k]) - log_sums[k]")
            self(f"slope = {options.term('argument', 'c', 't')}[1]")
            if options.label_apart:
                self("slope += select(labels[k] == j, label_slopes[k], real(0))")
            if options.logits:
                self(f"p = select(z == tops[k], real(1), exp_below_{options.precision}(z - tops[k])) * factors[k]")
                self("rest = select(z == tops[k], rests[k], real(1) - p)")
                self("g = slope * rest - p * (lane_slopes[k] - slope)")
            else:
                self("g = slope")
            self.counted()
            self(f"tile{_IN_TILE} = select(counts, real(share * scales[k]) * g, real(0))")

    # ---- store

    def counted(self) -> None:
        """Decide whether the lane's sample has any loss; if all its coefficients are 0 it has none, whatever it holds."""
        self("counts = scales[k] != 0.0")
        if self.options.may_vanish:
            self("counts = counts & (coefficients[k] != real(0))")

    def store_slopes(self) -> None:
        """Copy the slopes to their array, along the axis that is contiguous in memory."""
        slope = self.options.stored_slope(f"tile{_IN_TILE}")
        if self.options.adjacent:
            with self.block(_EACH_SAMPLE), self.block(_EACH_CLASS):
                self(f"slopes[slopes_start + k * slopes_inner + j] = {slope}")
        else:
            with self.block(_EACH_CLASS), self.block(_EACH_SAMPLE):
                self(f"slopes[slopes_start + j * slopes_class + k * slopes_inner] = {slope}")

    def add_losses(self) -> None:
        """Store the losses and add them to the sum of the block."""
        options = self.options
        with self.block(_EACH_LANE):
            self("loss = float64(lane_losses[k])")
            if options.soft:
                self("loss *= scales[k]")
            self.counted()
            self("loss = select(counts, loss, 0.0) + 0.0")
            if options.stores_losses or options.double:
                self("lane_losses[k] = real(loss)")
            if not options.double:
                self("total += float64(real(loss))")  # float64 has digits enough for float32
        if options.stores_losses:
            with self.block(_EACH_SAMPLE):
                self(f"losses[sample + k] = {options.stored_loss('lane_losses[k]')}")
        if options.double:
            self("add_lanes(lane_losses, totals, lost)")
