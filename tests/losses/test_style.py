import math
import re

import pytest
import torch
from torch.nn.functional import instance_norm

from ganbook import losses


def maps(*shape, seed=0):
    random = torch.Generator().manual_seed(seed)
    return torch.randn(*shape, generator=random, dtype=torch.float64)


def test_a_gram_matrix_entry_by_entry():
    features = maps(2, 3, 4, 5)
    found = losses.gram(features)
    assert found.shape == (2, 3, 3)
    for b in range(2):
        for i in range(3):
            for j in range(3):
                product = sum(
                    features[b, i, y, x].item() * features[b, j, y, x].item()
                    for y in range(4)
                    for x in range(5)
                )
                assert found[b, i, j].item() == pytest.approx(product / (3 * 4 * 5), abs=1e-12)


def test_a_known_gram_matrix():
    features = torch.tensor([[[[1.0, 2.0]], [[3.0, 4.0]]]])  # (1, 2, 1, 2)
    expected = torch.tensor([[[5.0, 11.0], [11.0, 25.0]]]) / 4
    assert torch.equal(losses.gram(features), expected)


@pytest.mark.parametrize("seed", range(5))
def test_a_gram_matrix_forgets_where_things_are(seed):
    features = maps(2, 8, 7, 9)
    order = torch.randperm(63, generator=torch.Generator().manual_seed(seed))
    moved = features.flatten(2)[:, :, order].view_as(features)
    assert not torch.equal(moved, features)
    torch.testing.assert_close(losses.gram(moved), losses.gram(features), rtol=0, atol=1e-12)


def test_a_gram_matrix_does_not_forget_which_maps_go_together():
    features = maps(1, 4, 6, 6)
    apart = features.clone()
    apart[:, 0] = features[:, 0].flip(-1)  # one map alone is moved
    assert (losses.gram(apart) - losses.gram(features)).abs().max() > 1e-3


def test_a_gram_matrix_is_symmetric_and_positive_and_does_not_grow_with_the_image():
    found = losses.gram(maps(3, 5, 8, 8))
    torch.testing.assert_close(found, found.mT, rtol=0, atol=1e-15)
    assert torch.linalg.eigvalsh(found).min() > -1e-12
    tiled = maps(3, 5, 8, 8).tile(1, 1, 2, 3)
    torch.testing.assert_close(losses.gram(tiled), found, rtol=0, atol=1e-12)


def test_content_is_the_mean_square():
    features, target = maps(4, 3, 5, 6), maps(4, 3, 5, 6, seed=1)
    expected = (features - target).square().sum().item() / (4 * 3 * 5 * 6)
    assert losses.content_loss(features, target).item() == pytest.approx(expected, rel=1e-12)
    alone = losses.content_loss(features, target[:1])
    assert alone.item() == losses.content_loss(features, target[:1].expand(4, 3, 5, 6)).item()
    assert losses.content_loss(features, features).item() == 0


def test_style_is_four_times_that_of_gatys():
    """Gatys et al. 2016, equation 4, with their Gram matrix, which is not divided."""
    features, other = maps(1, 3, 4, 5), maps(1, 3, 6, 7, seed=1)
    ours = losses.style_loss([features], [losses.gram(other)])
    rows, places = features[0].flatten(1), 4 * 5
    theirs = losses.gram(other)[0] * 3 * places  # as a sum over as many places
    gatys = (rows @ rows.T - theirs).square().sum() / (4 * 3**2 * places**2)
    assert ours.item() == pytest.approx(4 * gatys.item(), rel=1e-12)


def test_layers_add_with_their_weights_and_images_are_averaged():
    layers = [maps(2, 3, 4, 4), maps(2, 5, 2, 2, seed=1)]
    targets = [losses.gram(maps(1, 3, 4, 4, seed=2)), losses.gram(maps(1, 5, 3, 3, seed=3))]
    each = [
        [(losses.gram(layer[b : b + 1]) - target).norm().item() ** 2 for b in range(2)]
        for layer, target in zip(layers, targets, strict=True)
    ]
    plain = sum(sum(pair) / 2 for pair in each)
    assert losses.style_loss(layers, targets).item() == pytest.approx(plain, rel=1e-12)
    weighted = losses.style_loss(layers, targets, [0.0, 3.0]).item()
    assert weighted == pytest.approx(3 * sum(each[1]) / 2, rel=1e-12)
    assert losses.style_loss(layers, [losses.gram(layer) for layer in layers]).item() == 0


