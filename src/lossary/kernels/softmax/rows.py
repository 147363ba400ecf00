"""The source of a kernel that computes one sample after another: for many classes, and for the options that need rows.

With m the largest logit and r = Σ e^(zₖ - m) over the classes below m (plus 1 for each tie but one), log pₖ = zₖ - m -
log1p(r), and 1 - p = r/(1 + r) for the largest: no digit of a confident sample is lost. r is summed in blocks of 256 numbers,
and these in float64: the relative error stays below 1e-6 for any number of float32 terms.

Names in the source: ``z`` is a number of the prediction, ``top`` = m, ``others`` = r, ``depth`` = z - m, ``e`` = e^(z - m),
``t`` a target, ``c`` the coefficient of a term, ``argument`` what the formula is evaluated at (log p, or the given prediction),
``g`` a slope by z. The slope of the label's class is computed once more, in float64. Names with ``own_`` are the loss's own
parameters.
"""

from __future__ import annotations

from lossary.kernels.softmax.options import SoftmaxOptions
from lossary.kernels.softmax.row_code import EACH_CHUNK, EACH_CLASS, EACH_IN_CHUNK, RowCode


def source(options: SoftmaxOptions) -> str:
    """Return the function ``kernel``."""
    code = _RowKernelWriter(options)
    code.kernel()
    return str(code)


