import pytest
import torch
from sklearn.metrics import mutual_info_score

from ganbook import metrics
from ganbook.metrics.disentanglement import informations

COUNT = 20_000


@pytest.fixture(scope="module")
def factors():
    random = torch.Generator().manual_seed(0)
    return torch.stack([torch.randint(n, (COUNT,), generator=random) for n in (5, 8)], dim=1)


def noise(width=1, seed=1):
    return torch.randn(COUNT, width, generator=torch.Generator().manual_seed(seed))


def gap(latents, factors):
    return metrics.mutual_information_gap(latents, factors)


def test_a_latent_for_each_factor_is_the_best(factors):
    latents = torch.cat([noise(), factors.float()], dim=1)
    assert gap(latents, factors) > 0.99
    assert gap(latents[:, [2, 0, 1]], factors) == gap(latents, factors)
    assert gap(-3 * latents + 1, factors) == pytest.approx(gap(latents, factors), abs=1e-3)


def test_two_latents_of_one_factor_leave_no_gap(factors):
    latents = torch.cat([factors.float(), factors.float()], dim=1)
    assert gap(latents, factors) == pytest.approx(0, abs=1e-12)


def test_turned_latents_have_a_smaller_gap(factors):
    straight = (factors.float() - factors.float().mean(dim=0)) / factors.float().std(dim=0)
    straight = straight + 0.05 * noise(2)
    turn = torch.tensor([[1.0, 1.0], [-1.0, 1.0]]) / 2**0.5
    assert gap(straight @ turn, factors) < 0.3 < 0.9 < gap(straight, factors)


def test_noise_knows_nothing(factors):
    assert gap(noise(3), factors) < 0.01
    assert gap(torch.zeros(COUNT, 2), factors) == pytest.approx(0, abs=1e-12)


def test_one_factor_known_of_two_is_half(factors):
    latents = torch.cat([factors[:, :1].float(), noise()], dim=1)
    assert gap(latents, factors) == pytest.approx(0.5, abs=0.01)


def test_informations_are_those_of_scikit_learn(factors):
    latents = torch.cat([factors.float() + noise(2), noise(1, seed=2)], dim=1)
    found, entropies = informations(latents, factors, bins=20)
    low, high = latents.aminmax(dim=0)
    cells = ((latents.double() - low) / (high - low).double() * 20).long().clamp(max=19)
    for i, cell in enumerate(cells.T):
        for j, factor in enumerate(factors.T):
            assert found[i, j].item() == pytest.approx(mutual_info_score(cell, factor), abs=1e-9)
    for j, factor in enumerate(factors.T):
        assert entropies[j].item() == pytest.approx(mutual_info_score(factor, factor))


def test_labels_need_not_start_at_0(factors):
    latents = factors.float() + noise(2)
    assert gap(latents, 10 * factors - 7) == gap(latents, factors)


@pytest.mark.parametrize(
    ("latents", "factors", "message"),
    [
        (noise()[:4], torch.tensor([[0], [1], [0], [1]]), "width to be an integer of at least 2"),
        (noise(2)[:4], torch.zeros(4, 1), r"factors as integers \(4, F\), got torch.float32"),
        (noise(2)[:4], torch.tensor([0, 1, 0, 1]), r"factors as integers \(4, F\)"),
        (noise(2)[:4], torch.zeros(3, 1).long(), r"factors as integers \(4, F\)"),
        (noise(2)[:4], torch.tensor([[0, 2]] * 4), "factor 0 to have two values"),
        (noise(2)[:4] * torch.nan, torch.tensor([[0], [1], [0], [1]]), "finite latents"),
        (noise(2)[:4], "x", "factors as integers"),
    ],
)
def test_bad_arguments_are_named(latents, factors, message):
    with pytest.raises(ValueError, match=message):
        gap(latents, factors)


def test_too_few_bins_are_named(factors):
    with pytest.raises(ValueError, match="bins to be an integer of at least 2"):
        metrics.mutual_information_gap(noise(2), factors, bins=1)
