"""The exercises of "Six games": classic mistakes, and what the verdict says of each.

The mistakes are written as learners make them, independently of the checks' own lists.
"""

import copy
import random

import pytest
import torch
from torch import nn
from torch.nn import functional as F
from verdicts import said

from ganbook import losses as games
from ganbook import regularisers
from ganbook.checks import losses
from ganbook.checks._losses_runs import RIGHT, SIGNATURES
from ganbook.checks._losses_slopes import NAMES

SP = F.softplus


def both(d=None, g=None):
    """A pair of losses, right but for the one given."""

    def pair(real, fake):
        d_loss = SP(-real).mean() + SP(fake).mean() if d is None else d(real, fake)
        return d_loss, SP(-fake).mean() if g is None else g(real, fake)

    return pair


def log_sigmoid(real, fake):
    real, fake = torch.sigmoid(real), torch.sigmoid(fake)
    return -real.log().mean() - (1 - fake).log().mean()


def with_exp(real, fake):
    return torch.log(1 + torch.exp(-real)).mean() + torch.log1p(torch.exp(fake)).mean()


def with_epsilon(real, fake):
    real, fake = torch.sigmoid(real), torch.sigmoid(fake)
    return -(real + 1e-8).log().mean() - (1 - fake + 1e-8).log().mean()


def entropy_of_probabilities(real, fake):
    real, fake = torch.sigmoid(real), torch.sigmoid(fake)
    bce = F.binary_cross_entropy
    return bce(real, torch.ones_like(real)) + bce(fake, torch.zeros_like(fake))


def sigmoid_twice(real, fake):
    bce = F.binary_cross_entropy_with_logits
    real, fake = real.sigmoid(), fake.sigmoid()
    return bce(real, torch.ones_like(real)) + bce(fake, torch.zeros_like(fake))


def one_entropy(real, fake):
    labels = torch.cat([torch.ones_like(real), torch.zeros_like(fake)])
    return F.binary_cross_entropy_with_logits(torch.cat([real, fake]), labels)


def labels_first(real, fake):
    bce = F.binary_cross_entropy_with_logits
    return bce(torch.ones_like(real), real) + bce(torch.zeros_like(fake), fake)


def with_where(real, fake):
    def cost(x):
        return torch.where(x > 20, x, torch.exp(x).log1p()).mean()

    return cost(-real) + cost(fake)


def clamped_slopes(real, fake):
    def cost(x):
        return SP(x).detach() + SP(x.clamp(-10, 10)) - SP(x.clamp(-10, 10)).detach()

    return (cost(-real) + cost(fake)).mean()


def smooth(real_label=lambda t: t, fake_label=lambda t: 0, end=torch.mean, x=lambda x: x):
    def loss(real, fake, target):
        def bce(logits, label):
            return end(label * SP(-x(logits)) + (1 - label) * SP(x(logits)))

        return bce(real, real_label(target)) + bce(fake, fake_label(target))

    return loss


def smooth_probabilities(real, fake, target):
    p, q = real.sigmoid(), fake.sigmoid()
    as_real = target * p.log() + (1 - target) * (1 - p).log()
    return -as_real.mean() - (1 - q).log().mean()


def shares(real):
    return torch.rand(len(real), 1, 1, 1)


def penalty(share=shares, at=None, norm=lambda g: g.flatten(1).norm(dim=1),
            end=lambda n: (n - 1).square().mean(), out=torch.sum, graph=True):  # fmt: skip
    def loss(critic, real, fake):
        eps = share(real)
        x = eps * real + (1 - eps) * fake if at is None else at(real, fake)
        x = x.clone().requires_grad_()
        (g,) = torch.autograd.grad(out(critic(x)), x, create_graph=graph)
        return end(norm(g))

    return loss


def penalty_at_both(critic, real, fake):
    parts = [penalty(at=lambda r, f, x=x: x)(critic, real, fake) for x in (real, fake)]
    return sum(parts) / 2


def penalty_concatenated(critic, real, fake):
    return penalty(at=lambda r, f: torch.cat([r, f]))(critic, real, fake)


def penalty_by_backward(critic, real, fake):
    eps = shares(real)
    x = (eps * real + (1 - eps) * fake).requires_grad_()
    critic(x).sum().backward(create_graph=True)
    return (x.grad.flatten(1).norm(dim=1) - 1).square().mean()


def penalty_no_leaf(critic, real, fake):
    eps = shares(real)
    x = eps * real + (1 - eps) * fake
    (g,) = torch.autograd.grad(critic(x).sum(), x, create_graph=True)
    return (g.flatten(1).norm(dim=1) - 1).square().mean()


