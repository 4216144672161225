import re

import pytest
import torch

from ganbook import compositing


def images(*shape, seed=0, dtype=torch.float64):
    random = torch.Generator().manual_seed(seed)
    return torch.rand(*shape, generator=random, dtype=dtype) * 2 - 1


def a_mask(kind, height, width):
    random = torch.Generator().manual_seed(3)
    y, x = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
    mask = dict(
        full=torch.ones(height, width, dtype=torch.bool),
        speckle=torch.rand(height, width, generator=random) < 0.6,
        hole=((y - height // 2).abs() + (x - width // 2).abs() > 2),
        pieces=(x % 5 < 3) & (y % 6 < 4),
        one=(y == height // 2) & (x == width // 2),
    )[kind]
    mask[0] = mask[-1] = False
    mask[:, 0] = mask[:, -1] = False
    return mask


def reference(source, target, inside, mixed=False):
    """Equation 7 of Pérez et al. for f itself, as a dense system, pixel by pixel: (C, H, W)."""
    index = {tuple(place): i for i, place in enumerate(inside.nonzero().tolist())}
    blended = target.clone()
    for c in range(len(source)):
        g, t = source[c], target[c]
        matrix = torch.zeros(len(index), len(index), dtype=torch.float64)
        right = torch.zeros(len(index), dtype=torch.float64)
        for p, i in index.items():
            for dy, dx in ((0, 1), (0, -1), (1, 0), (-1, 0)):
                q = (p[0] + dy, p[1] + dx)
                matrix[i, i] += 1
                v = g[p] - g[q]
                if mixed and abs(t[p] - t[q]) > abs(v):
                    v = t[p] - t[q]
                right[i] += v
                if q in index:
                    matrix[i, index[q]] = -1
                else:
                    right[i] += t[q]
        values = torch.linalg.solve(matrix, right)
        for p, i in index.items():
            blended[c][p] = values[i]
    return blended


KINDS = ("full", "speckle", "hole", "pieces", "one")


@pytest.mark.parametrize("mixed", [False, True])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("channels", "height", "width"), [(1, 7, 7), (3, 12, 17), (3, 21, 10)])
def test_poisson_equals_a_dense_reference(mixed, kind, channels, height, width):
    source, target = images(2, 1, channels, height, width)
    inside = a_mask(kind, height, width)
    found = compositing.poisson_blend(source, target, inside[None, None], mixed=mixed)
    expected = reference(source[0], target[0], inside, mixed)
    torch.testing.assert_close(found[0], expected, rtol=0, atol=1e-6)
    assert torch.equal(found[0][:, ~inside], target[0][:, ~inside])


def test_poisson_of_a_source_that_is_the_target_changes_nothing():
    target = images(1, 3, 12, 12)
    inside = a_mask("full", 12, 12)[None, None]
    for mixed in (False, True):
        found = compositing.poisson_blend(target, target, inside, mixed=mixed)
        torch.testing.assert_close(found, target, rtol=0, atol=1e-12)


def test_poisson_takes_no_notice_of_a_constant_added_to_the_source():
    source, target = images(2, 1, 3, 15, 12)
    inside = a_mask("hole", 15, 12)[None, None]
    plain = compositing.poisson_blend(source, target, inside)
    lighter = compositing.poisson_blend(source + 0.7, target, inside)
    torch.testing.assert_close(lighter, plain, rtol=0, atol=1e-9)


def test_poisson_of_a_flat_source_is_harmonic():
    """Without source gradients each pixel inside is its neighbours' mean, and in their range."""
    target = images(1, 1, 14, 14)
    inside = a_mask("full", 14, 14)
    f = compositing.poisson_blend(torch.zeros_like(target), target, inside[None, None])[0, 0]
    mean = (f[:-2, 1:-1] + f[2:, 1:-1] + f[1:-1, :-2] + f[1:-1, 2:]) / 4
    torch.testing.assert_close(f[1:-1, 1:-1], mean, rtol=0, atol=1e-9)
    border = torch.cat([target[0, 0, 0], target[0, 0, -1], target[0, 0, :, 0], target[0, 0, :, -1]])
    assert border.min() <= f[1:-1, 1:-1].min()
    assert f[1:-1, 1:-1].max() <= border.max()


def test_slopes_vanish_and_curvature_stays():
    """Only the source's Laplacian counts: of a plane, nothing is left; of x^2, the bulge."""
    x = torch.arange(16, dtype=torch.float64).expand(1, 1, 16, 16)
    inside = a_mask("full", 16, 16)[None, None]
    plane = compositing.poisson_blend(2 * x + 5, 3 * x, inside)
    torch.testing.assert_close(plane, 3 * x, rtol=0, atol=1e-8)
    bulge = compositing.poisson_blend(x**2, 3 * x, inside)
    second = 4 * bulge[..., 1:-1, 1:-1] - bulge[..., :-2, 1:-1] - bulge[..., 2:, 1:-1]
    second = second - bulge[..., 1:-1, :-2] - bulge[..., 1:-1, 2:]
    torch.testing.assert_close(second, torch.full_like(second, -2), rtol=0, atol=1e-7)


def test_poisson_of_a_batch_with_one_mask_or_several():
    source, target = images(2, 3, 3, 12, 14)
    masks = torch.stack([a_mask(kind, 12, 14) for kind in ("full", "hole", "pieces")])[:, None]
    together = compositing.poisson_blend(source, target, masks)
    for i in range(3):
        alone = compositing.poisson_blend(source[i : i + 1], target[i : i + 1], masks[i : i + 1])
        assert torch.equal(together[i : i + 1], alone)
    shared = compositing.poisson_blend(source, target, masks[:1].float())
    assert torch.equal(shared[0], together[0])
    assert torch.equal(shared[2], compositing.poisson_blend(source[2:], target[2:], masks[:1])[0])


def test_poisson_keeps_the_type_and_leaves_its_arguments_alone():
    source, target = images(2, 1, 3, 12, 14, dtype=torch.float32)
    before = source.clone(), target.clone()
    found = compositing.poisson_blend(source, target, a_mask("full", 12, 14)[None, None])
    assert found.dtype == torch.float32
    assert torch.equal(source, before[0])
    assert torch.equal(target, before[1])


@pytest.mark.parametrize("side", ["top", "bottom", "left", "right"])
def test_poisson_without_a_boundary_is_refused(side):
    mask = torch.zeros(1, 1, 8, 9, dtype=torch.bool)
    mask[..., 3:5, 3:5] = True
    mask[dict(top=(..., 0, 4), bottom=(..., 7, 4), left=(..., 4, 0), right=(..., 4, 8))[side]] = (
        True
    )
    with pytest.raises(ValueError, match="touches the border"):
        compositing.poisson_blend(images(1, 3, 8, 9), images(1, 3, 8, 9), mask)


def test_an_empty_mask_is_refused():
    with pytest.raises(ValueError, match="an empty one"):
        compositing.poisson_blend(*images(2, 1, 3, 8, 9), torch.zeros(1, 1, 8, 9))


def test_alpha():
    above, below = images(2, 2, 3, 4, 5)
    mask = torch.rand(2, 1, 4, 5, generator=torch.Generator().manual_seed(0)).double()
    found = compositing.alpha_blend(above, below, mask)
    torch.testing.assert_close(found, below + mask * (above - below), rtol=0, atol=1e-12)
    assert torch.equal(compositing.alpha_blend(above, below, torch.ones(1, 1, 4, 5)), above)
    hard = compositing.alpha_blend(above, below, mask > 0.5)
    assert torch.equal(hard, torch.where(mask > 0.5, above, below))


def test_matched_moments():
    image, reference = images(2, 3, 6, 7) * 0.3 + 0.1, images(2, 3, 9, 5, seed=1)
    found = compositing.match_moments(image, reference)
    torch.testing.assert_close(found.mean((2, 3)), reference.mean((2, 3)), rtol=0, atol=1e-12)
    spread = [x.std((2, 3), correction=0) for x in (found, reference)]
    torch.testing.assert_close(*spread, rtol=0, atol=1e-12)
    same = compositing.match_moments(reference * 2 - 1, reference)
    torch.testing.assert_close(same, reference, rtol=0, atol=1e-12)


def test_moments_of_what_is_in_the_masks_alone():
    image, reference = images(1, 3, 6, 7), images(1, 3, 6, 7, seed=1)
    mask, other = torch.zeros(2, 1, 1, 6, 7, dtype=torch.bool)
    mask[..., :3, :] = True
    other[..., 4:] = True
    found = compositing.match_moments(image, reference, mask=mask, reference_mask=other)
    inside, wanted = found[..., :3, :], reference[..., 4:]
    torch.testing.assert_close(inside.mean((2, 3)), wanted.mean((2, 3)), rtol=0, atol=1e-12)
    assert (found[..., 3:, :].mean((2, 3)) - wanted.mean((2, 3))).abs().max() > 1e-3


def test_a_plain_channel_is_only_shifted():
    reference = images(1, 1, 4, 4)
    found = compositing.match_moments(torch.full((1, 1, 3, 3), 0.2).double(), reference)
    torch.testing.assert_close(found, reference.mean().expand_as(found))


def test_matched_histograms_are_equal_and_keep_the_order():
    image, reference = images(2, 3, 6, 7), images(2, 3, 7, 6, seed=1) ** 3
    found = compositing.match_histogram(image, reference)
    ours, theirs = (x.flatten(2).sort().values for x in (found, reference))
    torch.testing.assert_close(ours, theirs, rtol=0, atol=1e-12)
    order = image.flatten(2).argsort()
    assert (found.flatten(2).gather(2, order).diff() >= 0).all()
    torch.testing.assert_close(compositing.match_histogram(image, image), image)


def test_a_histogram_of_another_size_gives_its_quantiles():
    image = torch.arange(100.0).double().view(1, 1, 10, 10)
    found = compositing.match_histogram(image, torch.tensor([0.0, 1.0]).double().view(1, 1, 1, 2))
    expected = ((image + 0.5) / 100 * 2 - 0.5).clamp(0, 1)
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-12)
    low = compositing.match_histogram(torch.tensor([0.0, 1.0]).double().view(1, 1, 1, 2), image)
    assert low.flatten().tolist() == [24.5, 74.5]


def test_equal_values_stay_equal():
    image = torch.tensor([0.0, 0.0, 5.0, 5.0]).double().view(1, 1, 2, 2)
    reference = torch.tensor([1.0, 3.0, 7.0, 9.0]).double().view(1, 1, 2, 2)
    found = compositing.match_histogram(image, reference).flatten().tolist()
    assert found == [2, 2, 8, 8]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda x, m: compositing.alpha_blend(x, x[:, :1], m), "background"),
        (lambda x, m: compositing.alpha_blend(x, x, m[..., :2]), "mask"),
        (lambda x, m: compositing.alpha_blend(x, x, m * 255), "from 0 to 1, got 0.0 to 255.0"),
        (lambda x, m: compositing.alpha_blend(x, x, m.to(torch.uint8)), "got uint8"),
        (lambda x, m: compositing.poisson_blend(x, x[..., :3], m), "target"),
        (lambda x, m: compositing.poisson_blend(x.long(), x, m), "source"),
        (lambda x, m: compositing.match_moments(x, x[:, :1]), "reference"),
        (lambda x, m: compositing.match_moments(x, x, mask=m * 0), "an empty one"),
        (lambda x, m: compositing.match_histogram(x, x[0]), "reference"),
    ],
)
def test_bad_arguments_are_named(call, message):
    mask = torch.zeros(2, 1, 6, 6)
    mask[..., 2:4, 2:4] = 1
    with pytest.raises(ValueError, match=re.escape(message)):
        call(images(2, 3, 6, 6), mask)
