"""The exercises of the VAE chapter: classic mistakes, and what the verdict says of each.

The mistakes are written as learners make them, independently of the checks' own lists.
"""

import math

import pytest
import torch
from torch.distributions import Normal
from torch.nn import functional as F
from verdicts import said

from ganbook.checks import vae
from ganbook.checks._vae_encoder import MESSAGES
from ganbook.checks._vae_runs import RIGHT, SIGNATURES


def kl(each=lambda m, v: v.exp() + m**2 - 1 - v, scale=0.5, end=lambda t: t.sum(1)):
    return lambda mean, log_var: end(scale * each(mean, log_var))


def kl_sampled(mean, log_var):
    q = Normal(mean, (log_var / 2).exp())
    z = q.sample()
    return (q.log_prob(z) - Normal(0.0, 1.0).log_prob(z)).sum(1)


def kl_reversed(mean, log_var):
    q = Normal(mean, (log_var / 2).exp())
    return torch.distributions.kl_divergence(Normal(0 * mean, 1 + 0 * mean), q).sum(1)


right_kl = kl()


def draw(width=lambda v: (v / 2).exp(), noise=torch.randn_like, mean=lambda m: m):
    return lambda m, v: mean(m) + width(v) * noise(m)


def draw_frozen(mean, log_var):
    noise = torch.randn(mean.shape, generator=torch.Generator().manual_seed(0))
    return mean + (log_var / 2).exp() * noise


def loss(nll=F.binary_cross_entropy_with_logits, target=lambda x: (x + 1) / 2,
         end=lambda n: n.flatten(1).sum(1).mean(),
         term=lambda m, v: right_kl(m, v).mean()):  # fmt: skip
    return lambda logits, x, m, v: end(nll(logits, target(x), reduction="none")) + term(m, v)


def entropy_of_probabilities(logits, target, reduction):
    return F.binary_cross_entropy(logits.sigmoid(), target, reduction=reduction)


def with_epsilon(logits, target, reduction):
    p = logits.sigmoid()
    return -target * (p + 1e-8).log() - (1 - target) * (1 - p + 1e-8).log()


def with_logarithm(logits, target, reduction):
    return torch.log(1 + logits.exp()) - target * logits


def clamped_logits(logits, target, reduction):
    return F.binary_cross_entropy_with_logits(logits.clamp(-30, 30), target, reduction=reduction)


def labels_first(logits, target, reduction):
    return F.binary_cross_entropy_with_logits(target, logits, reduction=reduction)


def sigmoid_twice(logits, target, reduction):
    return F.binary_cross_entropy_with_logits(logits.sigmoid(), target, reduction=reduction)


def encoder(variance=lambda x, w, b, noise, beta: beta * noise / (w**2 + beta * noise),
            mean=lambda x, w, b, noise, beta: w * (x - b) / (w**2 + beta * noise)):  # fmt: skip
    return lambda *args: (mean(*args), variance(*args))


def posterior(x, w, b, noise, beta):
    return w * (x - b) / (w**2 + noise), noise / (w**2 + noise)


