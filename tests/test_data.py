import itertools

import pytest
import torch
from torch.nn.functional import interpolate

import ganbook as gb
from ganbook import data as module

ALWAYS = [("shapes", "train"), ("shapes", "test"), ("stripes", "train"), ("stripes", "test"),
          ("digits", "train"), ("digits", "test"), ("photos", "train")]  # fmt: skip


@pytest.mark.parametrize(("name", "split"), ALWAYS)
@pytest.mark.parametrize("size", [8, 32])
@pytest.mark.parametrize("channels", [None, 1, 3])
def test_sets_that_need_no_network(name, split, size, channels):
    data = gb.load(name, size=size, channels=channels, split=split)
    natural = {"digits": 1, "shapes": 1}.get(name, 3)
    assert data.images.shape == (len(data), channels or natural, size, size)
    assert data.images.dtype == torch.uint8
    assert data.labels.shape == (len(data),)
    assert data.labels.dtype == torch.int64
    assert data.labels.max() < len(data.classes)
    assert all(len(values) == len(data) for values in data.factors.values())
    assert data.name == name


def test_loading_twice_gives_the_same_and_splits_differ():
    for name in ("shapes", "stripes", "digits"):
        first, second = gb.load(name, size=16), gb.load(name, size=16)
        assert torch.equal(first.images, second.images)
        test = gb.load(name, size=16, split="test").images
        rows = {image.numpy().tobytes() for image in first.images}
        shared = sum(image.numpy().tobytes() in rows for image in test)
        assert shared <= (1 if name == "digits" else 0)


def test_conversion_is_exact_both_ways():
    levels = torch.arange(256, dtype=torch.uint8)
    x = gb.to_float(levels)
    assert (x.min(), x.max(), x.dtype) == (-1, 1, torch.float32)
    assert torch.equal(gb.to_uint8(x), levels)
    assert gb.to_uint8(torch.tensor([-7.0, 7.0])).tolist() == [0, 255]


def test_small_sets_are_padded_then_resized():
    images = torch.randint(256, (5, 1, 28, 28), dtype=torch.uint8)
    assert torch.equal(module.resize(images, 28), images)
    padded = module.resize(images, 32)
    assert torch.equal(padded[:, :, 2:30, 2:30], images)
    assert padded.sum() == images.sum()
    assert module.resize(images, 64).shape == (5, 1, 64, 64)


def test_shrinking_does_not_alias():
    stripes = (torch.arange(64) % 2 * 255).to(torch.uint8).expand(1, 1, 64, 64)
    assert module.resize(stripes, 16).float().std() < 20
    assert interpolate(stripes.float(), size=(15, 15)).std() > 100


def test_colour_becomes_luma_and_grey_is_repeated():
    red = torch.tensor([255, 0, 0], dtype=torch.uint8)[None, :, None, None].expand(1, 3, 4, 4)
    assert module.recolour(red, 1).unique().tolist() == [76]
    grey = torch.full((1, 1, 4, 4), 9, dtype=torch.uint8)
    assert torch.equal(module.recolour(grey, 3), grey.expand(1, 3, 4, 4))


def test_stripes_are_paired_in_the_test_split_only():
    test, train = (gb.load("stripes", split=split) for split in ("test", "train"))
    for data, paired in ((test, True), (train, False)):
        mask = data.factors["mask"]
        half = len(data) // 2
        assert torch.equal(mask[:half], mask[half:]) == paired
    background = (test.factors["mask"] == 0).expand_as(test.images)[:500]
    plain, striped = (side[background].int() for side in test.images.split(500))
    assert (plain - striped).abs().max() <= 1  # a mask that rounds to 0 may cover 0.2 % of a pixel


def test_batches_cover_an_epoch_once():
    images = torch.arange(100, dtype=torch.uint8)[:, None, None, None]
    seen = torch.cat([gb.to_uint8(x) for x in gb.batches(images, batch_size=32, epochs=1)])
    assert sorted(seen.flatten().tolist()) == list(range(100))
    sizes = [len(x) for x in gb.batches(images, batch_size=32, epochs=2)]
    assert sizes == [32, 32, 32, 4] * 2


def test_endless_batches_are_full_reproducible_and_reshuffled():
    images = torch.arange(100, dtype=torch.uint8)[:, None, None, None]
    take = lambda seed: list(itertools.islice(gb.batches(images, batch_size=32, seed=seed), 7))  # noqa: E731
    first, second, other = take(0), take(0), take(1)
    assert all(len(x) == 32 for x in first)
    assert all(torch.equal(a, b) for a, b in zip(first, second, strict=True))
    assert not torch.equal(first[0], other[0])
    assert not torch.equal(first[0], first[3])


def test_labels_stay_with_their_images_and_rows_pass_through():
    images = torch.arange(50, dtype=torch.uint8)[:, None, None, None]
    for x, y in gb.batches(images, torch.arange(50), batch_size=8, epochs=1):
        assert torch.equal(gb.to_uint8(x).flatten().long(), y)
    points = torch.randn(20, 2, dtype=torch.float64)
    batch = next(gb.batches(points, batch_size=20))
    assert batch.dtype == torch.float64
    assert torch.equal(batch.sort(0).values, points.sort(0).values)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (dict(name="mnits"), r"expected name .*'mnist'.* got 'mnits'"),
        (dict(name=None), "expected name"),
        (dict(name="shapes", size=3), "expected size to be an integer from 4 to 1024, got 3"),
        (dict(name="shapes", size=32.0), "expected size"),
        (dict(name="shapes", channels=2), r"expected channels to be one of \(None, 1, 3\), got 2"),
        (dict(name="shapes", split="valid"), r"expected split of shapes .* got 'valid'"),
        (dict(name="photos", split="test"), r"expected split of photos .*train.* got 'test'"),
        (dict(name="shapes", on_missing="skip"), "expected on_missing"),
    ],
)
def test_bad_arguments_of_load_are_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        gb.load(**arguments)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (dict(images=[1, 2]), r"expected images as a tensor .* got list"),
        (dict(images=torch.zeros(4, 1, dtype=torch.int32)), "uint8 or floating point, got"),
        (dict(images=torch.zeros(4, 1), labels=torch.zeros(3)), r"tensor \(4,\), got \(3,\)"),
        (dict(images=torch.zeros(4, 1), batch_size=5), "batch_size .* from 1 to 4, got 5"),
        (dict(images=torch.zeros(4, 1), batch_size=2, epochs=0), "expected epochs"),
    ],
)
def test_bad_arguments_of_batches_are_named_at_once(arguments, message):
    with pytest.raises(ValueError, match=message):
        gb.batches(**arguments)  # not only when the first batch is asked for


def test_nan_is_not_made_black():
    with pytest.raises(ValueError, match="got NaN"):
        gb.to_uint8(torch.tensor([0.0, float("nan")]))


@pytest.mark.parametrize("convert", [gb.to_float, gb.to_uint8])
@pytest.mark.parametrize("bad", [torch.zeros(2, dtype=torch.int32), [0, 1]])
def test_conversion_refuses_other_types(convert, bad):
    with pytest.raises(ValueError, match="expected"):
        convert(bad)
