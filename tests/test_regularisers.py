import math

import pytest
import torch
from torch import nn
from torch.nn.functional import softplus

from ganbook.regularisers import clip_weights, gradient_penalty, r1_penalty, r2_penalty

SHAPES = [(2,), (1, 8, 8), (3, 5, 7), (4, 2, 2, 2)]
PENALTIES = {
    "gradient": gradient_penalty,
    "r1": lambda critic, real, fake, *, generator: r1_penalty(critic, real),
    "r2": lambda critic, real, fake, *, generator: r2_penalty(critic, fake),
}


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def linear(shape, norm):
    """A critic x -> <w, x> with |w| = norm, and its w."""
    weight = torch.randn(shape, generator=seeded(1))
    weight *= norm / weight.norm()
    return lambda x: (x * weight).flatten(1).sum(dim=1), weight


def sets(shape, count=6, **options):
    return (torch.randn(count, *shape, generator=seeded(n), **options) for n in (2, 3))


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("count", [1, 2, 50])
def test_a_linear_critic_pays_by_its_norm_alone(shape, count):
    real, fake = sets(shape, count)
    for norm, price in ((1, 0), (3, 4), (0.5, 0.25)):
        critic, _ = linear(shape, norm)
        assert gradient_penalty(critic, real, fake).item() == pytest.approx(price, abs=1e-5)
    critic, weight = linear(shape, 3)
    assert r1_penalty(critic, real).item() == pytest.approx(weight.square().sum().item())
    assert r2_penalty(critic, fake).item() == pytest.approx(9)


def test_a_constant_critic_pays_one_and_stays_trainable():
    critic = nn.Sequential(nn.Flatten(), nn.Linear(64, 1), nn.Flatten(0))
    nn.init.zeros_(critic[1].weight)
    penalty = gradient_penalty(critic, *sets((1, 8, 8)))
    assert penalty.item() == 1
    assert r1_penalty(critic, torch.zeros(3, 1, 8, 8)).item() == 0
    penalty.backward()
    assert critic[1].weight.grad.isfinite().all()


def test_the_norm_is_taken_over_each_sample_not_over_the_batch():
    points = torch.tensor([[3.0, 4.0], [0.0, 1.0], [0.0, 0.0]])

    def bowl(x):
        return x.square().sum(dim=1) / 2  # its gradient at x is x

    assert gradient_penalty(bowl, points, points).item() == pytest.approx((16 + 0 + 1) / 3)
    assert r1_penalty(bowl, points).item() == pytest.approx((25 + 1 + 0) / 3)


def seen_by_the_critic(real, fake, generator=None):
    seen = []

    def critic(x):
        seen.append(x.detach())
        return x.flatten(1).sum(dim=1)

    gradient_penalty(critic, real, fake, generator=generator)
    (mixed,) = seen
    return mixed


def test_the_mixture_is_drawn_per_sample():
    count = 4000
    mixed = seen_by_the_critic(torch.ones(count, 2, 3, 3), torch.zeros(count, 2, 3, 3), seeded())
    share = mixed[:, 0, 0, 0]
    assert torch.equal(mixed, share[:, None, None, None].expand_as(mixed))  # not per pixel
    ranks = (torch.arange(count) + 0.5) / count
    assert (share.sort().values - ranks).abs().max() < 1.63 / math.sqrt(count)  # uniform: 99 %


@pytest.mark.parametrize("shape", SHAPES)
def test_the_mixture_lies_between_a_real_image_and_its_fake(shape):
    real, fake = sets(shape)
    mixed = seen_by_the_critic(real, fake)
    share = (mixed - fake).flatten(1).norm(dim=1) / (real - fake).flatten(1).norm(dim=1)
    assert (share <= 1).all()
    share = share.view(-1, *[1] * len(shape))
    torch.testing.assert_close(mixed, share * real + (1 - share) * fake)


def test_an_explicit_generator_decides_everything():
    real, fake = sets((1, 4, 4))
    before = torch.get_rng_state()
    runs = [seen_by_the_critic(real, fake, seeded(seed)) for seed in (0, 0, 1)]
    assert torch.equal(torch.get_rng_state(), before)
    assert torch.equal(runs[0], runs[1])
    assert not torch.equal(runs[0], runs[2])
    assert not torch.equal(seen_by_the_critic(real, fake), seen_by_the_critic(real, fake))


