"""The exercise of the style chapter that tells what a Gram matrix keeps."""

from ganbook.checks._gan_patients import plain
from ganbook.checks._verdict import NotQuite, exercise, show

FATES = dict(
    A=("kept", "Each entry is a sum over places: the same terms come in another order."),
    B=("changed", "Channels i and j are multiplied where they meet, and now they meet elsewhere. "
       "Only the diagonal is kept: there a channel meets itself."),
    C=("kept", "To mirror is to shuffle the places, all channels alike."),
    D=("changed", "Rows and columns change places with the channels: the matrix knows which "
       "channel is which, though not where."),
    E=("kept", "In each product both factors change their sign."),
    F=("changed", "Every entry is a mean of products, and no mean is taken off first: 1 added to "
       "both factors adds their sum and 1 to each product."),
    G=("kept", "The sum is four times as large, and so is the number of places it is divided by."),
    H=("changed", "Only the places of the *map* are forgotten. A filter looks at neighbouring "
       "pixels: shuffled, an image has other features altogether."),
)  # fmt: skip


@exercise(
    why="It forgets where, and keeps what goes with what: places may be shuffled, all channels "
    "alike.",
    hints=(
        "G_ij is the sum over places of F_i F_j, divided by C·H·W. Do the pairs that are "
        "multiplied stay the same?",
        "Try it: torch.randn(4, 6, 6), torch.randperm(36) and einsum('ip,jp->ij').",
    ),
)
def gram_forgets(answer):
    """A dict that says of A to H whether the Gram matrix is "kept" or "changed"."""
    if not isinstance(answer, dict) or {str(key).upper() for key in answer} != set(FATES):
        raise NotQuite(f"A dict with the keys A to H was expected, and {show(answer)} came.")
    if any(given is ... for given in answer.values()):
        missing = ", ".join(str(key) for key, given in answer.items() if given is ...)
        raise NotQuite(f"Still without a word: {missing}.")
    named = {str(key).upper(): fate(key, given) for key, given in answer.items()}
    if all(named[key] != right for key, (right, _) in FATES.items()):
        raise NotQuite("All eight are the wrong way round.")
    for key, (right, reason) in FATES.items():
        if named[key] != right:
            raise NotQuite(f"For {key} the Gram matrix is not {named[key]}. {reason}")


def fate(key, given) -> str:
    """Return "kept" or "changed", as it was written or as True or False."""
    word = {"true": "kept", "false": "changed"}.get(plain(given), plain(given))
    if word not in ("kept", "changed"):
        raise NotQuite(f'For {key} "kept" or "changed" was expected, and {show(given)} came.')
    return word