def penalty_of_vector(critic, real, fake):
    eps = shares(real)
    x = (eps * real + (1 - eps) * fake).requires_grad_()
    (g,) = torch.autograd.grad(critic(x), x, create_graph=True)
    return (g.flatten(1).norm(dim=1) - 1).square().mean()


def penalty_frozen_noise(critic, real, fake):
    eps = torch.rand(len(real), 1, 1, 1, generator=torch.Generator().manual_seed(0))
    return penalty(share=lambda real: eps)(critic, real, fake)


def penalty_two_shares(critic, real, fake):
    return penalty(at=lambda r, f: shares(r) * r + shares(f) * f)(critic, real, fake)


def penalty_shuffled(critic, real, fake):
    return penalty()(critic, real[torch.randperm(len(real))], fake)


def penalty_noisy(critic, real, fake):
    return penalty(at=lambda r, f: r + 0.5 * r.std() * torch.rand_like(r))(critic, real, fake)


def r1(at=lambda r, f: r, of=torch.sum, square=lambda g: g.flatten(1).square().sum(1).mean(),
       weight=lambda gamma: gamma / 2, loss=lambda r, f: SP(-r).mean() + SP(f).mean(),
       graph=True):  # fmt: skip
    def total(discriminator, real, fake, gamma):
        x = at(real, fake).detach().requires_grad_()
        (g,) = torch.autograd.grad(of(discriminator(x)), x, create_graph=graph)
        plain = loss(discriminator(real), discriminator(fake))
        return plain + weight(gamma) * square(g)

    return total


def r1_and_r2(discriminator, real, fake, gamma):
    first = r1()(discriminator, real, fake, gamma)
    return first + r1(at=lambda r, f: f, loss=lambda r, f: 0)(discriminator, real, fake, gamma)


def r1_detached_loss(discriminator, real, fake, gamma):
    return r1(loss=lambda r, f: (SP(-r).mean() + SP(f).mean()).item())(
        discriminator, real, fake, gamma
    )


def r1_by_backward(discriminator, real, fake, gamma):
    real.requires_grad_()
    discriminator(real).sum().backward(create_graph=True)
    plain = SP(-discriminator(real)).mean() + SP(discriminator(fake)).mean()
    return plain + gamma / 2 * real.grad.square().flatten(1).sum(1).mean()


def clip(change):
    """Change every parameter in place."""

    @torch.no_grad()
    def answer(critic, limit):
        for p in critic.parameters():
            p.copy_(change(p, limit))

    return answer


right_clip = clip(lambda p, c: p.clamp(-c, c))


def clip_gradient_values(critic, limit):
    nn.utils.clip_grad_value_(critic.parameters(), limit)


def clip_gradient_norm(critic, limit):
    nn.utils.clip_grad_norm_(critic.parameters(), limit)


def clip_gradients_by_hand(critic, limit):
    for p in critic.parameters():
        p.grad.data.clamp_(-limit, limit)


def clip_by_hook(critic, limit):
    for p in critic.parameters():
        p.register_hook(lambda g: g.clamp(-limit, limit))


def clip_nothing(critic, limit):
    for p in critic.parameters():
        p.data.clamp(-limit, limit)


def clip_names(critic, limit):
    for p in critic.parameters():
        p = p.clamp(-limit, limit)


def clip_leaf(critic, limit):
    for p in critic.parameters():
        p.clamp_(-limit, limit)


def clip_a_copy(critic, limit):
    other = copy.deepcopy(critic)
    right_clip(other, limit)
    return other


def clip_new_parameters(critic, limit):
    for module in critic.modules():
        for name, p in list(module.named_parameters(recurse=False)):
            setattr(module, name, nn.Parameter(p.detach().clamp(-limit, limit)))


def clip_state(critic, limit):
    for value in critic.state_dict().values():
        value.clamp_(-limit, limit)


def clip_both(critic, limit):
    right_clip(critic, limit)
    clip_gradient_values(critic, limit)


def clip_and_freeze(critic, limit):
    right_clip(critic, limit)
    critic.requires_grad_(False)


@torch.no_grad()
def clip_weights_only(critic, limit):
    for name, p in critic.named_parameters():
        if "weight" in name:
            p.clamp_(-limit, limit)


@torch.no_grad()
def clip_linear_only(critic, limit):
    for layer in critic:
        if isinstance(layer, nn.Linear):
            layer.weight.clamp_(-limit, limit)
            layer.bias.clamp_(-limit, limit)