def test_total_variation_of_known_images():
    assert losses.total_variation(torch.full((2, 3, 4, 5), 0.7)).item() == 0
    step = torch.zeros(1, 1, 4, 6, dtype=torch.float64)
    step[..., 3:] = 2.0  # one jump of 2 in each of 4 rows, of 4 * 5 pairs side by side
    assert losses.total_variation(step).item() == pytest.approx(2 * 4 / 20)
    assert losses.total_variation(step.mT).item() == pytest.approx(2 * 4 / 20)
    board = (torch.arange(6)[:, None] + torch.arange(6)).remainder(2).double()[None, None]
    assert losses.total_variation(board).item() == pytest.approx(2)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_adain_has_the_moments_of_the_style(dtype):
    content = (maps(3, 4, 6, 7) * 5 - 2).to(dtype)
    style = (maps(3, 4, 9, 5, seed=1) * 0.3 + 7).to(dtype)
    found = losses.adain(content, style)
    close = dict(rtol=0, atol=1e-6 if dtype == torch.float64 else 5e-6)
    torch.testing.assert_close(found.mean((2, 3)), style.mean((2, 3)), **close)
    std = style.std((2, 3), correction=0)
    torch.testing.assert_close(found.std((2, 3), correction=0), std, **close)


def test_adain_is_the_identity_where_the_style_is_the_content_and_happens_once():
    content, style = maps(2, 4, 6, 7), maps(1, 4, 5, 5, seed=1)
    torch.testing.assert_close(losses.adain(content, content), content, rtol=0, atol=1e-12)
    once = losses.adain(content, style)
    torch.testing.assert_close(losses.adain(once, style), once, rtol=0, atol=1e-12)
    torch.testing.assert_close(losses.adain(content * 3 - 5, style), once, rtol=0, atol=1e-12)


def test_adain_to_mean_zero_and_spread_one_is_instance_normalisation():
    content = maps(2, 4, 6, 7)
    style = torch.tensor([-1.0, 1.0]).double().view(1, 1, 1, 2).expand(1, 4, 1, 2)
    expected = instance_norm(content, eps=0)
    torch.testing.assert_close(losses.adain(content, style), expected, rtol=0, atol=1e-12)


def test_a_flat_map_is_shifted_and_gives_finite_gradients():
    content = torch.full((1, 1, 3, 3), 2.0, dtype=torch.float64, requires_grad=True)
    style = maps(1, 1, 4, 4)
    found = losses.adain(content, style)
    torch.testing.assert_close(found, style.mean().expand_as(found))
    found.sum().backward()
    assert content.grad.isfinite().all()


@pytest.mark.parametrize(
    "loss",
    [
        lambda x: losses.gram(x).square().sum(),
        lambda x: losses.content_loss(x, maps(2, 3, 4, 4, seed=5)),
        lambda x: losses.style_loss([x], [losses.gram(maps(1, 3, 4, 4, seed=5))]),
        lambda x: losses.total_variation(x),
        lambda x: losses.adain(x, maps(2, 3, 4, 4, seed=5)).cos().sum(),
    ],
)
def test_gradients(loss):
    assert torch.autograd.gradcheck(loss, maps(2, 3, 4, 4).requires_grad_())


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: losses.gram(maps(3, 4, 4)), "expected features as"),
        (lambda: losses.gram(torch.zeros(1, 2, 3, 3, dtype=torch.int64)), "got int64"),
        (lambda: losses.content_loss(maps(2, 3, 4, 4), maps(2, 3, 4, 5)), "target"),
        (lambda: losses.content_loss(maps(3, 3, 4, 4), maps(2, 3, 4, 4)), "(3, 3, 4, 4)"),
        (lambda: losses.style_loss([], []), "at least one"),
        (lambda: losses.style_loss([maps(1, 2, 3, 3)], []), "got 0 for 1"),
        (lambda: losses.style_loss([maps(1, 2, 3, 3)], [maps(1, 3, 3)]), "grams[0]"),
        (lambda: losses.style_loss([maps(1, 2, 3, 3)], [maps(1, 2, 2)], [1, 2]), "1 weights"),
        (lambda: losses.style_loss([maps(1, 2, 3, 3)], [maps(1, 2, 2)], [-1]), "weights[0]"),
        (lambda: losses.total_variation(maps(1, 3, 1, 4)), "2x2"),
        (lambda: losses.adain(maps(2, 3, 4, 4), maps(2, 4, 4, 4)), "style"),
        (lambda: losses.adain(maps(2, 3, 4, 4), maps(2, 3, 4, 4), eps=-1), "eps"),
        (lambda: losses.adain(maps(2, 3, 4, 4), maps(2, 3, 4, 4), eps=math.inf), "eps"),
    ],
)
def test_bad_arguments_are_named(call, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        call()
