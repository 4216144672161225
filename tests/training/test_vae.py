import itertools

import pytest
import torch
from run_states import assert_resumes
from torch.distributions import Bernoulli, Normal, kl_divergence

import ganbook as gb
from ganbook import training
from ganbook.losses import gaussian_kl
from ganbook.models import vae


def rows(count=256, features=6):
    return torch.randn(count, features, generator=torch.Generator().manual_seed(0)).tanh()


def model(seed=0, **arguments):
    gb.seed(seed)
    return vae.MLPVAE(**dict(dict(features=6, latent=2, hidden=(16,)), **arguments))


@pytest.mark.parametrize("likelihood", ["bernoulli", "gaussian"])
@pytest.mark.parametrize("beta", [1.0, 3.0])
def test_the_step_equals_the_textbook_one(likelihood, beta):
    ours, theirs = model(), model()
    step = training.VAEStep(ours, lr=1e-2, beta=beta, likelihood=likelihood, log_var=-1.0, seed=5)
    optimiser = torch.optim.Adam(theirs.parameters(), 1e-2)
    random = torch.Generator().manual_seed(5)
    for batch in rows().split(64):
        values = step(batch)
        mean, log_var = theirs.encode(batch)
        std = (log_var / 2).exp()
        output = theirs.decode(mean + std * torch.randn(64, 2, generator=random))
        if likelihood == "bernoulli":
            x = Bernoulli(logits=output, validate_args=False)
            nll = -x.log_prob((batch + 1) / 2).sum(dim=1).mean()
        else:
            nll = -Normal(output, torch.tensor(-0.5).exp()).log_prob(batch).sum(dim=1).mean()
        kl = kl_divergence(Normal(mean, std), Normal(0.0, 1.0)).sum(dim=1).mean()
        optimiser.zero_grad()
        (nll + beta * kl).backward()
        optimiser.step()
        expected = dict(bound=-(nll + kl), nll=nll, kl=kl)
        assert values.keys() == expected.keys()
        for name, value in values.items():
            assert not value.requires_grad
            torch.testing.assert_close(value, expected[name].detach(), rtol=1e-5, atol=1e-5)
    for p, q in zip(ours.parameters(), theirs.parameters(), strict=True):
        torch.testing.assert_close(p, q, atol=1e-5, rtol=1e-5)


def gradients(step, batch):
    step(batch)
    return [p.grad.clone() for p in step.model.parameters()]


def test_the_weight_of_the_kl_rises_to_beta():
    step = training.VAEStep(model(), beta=2.0, warm_up=4)
    seen = []
    for batch in rows().split(32):
        seen.append(step.weight())
        step(batch)
    assert seen == [0.0, 0.5, 1.0, 1.5, 2.0, 2.0, 2.0, 2.0]
    first = gradients(training.VAEStep(model(), warm_up=9), rows(8))
    free = gradients(training.VAEStep(model(), beta=0.0), rows(8))
    assert all(torch.equal(a, b) for a, b in zip(first, free, strict=True))


def test_the_learning_rate_falls_along_a_cosine_to_0():
    step = training.VAEStep(model(), lr=0.5, decay=4)
    rates = []
    for batch in rows().split(32)[:5]:
        before = [p.detach().clone() for p in step.model.parameters()]
        rates.append(step.rate())
        step(batch)
        assert step.optimiser.param_groups[0]["lr"] == rates[-1]
    assert rates == pytest.approx([0.5, 0.426777, 0.25, 0.073223, 0.0], abs=1e-6)
    assert all(torch.equal(a, b) for a, b in zip(before, step.model.parameters(), strict=True))


def test_free_bits_take_the_pressure_from_latents_below_and_leave_those_above():
    batch = rows(32)
    mean, log_var = model().encode(batch)
    each = kl_divergence(Normal(mean, (log_var / 2).exp()), Normal(0.0, 1.0)).mean(dim=0)
    for free, like in ((each.max().item() * 1.01, 0.0), (each.min().item() * 0.99, 1.0)):
        with_free = gradients(training.VAEStep(model(), free_bits=free), batch)
        plain = gradients(training.VAEStep(model(), beta=like), batch)
        for a, b in zip(with_free, plain, strict=True):
            torch.testing.assert_close(a, b)
    values = training.VAEStep(model(), free_bits=9.0)(batch)
    torch.testing.assert_close(values["kl"], each.sum().detach())  # what is reported is the KL


def test_what_regularises_is_added_to_the_loss():
    batch = rows(16)
    doubled = training.VAEStep(model(), regularise=lambda z, m, v: gaussian_kl(m, v).mean())
    plain = training.VAEStep(model(), beta=2.0)
    for a, b in zip(gradients(doubled, batch), gradients(plain, batch), strict=True):
        torch.testing.assert_close(a, b)
    seen = []
    step = training.VAEStep(model(), regularise=lambda z, m, v: seen.append(z) or z.sum() * 0)
    mean, log_var = step.model.encode(batch)
    step(batch)
    z = vae.reparametrise(mean, log_var, random=torch.Generator().manual_seed(0))
    torch.testing.assert_close(seen[0], z)


def test_binarised_pixels_are_drawn_anew_with_their_brightness():
    step = training.VAEStep(model(), binarise=True)
    real = torch.tensor([[-1.0, -0.5, 0.0, 0.5, 0.9, 1.0]]).expand(20_000, 6)
    drawn = step.target(real)
    assert set(drawn.unique().tolist()) == {0.0, 1.0}
    torch.testing.assert_close(drawn.mean(dim=0), (real[0] + 1) / 2, rtol=0, atol=0.015)
    assert not torch.equal(drawn, step.target(real))
    seen = []
    encode = step.model.encode
    step.model.encode = lambda x: seen.append(x) or encode(x)
    step(real[:10])
    assert set(seen[0].unique().tolist()) <= {-1.0, 1.0}  # the encoder sees what is explained