BETAS = dict(A=1024, B=64, C=1 / 16, D=1 / 64, E=1, F=0.5, G=50)
SLIPS = [
    (vae.silent_beta, {k: 1 / v for k, v in BETAS.items()}, "all 1/β"),
    (vae.silent_beta, BETAS | dict(A=1), "mean, over the pixels too"),
    (vae.silent_beta, BETAS | dict(A=65536), "64 cancels"),
    (vae.silent_beta, BETAS | dict(A=64), "summed over the latents"),
    (vae.silent_beta, BETAS | dict(B=1024), "over its 16 latents"),
    (vae.silent_beta, BETAS | dict(B=1), "different numbers of terms"),
    (vae.silent_beta, BETAS | dict(C=1 / 1024), "divided by 64, too"),
    (vae.silent_beta, BETAS | dict(C=16), "β is below 1"),
    (vae.silent_beta, BETAS | dict(D=64), "β is below 1"),
    (vae.silent_beta, BETAS | dict(E=64), "64 multiplies the loss"),
    (vae.silent_beta, BETAS | dict(F=1), "*half* the squared error"),
    (vae.silent_beta, BETAS | dict(F=2), "the KL weighs half"),
    (vae.silent_beta, BETAS | dict(G=0.02), "β is 50"),
    (vae.silent_beta, BETAS | dict(G=5), "0.1², which is 0.01"),
    (vae.silent_beta, BETAS | dict(G=0.5), "That is F's"),
    (vae.silent_beta, BETAS | dict(G=200), "*twice* the variance"),
    (vae.silent_beta, BETAS | dict(G=25), "one half, not two"),
    (vae.silent_beta, BETAS | dict(G=5000), "do not square it"),
    (vae.silent_beta, BETAS | dict(C=0.06), "was it rounded"),
    (vae.silent_beta, BETAS | dict(A=1 / 1024), "That is 1/β"),
    (vae.silent_beta, BETAS | dict(G=7), "Which sums"),
    (vae.silent_beta, BETAS | dict(G=...), "Still without a β: G"),
    (vae.gaussian_kl, kl(scale=-0.5), "sign of the whole is wrong"),
    (vae.gaussian_kl, kl(scale=1), "The half is missing"),
    (vae.gaussian_kl, kl(end=lambda t: t.mean(1)), "mean over the latents"),
    (vae.gaussian_kl, kl(end=lambda t: t.sum(1).mean()), "the mean over the batch"),
    (vae.gaussian_kl, kl(end=torch.sum), "the sum over batch and latents"),
    (vae.gaussian_kl, kl(end=torch.mean), "the mean over batch and latents"),
    (vae.gaussian_kl, kl(end=lambda t: t.sum(0)), "the batch was summed"),
    (vae.gaussian_kl, kl(end=lambda t: t.sum(1, keepdim=True)), "added to (3,), that makes 3 × 3"),
    (vae.gaussian_kl, kl(end=lambda t: t), "Sum over the latents"),
    (vae.gaussian_kl, kl(lambda m, v: (v / 2).exp() + m**2 - 1 - v), "the standard deviation"),
    (vae.gaussian_kl, kl(lambda m, v: (v / 2).exp() + m**2 - 1 - v / 2), "standard deviation"),
    (vae.gaussian_kl, kl(lambda m, v: (2 * v).exp() + m**2 - 1 - 2 * v), "log of the standard"),
    (vae.gaussian_kl, kl(lambda m, v: v + m**2 - 1 - v), "where its exponential"),
    (vae.gaussian_kl, kl(lambda m, v: v + m**2 - 1 - v.log()), "for the variance itself"),
    (vae.gaussian_kl, kl(lambda m, v: v.exp() + m - 1 - v), "not squared"),
    (vae.gaussian_kl, kl(lambda m, v: v.exp() - 1 - v), "mean's term is missing"),
    (vae.gaussian_kl, kl(lambda m, v: v.exp() + m**2 - v), "The -1 is missing"),
    (vae.gaussian_kl, kl(lambda m, v: v.exp() + m**2 - 1 + v), "sign of log_var"),
    (vae.gaussian_kl, kl(lambda m, v: v.exp() - m**2 - 1 - v), "sign of mean²"),
    (vae.gaussian_kl, kl(lambda m, v: m**2 - 1 - v), "exp(log_var) is missing"),
    (vae.gaussian_kl, kl(lambda m, v: v.exp() + m**2 - 1), "term of log_var is missing"),
    (vae.gaussian_kl, kl(lambda m, v: m**2), "variances of 1 only"),
    (vae.gaussian_kl, kl(scale=0.5 / math.log(2)), "in bits"),
    (vae.gaussian_kl, kl(lambda m, v: v.exp() + m**2 + math.log(2 * math.pi)), "cross-entropy"),
    (vae.gaussian_kl, kl(lambda m, v: 1 + v + math.log(2 * math.pi)), "entropy of q"),
    (vae.gaussian_kl, kl_reversed, "the other way round"),
    (vae.gaussian_kl, kl_sampled, "closed form"),
    (vae.gaussian_kl, kl(scale=-0.5, end=lambda t: t.mean(1)), "It looks like two slips"),
    (vae.gaussian_kl,
     kl(lambda m, v: v.exp() + m**2 - 1 - (v.exp() + 1e-8).log()), "an epsilon or a clamp"),
    (vae.gaussian_kl, kl(lambda m, v: v.exp() + m**2 - 1 - v.clamp(-10, 10)), "a clamp"),
    (vae.gaussian_kl, lambda m, v: (v.exp() + m.pow_(2) - 1 - v).sum(1) / 2, "changed its inputs"),
    (vae.gaussian_kl, lambda m, v: (v.exp_() + m**2 - 1 - v).sum(1) / 2, "changed its inputs"),
    (vae.gaussian_kl, kl(lambda m, v: v**2 + m**2 - 1 - (v**2).log()), "taken for σ itself"),
    (vae.gaussian_kl, lambda m, v: right_kl(m.detach(), v.detach()), "no gradient flows"),
    (vae.gaussian_kl, lambda m, v: right_kl(m, v.detach()), "gradient in log_var is not"),
    (vae.gaussian_kl, lambda m, v: right_kl(m, v).tolist(), "no gradient flows"),
    (vae.gaussian_kl, lambda m, v: print(end=""), "`return` missing"),
    (vae.reparametrise, draw(torch.exp), "The half is missing"),
    (vae.reparametrise, draw(lambda v: v), "`log_var` itself multiplies"),
    (vae.reparametrise, draw(lambda v: v / 2), "exponential is missing"),
    (vae.reparametrise, draw(lambda v: v.exp() / 2), "outside of the exponential"),
    (vae.reparametrise, draw(lambda v: (v / 4).exp()), "there twice"),
    (vae.reparametrise, draw(lambda v: (2 * v).exp()), "do not double"),
    (vae.reparametrise, draw(F.softplus), "softplus"),
    (vae.reparametrise, draw(lambda v: (-v / 2).exp()), "sign of log_var"),
    (vae.reparametrise, draw(lambda v: 1), "where is `log_var`"),
    (vae.reparametrise, draw(lambda v: v.sqrt()), "not finite"),
    (vae.reparametrise, draw(lambda v: v.abs().sqrt()), "The root of `log_var`"),
    (vae.reparametrise, draw(noise=torch.zeros_like), "where is the noise"),
    (vae.reparametrise, draw(noise=lambda m: torch.randn(m.shape[1])), "noise of its own"),
    (vae.reparametrise, draw(noise=lambda m: torch.randn(())), "noise of its own"),
    (vae.reparametrise, draw(noise=lambda m: torch.randn(len(m), 1)), "one ε for each latent"),
    (vae.reparametrise,
     draw(noise=lambda m: (torch.rand_like(m) - 0.5) * 12**0.5), "is it uniform"),
    (vae.reparametrise, draw(noise=torch.rand_like), "Is the noise uniform (`torch.rand`)"),
    (vae.reparametrise, draw(noise=lambda m: 2 * torch.rand_like(m) - 1), "noise uniform (`torch."),
    (vae.reparametrise, lambda m, v: m + (v / 2).exp(), "z is mean + σ, always"),
    (vae.reparametrise, lambda m, v: (m + torch.randn_like(m)) * (v / 2).exp(), "is stretched"),
    (vae.reparametrise, draw(lambda v: (v / 2).clamp(-2, 2).exp()), "is something clamped"),
    (vae.reparametrise, draw(lambda v: v.clamp(-5, 5).div(2).exp()), "is something clamped"),
    (vae.reparametrise, draw(lambda v: (v / 2).exp() + 0.01), "an epsilon"),
    (vae.reparametrise, draw(noise=lambda m: torch.randn_like(m).clamp(-3, 3)), "Is it cut off"),
    (vae.reparametrise,
     draw(noise=lambda m: torch.rand_like(m) * 12**0.5), "Is the noise uniform"),
    (vae.reparametrise, draw(mean=torch.zeros_like), "Where is `mean`"),
    (vae.reparametrise, draw_frozen, "Two calls gave the same z"),
    (vae.reparametrise, lambda m, v: Normal(m, (v / 2).exp()).sample(), "draw and forget"),
    (vae.reparametrise, lambda m, v: torch.normal(m, (v / 2).exp()), "draw and forget"),
    (vae.reparametrise, lambda m, v: draw()(m, v.detach()), "reaches log_var"),
    (vae.reparametrise, lambda m, v: draw()(m.detach(), v), "reaches mean"),
    (vae.reparametrise, lambda m, v: draw()(m, v).sum(1), "of that shape was expected"),
    (vae.reparametrise, lambda m, v: print(end=""), "`return` missing"),
    (vae.loss_of_vae, loss(end=lambda n: n.mean()), "averaged over the pixels"),
    (vae.loss_of_vae, loss(end=lambda n: n.flatten(1).mean(1).mean()), "averaged over the pixels"),
    (vae.loss_of_vae, loss(target=lambda x: x), "targets in [-1, 1]"),
    (vae.loss_of_vae, loss(target=lambda x: x.clamp(0, 1)), "clamped to [0, 1]"),
    (vae.loss_of_vae, loss(target=lambda x: x / 2), "in [-½, ½]"),
    (vae.loss_of_vae, loss(target=lambda x: (x > 0).float()), "cut to 0 and 1"),
    (vae.loss_of_vae, loss(term=lambda m, v: -right_kl(m, v).mean()), "The sign of the KL"),
    (vae.loss_of_vae, loss(term=lambda m, v: kl(end=torch.mean)(m, v)), "over the latents. That"),
    (vae.loss_of_vae, loss(end=torch.mean, term=kl(end=torch.mean)), "silent β of C·H·W / Z"),
    (vae.loss_of_vae, loss(end=torch.mean, term=kl(end=torch.sum)), "silent β of B·C·H·W"),
    (vae.loss_of_vae, loss(end=torch.sum), "silent β: 1/B"),
    (vae.loss_of_vae, loss(end=torch.sum, term=kl(end=torch.mean)), "silent β of 1 / (B·Z)"),
    (vae.loss_of_vae, loss(term=kl(end=torch.sum)), "silent β: B."),
    (vae.loss_of_vae, loss(end=torch.sum, term=kl(end=torch.sum)), "a sum over the batch"),
    (vae.loss_of_vae,
     loss(term=kl(lambda m, v: (v / 2).exp() + m**2 - 1 - v, end=lambda t: t.sum(1).mean())),
     "stands where the variance belongs"),
    (vae.loss_of_vae, loss(term=kl(scale=1, end=lambda t: t.sum(1).mean())), "silent β: 2"),
    (vae.loss_of_vae, loss(term=lambda m, v: 0), "an autoencoder with noise"),
    (vae.loss_of_vae, loss(nll=F.mse_loss), "That is a squared error"),
    (vae.loss_of_vae, loss(nll=sigmoid_twice), "sigmoid is applied twice"),
    (vae.loss_of_vae, loss(nll=labels_first), "takes the logits first"),
    (vae.loss_of_vae, loss(nll=entropy_of_probabilities), "sigmoid has rounded"),
    (vae.loss_of_vae, loss(nll=with_epsilon), "sigmoid has rounded"),
    (vae.loss_of_vae, loss(end=lambda n: n.sum((2, 3)).mean()), "weighs C times too much"),
    (vae.loss_of_vae, loss(end=lambda n: n.sum(1).mean()), "weighs H·W times too much"),
    (vae.loss_of_vae, loss(end=lambda n: n.sum(3).mean()), "weighs C·H times too much"),
    (vae.loss_of_vae, loss(nll=with_logarithm), "exp overflows"),
    (vae.loss_of_vae, loss(nll=clamped_logits), "Something is cut off"),
    (vae.loss_of_vae, lambda *a: -loss()(*a), "the bound itself"),
    (vae.loss_of_vae, lambda *a: loss()(*a) / math.log(2), "in bits"),
    (vae.loss_of_vae, loss(end=lambda n: n.flatten(1).sum(1), term=right_kl), "over the samples"),
    (vae.loss_of_vae,
     loss(target=lambda x: x, end=torch.mean), "two slips"),
    (vae.loss_of_vae, lambda *a: loss()(*a).item(), "no gradient flows"),
    (vae.loss_of_vae, lambda a, x, m, v: loss()(a, x, m, v.detach()), "gradient in log_var"),
    (vae.best_encoder, posterior, "β does not come in"),
    (vae.best_encoder, lambda x, w, b, n, beta: posterior(x, w, b, n / beta, 1), "wrong way round"),
    (vae.best_encoder,
     encoder(mean=lambda x, w, b, n, t: w * (x + b) / (w**2 + t * n)), "The sign of `b`"),
    (vae.best_encoder,
     encoder(mean=lambda x, w, b, n, t: w * (x - b) / (t * w**2 + n)), "For β = 1 it is right"),
    (vae.best_encoder, encoder(lambda x, w, b, n, t: (t * n / (w**2 + t * n)) ** 0.5),
     "is the standard deviation"),
    (vae.best_encoder, encoder(lambda x, w, b, n, t: 1 + w**2 / (t * n)), "a precision"),
    (vae.best_encoder, encoder(mean=lambda x, w, b, n, t: w * x / (w**2 + t * n)), "`b` is forg"),
    (vae.best_encoder, lambda x, w, b, n, t: posterior(x, w, b, t * n**2, 1), "do not square it"),
    (vae.best_encoder, lambda x, w, b, n, t: ((x - b) / w, n / w**2), "ignores the prior"),
    (vae.best_encoder, lambda *a: encoder()(*a)[::-1], "changed places"),
    (vae.best_encoder,
     lambda x, w, b, n, t: (posterior(x, w, b, n, 1)[0], t * posterior(x, w, b, n, 1)[1]),
     "does not just multiply"),
    (vae.best_encoder, encoder(mean=lambda *a: posterior(*a)[0]), "β pulls the mean"),
    (vae.best_encoder, encoder(lambda *a: posterior(*a)[1]), "β widens the variance"),
    (vae.best_encoder, encoder(lambda x, w, b, n, t: w**2 + n), "is the variance of x"),
    (vae.best_encoder, lambda x, w, b, n, t: (0.0, -1.0), "a variance is above 0"),
    (vae.best_encoder, lambda x, w, b, n, t: (0.0, 1.0), "and the least is"),
    (vae.best_encoder, lambda x, w, b, n, t: 1.0, "2 numbers were expected"),
    (vae.importance_bound, lambda w: w.mean(0), "mean of the logs"),
    (vae.importance_bound, lambda w: w.logsumexp(0), "log K is missing"),
    (vae.importance_bound, lambda w: w.logsumexp(0) / len(w), "divided by K"),
    (vae.importance_bound, lambda w: w.logsumexp(0) + math.log(len(w)), "sign of log K"),
    (vae.importance_bound, lambda w: w.logsumexp(0) - math.log(w.size(1)), "the batch's size"),
    (vae.importance_bound, lambda w: w.logsumexp(0) - len(w), "not log K"),
    (vae.importance_bound, lambda w: w.exp().mean(0), "The log is missing"),
    (vae.importance_bound, lambda w: w.max(0).values, "its rivals"),
    (vae.importance_bound, lambda w: math.log(len(w)) - w.logsumexp(0), "sign is turned"),
    (vae.importance_bound, lambda w: (w.softmax(0) * w).sum(0), "normalised weights"),
    (vae.importance_bound, lambda w: w.logsumexp(1) - math.log(w.size(1)), "over the draws, dim 0"),
    (vae.importance_bound, lambda w: (w.logsumexp(0) - math.log(len(w))).mean(), "the one number"),
    (vae.importance_bound, lambda w: w.exp().mean(0).log(), "log 0 is -inf"),
    (vae.importance_bound, lambda w: (w.exp().mean(0) + 1e-12).log(), "log 0 is -inf"),
    (vae.importance_bound, lambda w: (w - w.max()).exp().mean(0).log() + w.max(), "log 0 is -inf"),
    (vae.importance_bound,
     lambda w: w.detach().logsumexp(0) - math.log(len(w)), "no gradient flows"),
    (vae.seven_slips, RIGHT | dict(A="mean over pixels"), "But a gradient still passes"),
    (vae.seven_slips, RIGHT | dict(A=...), "Still without a suspect: A"),
    (vae.seven_slips, RIGHT | dict(B="a typo"), "none of the suspects"),
    (vae.seven_slips, list(RIGHT.values()), "keys A to G"),
    (vae.mix, lambda z: z, "a latent of its own"),
    (vae.mix, lambda z: z.flip(1), "a latent of its own"),
    (vae.mix, lambda z: -z, "a latent of its own"),
    (vae.mix, lambda z: torch.stack([z[:, 0] + z[:, 1], z[:, 0] - z[:, 1]], 1), "square root of 2"),
    (vae.mix, lambda z: torch.stack([z[:, 0], (z[:, 0] + z[:, 1]) / 2**0.5], 1), "A shear"),
    (vae.mix, lambda z: 3 * z, "standard deviations [3.0"),
    (vae.mix, lambda z: z + 1, "with the mean"),
    (vae.mix, lambda z: z.abs(), "with the mean"),
    (vae.mix, lambda z: torch.randn_like(z), "a map draws nothing"),
    (vae.mix, lambda z: (z - z.mean(0)) / z.std(0), "goes its way alone"),
    (vae.mix, lambda z: z.sign(), "is not normal"),
    (vae.mix, lambda z: torch.stack([z[:, 0], z[:, 0]], 1), "correlated"),
    (vae.mix, lambda z: z @ torch.tensor([[0.98, -0.199], [0.199, 0.98]]), "one latent more than"),
    (vae.mix, lambda z: z.sum(1), "of that shape was expected"),
]  # fmt: skip


