"""The exercise of the VAE chapter that draws from the posterior by reparametrisation."""

import torch

from ganbook.checks._gan_losses import gradients
from ganbook.checks._verdict import NotQuite, exercise, same, show

ROWS = 3000
LOG_VARS = (-8.0, -4.0, -1.0, 1.0, 2.0, 8.0)
MEANS = (0.5, -2.0, -1.0, 3.0, 1.0, -0.3)
HALF = (
    "exp(log_var) is the variance, and a standard deviation multiplies the noise: "
    "`(0.5 * log_var).exp()`. The half is missing."
)
WIDTHS = (
    (lambda v: v.exp(), HALF),
    (lambda v: (v / 4).exp(), "That is the root of the standard deviation: the half is there "
     "twice."),
    (lambda v: v.abs(), "`log_var` itself multiplies the noise: take the exponential of its half."),
    (lambda v: v.abs() / 2, "Half of `log_var` multiplies the noise: the exponential is missing."),
    (lambda v: v.abs().sqrt(), "The root of `log_var` multiplies the noise: it is a logarithm."),
    (lambda v: torch.ones_like(v), "The noise has the variance 1 everywhere: where is `log_var`?"),
    (lambda v: v.exp() / 2, "The half stands outside of the exponential: exp(log_var / 2)."),
    (lambda v: (v / 2).exp() / 2, "Half of the standard deviation."),
    (lambda v: (-v / 2).exp(), "The sign of log_var is turned."),
    (lambda v: (-v).exp(), "The sign of log_var is turned, and the half is missing."),
    (lambda v: (v * 2).exp(), "That is the square of the variance: halve log_var, do not double "
     "it."),
    (lambda v: (1 + v.exp()).log(), "That is softplus(log_var): here log_var is a logarithm."),
)  # fmt: skip


@exercise(
    why="The noise comes from outside, so a gradient passes through the sample to both inputs.",
    hints=(
        "Draw ε of the shape of `mean` with torch.randn_like; then shift and stretch it.",
        "ε has the standard deviation 1 and mean 0. What must it be multiplied by, and what be "
        "added? log_var is the log of the variance, not of the standard deviation.",
    ),
)
def reparametrise(answer):
    """A function of mean and log_var (B, Z) that draws z (B, Z), with a gradient to both."""
    if not callable(answer):
        raise NotQuite(f"A function was expected, and {show(answer)} came.")
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        expect_shape(answer)
        z, mean, log_var = draw(answer)
        if not z.isfinite().all():
            raise NotQuite("For log_var below 0 z is not finite: it is a logarithm, and its "
                           "exponential is the variance.")  # fmt: skip
        expect_moments(z, mean, log_var)
        expect_own_noise((z - mean) / (log_var / 2).exp())
        if torch.equal(z, draw(answer)[0]):
            raise NotQuite("Two calls gave the same z: draw the noise anew each time, unseeded.")
        expect_slopes(answer)


def draw(answer):
    log_var = torch.tensor(LOG_VARS).repeat(ROWS, 1)
    mean = torch.tensor(MEANS).repeat(ROWS, 1)
    return answer(mean.clone(), log_var.clone()).detach().clone(), mean, log_var


def expect_shape(answer):
    mean, log_var = torch.zeros(5, 3), torch.zeros(5, 3)
    z = answer(mean, log_var)
    if z is None:
        raise NotQuite("Your function returned None: is a `return` missing?")
    if not isinstance(z, torch.Tensor) or z.shape != mean.shape:
        raise NotQuite(f"For mean and log_var of shape (5, 3) a tensor of that shape was expected, "
                       f"and {show(z)} came.")  # fmt: skip
    if not z.isfinite().all():
        raise NotQuite(f"For mean 0 and log_var 0 it is not finite: {show(z[0])} in row 0.")
    if mean.any() or log_var.any():
        raise NotQuite("Your function changed its inputs: draw a new tensor.")


def expect_moments(z, mean, log_var):
    """Raise NotQuite unless z has the mean and the standard deviation asked for."""
    std = z.double().std(0).float()
    want = (log_var[0] / 2).exp()
    told = f"For log_var {show(log_var[0])} the standard deviation of z is {show(std)}"
    if (std < 1e-6).all():
        raise NotQuite(repeated(z, mean, log_var))
    if not close(std, want):
        raise NotQuite(
            f"{told}; {show(want)} was expected. {wrong_width(std, log_var[0])}".rstrip()
        )
    centre, target = z.double().mean(0).float(), mean[0]
    if ((centre - target).abs() > 5 * want / ROWS**0.5).any():
        said = f"For mean {show(target)} the mean of z is {show(centre)}."
        noise = ((centre - target) / want).mean()
        if abs(noise - 0.5 * 12**0.5) < 0.1 or abs(noise - 0.5) < 0.05:
            said += " Is the noise uniform? It should be normal: `torch.randn`."
        elif (centre.abs() < 5 * want / ROWS**0.5).all():
            said += " Where is `mean`?"
        elif ((centre - target * want).abs() < 5 * want / ROWS**0.5).all():
            said += " The mean is stretched, too: only the noise is multiplied, and then added."
        raise NotQuite(said)