GOOD = dict(
    A="least_squares", B="minimax", C="non_saturating", D="relativistic", E="wasserstein", F="hinge"
)
SLIPS = [
    (losses.who_learns, GOOD | dict(A="minimax"), "that is the smallest of all"),
    (losses.who_learns, GOOD | dict(B="least squares"), "that is the largest of all"),
    (losses.who_learns, GOOD | dict(F="LSGAN"), "In size"),
    (losses.who_learns, GOOD | dict(C="hinge"), "the generator's loss has no hinge"),
    (losses.who_learns, GOOD | dict(E="non_saturating"), "Another game's is larger"),
    (losses.who_learns, GOOD | dict(D="least_squares"), "Another game's is smaller"),
    (losses.who_learns, GOOD | dict(D="minimax"), "holds for the discriminator's loss. Another"),
    (losses.who_learns, GOOD | dict(E="minimax"), "Its loss is the largest, but"),
    (losses.who_learns, GOOD | dict(D="hinge"), "-1 everywhere"),
    (losses.who_learns, GOOD | dict(E="wassertein"), "none of the games"),
    (losses.who_learns, GOOD | dict(E=...), "Still without a game: ['E']"),
    (losses.who_learns, ["hinge"] * 5, "keys A to F"),
    (losses.r1,
     lambda d, r, f, gamma: games.hinge.discriminator(d(r), d(f))
     + gamma / 2 * regularisers.r1_penalty(d, r), "the hinge game's loss"),
    (losses.smoothing, lambda r, f, t: SP(t - r).mean() + SP(f).mean(), "against the logit"),
    (losses.smoothing,
     lambda r, f, t: F.binary_cross_entropy_with_logits(torch.full_like(r, t), r)
     + F.binary_cross_entropy_with_logits(torch.zeros_like(f), f), "takes the logits first"),
    (losses.from_logits, lambda r, f: both()(r, f)[::-1], "have changed places"),
    (losses.from_logits, both(lambda r, f: SP(r).mean() + SP(-f).mean()), "signs of the logits"),
    (losses.from_logits, both(lambda r, f: -SP(-r).mean() - SP(f).mean()), "That is the value V"),
    (losses.from_logits, both(sigmoid_twice), "sigmoid is applied twice"),
    (losses.from_logits, both(lambda r, f: SP(-r).sum() + SP(f).sum()), "a sum over the batch"),
    (losses.from_logits, both(lambda r, f: SP(-r.mean()) + SP(f.mean())), "the mean logit"),
    (losses.from_logits, both(lambda r, f: SP(-r) + SP(f)), "take the mean over the samples"),
    (losses.from_logits, both(one_entropy), "half of it"),
    (losses.from_logits, both(lambda r, f: SP(f).mean()), "real images' term is missing"),
    (losses.from_logits, both(lambda r, f: SP(-r).mean()), "fakes' term is missing"),
    (losses.from_logits, both(games.wasserstein.discriminator), "Wasserstein game's"),
    (losses.from_logits, both(games.hinge.discriminator), "the hinge game's"),
    (losses.from_logits, both(games.least_squares.discriminator), "expected. That is the least"),
    (losses.from_logits,
     both(lambda r, f: (1 - r.sigmoid()).mean() + f.sigmoid().mean()), "logarithm is missing"),
    (losses.from_logits, both(lambda r, f: SP(r).sum() + SP(-f).sum()), "two slips"),
    (losses.from_logits,
     both(lambda r, f: SP(-r).mean() - F.logsigmoid(1 - f).mean()), "logsigmoid(-l), not"),
    (losses.from_logits,
     both(lambda r, f: -F.logsigmoid(r).mean() - (1 - F.logsigmoid(f)).mean()), "not logsigmoid(1"),
    (losses.from_logits, both(lambda r, f: SP(r).mean() + SP(f).mean()), "sign of the real log"),
    (losses.from_logits, both(lambda r, f: SP(-r).mean() + SP(-f).mean()), "sign of the fake log"),
    (losses.from_logits, both(lambda r, f: SP(-r).mean() - SP(f).mean()), "of the fakes' term"),
    (losses.from_logits,
     both(lambda r, f: (1 - f.sigmoid()).log().mean() - r.sigmoid().log().mean()),
     "sign of the fakes' term"),
    (losses.from_logits, both(lambda r, f: SP(f).mean() - SP(-r).mean()), "sign of the real im"),
    (losses.from_logits, both(games.relativistic.discriminator), "relativistic game's"),
    (losses.from_logits, both(g=games.relativistic.generator), "relativistic game's"),
    (losses.from_logits, both(g=lambda r, f: SP(r).mean()), "answers for the fakes"),
    (losses.from_logits, both(labels_first), "Logits and labels have changed"),
    (losses.from_logits, both(g=games.minimax.generator), "minimax loss"),
    (losses.from_logits, both(g=lambda r, f: (1 - f.sigmoid()).log().mean()), "minimax loss"),
    (losses.from_logits, both(g=lambda r, f: SP(f).mean()), "for being found out"),
    (losses.from_logits, both(g=lambda r, f: F.logsigmoid(f).mean()), "sign of the whole"),
    (losses.from_logits, both(g=lambda r, f: SP(-r).mean()), "answers for the fakes"),
    (losses.from_logits, both(g=lambda r, f: SP(r).mean() + SP(-f).mean()), "a term of the real"),
    (losses.from_logits,
     both(g=lambda r, f: -SP(-r).mean() - SP(f).mean()), "minus the discriminator's loss"),
    (losses.from_logits, both(g=lambda r, f: SP(-f).sum()), "a sum over the batch"),
    (losses.from_logits, both(g=lambda r, f: SP(-f.sigmoid()).mean()), "applied twice"),
    (losses.from_logits, both(g=lambda r, f: -f.mean()), "Wasserstein game's"),
    (losses.from_logits, both(log_sigmoid), "log(1 - σ(l)) = -softplus(l)"),
    (losses.from_logits,
     both(g=lambda r, f: -torch.sigmoid(f).log().mean()), "sigmoid has rounded to 0"),
    (losses.from_logits, both(with_exp), "exp has overflowed"),
    (losses.from_logits, both(with_epsilon), "an epsilon or a clamp"),
    (losses.from_logits, both(entropy_of_probabilities), "cuts logarithms off at -100"),
    (losses.from_logits, both(with_where), "torch.where takes the slopes of both"),
    (losses.from_logits, both(clamped_slopes), "A clamp stops"),
    (losses.from_logits, both(g=lambda r, f: SP(-f).mean().item()), "no gradient flows"),
    (losses.from_logits, lambda r, f: SP(-f).mean(), "Two losses, (d_loss, g_loss)"),
    (losses.from_logits, lambda r, f: print(end=""), "`return` missing"),
    (losses.smoothing, smooth(lambda t: t, lambda t: 1 - t), "fake labels are smoothed, too"),
    (losses.smoothing, smooth(lambda t: 1, lambda t: 1 - t), "left the real ones at 1"),
    (losses.smoothing, smooth(lambda t: 1), "real label is still 1"),
    (losses.smoothing, smooth(lambda t: 0.9), "always 0.9"),
    (losses.smoothing, smooth(lambda t: 1 - t), "is 1 - target; it should be"),
    (losses.smoothing, smooth(lambda t: (1 + t) / 2), "Half of the smoothing"),
    (losses.smoothing, smooth(fake_label=lambda t: t), "fakes have the label `target`"),
    (losses.smoothing, smooth(fake_label=lambda t: 1), "fakes have the label 1"),
    (losses.smoothing, smooth(end=torch.sum), "a sum over the batch"),
    (losses.smoothing, smooth(x=torch.sigmoid), "applied twice"),
    (losses.smoothing,
     lambda r, f, t: t * SP(-r).mean() + SP(f).mean(), "The rest of the label is missing"),
    (losses.smoothing,
     lambda r, f, t: SP(-r).mean() + (1 - t) * SP(r).mean() + SP(f).mean(), "weights are target"),
    (losses.smoothing,
     lambda r, f, t: SP(-t * r).mean() + SP(f).mean(), "multiplies the logit"),
    (losses.smoothing,
     lambda r, f, t: t * (SP(-r).mean() + SP(f).mean()), "multiplies the loss"),
    (losses.smoothing,
     lambda r, f, t: t * SP(-r).mean() + (1 - t) * SP(r).mean(), "fakes' term is missing"),
    (losses.smoothing, lambda *args: -smooth()(*args), "sign of the whole"),
    (losses.smoothing, lambda *args: smooth()(*args) / 2, "half of it"),
    (losses.smoothing, smooth_probabilities, "the log of 0 is -inf"),
    (losses.smoothing, lambda *args: smooth()(*args).item(), "no gradient flows"),
    (losses.earth, (3.5, 3, 2, 5), "exchange the goals"),
    (losses.earth, (3, 3, 2, 5), "to every goal"),
    (losses.earth, (8.5, 3, 2, 5), "squared distances"),
    (losses.earth, (2.9155, 3, 2, 5), "That is W₂"),
    (losses.earth, (5, 3, 2, 5), "weigh them"),
    (losses.earth, (1, 3, 2, 5), "How far it moves counts"),
    (losses.earth, (0.69, 3, 2, 5), "Jensen-Shannon"),
    (losses.earth, (2.5, 1, 2, 5), "how far apart the means are"),
    (losses.earth, (2.5, 4, 2, 5), "the longest way"),
    (losses.earth, (2.5, 3, 1, 5), "Mass that goes left"),
    (losses.earth, (2.5, 3, 0.75, 5), "How far it moves counts"),
    (losses.earth, (2.5, 3, 3, 5), "exchange the goals"),
    (losses.earth, (2.5, 3, 2, 6), "|dx| + |dy|"),
    (losses.earth, (2.5, 3, 2, 4.5), "the larger of"),
    (losses.earth, (2.5, 3, 2, 6.405), "exchange the goals"),
    (losses.earth, (2.5, 3, 2, 4.743), "do not cancel"),
    (losses.earth, (2.5, 3, 2, 2.5), "half of it"),
    (losses.earth, (5, 6, 4, 10), "twice what they should be"),
    (losses.earth, (2.5, 3, 2, -5), "not negative"),
    (losses.earth, (2.5, 3, 2, 5.3), "a cheaper plan"),
    (losses.earth, (2.5, 3, 2, 4.9), "No plan is so cheap"),
    (losses.earth, (2.5, 3, 2), "4 numbers were expected"),
    (losses.gradient_penalty, penalty(norm=lambda g: g.norm()), "one norm over the whole batch"),
    (losses.gradient_penalty, penalty(norm=lambda g: g.norm(2, dim=1)), "over the channels alone"),
    (losses.gradient_penalty, penalty(norm=lambda g: g.norm(dim=(2, 3))), "for each channel"),
    (losses.gradient_penalty, penalty(norm=lambda g: g.norm(dim=-1)), "one axis of the image"),
    (losses.gradient_penalty,
     penalty(norm=lambda g: g.flatten(1).square().sum(1)), "square root is forgotten"),
    (losses.gradient_penalty,
     penalty(norm=lambda g: g.flatten(1).square().mean(1).sqrt()), "averaged over pixels"),
    (losses.gradient_penalty, penalty(norm=lambda g: g.abs()), "Each pixel is asked"),
    (losses.gradient_penalty,
     penalty(norm=lambda g: g.flatten(1).norm(1, dim=1)), "sum of sizes"),
    (losses.gradient_penalty,
     penalty(norm=lambda g: g.flatten(1).abs().amax(1)), "the largest entry"),
    (losses.gradient_penalty, penalty(norm=lambda g: g.mean(0).norm()), "averaged before the norm"),
    (losses.gradient_penalty, penalty(out=torch.mean), "B times too small"),
    (losses.gradient_penalty, penalty(end=lambda n: (n - 1).mean()), "is not squared"),
    (losses.gradient_penalty, penalty(end=lambda n: (n - 1).abs().mean()), "size of the gap"),
    (losses.gradient_penalty, penalty(end=lambda n: n.square().mean()), "Where is the 1?"),
    (losses.gradient_penalty, penalty(end=lambda n: n.mean()), "the norm itself"),
    (losses.gradient_penalty,
     penalty(end=lambda n: torch.relu(n - 1).square().mean()), "one-sided"),
    (losses.gradient_penalty, penalty(end=lambda n: (n - 1).square().sum()), "a sum over the"),
    (losses.gradient_penalty, penalty(end=lambda n: (n.mean() - 1) ** 2), "averaged before the"),
    (losses.gradient_penalty, penalty(end=lambda n: (n - 1).square()), "mean over the samples"),
    (losses.gradient_penalty, penalty(end=lambda n: 10 * (n - 1).square().mean()), "λ = 10"),
    (losses.gradient_penalty, penalty(end=lambda n: -(n - 1).square().mean()), "sign is turned"),
    (losses.gradient_penalty, penalty(share=torch.rand_like), "from pixel to pixel"),
    (losses.gradient_penalty,
     penalty(share=lambda x: torch.rand(x.shape[:2])[:, :, None, None]), "channel to channel"),
    (losses.gradient_penalty, penalty(share=lambda x: torch.rand(x.shape[-1])), "column to column"),
    (losses.gradient_penalty,
     penalty(share=lambda x: torch.rand(x.shape[-2], 1)), "from row to row"),
    (losses.gradient_penalty, penalty(share=lambda x: torch.rand(1)), "ε for the whole batch"),
    (losses.gradient_penalty, penalty(share=lambda x: random.random()), "for the whole batch"),
    (losses.gradient_penalty, penalty(at=lambda r, f: r), "at the real points only"),
    (losses.gradient_penalty, penalty(at=lambda r, f: f), "at the fakes only"),
    (losses.gradient_penalty, penalty(at=lambda r, f: (r + f) / 2), "half-way"),
    (losses.gradient_penalty, penalty_at_both, "never between"),
    (losses.gradient_penalty, penalty_concatenated, "never between"),
    (losses.gradient_penalty, penalty_frozen_noise, "draw ε anew"),
    (losses.gradient_penalty,
     penalty(share=lambda x: torch.randn(len(x), 1, 1, 1)), "uniform between 0 and 1"),
    (losses.gradient_penalty,
     penalty(share=lambda x: 2 * torch.rand(len(x), 1, 1, 1) - 1), "uniform between 0 and 1"),
    (losses.gradient_penalty,
     penalty(share=lambda x: torch.randint(2, (len(x), 1, 1, 1))), "never between"),
    (losses.gradient_penalty,
     penalty(share=lambda x: torch.rand(len(x), 1, 1, 1) ** 3), "a uniform ε has"),
    (losses.gradient_penalty,
     penalty(share=lambda x: 0.9 * torch.rand(len(x), 1, 1, 1) ** 0.2), "a uniform ε has"),
    (losses.gradient_penalty, penalty(share=lambda x: torch.rand(len(x))), "(B, 1, 1, 1)"),
    (losses.gradient_penalty, penalty_two_shares, "add up to 1"),
    (losses.gradient_penalty, penalty_shuffled, "real i meets fake i"),
    (losses.gradient_penalty, penalty_noisy, "two calls gave"),
    (losses.gradient_penalty, penalty(graph=False), "create_graph=True"),
    (losses.gradient_penalty,
     penalty(end=lambda n: (n - 1).square().mean().item()), "plain number"),
    (losses.gradient_penalty,
     penalty(end=lambda n: (n - 1).square().mean().detach()), "create_graph=True"),
    (losses.gradient_penalty,
     penalty(end=lambda n: ((n - 1) * (n - 1).detach()).mean()), "Is something detached?"),
    (losses.gradient_penalty, lambda *args: penalty()(*args) and None, "`return` missing"),
    (losses.r1, lambda *args: r1()(*args) and None, "`return` missing"),
    (losses.gradient_penalty, penalty_no_leaf, "requires_grad_()"),
    (losses.gradient_penalty, penalty_of_vector, "the sum of the scores"),
    (losses.gradient_penalty, torch.no_grad()(penalty()), "does not require grad"),
    (losses.blind_spot, lambda x: 0 * x[:, 0], "A flat critic costs 1"),
    (losses.blind_spot, lambda x: torch.zeros(len(x)), "A flat critic costs 1"),
    (losses.blind_spot, lambda x: x[:, 0], "low enough. Now make the critic steep"),
    (losses.blind_spot, lambda x: 3 * x[:, 0], "its slope is 3 everywhere"),
    (losses.blind_spot, lambda x: 30 * x[:, 0], "keep |y| <= 0.5"),
    (losses.blind_spot, lambda x: x[:, 0] + 20 * x[:, 1].abs(), "keep |y| <= 0.5"),
    (losses.blind_spot, lambda x: 50 * torch.relu(x[:, 1] - 1), "there it should be 1"),
    (losses.blind_spot, lambda x: x[:, 0] + 5 * torch.relu(x[:, 1] - 1), "low enough. Now"),
    (losses.blind_spot, lambda x: x[:, 0] ** 2, "the slope should be 1"),
    (losses.blind_spot, lambda x: x[:, :1], "(2000,) was expected"),
    (losses.blind_spot, lambda x: x[:, 0] / 0, "infinite or nan"),
    (losses.r1, r1(at=lambda r, f: f), "That is R2"),
    (losses.r1, r1_and_r2, "R1 and R2"),
    (losses.r1, r1(at=lambda r, f: (r + f) / 2), "not between them"),
    (losses.r1, r1(at=lambda r, f: torch.lerp(r, f, torch.rand_like(r))), "R1 draws nothing"),
    (losses.r1, r1(of=lambda x: x.sigmoid().sum()), "gradient of σ(D)"),
    (losses.r1, r1(of=lambda x: SP(-x).sum()), "gradient of the loss"),
    (losses.r1, r1(of=lambda x: SP(-x).mean()), "gradient of the mean loss"),
    (losses.r1, r1(of=torch.mean), "B times too small"),
    (losses.r1, r1(square=lambda g: g.flatten(1).norm(dim=1).mean()), "The norm is not squared"),
    (losses.r1,
     r1(square=lambda g: (g.flatten(1).norm(dim=1) - 1).square().mean()), "a slope of 0, not of 1"),
    (losses.r1, r1(square=lambda g: g.square().sum()), "over the batch, too"),
    (losses.r1, r1(square=lambda g: g.norm() ** 2), "over the batch, too"),
    (losses.r1, r1(square=lambda g: g.norm()), "one norm over the whole batch"),
    (losses.r1, r1(square=lambda g: g.flatten(1).norm(dim=1).mean() ** 2), "square first"),
    (losses.r1, r1(square=lambda g: g.square().mean()), "averaged over pixels"),
    (losses.r1, r1(square=lambda g: g.square().sum(1).mean()), "over channels alone"),
    (losses.r1, r1(square=lambda g: g.square().sum((2, 3)).mean()), "a sum for each channel"),
    (losses.r1, r1(square=lambda g: g.norm(2, dim=1).square().mean()), "over channels alone"),
    (losses.r1, r1(weight=lambda gamma: gamma), "γ/2, not γ."),
    (losses.r1, r1(weight=lambda gamma: 1), "Where is γ/2?"),
    (losses.r1, r1(weight=lambda gamma: 0.5), "Where is γ?"),
    (losses.r1, r1(weight=lambda gamma: 5), "not always 10"),
    (losses.r1, r1(weight=lambda gamma: 0), "without the penalty"),
    (losses.r1, r1(weight=lambda gamma: -gamma / 2), "not subtracted"),
    (losses.r1, r1(loss=lambda r, f: SP(r).mean() + SP(-f).mean()), "Real and fake have changed"),
    (losses.r1, r1(loss=lambda r, f: SP(r).mean() + SP(f).mean()), "sign of the real logits"),
    (losses.r1, r1(loss=lambda r, f: SP(-r).mean() + SP(-f).mean()), "sign of the fake logits"),
    (losses.r1, r1(loss=lambda r, f: SP(-r).mean() - SP(f).mean()), "sign of the fakes' term"),
    (losses.r1, r1(loss=lambda r, f: SP(-r).sum() + SP(f).sum()), "take means"),
    (losses.r1, r1(loss=lambda r, f: 0), "the penalty alone"),
    (losses.r1, r1(loss=lambda r, f: SP(-r).mean()), "fakes' term of the loss"),
    (losses.r1, r1(loss=lambda r, f: SP(-r) + SP(f)), "mean over the samples"),
    (losses.r1, r1(at=lambda r, f: f, weight=lambda gamma: gamma), "two slips"),
    (losses.r1, r1(graph=False), "create_graph=True"),
    (losses.r1, r1_detached_loss, "Is something detached?"),
    (losses.r1, lambda *args: r1()(*args).item(), "plain number"),
    (losses.clip, clip_gradient_values, "gradients are clipped instead"),
    (losses.clip, clip_gradient_norm, "gradients are clipped instead"),
    (losses.clip, clip_gradients_by_hand, "gradients are clipped instead"),
    (losses.clip, clip_by_hook, "a hook clips the gradients to come"),
    (losses.clip, clip_nothing, "`clamp_`"),
    (losses.clip, clip_names, "`clamp_`"),
    (losses.clip, clip_leaf, "under torch.no_grad()"),
    (losses.clip, clip_a_copy, "in place was asked for"),
    (losses.clip, clip_new_parameters, "the optimiser still holds"),
    (losses.clip, clip_state, "a buffer was clipped, too"),
    (losses.clip, clip_both, "the gradients were changed, too"),
    (losses.clip, clip_and_freeze, "no longer ask for gradients"),
    (losses.clip, clip_weights_only, "the biases stay as they were"),
    (losses.clip, clip_linear_only, "`0.weight`"),
    (losses.clip, clip(lambda p, c: p.clamp(max=c)), "only the upper side"),
    (losses.clip, clip(lambda p, c: p.clamp(min=-c)), "only the lower side"),
    (losses.clip, clip(lambda p, c: p.clamp(0, c)), "the lower side is 0"),
    (losses.clip, clip(lambda p, c: p.clamp(-0.01, 0.01)), "where is `limit`?"),
    (losses.clip, clip(lambda p, c: c * p.sign()), "every weight is ±limit"),
    (losses.clip, clip(lambda p, c: p * (p.abs() <= c)), "becomes 0"),
    (losses.clip, clip(lambda p, c: c * torch.tanh(p / c)), "that is a tanh"),
    (losses.clip, clip(lambda p, c: p * c / p.norm()), "scaled to the norm"),
    (losses.clip, clip(lambda p, c: p.renorm(2, 0, c) if p.ndim > 1 else p), "the largest weight"),
    (losses.clip, clip(lambda p, c: 0.5 * p.clamp(-c, c)), "those within the limit"),
    (losses.clip, clip(lambda p, c: p * c / p.abs().max()), "largest number is `limit`"),
    (losses.clip, clip(lambda p, c: p.clamp(-2 * c, 2 * c)), "the largest weight is 0.1"),
]  # fmt: skip