@pytest.mark.parametrize(("check", "answer", "message"), SLIPS)
def test_slips_are_recognised(capsys, check, answer, message):
    verdict = said(capsys, check, answer)
    assert verdict.startswith("Not quite. ")
    assert message in verdict


def fold(z):
    """Keep N(0, I) as a cloud, but send z and -z to the same place: twice the angle."""
    radius, angle = z.norm(dim=1), 2 * torch.atan2(z[:, 1], z[:, 0])
    return torch.stack([radius * angle.cos(), radius * angle.sin()], dim=1)


def test_a_fold_that_keeps_the_cloud_is_found(capsys):
    assert "no decoder can undo" in said(capsys, vae.mix, fold)


def test_every_suspect_has_its_own_signature(capsys):
    for run, right in RIGHT.items():
        for suspect, signature in SIGNATURES.items():
            if suspect != right:
                verdict = said(capsys, vae.seven_slips, RIGHT | {run: suspect})
                assert f"Run {run} is no case of {suspect!r}: {signature}" in verdict


def test_a_slip_given_twice_is_named(capsys):
    verdict = said(capsys, vae.seven_slips, RIGHT | dict(A="no noise"))
    assert "It is also given to D: each slip at most once." in verdict


def test_every_blunder_of_the_encoder_has_its_own_message(capsys):
    """The check's own list: no blunder is hidden behind another."""
    from ganbook.checks._vae_encoder import with_slips

    for blunder, message in MESSAGES.items():
        answer = lambda *args, blunder=blunder: with_slips(*args, blunder=blunder)  # noqa: E731
        assert message in said(capsys, vae.best_encoder, answer)
