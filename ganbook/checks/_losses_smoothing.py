"""The exercise of the chapter "Six games" on one-sided label smoothing."""

from torch.nn.functional import softplus

from ganbook.checks._evaluation_numbers import slips
from ganbook.checks._losses_logits import EXTREME, FAKE, OTHERS, REAL, compare_losses, expect_alive
from ganbook.checks._losses_slips import BITS, COMMON, LOGITS, REDUCE, TURNED, WHOLE
from ganbook.checks._verdict import NotQuite, exercise, show


def smoothed(real, fake, target, *, label="target", fakes="hard", logits="raw", reduce="mean",
             whole="plain"):  # fmt: skip
    """Return the cross-entropy with the label `target` for real, or with the slips asked for."""
    scale = target if label == "logit" else 1
    real_term = REDUCE[reduce](
        lambda x: entropy(scale * LOGITS[logits](x), *LABELS[label](target)), real
    )
    fake_term = REDUCE[reduce](lambda x: entropy(LOGITS[logits](x), *FAKES[fakes](target)), fake)
    return WHOLE[whole](real_term + fake_term)


def entropy(logits, as_real, as_fake):
    return as_real * softplus(-logits) + as_fake * softplus(logits)


LABELS = {  # the weights of "real" and of "fake" for a real image
    "target": lambda t: (t, 1 - t),
    "hard": lambda t: (1, 0),
    "scaled": lambda t: (t, 0),
    "turned": lambda t: (1 - t, t),
    "added": lambda t: (1, 1 - t),
    "half": lambda t: ((1 + t) / 2, (1 - t) / 2),
    "minus": lambda t: (t, t - 1),
    "logit": lambda t: (1, 0),
}
FAKES = {  # and for a fake
    "hard": lambda t: (0, 1),
    "smoothed": lambda t: (1 - t, t),
    "scaled": lambda t: (0, t),
    "target": lambda t: (t, 1 - t),
    "real": lambda t: (1, 0),
    "none": lambda t: (0, 0),
}
BOTH_LABELS = "The fake labels are smoothed, too: 1 - target where 0 belongs. That rewards D for "
BOTH_LABELS += "believing what G makes now; smooth the real labels only."
SMOOTHING_MISTAKES = [
    (lambda r, f, target: smoothed(r, f, 0.9), "The label is always 0.9: where is `target`?"),
    (lambda r, f, target: smoothed(r, f, target, label="hard", fakes="smoothed"),
     "You smoothed the fake labels, and left the real ones at 1. It is the other way round: a "
     "smoothed fake label rewards D for believing what G makes now."),
    (lambda r, f, target: target * (softplus(-r).mean() + softplus(f).mean()),
     "`target` multiplies the loss: that changes the step, not the labels."),
    (lambda r, f, target: softplus(target - r).mean() + softplus(f).mean(),
     "`target` is set against the logit; it is a probability, the weight of -log D."),
    (lambda r, f, target: (entropy(0 * r + target, r, 1 - r)).mean() + softplus(0 * f).mean(),
     "Logits and labels have changed places: `binary_cross_entropy_with_logits` takes the logits "
     "first."),
    *slips(
        smoothed,
        label={
            "target": "",
            "hard": "The real label is still 1: where is `target`?",
            "scaled": "The rest of the label is missing: a label of 0.9 costs 0.9 × -log D and "
            "0.1 × -log(1 - D).",
            "turned": "The real label is 1 - target; it should be target.",
            "added": "The full -log D counts, and some of -log(1 - D): the weights are target and "
            "1 - target.",
            "half": "Half of the smoothing is lost: that is the label (1 + target) / 2.",
            "minus": "The weight of -log(1 - D) is 1 - target, not target - 1.",
            "logit": "`target` multiplies the logit; it is the label that is smoothed.",
        },
        fakes={
            "hard": "",
            "smoothed": BOTH_LABELS,
            "scaled": "The fakes' term is multiplied by `target`: only the real label is smoothed.",
            "target": "The fakes have the label `target`: theirs is 0.",
            "real": "The fakes have the label 1: that is the generator's wish; here it is 0.",
            "none": "The fakes' term is missing.",
        },
        **COMMON,
        whole={
            "plain": "",
            "half": "That is half of it: the two means are added.",
            "turned": TURNED,
            "bits": BITS,
        },
    ),
]  # fmt: skip


@exercise(
    why="D stops at σ⁻¹(target) where it would run on; what G makes is called fake, no less.",
    hints=(
        "The label `target` costs target × -log D + (1 - target) × -log(1 - D), for real images.",
        "target * softplus(-real) + (1 - target) * softplus(real); the fakes' term stays "
        "softplus(fake).",
    ),
)
def smoothing(answer):
    """A function of real and fake logits (B,) and target: D's loss, real label smoothed."""
    inputs = [(REAL, FAKE, 0.9), (*OTHERS, 0.7), (FAKE, REAL, 1.0), (*OTHERS[::-1], 0.8)]
    if not callable(answer):
        raise NotQuite(f"A function was expected, and {show(answer)} came.")
    compare_losses(answer, "the loss", smoothed, inputs, SMOOTHING_MISTAKES)
    expect_alive(answer, "the loss", smoothed, (*EXTREME, 0.9))