def close(std, want) -> bool:
    return ((std / want - 1).abs() < 0.08).all().item()


def wrong_width(std, log_var) -> str:
    """Say what the standard deviations look like, if they look like anything."""
    ratio = std / (log_var / 2).exp()
    for uniform in (12**-0.5, 3**-0.5):  # of width 1, and of width 2
        if close(ratio, torch.full_like(ratio, uniform)):
            return "Is the noise uniform (`torch.rand`)? It should be normal: `torch.randn`."
    if close(ratio[2:5], torch.ones(3)):
        return "It is right for moderate log_var: is something clamped, or is there an epsilon?"
    return next((message for width, message in WIDTHS if close(std, width(log_var))), "")


def repeated(z, mean, log_var) -> str:
    """Say why all rows of z are alike."""
    if same(z, mean, 1e-5):
        return "z is the mean, always: where is the noise? Without it that is an autoencoder."
    if same(z, mean + (log_var / 2).exp(), 1e-4):
        return "z is mean + σ, always: σ multiplies noise, and where is the noise?"
    return (
        f"{ROWS} rows with the same mean and log_var gave the same z: every row needs noise of its "
        "own, `torch.randn_like(mean)`."
    )


def expect_own_noise(noise):
    """Raise NotQuite unless the noise is normal, and independent in each entry."""
    linked = noise.double().T.corrcoef() - torch.eye(noise.shape[1], dtype=torch.double)
    if linked.abs().max() > 0.9:
        raise NotQuite("Within a row all latents have the same noise: draw one ε for each latent.")
    if linked.abs().max() > 0.12:
        raise NotQuite(f"The noise of two latents is linked (correlation {linked.abs().max():.2f})"
                       ": draw them independently.")  # fmt: skip
    kurtosis = noise.double().pow(4).mean(0)
    if (kurtosis < 2.4).all():
        raise NotQuite("The noise has the right variance, but never lies far out: is it uniform? "
                       "It should be normal: `torch.randn`.")  # fmt: skip
    if (noise.abs() > 3.01).sum() < 10:  # 47 of 18,000 are expected
        raise NotQuite("The noise never lies further out than 3 standard deviations: about 1 draw "
                       "in 370 should. Is it cut off?")  # fmt: skip
    if (kurtosis > 4).all():
        raise NotQuite("The noise has the right variance, but too long tails: take `torch.randn`.")


def expect_slopes(answer):
    """Raise NotQuite unless dz/dmean is 1 and dz/dlog_var is (z - mean) / 2."""
    mean = torch.tensor([[0.3, -1.0, 2.0], [1.5, 0.0, -0.4]], requires_grad=True)
    log_var = torch.tensor([[0.0, -2.0, 1.0], [0.5, 1.0, -1.0]], requires_grad=True)
    z = answer(mean, log_var)
    to_mean, to_log_var = gradients(z.sum(), [mean, log_var])
    mean_learns = to_mean is not None and to_mean.any()
    log_var_learns = to_log_var is not None and to_log_var.any()
    if not mean_learns and not log_var_learns:
        raise NotQuite(
            "z is distributed as asked, but no gradient reaches mean or log_var: `torch.normal` "
            "and `.sample()` draw and forget. Shift and stretch noise that was drawn without them."
        )
    for learns, name in ((mean_learns, "mean"), (log_var_learns, "log_var")):
        if not learns:
            raise NotQuite(f"z is distributed as asked, but no gradient reaches {name}: it is "
                           "detached on the way.")  # fmt: skip
    wanted = (torch.ones_like(mean), ((z - mean) / 2).detach())
    for slopes, want, name in zip((to_mean, to_log_var), wanted, ("mean", "log_var"), strict=True):
        if not same(slopes, want, 1e-3):
            raise NotQuite(f"z is distributed as asked, but dz/d{name} is {show(slopes[0])} in row "
                           f"0; {show(want[0])} was expected.")  # fmt: skip
