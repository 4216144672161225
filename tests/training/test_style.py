import pytest
import torch
from torch import nn
from torch.nn.functional import interpolate

import ganbook as gb
from ganbook import losses, training
from ganbook.compositing import match_moments
from ganbook.models.style import FeatureMaps, Stylist
from ganbook.training.stylist import crops


def images(*shape, seed=0):
    return torch.rand(*shape, generator=torch.Generator().manual_seed(seed)) * 2 - 1


def small_maps(layers=(1, 3)):
    torch.manual_seed(0)
    net = nn.Sequential(
        nn.Conv2d(3, 8, 3, padding=1),
        nn.ReLU(),
        nn.Conv2d(8, 8, 3, padding=1, stride=2),
        nn.ReLU(),
    )
    return FeatureMaps(net, layers, mean=(0.5,) * 3, std=(0.5,) * 3)


def test_the_objective_is_the_sum_of_its_parts_relative_to_what_is_wanted():
    maps, style, photo, image = small_maps(), *(images(1, 3, 16, 16, seed=s) for s in range(3))
    weights = dict(content_weight=2.0, style_weight=30.0, tv_weight=0.5)
    goal = training.Objective(maps, style, **weights, content_layers=(1,), layer_weights=(1, 3))
    found = goal(image, goal.content_of(photo))
    mine, photos, styles = maps(image), maps(photo), maps(style)
    content = (mine[1] - photos[1]).square().sum() / photos[1].square().sum()
    each = []
    for ours, theirs in zip(mine, styles, strict=True):
        target = losses.gram(theirs)
        each.append((losses.gram(ours) - target).square().sum() / target.square().sum())
    style_part = each[0] / 4 + each[1] * 3 / 4
    torch.testing.assert_close(found["content"], content)
    torch.testing.assert_close(found["style"], style_part)
    torch.testing.assert_close(found["tv"], losses.total_variation(image))
    total = 2 * content + 30 * style_part + 0.5 * losses.total_variation(image)
    torch.testing.assert_close(found["loss"], total)


def test_the_weights_mean_the_same_for_a_network_of_another_scale():
    style, photo, image = (images(1, 3, 16, 16, seed=s) for s in range(3))
    values = []
    for factor in (1.0, 10.0):
        maps = small_maps()
        with torch.no_grad():
            maps.network[2].weight.mul_(factor)
            maps.network[2].bias.mul_(factor)
        goal = training.Objective(maps, style)
        values.append(goal(image, goal.content_of(photo))["loss"])
    torch.testing.assert_close(*values)


def test_the_style_of_itself_and_the_content_of_itself_cost_nothing():
    maps, photo = small_maps(), images(1, 3, 16, 16)
    goal = training.Objective(maps, photo, tv_weight=0.0)
    found = goal(photo, goal.content_of(photo))
    assert found["loss"].item() == 0


def test_optimising_lessens_what_is_asked():
    maps, style, photo = small_maps(), images(1, 3, 16, 16), images(1, 3, 20, 12, seed=1)
    image, history = training.stylise(photo, style, maps, steps=30)
    assert image.shape == photo.shape
    assert image.abs().max() <= 1
    assert history["loss"][-1] < 0.5 * history["loss"][0]
    assert set(history) == {"loss", "content", "style", "tv", "seconds"}
    assert len({len(values) for values in history.values()}) == 1
    assert history["content"][0] == 0  # it starts from the content
    assert history["seconds"] == sorted(history["seconds"])


def test_content_alone_comes_back_and_style_alone_needs_no_content():
    maps, photo = small_maps((1,)), gb.to_float(gb.load("photos", size=16).images[:1])
    options = dict(content_weight=1.0, style_weight=0.0, tv_weight=0.0, content_layers=(0,))
    image, history = training.stylise(photo, None, maps, steps=200, start="noise", **options)
    assert set(history) == {"loss", "content", "tv", "seconds"}
    assert history["content"][-1] < 0.01 * history["content"][0]
    assert (image - photo).abs().mean() < 0.1

    _, history = training.stylise(photo, photo, maps, steps=50, start="noise", content_weight=0.0)
    assert set(history) == {"loss", "style", "tv", "seconds"}
    assert history["style"][-1] < 0.05 * history["style"][0]


def test_the_start_can_be_given_and_is_left_alone_and_noise_has_a_seed():
    maps, style, photo = small_maps(), images(1, 3, 16, 16), images(1, 3, 16, 16, seed=1)
    start = images(1, 3, 16, 16, seed=2)
    before = start.clone()
    given, history = training.stylise(photo, style, maps, steps=2, start=start)
    assert torch.equal(start, before)
    goal = training.Objective(maps, style)
    first = goal(start, goal.content_of(photo))["loss"].item()
    assert history["loss"][0] == pytest.approx(first)
    again, _ = training.stylise(photo, style, maps, steps=2, start=start)
    assert torch.equal(given, again)
    one, two, three = (
        training.stylise(photo, style, maps, steps=1, start="noise", seed=seed)[1]["loss"][0]
        for seed in (0, 0, 1)
    )
    assert one == two != three