def test_gaussian_data_keep_their_units():
    step = training.VAEStep(model(), likelihood="gaussian")
    values = step(100 * rows(16))
    assert values["nll"] > 1000
    z = torch.randn(4, 2)
    assert torch.equal(step.sample(z), step.model.decode(z))


def test_samples_are_images_between_the_ends():
    for likelihood in ("bernoulli", "gaussian"):
        network = vae.VAE(width=2, latent=3)
        torch.nn.init.normal_(network.decoder[-1].weight, 0, 50)
        step = training.VAEStep(network, likelihood=likelihood)
        images = step.sample(100 * torch.randn(4, 3))
        assert images.shape == (4, 1, 32, 32)
        assert images.abs().max() <= 1
        assert not images.requires_grad
        assert network.training


def principal_angle(a, b):
    """The largest angle between the spans of the columns, in degrees."""
    a, b = (torch.linalg.qr(x)[0] for x in (a, b))
    return torch.rad2deg(torch.arccos(torch.linalg.svdvals(a.T @ b).clamp(max=1))).max().item()


def test_a_linear_model_finds_the_principal_subspace():
    random = torch.Generator().manual_seed(0)
    turn = torch.linalg.qr(torch.randn(10, 10, generator=random))[0]
    scales = torch.tensor([3.0, 2.0, 1.4] + 7 * [0.5])
    data = torch.randn(4000, 10, generator=random) * scales @ turn.T
    principal = torch.linalg.eigh(data.T.cov()).eigenvectors[:, -3:]
    network = model(features=10, latent=3, hidden=())
    assert principal_angle(network.decoder[0].weight, principal) > 30
    step = training.VAEStep(network, lr=5e-3, likelihood="gaussian", log_var=-1.386)
    batches = gb.batches(data, batch_size=200)
    training.fit(step, batches, steps=2000, progress=False)
    assert principal_angle(network.decoder[0].weight.detach(), principal) < 3


@pytest.mark.parametrize("autocast", [None, torch.bfloat16])
@pytest.mark.parametrize("channels", [1, 3])
def test_images_train_in_either_precision(autocast, channels):
    gb.seed(0)
    network = vae.VAE(channels=channels, width=4, latent=3)
    step = training.VAEStep(network, autocast=autocast, lr=3e-3)
    images = gb.load("shapes", channels=channels).images[:64]
    history = training.fit(step, gb.batches(images, batch_size=32), steps=40, log_every=1).history
    assert sum(history["bound"][-5:]) > sum(history["bound"][:5])
    assert all(torch.tensor(v).isfinite().all() for v in history.values())
    assert next(network.parameters()).dtype == torch.float32


def test_float64_stays_float64():
    step = training.VAEStep(model().double())
    assert all(value.dtype == torch.float64 for value in step(rows(8).double()).values())


@pytest.mark.parametrize("network", [model, lambda seed=0: vae.VAE(width=2, latent=2)])
def test_resuming_restores_every_part(tmp_path, network):
    data = rows() if network is model else gb.load("shapes").images[:64]
    options = dict(warm_up=9, decay=11, binarise=True, free_bits=0.1)

    def new(seed):
        gb.seed(seed)
        return training.VAEStep(network(seed=seed), seed=seed, **options)

    assert_resumes(tmp_path, new, lambda: gb.batches(data, batch_size=32))


def test_the_same_seed_gives_the_same_run():
    runs = []
    for seed in (0, 0, 1):
        step = training.VAEStep(model(seed), seed=seed, binarise=True)
        runs.append(training.fit(step, gb.batches(rows(), batch_size=32, seed=seed), steps=20))
    assert runs[0].history == runs[1].history
    assert runs[0].history != runs[2].history


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (dict(lr="1e-3"), r"lr to be a number in \[0, inf\), got '1e-3'"),
        (dict(decay=-1), "decay to be an integer of at least 0"),
        (dict(beta=-1.0), "beta to be a number"),
        (dict(warm_up=1.5), "warm_up to be an integer of at least 0"),
        (dict(free_bits=-0.1), "free_bits to be a number"),
        (dict(likelihood="laplace"), r"likelihood to be one of \('bernoulli', 'gaussian'\)"),
        (dict(log_var=torch.nan), "log_var to be a number"),
        (dict(likelihood="gaussian", binarise=True), "expected binarise to be one of"),
        (dict(autocast=torch.float16), "expected autocast to be one of"),
    ],
)
def test_bad_arguments_are_named(bad, message):
    with pytest.raises(ValueError, match=message):
        training.VAEStep(model(), **bad)


def test_images_out_of_range_are_named():
    with pytest.raises(ValueError, match=r"expected x in \[0, 1\]"):
        training.VAEStep(model())(2 * rows(8) + 1)
    with pytest.raises(ValueError, match=r"expected images in \[-1, 1\]"):
        training.VAEStep(model(), binarise=True)(2 * rows(8) + 1)


def test_a_state_of_another_network_is_named(tmp_path):
    saved = dict(checkpoint=tmp_path / "state.pt")
    training.fit(training.VAEStep(model()), itertools.repeat(rows(8)), steps=1, **saved)
    other = training.VAEStep(model(latent=3))
    with pytest.raises(ValueError, match="state.pt is the state of another run"):
        training.fit(other, itertools.repeat(rows(8)), steps=2, **saved)
