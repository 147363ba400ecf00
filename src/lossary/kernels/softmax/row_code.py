"""Reading and normalising one row, the first phases of the kernels of ``rows.py``, whose names it uses."""

from __future__ import annotations

from lossary.kernels.code import Code
from lossary.kernels.sizes import CHUNK
from lossary.kernels.softmax.checks import check_excluded, outside_domain
from lossary.kernels.softmax.options import EXTRA_RESULTS, SoftmaxOptions

EACH_CLASS = "for j in range(classes)"
EACH_CHUNK = f"for chunk in range(0, classes, {CHUNK})"
EACH_IN_CHUNK = f"for j in range(chunk, min(chunk + {CHUNK}, classes))"  # the same in all kernels: it is the order of the sum


class RowCode(Code):
    """Writes the lines that read a row, check it and compute its log Z."""

    def __init__(self, options: SoftmaxOptions) -> None:
        super().__init__()
        self.options = options
        # contiguous rows that need no conversion are read where they are, others copied to the workspace
        self.read_in_place = options.adjacent and options.prediction == options.precision and not options.shape
        # the exponentials take the place of the slopes, if nothing is read or rounded in between
        kept = options.slopes and not options.soft and self.read_in_place and "entropy" not in options.returns
        self.exponentials_in_slopes = kept and options.stored[1] == options.precision
        self.exact_term = "term" if options.double else "exact_term"

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
            with self.block(EACH_CLASS):
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
        options.read_of_sample(self, "i", "counts")
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
            with self.block(EACH_CLASS):
                z = f"{self.shape('j')}[0]" if self.options.shape else self.prediction("j")
                self(f"workspace[row_start + j] = {z}")

    def find_top(self) -> None:
        """Find the largest logit."""
        self("top = real(-inf)")
        with self.block(EACH_CLASS):
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
            with self.block(EACH_CLASS):
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
            with self.block(EACH_CLASS):
                self(f"e = select({self.z('j')} == top, real(1), real(0))", "others += float64(e)", f"{self.e('j')} = e")
            with self.block("if others > 0.0"):
                self("others = nan")
        with self.block("else"):
            with self.block(EACH_CHUNK):
                self("part = real(0)")
                with self.block(EACH_IN_CHUNK):
                    self(f"e = exp_below_{self.options.precision}({self.z('j')} - top)", "part += e", f"{self.e('j')} = e")
                self("others += float64(part)")
            self("others += float64(top - top)")  # NaN where the top is NaN or -∞, for which e is any number

    def restore_lost_digits(self) -> None:
        """Sum again without the 1 of the top, where it is so large beside the others that their digits were lost."""
        with self.block("if others < 8.0"):
            self("others = -1.0")
            with self.block(EACH_CHUNK):
                self("part, ties = real(0), real(0)")
                with self.block(EACH_IN_CHUNK):
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
            with self.block(EACH_CHUNK):
                self("part = real(0)")
                with self.block(EACH_IN_CHUNK):
                    self(f"e = {self.e('j')}")
                    depth = f"from_top_{options.precision}({self.z('j')}, top)"
                    self(f"part += select(e == real(0), real(0), e * {depth})")
                self("weighted_depths += float64(part)")
            self("entropies[i] = real(log_sum - weighted_depths / (1.0 + others))")
        if options.label_apart:
            self("label_depth = from_top_float64(z_label, float64(top))", "argument = label_depth - log_sum")

    def sum_probabilities(self) -> None:
        """Check that given probabilities are probabilities and sum to 1."""
        options = self.options
        self("mass = 0.0")
        with self.block(EACH_CHUNK):
            self("part = real(0)")
            with self.block(EACH_IN_CHUNK):
                self(f"z = {self.z('j')}", f"part += {f'exp_{options.precision}(z)' if options.logs else 'z'}")
                self(f"outside = outside | {outside_domain(options, 'z')}")
            self("mass += float64(part)")
        self("outside = outside | (not abs(mass - 1.0) <= tolerance)")
        if options.label_apart:
            self("argument = z_label")