def test_coarse_to_fine_is_a_chain_of_halvings():
    maps, style, photo = small_maps(), images(1, 3, 40, 40), images(1, 3, 32, 24, seed=1)
    found, histories = training.coarse_to_fine(photo, style, maps, octaves=2, steps=5, tv_weight=1)
    half = dict(mode="bilinear", antialias=True)
    small = [interpolate(x, scale_factor=0.5, **half) for x in (photo, style)]
    image, first = training.stylise(*small, maps, steps=5, tv_weight=1)
    start = interpolate(image, (32, 24), mode="bicubic", antialias=True).clamp(-1, 1)
    image, second = training.stylise(photo, style, maps, steps=5, tv_weight=1, start=start)
    torch.testing.assert_close(found, image)
    assert [history["loss"] for history in histories] == [
        pytest.approx(history["loss"], rel=1e-4) for history in (first, second)
    ]


def test_coarse_to_fine_of_one_octave_and_of_sizes_that_do_not_halve():
    maps, style, photo = small_maps(), images(1, 3, 19, 23), images(1, 3, 17, 26, seed=1)
    alone, history = training.coarse_to_fine(photo, style, maps, octaves=1, steps=3)
    expected, other = training.stylise(photo, style, maps, steps=3)
    assert torch.equal(alone, expected)
    assert history[0]["loss"] == other["loss"]
    noise, _ = training.coarse_to_fine(photo, style, maps, octaves=3, steps=2, start="noise")
    given, _ = training.coarse_to_fine(photo, style, maps, octaves=3, steps=2, start=photo)
    assert noise.shape == given.shape == photo.shape


def test_a_stylist_learns_its_style_and_resumes_to_the_bit():
    maps, style = small_maps(), images(1, 3, 16, 16)
    photos = gb.load("shapes", size=16, channels=3).images[:16]

    def step():
        torch.manual_seed(0)
        return training.StylistStep(Stylist(width=4, blocks=1), maps, style, lr=1e-2, steps=30)

    def batches():
        return gb.batches(photos, batch_size=4)

    whole = step()
    run = training.fit(whole, batches(), steps=30, log_every=1, progress=False)
    assert set(run.history) == {"step", "loss", "content", "style", "tv"}
    assert run.history["loss"][-1] < 0.8 * run.history["loss"][0]
    first, second, stream = step(), step(), batches()
    for _ in range(10):
        first(next(stream))
    second.load_state_dict(first.state_dict())
    for _ in range(20):
        second(next(stream))
    for name, value in whole.network.state_dict().items():
        assert torch.equal(second.network.state_dict()[name], value)


def test_mixed_precision_is_near():
    maps, style, photo = small_maps(), images(1, 3, 16, 16), images(1, 3, 16, 16, seed=1)
    full, mixed = (
        training.Objective(maps, style, autocast=kind) for kind in (None, torch.bfloat16)
    )
    a, b = (goal(style * 0.5, goal.content_of(photo)) for goal in (full, mixed))
    assert b["loss"].dtype == torch.float32
    torch.testing.assert_close(a["loss"], b["loss"], rtol=0.05, atol=0)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (dict(content_weight=-1.0), "content_weight"),
        (dict(style_weight=float("nan")), "style_weight"),
        (dict(tv_weight="1"), "tv_weight"),
        (dict(content_layers=(2,)), "content_layers"),
        (dict(layer_weights=(1, 2, 3)), "2 layer_weights"),
        (dict(layer_weights=(0, 0)), "2 layer_weights"),
        (dict(autocast=torch.float16), "autocast"),
        (dict(steps=0), "steps"),
        (dict(start="middle"), "start"),
        (dict(start=torch.zeros(1, 3, 5, 5)), "start"),
    ],
)
def test_bad_arguments_are_named(options, message):
    with pytest.raises(ValueError, match=f"expected {message}"):
        training.stylise(images(1, 3, 8, 8), images(1, 3, 8, 8), small_maps(), **options)


def test_images_of_a_wrong_shape_are_named():
    maps, good, bad = small_maps(), images(1, 3, 8, 8), images(2, 3, 8, 8)
    with pytest.raises(ValueError, match="expected content"):
        training.stylise(bad, good, maps)
    with pytest.raises(ValueError, match="expected style"):
        training.stylise(good, bad, maps)
    with pytest.raises(ValueError, match="expected style"):
        training.stylise(good, None, maps)


def test_with_recolour_the_content_is_wanted_in_the_colours_of_the_style():
    maps, style, photo = small_maps(), images(1, 3, 16, 16) * 0.3, images(2, 3, 16, 16, seed=1)
    goal = training.Objective(maps, style, recolour=True, content_layers=(0,))
    coloured = match_moments(photo, style.expand(2, -1, -1, -1)).clamp(-1, 1)
    torch.testing.assert_close(goal.content_of(photo)[0], maps(coloured)[0])
    with pytest.raises(ValueError, match="expected style"):
        training.Objective(maps, None, style_weight=0.0, recolour=True)


def test_crops_are_windows_of_every_image_of_a_batch():
    batch = torch.arange(2 * 3 * 8 * 9.0).view(2, 3, 8, 9)
    found = list(crops([batch] * 40, 5))
    places = set()
    for window in found:
        top, left = divmod(int(window[0, 0, 0, 0]), 9)
        assert torch.equal(window, batch[:, :, top : top + 5, left : left + 5])
        places.add((top, left))
    assert {top for top, _ in places} == {0, 1, 2, 3}
    assert {left for _, left in places} == {0, 1, 2, 3, 4}
    again = list(crops([batch] * 40, 5))
    assert all(torch.equal(a, b) for a, b in zip(found, again, strict=True))
    with pytest.raises(ValueError, match="at least 9 pixels"):
        next(crops([batch], 9))
