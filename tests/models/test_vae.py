import pytest
import torch

import ganbook as gb
from ganbook.models import vae


@pytest.mark.parametrize("size", [32, 64])
@pytest.mark.parametrize(("channels", "latent"), [(1, 2), (3, 7)])
def test_shapes_and_back(size, channels, latent):
    model = vae.VAE(size=size, channels=channels, latent=latent, width=4)
    x = torch.zeros(5, channels, size, size)
    mean, log_var = model.encode(x)
    assert mean.shape == log_var.shape == (5, latent)
    assert model.decode(mean).shape == x.shape
    output, *moments = model(x)
    assert output.shape == x.shape
    assert all(torch.equal(a, b) for a, b in zip(moments, (mean, log_var), strict=True))
    assert model.latent == latent


@pytest.mark.parametrize("hidden", [(), (8,), [8, 5]])
def test_rows_and_back(hidden):
    model = vae.MLPVAE(features=6, latent=2, hidden=hidden)
    output, mean, log_var = model(torch.zeros(3, 6))
    assert output.shape == (3, 6)
    assert mean.shape == log_var.shape == (3, 2)
    assert len([p for p in model.encoder.parameters() if p.ndim == 2]) == len(hidden) + 1


def test_without_hidden_layers_both_ways_are_linear():
    model = vae.MLPVAE(features=6, latent=2, hidden=()).double()
    a, b = torch.randn(2, 1, 6, dtype=torch.float64)
    for half in (0, 1):
        ends = model.encode(a)[half] + model.encode(b)[half]
        middle = 2 * model.encode((a + b) / 2)[half]
        torch.testing.assert_close(ends, middle)


def test_the_output_is_raw():
    model = vae.VAE(width=2, latent=2)
    with torch.no_grad():
        model.decoder[-1].bias.fill_(9.0)
        assert (model.decode(torch.zeros(1, 2)) > 8).all()


def test_each_image_is_encoded_by_itself():
    gb.seed(0)
    model, x = vae.VAE(width=2, latent=3), torch.rand(4, 1, 32, 32)
    together = model.encode(x)[0]
    torch.testing.assert_close(together[:1], model.encode(x[:1])[0], rtol=1e-4, atol=1e-6)


def test_reparametrised_draws_have_the_mean_and_the_variance():
    mean = torch.tensor([[1.0, -2.0]]).expand(200_000, 2)
    log_var = torch.tensor([[0.0, 2.0]]).expand(200_000, 2)
    z = vae.reparametrise(mean, log_var, random=torch.Generator().manual_seed(0))
    torch.testing.assert_close(z.mean(dim=0), torch.tensor([1.0, -2.0]), rtol=0, atol=0.03)
    torch.testing.assert_close(z.var(dim=0).log(), torch.tensor([0.0, 2.0]), rtol=0, atol=0.03)


def test_gradients_reach_mean_and_log_variance():
    mean, log_var = torch.zeros(1, 1, requires_grad=True), torch.ones(1, 1, requires_grad=True)
    z = vae.reparametrise(mean, log_var, random=torch.Generator().manual_seed(0))
    z.sum().backward()
    assert mean.grad.item() == 1
    assert log_var.grad.item() == pytest.approx(z.item() / 2)  # z = exp(log_var / 2) noise


def test_noise_is_drawn_from_the_generator_or_from_torch():
    moments = torch.zeros(3, 2), torch.zeros(3, 2)
    draws = [
        vae.reparametrise(*moments, random=torch.Generator().manual_seed(s)) for s in (0, 0, 1)
    ]
    assert torch.equal(draws[0], draws[1])
    assert not torch.equal(draws[0], draws[2])
    gb.seed(0)
    assert not torch.equal(vae.reparametrise(*moments), vae.reparametrise(*moments))
    assert vae.reparametrise(*(m.double() for m in moments)).dtype == torch.float64


def test_images_are_the_means_of_pixels():
    logits = torch.tensor([-torch.inf, 0.0, torch.inf])
    assert vae.to_images(logits).tolist() == [-1, 0, 1]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: vae.VAE(size=28), r"size to be one of \(32, 64\), got 28"),
        (lambda: vae.VAE(latent=0), "latent to be an integer of at least 1"),
        (lambda: vae.VAE(width=2).encode(torch.zeros(1, 3, 32, 32)), r"x .*\(B, 1, 32, 32\)"),
        (lambda: vae.VAE(width=2, latent=3).decode(torch.zeros(1, 2)), r"z .*\(B, 3\)"),
        (lambda: vae.MLPVAE(features=2, latent=1, hidden=(8, 0)), "hidden to be an integer"),
        (lambda: vae.MLPVAE(features=2, latent=1, hidden=8), "hidden as a tuple of widths, got 8"),
        (lambda: vae.MLPVAE(features=2, latent=1)(torch.zeros(1, 3)), r"x .*\(B, 2\)"),
        (lambda: vae.MLPVAE(features=2, latent=1).decode(torch.zeros(1, 2)), r"z .*\(B, 1\)"),
        (lambda: vae.reparametrise(torch.zeros(1, 2), torch.zeros(1, 3)), r"log_var .*\(1, 2\)"),
    ],
)
def test_bad_arguments_are_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_binarised_pixels_are_drawn_with_their_brightness():
    images = torch.tensor([-1.0, -0.5, 0.0, 0.8, 1.0]).expand(50_000, 5)
    drawn = vae.binarise(images, random=torch.Generator().manual_seed(0))
    assert set(drawn.unique().tolist()) == {0.0, 1.0}
    torch.testing.assert_close(drawn.mean(dim=0), (images[0] + 1) / 2, rtol=0, atol=0.01)
    assert drawn[:, 0].sum() == 0
    assert drawn[:, -1].sum() == 50_000


@pytest.mark.parametrize("off", [255.0, -1.5, torch.nan])
def test_pixels_out_of_range_are_named(off):
    with pytest.raises(ValueError, match=r"expected images in \[-1, 1\], got values"):
        vae.binarise(torch.tensor([0.0, off]))
