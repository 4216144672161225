"""The exercise of the VAE chapter that finds the silent β of seven losses."""

from fractions import Fraction

from ganbook.checks._evaluation_numbers import one_number
from ganbook.checks._verdict import NotQuite, exercise, same, show

PIXELS, LATENTS, BATCH = 1024, 16, 64
FULL = "Which sums does the line leave out, and for which of the two terms?"
RIGHT = dict(
    A=(PIXELS, {
        1: "The default of `binary_cross_entropy_with_logits` is the mean, over the pixels too.",
        PIXELS * BATCH: "Both terms are averaged over the batch: 64 cancels.",
        PIXELS // LATENTS: "`kl` is summed over the latents: 16 does not come in.",
    }),
    B=(PIXELS // LATENTS, {
        1: "Both are means, but of different numbers of terms: 1024 pixels, 16 latents.",
        PIXELS: "The KL is averaged too, over its 16 latents.",
        PIXELS * LATENTS: "The KL is divided by 16: that makes β smaller.",
        Fraction(LATENTS, PIXELS): "The reconstruction is divided by more than the KL: β is above "
        "1.",
    }),
    C=(Fraction(1, LATENTS), {
        1: "`kl_each.mean()` runs over 64 samples and 16 latents: one mean too many.",
        LATENTS: "The KL is divided: β is below 1.",
        Fraction(1, LATENTS * BATCH): "The reconstruction is divided by 64, too.",
        Fraction(1, BATCH): "64 stands under both terms: what is left is the mean over latents.",
    }),
    D=(Fraction(1, BATCH), {
        1: "The reconstruction is summed over the batch, the KL averaged.",
        BATCH: "The reconstruction is the larger one: β is below 1.",
        Fraction(1, LATENTS * BATCH): "`kl` is summed over the latents.",
    }),
    E=(1, {
        BATCH: "Both are summed over the batch: 64 multiplies the loss, and not β.",
        Fraction(1, BATCH): "Both are summed over the batch: 64 multiplies the loss, and not β.",
    }),
    F=(Fraction(1, 2), {
        1: "-log N(x; x̂, 1) is *half* the squared error, plus a constant.",
        2: "The reconstruction is twice what it should be: then the KL weighs half.",
        PIXELS: "The squares are summed over the pixels.",
    }),
    G=(50, {
        Fraction(1, 50): "nll = 50 × squared error: so the loss is nll/50 + KL, and β is 50.",
        1: "-log N(x; x̂, 0.01) is the squared error divided by 0.02.",
        100: "The half of ½ (x - x̂)² / 0.01 is missing.",
        Fraction(1, 100): "The squared error is nll / 50: multiply the loss by 50 to read β.",
        Fraction(1, 2): "That is F's: here the decoder claims a standard deviation of 0.1.",
        200: "-log N is the squared error divided by *twice* the variance: 1 / 0.02.",
        25: "There is one half, not two: nll = squared error / (2 · 0.01).",
        5000: "0.01 is the variance already: do not square it.",
        5: "The variance is 0.1², which is 0.01.",
        10: "The variance is 0.1², which is 0.01.",
    }),
)  # fmt: skip


@exercise(
    why="A mean in place of a sum is a β that nobody wrote down; only their ratio counts.",
    hints=(
        "Write each term as a multiple of Σ nll and Σ KL, summed over all 64 images: then divide.",
        "A: the reconstruction is Σ / (64 · 1024), the KL Σ / 64. Their ratio is 1024.",
    ),
)
def silent_beta(answer):
    """A dict that gives the β of each of the losses A to G."""
    if not isinstance(answer, dict) or {str(key).upper() for key in answer} != set(RIGHT):
        raise NotQuite(f"A dict with the keys A to G was expected, and {show(answer)} came.")
    if any(given is ... for given in answer.values()):
        missing = ", ".join(str(key) for key, given in answer.items() if given is ...)
        raise NotQuite(f"Still without a β: {missing}.")
    named = {str(key).upper(): one_number(given) for key, given in answer.items()}
    inverted = [float(1 / Fraction(right)) for right, _ in RIGHT.values()]
    if all(same(named[key], want, 1e-3) for key, want in zip(RIGHT, inverted, strict=True)):
        raise NotQuite("Those are all 1/β: β is the weight of the KL beside the reconstruction's.")
    for key, (right, mistakes) in RIGHT.items():
        given = named[key]
        if not abs(given - right) <= 4e-3 * right:
            found = (said for wrong, said in mistakes.items() if abs(given - wrong) <= 2e-3 * wrong)
            raise NotQuite(f"For {key} you have {given:.4g}. {next(found, other(given, right))}")


def other(given, right) -> str:
    """Say what can be said of a wrong number that is no slip of its own line."""
    if abs(given - right) <= 0.07 * right:
        return "That is near: was it rounded? Write a fraction, such as 1 / 3."
    if abs(given * right - 1) <= 4e-3:
        return "That is 1/β: β is the weight of the KL beside the reconstruction's."
    return FULL
