"""The exercise of the chapter "Six games" that finds what is wrong in seven relativistic games."""

from ganbook.checks._gan_patients import plain
from ganbook.checks._verdict import NotQuite, exercise, show

RIGHT = dict(
    A="sigmoid first",
    B="all pairs",
    C="swapped sign",
    D="log of sigmoid",
    E="mean first",
    F="minimax",
    G="sum for mean",
)
SIGNATURES = {
    "swapped sign": "then both players want the fakes above the real images, and have one and the "
    "same loss, which falls to 0.",
    "sigmoid first": "then the difference stays between -1 and 1, and no loss leaves the range "
    "from 0.31 to 1.31.",
    "sum for mean": "then 64 pairs of equal logits cost 64 log 2, which is 44.36, and every slope "
    "is 64 times too large.",
    "no softplus": "then the loss is linear: every slope is 1/64 in size, whatever the logits are, "
    "and the loss is below 0 as soon as D is right.",
    "log of sigmoid": "then nothing is wrong until the sigmoid of a difference rounds to 0; from "
    "there on it is inf.",
    "minimax": "then g_loss is -d_loss, below 0, and its slope vanishes where D is right.",
    "all pairs": "then each real image meets all 64 fakes, and its slope depends on each of them "
    "in its own way.",
    "mean first": "then D sees one difference alone, that of the means: all 64 real images have "
    "the same slope, and it changes for all alike.",
    "detached fake": "then the losses are as they should be, and the generator's gradient is None.",
}


@exercise(
    why="Seven wrong losses, and not one error message: it is numbers that give them away.",
    hints=(
        "Put equal logits in: what is the loss? Put in logits that D gets right, or that are far "
        "apart: where does it go? 0.3133 is softplus(-1).",
        "For the slopes: which logits are inside the softplus of real image i?",
    ),
)
def relativistic_slips(answer):
    """A dict that gives each of the runs A to G one of the suspects."""
    if not isinstance(answer, dict) or {str(key).upper() for key in answer} != set(RIGHT):
        raise NotQuite(f"A dict with the keys A to G was expected, and {show(answer)} came.")
    if any(given is ... for given in answer.values()):
        missing = [run for run, given in answer.items() if given is ...]
        raise NotQuite(f"Still without a suspect: {missing}.")
    named = {str(run).upper(): given for run, given in answer.items()}
    for run, right in RIGHT.items():
        suspect = plain(named[run])
        if suspect not in SIGNATURES:
            raise NotQuite(f"{named[run]!r} is none of the suspects: {', '.join(SIGNATURES)}.")
        if suspect != right:
            raise NotQuite(f"Run {run} is no case of {suspect!r}: {SIGNATURES[suspect]}")