@pytest.mark.parametrize(("check", "answer", "words"), SLIPS)
def test_slips_are_named(capsys, check, answer, words):
    verdict = said(capsys, check, answer)
    assert verdict.startswith("Not quite. ")
    assert words in verdict


@pytest.mark.filterwarnings("ignore:Using backward.. with create_graph")
@pytest.mark.parametrize(
    ("check", "answer"),
    [(losses.gradient_penalty, penalty_by_backward), (losses.r1, r1_by_backward)],
)
def test_backward_on_the_way_is_named(capsys, check, answer):
    assert "`backward` has filled" in said(capsys, check, answer)


def penalty_of_a_tuple(critic, real, fake):
    x = (real + torch.rand(len(real), 1, 1, 1) * (fake - real)).requires_grad_()
    gradient = torch.autograd.grad(critic(x).sum(), x, create_graph=True)
    return (gradient.flatten(1).norm(dim=1) - 1).square().mean()


def r1_of_a_tuple(discriminator, real, fake, gamma):
    real.requires_grad_()
    gradient = torch.autograd.grad(discriminator(real).sum(), real, create_graph=True)
    return gamma / 2 * torch.square(gradient).mean()


def r1_asked_too_late(discriminator, real, fake, gamma):
    logits = discriminator(real)
    (gradient,) = torch.autograd.grad(logits.sum(), real.requires_grad_(), create_graph=True)
    return SP(-logits).mean() + SP(discriminator(fake)).mean() + gamma / 2 * gradient.square().sum()


