"""The models of one or two dozen lines: mlp and classifier."""

import pytest
import torch

from ganbook.models import classifier, mlp


def test_mlp_shapes():
    generator = mlp.Generator(latent=3, outputs=2, width=8, depth=3)
    points = generator(torch.randn(5, 3))
    assert points.shape == (5, 2)
    assert mlp.Discriminator(inputs=2, width=8)(points).shape == (5,)
    assert len([p for p in generator.parameters() if p.ndim == 2]) == 4


@pytest.mark.parametrize("bad", [dict(width=0), dict(depth=-1), dict(latent=1.5)])
def test_bad_mlps_are_named(bad):
    with pytest.raises(ValueError, match="expected .* to be an integer"):
        mlp.Generator(**bad)


def test_mlp_inputs_are_checked():
    with pytest.raises(ValueError, match=r"expected x .*\(B, 2\), got float32 \(5, 3\)"):
        mlp.Discriminator()(torch.zeros(5, 3))
    with pytest.raises(ValueError, match="expected z"):
        mlp.Generator()(torch.zeros(5))


@pytest.mark.parametrize(("size", "channels"), [(8, 1), (32, 3), (64, 1)])
def test_classifier_shapes(size, channels):
    model = classifier.Classifier(size=size, channels=channels, classes=7, width=4)
    images = torch.zeros(3, channels, size, size)
    assert model(images).shape == (3, 7)
    assert model.features(images).shape == (3, 16)


def test_bad_classifiers_are_named():
    with pytest.raises(ValueError, match="size to be a multiple of 8, got 30"):
        classifier.Classifier(size=30)
    with pytest.raises(ValueError, match="expected classes"):
        classifier.Classifier(classes=0)
    with pytest.raises(ValueError, match=r"expected x .*\(B, 1, 32, 32\)"):
        classifier.Classifier(width=4)(torch.zeros(3, 3, 32, 32))
