"""Signs of trouble in the history of a GAN's training: each a function of some of its values.

A sign takes tensors (records,), float64, named as `training.GANStep` reports them, and returns the
evidence as a sentence, or an empty string. All judge by the second half of the run, and by numbers
without a unit where there are any. The thresholds were chosen on runs of the kinds in
`benchmarks/diagnosis.py` with the seeds 0 to 4, mended on some of the seeds 100 to 309, where they
had failed, and on a few short trainings of DCGANs; that file measures them on seeds never used.
"""

from torch import Tensor

from ganbook.series import agreement, echo, late, quantile, sizes, span


def is_critic(d_loss) -> bool:
    """Return whether this is a Wasserstein critic's loss, whose scores have neither zero nor unit.

    It alone is ever negative, and its sigmoids then say nothing of who wins.
    """
    return bool(d_loss.min() < 0)


def not_finite(d_loss, g_loss):
    bad = ~(d_loss.isfinite() & g_loss.isfinite())
    if bad.any():
        return f"A loss is nan or infinite at {bad.sum()} of {len(bad)} records."
    return ""


def d_reversed(d_loss, d_real, d_fake):
    gap = late(d_real - d_fake)
    worse = late(d_loss).median() >= d_loss[0]
    stays = span(d_real) < 0.1 and (d_real.median() - 0.5).abs() < 0.2
    if quantile(gap, 0.9) < -0.1 and not (worse and stays):
        return f"The discriminator scores fakes above real images: {scores(d_real, d_fake)}."
    return ""


def g_reversed(g_loss, d_real, d_fake):
    by_fake, by_gap = agreement(g_loss, d_fake), agreement(g_loss, d_real - d_fake)
    if by_fake > 0.7 and by_gap < -0.7:
        return (
            "The generator's loss falls as its fakes are found out: its rank correlation "
            f"with D(fake) is {by_fake:+.2f}, where a right loss has a negative one."
        )
    return ""


def saturated(g_loss, d_real, d_fake):
    flat = (d_real - d_fake > 0.9) & (g_loss <= 0) & (g_loss > -0.05)
    share = flat.double().mean()
    if share > 0.5:
        return (
            f"At {share:.0%} of the records the generator's loss, log(1 - D), has no slope left: "
            f"D(fake) is as low as {d_fake.min():.1g}."
        )
    return ""


def blind(d_loss, d_real, d_fake):
    gap = d_real - d_fake
    if not is_critic(d_loss) and gap.max() < 0.05 and quantile(late(gap), 0.9) < 6e-4:
        return (
            f"D(real) was never above D(fake) by more than {max(gap.max().item(), 0):.2g}, and "
            f"in the end {scores(d_real, d_fake)}."
        )
    return ""


def exploding(d_loss, g_loss):
    (start, before, after), (low, _, high) = sizes(d_loss), sizes(g_loss)
    grows = after > 10 and after > 5 * start and after > before / 2
    wild = quantile(late(d_loss), 0.05) < 0 < quantile(late(d_loss), 0.95)
    if grows or (wild and high > 10 and high > 4 * low):
        return (
            f"The losses grow without bound: in size from {start:.3g} and {low:.3g} (d_loss, "
            f"g_loss) to {after:.3g} and {high:.3g}."
        )
    return ""


def one_point(spread):
    return "The fakes are all alike." if late(spread).median() < 0.01 else ""


def swinging(d_loss, d_real, d_fake, spread):
    if is_critic(d_loss):
        return ""
    gap = late(d_real - d_fake)
    low, high = quantile(gap, 0.05), quantile(gap, 0.95)
    if high - low > 0.8 or (high - low > 0.25 and late(spread).median() < 0.85):
        return (
            f"D(real) - D(fake) swings between {low:.2f} and {high:.2f}, and the fakes vary "
            f"{late(spread).median():.2f} times as much as the real images."
        )
    return ""


def waves(d_loss):
    """See waves of one period that do not die out, as in the bilinear game."""
    now, then = late(d_loss), d_loss[: len(d_loss) // 2]
    regular, period = echo(now)
    wide = span(now) > max(span(then) / 2, now.median().abs().item() / 2)
    if regular > 0.6 and wide:
        return (
            f"d_loss comes in waves of {period} records ({regular:.2f} correlated with the last)."
        )
    return ""


def overpowered(d_loss, d_real, d_fake):
    if is_critic(d_loss):
        return ""
    gap, loss = late(d_real - d_fake).median(), late(d_loss).median()
    if gap > 0.9 or (loss < 0.1 and loss < 0.05 * d_loss.max()):
        return f"The discriminator has won: d_loss {loss:.2g}, {scores(d_real, d_fake)}."
    return ""


def outpaced(d_loss, d_real, d_fake, spread):
    if is_critic(d_loss):
        return ""
    gap, width = late(d_real - d_fake).median(), late(spread).median()
    if gap > 0.65 or (gap > 0.5 and width < 0.85):
        return (
            f"The discriminator is hardly ever wrong: {scores(d_real, d_fake)}. The fakes vary "
            f"{width:.2f} times as much as the real images."
        )
    return ""


def collapsed(spread):
    width = late(spread).median()
    return f"The fakes vary {width:.2f} times as much as the real images." if width < 0.7 else ""


def scattered(spread):
    width = late(spread).median()
    return f"The fakes have left the data: {width:.3g} times their spread." if width > 3 else ""


def balance(d_loss, d_real=None, d_fake=None, spread=None, **others) -> str:
    """Return how the two players stand where no sign of trouble is seen."""
    found = f"d_loss stays near {late(d_loss).median():.3g}"
    if d_real is not None and d_fake is not None:
        found += f", {scores(d_real, d_fake)}"
    if spread is not None:
        found += f"; the fakes vary {late(spread).median():.2f} times as much as the real images"
    return f"{found}."


def scores(d_real: Tensor, d_fake: Tensor) -> str:
    real, fake = late(d_real).median(), late(d_fake).median()
    return f"D(real) {real:.2g}, D(fake) {fake:.2g}"


SIGNS = (  # condition, the values that its sign needs, the sign
    ("diverged", ("d_loss", "g_loss"), not_finite),
    ("wrong sign", ("d_loss", "d_real", "d_fake"), d_reversed),
    ("wrong sign", ("g_loss", "d_real", "d_fake"), g_reversed),
    ("saturated", ("g_loss", "d_real", "d_fake"), saturated),
    ("weak discriminator", ("d_loss", "d_real", "d_fake"), blind),
    ("diverged", ("d_loss", "g_loss"), exploding),
    ("collapsed", ("spread",), one_point),
    ("oscillating", ("d_loss", "d_real", "d_fake", "spread"), swinging),
    ("overpowered discriminator", ("d_loss", "d_real", "d_fake"), overpowered),
    ("overpowered discriminator", ("d_loss", "d_real", "d_fake", "spread"), outpaced),
    ("collapsed", ("spread",), collapsed),
    ("diverged", ("spread",), scattered),
    ("oscillating", ("d_loss",), waves),
)