@pytest.mark.parametrize(
    ("check", "answer", "words"),
    [
        (losses.gradient_penalty, penalty_of_a_tuple, "Take its first entry."),
        (losses.r1, r1_of_a_tuple, "Take its first entry."),
        (losses.r1, r1_asked_too_late, "before the network sees them"),
    ],
)
def test_errors_on_the_way_to_a_gradient_are_explained(capsys, check, answer, words):
    verdict = said(capsys, check, answer)
    assert verdict.startswith("Not quite. Your code raised ")
    assert words in verdict


@pytest.mark.parametrize("row", GOOD)
@pytest.mark.parametrize("name", NAMES)
def test_every_wrong_game_has_an_explanation(capsys, row, name):
    verdict = said(capsys, losses.who_learns, GOOD | {row: name})
    if name == GOOD[row] or (row, name) == ("E", "hinge"):
        assert verdict.startswith("Correct. ")
    else:
        assert f"For {row} you say {name}." in verdict
        assert "its slope is" in verdict


@pytest.mark.parametrize("run", RIGHT)
@pytest.mark.parametrize("suspect", SIGNATURES)
def test_every_wrong_suspect_has_an_explanation(capsys, run, suspect):
    verdict = said(capsys, losses.relativistic_slips, RIGHT | {run: suspect})
    if suspect == RIGHT[run]:
        assert verdict.startswith("Correct. ")
    else:
        assert f"Run {run} is no case of {suspect!r}: {SIGNATURES[suspect]}" in verdict


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (RIGHT | dict(A="gremlins"), "none of the suspects: swapped sign"),
        (RIGHT | dict(A=...), "Still without a suspect: ['A']"),
        (list(RIGHT.values()), "keys A to G"),
    ],
)
def test_what_is_no_suspect_is_said(capsys, answer, words):
    assert words in said(capsys, losses.relativistic_slips, answer)


def test_every_exercise_recognises_at_least_three_mistakes():
    found = {name: {words for check, _, words in SLIPS if check is getattr(losses, name)}
             for name in losses.__all__}  # fmt: skip
    found["relativistic_slips"] = set(SIGNATURES.values())
    assert min(map(len, found.values())) >= 3
