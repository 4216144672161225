"""The exercise of the chapter "Six games" that clips weights."""

import torch
from torch import nn

from ganbook.checks._verdict import NotQuite, exercise, same, show

LIMITS = (0.05, 0.2)
SEEN = 1000.0


def critic_and_gradients(seed):
    """Return a critic on (B, 1, 6, 6) whose every parameter has a gradient, above 1 in size."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        critic = nn.Sequential(
            nn.Conv2d(1, 3, 3), nn.LeakyReLU(0.2), nn.InstanceNorm2d(3, affine=True),
            nn.Flatten(), nn.Linear(48, 1), nn.Flatten(0),
        )  # fmt: skip
        critic.register_buffer("seen", torch.tensor(SEEN))
        for weights in critic.parameters():
            nn.init.normal_(weights, std=0.3)
            weights.grad = 1 + torch.rand_like(weights)
    return critic


@exercise(
    why="Bounded weights bound the slope; bounded steps only delay the day it is passed.",
    hints=(
        "`critic.parameters()` gives every weight and bias. `clamp_`, with an underscore, works in "
        "place.",
        "with torch.no_grad(): for weights in critic.parameters(): weights.clamp_(-limit, limit)",
    ),
)
def clip(answer):
    """A function of critic and limit that clips every weight to [-limit, limit], in place."""
    if not callable(answer):
        raise NotQuite(f"A function was expected, and {show(answer)} came.")
    for seed, limit in enumerate(LIMITS):
        critic = critic_and_gradients(seed)
        objects = dict(critic.named_parameters())
        old = {name: weights.detach().clone() for name, weights in objects.items()}
        slopes = {name: weights.grad.clone() for name, weights in objects.items()}
        result = clipped(answer, critic, limit)
        told, new = f"With limit = {limit:g}", dict(critic.named_parameters())
        expect_same_objects(told, objects, new)
        if same_all(new, old):
            raise NotQuite(f"{told}, {unchanged(new, slopes, result)}")
        if not same_all(new, {name: w.clamp(-limit, limit) for name, w in old.items()}):
            raise NotQuite(f"{told}, {explanation(old, new, limit)}")
        expect_the_rest(told, critic, slopes)


def clipped(answer, critic, limit):
    try:
        return answer(critic, limit)
    except RuntimeError as error:
        said = f"Your code raised RuntimeError: {error}"
        if "in-place operation" in str(error):
            said += " Clipping is no part of what is learned: do it under torch.no_grad()."
        raise NotQuite(said) from None


def expect_same_objects(told, before, after):
    if set(before) != set(after) or any(before[name] is not after[name] for name in before):
        raise NotQuite(
            f"{told}, the parameters are other objects than before: the optimiser still holds the "
            "old ones. Change them in place."
        )


def same_all(found, wanted) -> bool:
    return all(same(found[name], wanted[name], 1e-6) for name in wanted)


def explanation(old, new, limit) -> str:
    """Say what was done to the weights in place of clipping."""
    names = list(old)
    right = {name: weights.clamp(-limit, limit) for name, weights in old.items()}
    done = [name for name in names if same(new[name], right[name], 1e-6)]
    untouched = [name for name in names if same(new[name], old[name], 1e-6)]
    if done and set(done) | set(untouched) == set(names):
        biases = [name for name in names if name.endswith("bias")]
        what = "the biases" if untouched == biases else ", ".join(f"`{n}`" for n in untouched)
        return f"{what} stay as they were: all of `critic.parameters()` are clipped."
    for wrong, message in MISTAKES:
        if same_all(new, {name: wrong(weights, limit) for name, weights in old.items()}):
            return message
    highest = max(weights.abs().max().item() for weights in new.values())
    if highest > limit * (1 + 1e-5):
        return f"the largest weight is {highest:.4g} in size."
    return "no weight is too large, but those within the limit were to stay as they were."


def unchanged(new, slopes, result) -> str:
    """Say why no weight has changed."""
    if any(weights.grad is None or not same(weights.grad, slopes[name], 1e-6)
           for name, weights in new.items()):  # fmt: skip
        return (
            "the weights are unchanged, and their gradients are clipped instead. That bounds one "
            "step; many steps go anywhere."
        )
    if isinstance(result, nn.Module | dict):
        return "the critic is unchanged: a clipped copy came back, and in place was asked for."
    learning = [weights for weights in new.values() if weights.requires_grad]
    to_come = [torch.autograd.grad(9 * weights.sum(), weights)[0] for weights in learning]
    if any(slope.ne(9).any() for slope in to_come):
        return (
            "the weights are unchanged: a hook clips the gradients to come. That bounds one step; "
            "many steps go anywhere."
        )
    return (
        "no weight has changed. `weights.clamp(...)` makes a new tensor, and `weights = ...` only "
        "a new name: `clamp_`, or `weights.copy_(...)`, works in place."
    )


MISTAKES = (
    (lambda w, limit: w.clamp(max=limit), "only the upper side is clipped: weights go below "
     "-limit."),
    (lambda w, limit: w.clamp(min=-limit), "only the lower side is clipped: weights go above "
     "limit."),
    (lambda w, limit: w.clamp(0, limit), "the lower side is 0; it should be -limit."),
    (lambda w, limit: w.clamp(-0.01, 0.01), "you clip to 0.01: where is `limit`?"),
    (lambda w, limit: w.sign() * limit, "every weight is ±limit: those within stay as they are."),
    (lambda w, limit: w * (w.abs() <= limit), "what is too large becomes 0; it should become the "
     "limit."),
    (lambda w, limit: limit * w.tanh(), "that is a tanh: weights within the limit stay as they "
     "are."),
    (lambda w, limit: limit * (w / limit).tanh(), "that is a tanh: weights within the limit stay "
     "as they are."),
    (lambda w, limit: w * limit / w.norm(), "each tensor is scaled to the norm `limit`: clip every "
     "number by itself."),
    (lambda w, limit: w * min(1.0, limit / w.norm().item()), "each tensor is scaled to the norm "
     "`limit`: clip every number by itself."),
    (lambda w, limit: w * limit / w.abs().max(), "each tensor is scaled until its largest number "
     "is `limit`: clip every number by itself."),
    (lambda w, limit: w.clamp(-limit, limit).abs(), "the weights have lost their signs."),
    (lambda w, limit: w * limit, "the weights are multiplied by `limit`: clip them."),
)  # fmt: skip


def expect_the_rest(told, critic, slopes):
    """Raise NotQuite if gradients, buffers or the wish for gradients have changed."""
    if not all(weights.requires_grad for weights in critic.parameters()):
        raise NotQuite(f"{told}, the weights are right, but no longer ask for gradients.")
    for name, weights in critic.named_parameters():
        if weights.grad is not None and not same(weights.grad, slopes[name], 1e-6):
            raise NotQuite(f"{told}, the weights are right, but the gradients were changed, too.")
    if critic.seen.item() != SEEN:
        raise NotQuite(
            f"{told}, a buffer was clipped, too: a count or a running mean is no weight. Take "
            "`parameters()`, not `state_dict()`."
        )
