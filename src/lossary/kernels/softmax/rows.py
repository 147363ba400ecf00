"""The source of a kernel that computes one sample after another: for many classes, and for the options that need rows.

With m the largest logit and r = Σ e^(zₖ - m) over the classes below m (plus 1 for each tie but one), log pₖ = zₖ - m -
log1p(r), and 1 - p = r/(1 + r) for the largest: no digit of a confident sample is lost. r is summed in blocks of 256 numbers,
and these in float64: the relative error stays below 1e-6 for any number of float32 terms.

Names in the source: ``z`` is a number of the prediction, ``top`` = m, ``others`` = r, ``depth`` = z - m, ``e`` = e^(z - m),
``t`` a coefficient, ``argument`` what the formula is evaluated at (log p, or the given prediction), ``g`` a slope by z.
The slope of the label's class is computed once more, in float64. Names with ``own_`` are the loss's own parameters.
"""

from __future__ import annotations

from lossary.kernels.code import Code
from lossary.kernels.sizes import CHUNK
from lossary.kernels.softmax.checks import check_excluded, outside_domain
from lossary.kernels.softmax.options import EXTRA_RESULTS, SoftmaxOptions

_EACH_CLASS = "for j in range(classes)"
_EACH_CHUNK = f"for chunk in range(0, classes, {CHUNK})"
_EACH_IN_CHUNK = f"for j in range(chunk, min(chunk + {CHUNK}, classes))"  # the same in all kernels: it is the order of the sum


def source(options: SoftmaxOptions) -> str:
    """Return the function ``kernel``."""
    code = _Rows(options)
    code.kernel()
    return str(code)


