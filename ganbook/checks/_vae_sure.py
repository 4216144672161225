"""Judge the whole loss of a VAE where the decoder is sure, and wrong."""

from ganbook.checks._gan_losses import Calls
from ganbook.checks._losses_logits import scalar
from ganbook.checks._verdict import NotQuite, fresh, same, show

CUT = {"clamp", "clip", "clamp_", "clip_", "hardtanh", "tanh", "nan_to_num"}


def expect_sure(answer, loss, args):
    """Raise NotQuite unless the answer is the loss for large logits."""
    with Calls() as calls:
        result = scalar(answer(*fresh(args)))
    want = loss(*args).item()
    if not same(result, want, 1e-3):
        raise NotQuite(
            f"Right for small logits, but {show(result)} for logits of the size of 150; "
            f"{show(want)} was expected. {cause(calls.names, result)}".rstrip()
        )


def cause(names, result) -> str:
    """Say what of the calls made, and of the result, explains the loss."""
    if names & {"sigmoid", "sigmoid_"}:
        return (
            "sigmoid has rounded to 0 or 1, and its logarithm is -inf, or was cut off: stay with "
            "the logits, `F.binary_cross_entropy_with_logits`."
        )
    if not abs(result) < float("inf"):
        return (
            "In float32 exp overflows to inf above 88: write log(1 + exp(l)) as `F.softplus(l)`, "
            "or stay with `F.binary_cross_entropy_with_logits`."
        )
    if names & CUT:
        return "Something is cut off: a decoder that is sure, and wrong, must pay in full."
    return ""
