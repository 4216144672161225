"""The exercise of the VAE chapter that finds what is wrong in seven VAEs."""

from ganbook.checks._gan_patients import plain
from ganbook.checks._verdict import NotQuite, exercise, show

RIGHT = dict(
    A="detached latents",
    B="raw targets",
    C="mean over pixels",
    D="no noise",
    E="minus KL",
    F="variance for deviation",
    G="samples of the encoder",
)
SIGNATURES = {
    "raw targets": "then black pixels have the target -1, and the reconstruction falls below 0 and "
    "on as their logits grow: no likelihood of a binary pixel is above 1.",
    "mean over pixels": "then the KL weighs as much as all the pixels were meant to: no latent is "
    "worth its price, and all reconstructions are the same. But a gradient still passes.",
    "mean over latents": "then the KL weighs too little: reconstructions are sharp, the KL is "
    "large, and z ~ N(0, I) falls between the posteriors.",
    "minus KL": "then distance from the prior is rewarded, and soon outweighs all images.",
    "variance for deviation": "then z scatters by exp(log_var) where the KL is told "
    "exp(log_var / 2).",
    "no noise": "then log_var stands in the KL alone, which wants it 0, and a second pass gives "
    "the same picture.",
    "detached latents": "then the reconstruction has no way back to the encoder, which serves "
    "the KL alone.",
    "samples of the encoder": "then the \"samples\" are reconstructions of what was put in: the "
    "prior was never asked.",
    "two optimisers": "then nothing is wrong: both descend the same loss, one after the other or "
    "at once. It is no game, and the runs look healthy.",
}  # fmt: skip


@exercise(
    why="Look at both terms, each in nats, and at samples from the prior: the total tells little.",
    hints=(
        "Which term is told something else than what the code does? Put the KL of each latent, the "
        "reconstruction in nats and the gradient at the encoder side by side.",
        "A and C look alike. In one of them the encoder cannot learn; in the other it is not worth "
        "its while.",
    ),
)
def seven_slips(answer):
    """A dict that gives each of the runs A to G one of the suspects."""
    if not isinstance(answer, dict) or {str(key).upper() for key in answer} != set(RIGHT):
        raise NotQuite(f"A dict with the keys A to G was expected, and {show(answer)} came.")
    if any(given is ... for given in answer.values()):
        missing = ", ".join(str(run) for run, given in answer.items() if given is ...)
        raise NotQuite(f"Still without a suspect: {missing}.")
    known = {plain(name): name for name in SIGNATURES}
    named = {str(run).upper(): given for run, given in answer.items()}
    for run, right in RIGHT.items():
        suspect = known.get(plain(named[run]))
        if suspect is None:
            raise NotQuite(f"{named[run]!r} is none of the suspects: {', '.join(SIGNATURES)}.")
        if suspect != right:
            others = [r for r in RIGHT if r != run and plain(named[r]) == plain(suspect)]
            again = f" It is also given to {', '.join(others)}: each slip at most once."
            said = f"Run {run} is no case of {suspect!r}: {SIGNATURES[suspect]}"
            raise NotQuite(said + again * bool(others))