@pytest.mark.parametrize("name", PENALTIES)
@pytest.mark.parametrize("shape", [(2,), (2, 2, 3)])
def test_gradients_by_the_weights_equal_finite_differences(name, shape):
    real, fake = sets(shape, 3, dtype=torch.float64)
    first = torch.randn(4, math.prod(shape), dtype=torch.float64, generator=seeded(4))
    last = torch.randn(4, dtype=torch.float64, generator=seeded(5))

    def penalty(first, last):
        def critic(x):
            return softplus(x.flatten(1) @ first.T) @ last

        return PENALTIES[name](critic, real, fake, generator=seeded())

    weights = first.requires_grad_(), last.requires_grad_()
    assert torch.autograd.gradcheck(penalty, weights)
    assert torch.autograd.gradgradcheck(penalty, weights)


@pytest.mark.parametrize("name", PENALTIES)
def test_what_made_the_images_gets_no_gradient(name):
    scale = torch.ones((), requires_grad=True)
    critic = nn.Sequential(nn.Linear(2, 3), nn.Softplus(), nn.Linear(3, 1), nn.Flatten(0))
    real, fake = sets((2,))
    PENALTIES[name](critic, scale * real, scale * fake, generator=None).backward()
    assert scale.grad is None
    assert not real.requires_grad
    assert critic[0].weight.grad.abs().sum() > 0


@pytest.mark.parametrize("name", PENALTIES)
@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_penalties_under_autocast_are_those_of_float32_nearly(name, dtype):
    torch.manual_seed(0)
    critic = nn.Sequential(
        nn.Conv2d(1, 8, 3), nn.LeakyReLU(0.2), nn.Flatten(), nn.Linear(288, 1), nn.Flatten(0)
    )
    real, fake = sets((1, 8, 8))
    exact = PENALTIES[name](critic, real, fake, generator=seeded())
    with torch.autocast("cpu", dtype):
        rough = PENALTIES[name](critic, real, fake.to(dtype), generator=seeded())
        far = PENALTIES[name](lambda x: 1e4 * critic(x), real, fake, generator=seeded())
    assert rough.item() == pytest.approx(exact.item(), rel=0.05)
    assert far.isfinite()
    rough.backward()
    assert critic[0].weight.grad.isfinite().all()


def test_batch_normalisation_hides_the_gradient():
    torch.manual_seed(0)
    critic = nn.Sequential(nn.Linear(2, 4), nn.BatchNorm1d(4), nn.Linear(4, 1), nn.Flatten(0))
    points = torch.randn(8, 2)
    assert critic(points).std() > 0.1
    assert r1_penalty(critic, points).item() == pytest.approx(0, abs=1e-6)
    assert r1_penalty(critic.eval(), points).item() > 0.01


@pytest.mark.parametrize(
    ("real", "fake", "message"),
    [
        (torch.zeros(4, 2), torch.zeros(3, 2), r"fake .* \(4, 2\), got float32 \(3, 2\)"),
        (torch.zeros(4, 2).int(), torch.zeros(4, 2), r"real .* \(B, 2\), got int32 \(4, 2\)"),
        (torch.zeros(4, 2), torch.zeros(4, 2).int(), "fake .* got int32"),
        (torch.zeros(0, 2), torch.zeros(0, 2), r"real .* got float32 \(0, 2\)"),
        (torch.zeros(()), torch.zeros(()), "real .* got float32"),
    ],
)
def test_bad_images_are_named(real, fake, message):
    with pytest.raises(ValueError, match=message):
        gradient_penalty(linear((2,), 1)[0], real, fake)


@pytest.mark.parametrize("bad", [lambda x: x.mean(), lambda x: x[:, :1]])
def test_a_critic_that_is_not_one_number_a_sample_is_named(bad):
    for penalty in PENALTIES.values():
        with pytest.raises(ValueError, match=r"expected critic\(x\) as .* \(6\), got float32"):
            penalty(bad, *sets((2,)), generator=None)
    with pytest.raises(ValueError, match="expected x as a floating-point tensor"):
        r1_penalty(linear((2,), 1)[0], torch.zeros(4, 2).int())


def test_weights_are_clipped_in_place():
    critic = nn.Sequential(nn.Linear(3, 4), nn.Linear(4, 1))
    weights = [p.detach().clone() for p in critic.parameters()]
    clip_weights(critic, 0.1)
    for before, now in zip(weights, critic.parameters(), strict=True):
        assert torch.equal(now, before.clamp(-0.1, 0.1))
        assert now.requires_grad
    clip_weights(critic)
    assert max(p.abs().max().item() for p in critic.parameters()) == pytest.approx(0.01)
    with pytest.raises(ValueError, match=r"limit to be a number in \[0, inf\), got -1"):
        clip_weights(critic, -1)