class _Rows(Code):
    """Writes a kernel for rows, phase by phase."""

    def __init__(self, options: SoftmaxOptions) -> None:
        super().__init__()
        self.options = options
        # contiguous rows that need no conversion are read where they are, others copied to the workspace
        self.read_in_place = options.adjacent and options.prediction == options.precision and not options.shape
        # the exponentials take the place of the slopes, if nothing is read or rounded in between
        kept = options.slopes and not options.soft and self.read_in_place and "entropy" not in options.returns
        self.exponentials_in_slopes = kept and options.stored[1] == options.precision
        self.exact_term = "term" if options.double else "exact_term"

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
            with self.block("while True"):
                self("block_index = take_next(counter)", "first = block_index * block")
                with self.block("if first >= samples"):
                    self("return")
                self("total, outside = 0.0, False")
                if options.double:
                    self("lost = 0.0")
                if not options.dense:
                    self("mislabelled = False")
                with self.block("for i in range(first, min(first + block, samples))"):
                    self.sample()
                if options.double:
                    self("total = joined(total, lost)")
                self("sums[block_index] = total")
                self(
                    "flags[block_index] = "
                    + ("float64(outside)" if options.dense else "2.0 if mislabelled else float64(outside)")
                )

    def sample(self) -> None:
        """Compute one sample."""
        options = self.options
        self.locate()
        self.count()
        self.skip_excluded()
        self.load()
        if options.logits:
            self.find_top()
        if not options.dense:
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

    # ---- text of expressions

    def z(self, j: str) -> str:
        """Return code for a number that the softmax is taken of, or a given probability."""
        return f"prediction[start + {j}]" if self.read_in_place else f"workspace[row_start + {j}]"

    def e(self, j: str) -> str:
        """Return code for the place of an exponential."""
        if not self.exponentials_in_slopes:
            return f"workspace[exponentials_start + {j}]"
        return f"prediction[start + {j}]" if self.options.in_place else f"slopes[slopes_start + {j}]"

    def prediction(self, j: str) -> str:
        """Return code for a prediction as it is given."""
        return self.options.read("prediction", f"start + {j} * prediction_class")

    def target(self) -> str:
        """Return code for the target probability of class j."""
        return self.options.read("target", "target_start + j * target_class")

    def shape(self, j: str) -> str:
        """Return code for what the softmax is taken of, and its derivative by the logit."""
        return f"shape({self.prediction(j)}, real(soft_cap), real(temperature))"

    def store_slope(self, j: str, slope: str) -> None:
        """Store the slope of a class."""
        # one name for one place, or LLVM would take the two for arrays that overlap, and not vectorise
        place = f"prediction[start + {j}]" if self.options.in_place else f"slopes[slopes_start + {j} * slopes_class]"
        self(f"{place} = {self.options.stored_slope(slope)}")

    def store_zeros(self) -> None:
        """Store zeros as the results of a sample and go on to the next."""
        options = self.options
        if options.stores_losses:
            self(f"losses[i] = {options.stored_loss('real(0)')}")
        for name in EXTRA_RESULTS.values():
            if name in options.extra_results:
                self(f"{name}[i] = real(0)")
        if options.slopes:
            with self.block(_EACH_CLASS):
                self.store_slope("j", "real(0)")
        self("continue")

    # ---- load

    def locate(self) -> None:
        """Find the sample in the arrays."""
        options = self.options
        self("outer = i // inners if i >= inners else 0", "inner = i - outer * inners")
        self("start = outer * prediction_outer + inner * prediction_inner")
        if options.slopes:
            self("slopes_start = outer * slopes_outer + inner * slopes_inner")
        if options.dense:
            self("target_start = outer * target_outer + inner * target_inner")

    def count(self) -> None:
        """Decide whether the sample counts, and how much it weighs."""
        options = self.options
        self("counts = True", "weight_i = 1.0")
        if options.masked:
            self("counts = where[i] != 0")
        if not options.dense:
            self("label = int64(target[i])")
        if options.ignoring:
            self("counts = counts and label != ignored")
        if not options.dense:
            with self.block("if counts and (label < 0 or label >= classes)"):
                self("mislabelled, counts = True, False")
        if options.dense or not options.logits:
            self("checked = counts")
        if options.weight:
            with self.block("if counts"):
                self(f"weight_i = float64({options.read('weight', 'i')})")
                self("outside = outside or not 0.0 <= weight_i < inf", "counts = weight_i != 0.0")
        if not options.dense:
            self("label_weight = 1.0")
            if options.class_weighted:
                with self.block("if counts"):
                    self("label_weight = float64(class_weight[label])")
                    if not options.soft:
                        self("counts = label_weight != 0.0")

    def skip_excluded(self) -> None:
        """Store zeros for a sample that counts for nothing."""
        options = self.options
        with self.block("if not counts"):
            if options.dense or not options.logits:
                with self.block("if checked"):
                    check_excluded(self, options, self.prediction("j"), self.target())
            self.store_zeros()

    def load(self) -> None:
        """Copy the row to the workspace, if it cannot be read where it is."""
        if not self.read_in_place:
            with self.block(_EACH_CLASS):
                z = f"{self.shape('j')}[0]" if self.options.shape else self.prediction("j")
                self(f"workspace[row_start + j] = {z}")

    def find_top(self) -> None:
        """Find the largest logit."""
        self("top = real(-inf)")
        with self.block(_EACH_CLASS):
            self(f"top = larger(top, {self.z('j')})")

    def keep_label(self) -> None:
        """Keep what is needed of the label's class before a slope takes its place."""
        self(f"z_label = float64({self.z('label')})")
        if self.options.shape and self.options.slopes:
            self(f"chain_label = {self.shape('label')}[1]")

    def compare_with_target(self) -> None:
        """Decide whether the first of the largest logits is the label, or the first of the most probable targets."""
        if self.options.dense:
            self("expected, expected_probability = 0, real(-inf)")
            with self.block(_EACH_CLASS):
                self(f"t = {self.target()}")
                with self.block("if t > expected_probability"):
                    self("expected, expected_probability = j, t")
        else:
            self("expected = label")
        self("earlier_ties = real(0)")  # classes at the top that come first
        with self.block(f"if {self.z('expected')} == top"), self.block("for j in range(expected)"):
            self(f"earlier_ties += select({self.z('j')} == top, real(1), real(0))")
        self(f"correct = {self.z('expected')} == top and earlier_ties == real(0)")

    # ---- normalise

    def sum_exponentials(self) -> None:
        """Sum e^(z - top) over all classes but one at the top."""
        self("others = -1.0")
        with self.block(
            "if top == real(inf)"
        ):  # the one logit of +∞ has all the probability; where there are two, none has any
            with self.block(_EACH_CLASS):
                self(f"e = select({self.z('j')} == top, real(1), real(0))", "others += float64(e)", f"{self.e('j')} = e")
            with self.block("if others > 0.0"):
                self("others = nan")
        with self.block("else"):
            with self.block(_EACH_CHUNK):
                self("part = real(0)")
                with self.block(_EACH_IN_CHUNK):
                    self(f"e = exp_below_{self.options.precision}({self.z('j')} - top)", "part += e", f"{self.e('j')} = e")
                self("others += float64(part)")
            self("others += float64(top - top)")  # NaN where the top is NaN or -∞, for which e is any number

    def restore_lost_digits(self) -> None:
        """Sum again without the 1 of the top, where it is so large beside the others that their digits were lost."""
        with self.block("if others < 8.0"):
            self("others = -1.0")
            with self.block(_EACH_CHUNK):
                self("part, ties = real(0), real(0)")
                with self.block(_EACH_IN_CHUNK):
                    self(f"at_top = {self.e('j')} == real(1)")  # not by z, which e may have overwritten
                    self(f"part += select(at_top, real(0), {self.e('j')})", "ties += select(at_top, real(1), real(0))")
                self("others += float64(ties)", "others += float64(part)")

    def normalise(self) -> None:
        """Compute log Z and what else depends on the row alone."""
        options = self.options
        if "accuracy" in options.returns:
            self("corrects[i] = select(correct and others == others, real(1), real(0))")
        if options.slopes and not options.soft:
            self(f"e_label = float64({self.e('label')})")
        self("log_sum = log1p_float64(others)")
        if options.z_lossed or "log_normalizer" in options.returns:
            self("log_normalizer = float64(top) + log_sum")
        if "log_normalizer" in options.returns:
            self("log_normalizers[i] = real(log_normalizer)")
        if "entropy" in options.returns:
            self("weighted_depths = 0.0")  # Σ e^(z - top)·(z - top)
            with self.block(_EACH_CHUNK):
                self("part = real(0)")
                with self.block(_EACH_IN_CHUNK):
                    self(f"e = {self.e('j')}")
                    depth = f"from_top_{options.precision}({self.z('j')}, top)"
                    self(f"part += select(e == real(0), real(0), e * {depth})")
                self("weighted_depths += float64(part)")
            self("entropies[i] = real(log_sum - weighted_depths / (1.0 + others))")
        if not options.dense:
            self("label_depth = from_top_float64(z_label, float64(top))", "argument = label_depth - log_sum")

    def sum_probabilities(self) -> None:
        """Check that given probabilities are probabilities and sum to 1."""
        options = self.options
        self("mass = 0.0")
        with self.block(_EACH_CHUNK):
            self("part = real(0)")
            with self.block(_EACH_IN_CHUNK):
                self(f"z = {self.z('j')}", f"part += {f'exp_{options.precision}(z)' if options.logs else 'z'}")
                self(f"outside = outside | {outside_domain(options, 'z')}")
            self("mass += float64(part)")
        self("outside = outside | (not abs(mass - 1.0) <= tolerance)")
        if not options.dense:
            self("argument = z_label")

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
            with self.block(_EACH_CLASS):
                self.store_slope("j", "real(0)")
            self.store_slope("label", "real(share * slope)")

    def slopes_from_exponentials(self) -> None:
        """Store -p·f′ for every class; the label's is overwritten afterwards."""
        with self.block(_EACH_CLASS):
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

    def coefficient(self) -> None:
        """Compute the coefficient of class j from its target; a label's own part is added apart."""
        options = self.options
        self(f"t = {self.target() if options.dense else 'real(floor)'}")

    def soften(self) -> None:
        """Smooth the target of class j and multiply it by the class weight."""
        options = self.options
        if options.dense and options.smoothed:
            self("t = t * real(kept) + real(floor)")
        if options.class_weighted:
            self("t *= class_weight[j]")

    def soft_terms(self) -> None:
        """Sum the terms, the slopes and the coefficients of all classes, and check the target."""
        options = self.options
        sums_class_mass = options.dense and options.class_weighted and options.z_lossed
        self("loss, slope_sum, target_mass = 0.0, 0.0, 0.0")
        if options.class_weighted:
            self("coefficients = 0.0")
        if sums_class_mass:
            self("class_mass = 0.0")
        if options.logits:
            self("real_log_sum = real(log_sum)")
        with self.block(_EACH_CHUNK):
            self("part, slope_part, target_part = real(0), real(0), real(0)")
            if sums_class_mass:
                self("class_part = real(0)")
            if options.class_weighted:
                self("coefficient_part = real(0)")
            with self.block(_EACH_IN_CHUNK):
                self.coefficient()
                if options.dense:
                    self("outside = outside | (t < real(0)) | (t > real(1))", "target_part += t")
                if sums_class_mass:
                    self("class_part += t * class_weight[j]")
                self.soften()
                if options.class_weighted:
                    self("coefficient_part += t")
                self.soft_term()
            self("loss += float64(part)", "slope_sum += float64(slope_part)")
            if options.dense:
                self("target_mass += float64(target_part)")
            if sums_class_mass:
                self("class_mass += float64(class_part)")
            if options.class_weighted:
                self("coefficients += float64(coefficient_part)")

    def soft_term(self) -> None:
        """Add the term of class j, and store its slope if probabilities are given."""
        options = self.options
        if options.logits:
            self(f"argument_j = from_top_{options.precision}({self.z('j')}, top) - real_log_sum")
        else:
            self(f"argument_j = {self.z('j')}")
        self(f"loss_j, slope_j = term(argument_j, t{options.real_numbers})", "part += loss_j", "slope_part += slope_j")
        if options.slopes and not options.logits:
            self.store_slope("j", "real(share * weight_i) * slope_j")

    def skip_vanished(self) -> None:
        """Store zeros for a sample whose coefficients are all 0: it is 0 whatever it holds."""
        options = self.options
        if options.dense:
            self("outside = outside | (not abs(target_mass - 1.0) <= tolerance)")
        if options.class_weighted and not options.dense:
            self("coefficients += kept * label_weight")
        if options.dense and not options.class_weighted and not options.smoothed:
            self("coefficients = target_mass")
        if options.may_vanish:
            with self.block("if coefficients == 0.0"):
                self.store_zeros()

    def soft_loss(self) -> None:
        """Complete the loss: the label's own term, the z-loss and the sample weight."""
        options = self.options
        if not options.dense:
            self(f"label_loss, label_slope = {self.exact_term}(argument, kept * label_weight{options.double_numbers})")
            self("loss += label_loss")
        if options.z_lossed:  # what the sample weighs, but for weight_i
            weighs = "label_weight" if not options.dense else "class_mass" if options.class_weighted else "1.0"
            self(f"sample_weight = {weighs}", "loss += xmuly_float64(sample_weight, z_loss * log_normalizer * log_normalizer)")
        if options.weight:
            self("loss *= weight_i")
        if not options.dense:
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
            if not options.dense:
                self("p_label = exp_float64(label_depth) / (1.0 + others)")
                self("rest_label = others / (1.0 + others) if label_depth == 0.0 else 1.0 - p_label")
        if not options.dense:
            self(f"label_slope = {self.exact_term}(argument, floor * label_weight{options.double_numbers})[1] + label_slope")
        if options.logits:
            with self.block(_EACH_CLASS):
                self.soft_slope()
        if not options.dense:
            self.soft_slope_of_label()

    def soft_slope(self) -> None:
        """Store cₖf′ₖ·(1 - pₖ) - pₖ·Σ cⱼf′ⱼ over the other classes j, for class k."""
        options = self.options
        self.coefficient()
        self.soften()
        self(f"z = {self.z('j')}", f"depth = from_top_{options.precision}(z, top)", f"p = {self.e('j')} * inverse")
        self(f"slope_j = term(depth - real_log_sum, t{options.real_numbers})[1]")
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