class _RowKernelWriter(RowCode):
    """Writes a kernel for rows, phase by phase."""

    def kernel(self) -> None:
        """Write the function ``kernel``: blocks of samples, until none is left."""
        options = self.options
        with self.block(f"def kernel({', '.join(options.arguments())})"):
            self('"""Blocks of samples, until none is left; each sample\'s classes are one row."""')
            self(
                "samples = outers * inners",
                "row_start = 2 * classes * take_next(workers)",
                "exponentials_start = row_start + classes",
            )
            with self.turns("block_index = take_next(counter)", "first = block_index * block", end="first >= samples"):
                self("total, outside = 0.0, False")
                if options.double:
                    self("lost = 0.0")
                if not options.dense:
                    self("mislabelled = False")
                with self.block("for i in range(first, min(first + block, samples))"):
                    self.sample()
                if options.double:
                    self("total = joined(total, lost)")
                self("sums[block_index] = total", f"flags[block_index] = {options.flag}")

    def sample(self) -> None:
        """Compute one sample."""
        options = self.options
        self.locate()
        self.count()
        self.skip_excluded()
        self.load()
        if options.logits:
            self.find_top()
        if options.label_apart:
            self.keep_label()
        if "accuracy" in options.returns:
            self.compare_with_target()
        if options.logits:
            self.sum_exponentials()
            self.restore_lost_digits()
            self.normalise()
        else:
            self.sum_probabilities()
        if options.soft:
            self.soft_terms()
            self.skip_vanished()
            self.soft_loss()
            self.soft_slopes()
        else:
            self.label_term()
        self.add_loss()

    # ---- the label's class alone has a coefficient

    def label_term(self) -> None:
        """Compute the loss of the label's class and the slopes of all classes."""
        options = self.options
        self(f"loss, slope = {self.exact_term}(argument, label_weight * weight_i{options.double_numbers})")
        if options.slopes and options.z_lossed:  # the derivative of αw(log Z)² by log Z
            self("normalizer_slope = 2.0 * z_loss * log_normalizer * label_weight * weight_i")
        if options.slopes and options.logits:
            weighted = "share * (normalizer_slope - slope)" if options.z_lossed else "-share * slope"
            self(f"factor = real({weighted} / (1.0 + others))")
        if options.z_lossed:
            self("loss += z_loss * log_normalizer * log_normalizer * label_weight * weight_i")
        if options.slopes and options.logits:
            self.slopes_from_exponentials()
            self.slope_of_label()
        elif options.slopes:
            with self.block(EACH_CLASS):
                self.store_slope("j", "real(0)")
            self.store_slope("label", "real(share * slope)")

    def slopes_from_exponentials(self) -> None:
        """Store -p·f′ for every class; the label's is overwritten afterwards."""
        with self.block(EACH_CLASS):
            product = f"{self.e('j')} * factor"
            if self.options.z_lossed:  # 0·∞ = 0, for log Z may be infinite
                product = f"select(({self.e('j')} == real(0)) & (factor == factor), real(0), {product})"
            self(f"g = {product}")
            if self.options.shape:
                self(f"g *= {self.shape('j')}[1]")
            self.store_slope("j", "g")

    def slope_of_label(self) -> None:
        """Store (1 - p)·f′ for the label."""
        options = self.options
        self("rest = (others if label_depth == 0.0 else 1.0 + others - e_label) / (1.0 + others)")
        self("g_label = share * slope * rest")
        if options.z_lossed:
            self("g_label += share * xmuly_float64(e_label / (1.0 + others), normalizer_slope)")
        if options.shape:
            self("g_label *= float64(chain_label)")
        self.store_slope("label", "real(g_label)")

    # ---- every class has a coefficient

    def read_target(self) -> None:
        """Read the target of class j; a label's own part is added apart unless the formula takes the target."""
        options = self.options
        if options.dense:
            self(f"t = {self.target()}")
        elif options.takes_target:
            self("t = select(j == label, real(kept) + real(floor), real(floor))")
        else:
            self("t = real(floor)")

    def coefficient(self) -> None:
        """Smooth the target of class j, and compute the coefficient of its term."""
        options = self.options
        if options.dense and options.smoothed:
            self("t = t * real(kept) + real(floor)")
        if options.class_weighted:
            self("c = class_weight[j]" if options.takes_target else "c = t * class_weight[j]")
        else:
            self("c = real(1)" if options.takes_target else "c = t")

    def soft_terms(self) -> None:
        """Sum the terms, the slopes and the coefficients of all classes, and check the target."""
        options = self.options
        sums_class_mass = options.dense and options.class_weighted and options.z_lossed
        sums_coefficients = options.class_weighted and options.may_vanish
        self("loss, slope_sum, target_mass = 0.0, 0.0, 0.0")
        if sums_coefficients:
            self("coefficients = 0.0")
        if sums_class_mass:
            self("class_mass = 0.0")
        if options.logits:
            self("real_log_sum = real(log_sum)")
        with self.block(EACH_CHUNK):
            self("part, slope_part, target_part = real(0), real(0), real(0)")
            if sums_class_mass:
                self("class_part = real(0)")
            if sums_coefficients:
                self("coefficient_part = real(0)")
            with self.block(EACH_IN_CHUNK):
                self.read_target()
                if options.dense:
                    self("outside = outside | (t < real(0)) | (t > real(1))", "target_part += t")
                if sums_class_mass:
                    self("class_part += t * class_weight[j]")
                self.coefficient()
                if sums_coefficients:
                    self("coefficient_part += c")
                self.soft_term()
            self("loss += float64(part)", "slope_sum += float64(slope_part)")
            if options.dense:
                self("target_mass += float64(target_part)")
            if sums_class_mass:
                self("class_mass += float64(class_part)")
            if sums_coefficients:
                self("coefficients += float64(coefficient_part)")

    def soft_term(self) -> None:
        """Add the term of class j, and store its slope if probabilities are given."""
        options = self.options
        if options.logits:
            self(f"argument_j = from_top_{options.precision}({self.z('j')}, top) - real_log_sum")
        else:
            self(f"argument_j = {self.z('j')}")
        self(f"loss_j, slope_j = {options.term('argument_j', 'c', 't')}", "part += loss_j", "slope_part += slope_j")
        if options.slopes and not options.logits:
            self.store_slope("j", "real(share * weight_i) * slope_j")

    def skip_vanished(self) -> None:
        """Store zeros for a sample whose coefficients are all 0: it is 0 whatever it holds."""
        options = self.options
        if options.dense:
            self("outside = outside | (not abs(target_mass - 1.0) <= tolerance)")
        if options.class_weighted and options.label_apart:
            self("coefficients += kept * label_weight")
        if options.may_vanish and not options.class_weighted:
            self("coefficients = target_mass")
        if options.may_vanish:
            with self.block("if coefficients == 0.0"):
                self.store_zeros()

    def soft_loss(self) -> None:
        """Complete the loss: the label's own term, the z-loss and the sample weight."""
        options = self.options
        if options.label_apart:
            self(f"label_loss, label_slope = {self.exact_term}(argument, kept * label_weight{options.double_numbers})")
            self("loss += label_loss")
        if options.z_lossed:  # what the sample weighs, but for weight_i
            weighs = "label_weight" if not options.dense else "class_mass" if options.class_weighted else "1.0"
            self(f"sample_weight = {weighs}", "loss += xmuly_float64(sample_weight, z_loss * log_normalizer * log_normalizer)")
        if options.weight:
            self("loss *= weight_i")
        if options.label_apart:
            self("slope_sum += label_slope")

    def soft_slopes(self) -> None:
        """Store the slopes of all classes; that of the label again, in float64."""
        options = self.options
        if not options.slopes:
            return
        if options.logits:
            self("inverse, rest_of_top = real(1.0 / (1.0 + others)), real(others / (1.0 + others))")
            self("scale, real_slope_sum = real(share * weight_i), real(slope_sum)")
            if options.z_lossed:  # the derivative of α(log Z)² by log Z
                self("normalizer_slope = real(xmuly_float64(sample_weight, 2.0 * z_loss * log_normalizer))")
            if options.label_apart:
                self("p_label = exp_float64(label_depth) / (1.0 + others)")
                self("rest_label = others / (1.0 + others) if label_depth == 0.0 else 1.0 - p_label")
        if options.label_apart:
            self(f"label_slope = {self.exact_term}(argument, floor * label_weight{options.double_numbers})[1] + label_slope")
        if options.logits:
            with self.block(EACH_CLASS):
                self.soft_slope()
        if options.label_apart:
            self.soft_slope_of_label()

    def soft_slope(self) -> None:
        """Store cₖf′ₖ·(1 - pₖ) - pₖ·Σ cⱼf′ⱼ over the other classes j, for class k."""
        options = self.options
        self.read_target()
        self.coefficient()
        self(f"z = {self.z('j')}", f"depth = from_top_{options.precision}(z, top)", f"p = {self.e('j')} * inverse")
        self(f"slope_j = {options.term('depth - real_log_sum', 'c', 't')}[1]")
        self("rest = select(z == top, rest_of_top, real(1) - p)")
        self("g = slope_j * rest - p * (real_slope_sum - slope_j)")
        if options.z_lossed:
            self(f"g += xmuly_{options.precision}(p, normalizer_slope)")
        self("g *= scale")
        if options.shape:
            self(f"g *= {self.shape('j')}[1]")
        self.store_slope("j", "g")

    def soft_slope_of_label(self) -> None:
        """Store the slope of the label, which has both parts of a smoothed target."""
        options = self.options
        if options.logits:
            self("g_label = share * weight_i * (label_slope * rest_label - p_label * (slope_sum - label_slope))")
            if options.z_lossed:
                self("g_label += share * weight_i * xmuly_float64(p_label, float64(normalizer_slope))")
            if options.shape:
                self("g_label *= float64(chain_label)")
        else:
            self("g_label = share * weight_i * label_slope")
        self.store_slope("label", "real(g_label)")

    # ---- store

    def add_loss(self) -> None:
        """Store the loss and add it to the sum of the block."""
        options = self.options
        self("kept_loss = real(loss + 0.0)")  # + 0: no loss of -0
        if options.stores_losses:
            self(f"losses[i] = {options.stored_loss('kept_loss')}")
        if options.double:
            self("total, lost = add_one(kept_loss, total, lost)")
        else:
            self("total += float64(kept_loss)")  # float64 has digits enough for float32
