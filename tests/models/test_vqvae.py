import pytest
import torch

from ganbook.models.vqvae import VQVAE, VectorQuantiser

decays = pytest.mark.parametrize("decay", [None, 0.9])


def quantiser(codes=5, dim=3, decay=None, seed=0):
    torch.manual_seed(seed)
    made = VectorQuantiser(codes=codes, dim=dim, decay=decay).double()
    made.codebook.data.normal_()
    return made


def vectors(*shape, seed=1):
    random = torch.Generator().manual_seed(seed)
    return torch.randn(*shape, generator=random, dtype=torch.float64, requires_grad=True)


@pytest.mark.parametrize("shape", [(40, 3), (7, 3, 4), (7, 3, 2, 5)])
def test_each_vector_gets_the_nearest_code(shape):
    made, encoded = quantiser(), vectors(*shape)
    made.codebook.data *= torch.tensor([[0.1], [1], [2], [5], [10]])  # the longest is not nearest
    chosen, indices, _ = made(encoded)
    assert indices.shape == (shape[0], *shape[2:])
    assert indices.dtype == torch.int64
    rows = encoded.detach().movedim(1, -1).reshape(-1, 3)
    for row, index, code in zip(
        rows, indices.flatten(), chosen.movedim(1, -1).reshape(-1, 3), strict=True
    ):
        distances = [(row - code).norm().item() for code in made.codebook.detach()]
        assert index == distances.index(min(distances))
        assert torch.equal(code, made.codebook[index])
    assert len(indices.unique()) > 1


@decays
def test_gradients_go_straight_through(decay):
    """The encoder gets what the decoder sends, to the bit, and the codes get none of it."""
    made, encoded = quantiser(decay=decay), vectors(6, 3, 2, 2)
    chosen, _, _ = made(encoded)
    sent = vectors(6, 3, 2, 2, seed=2).detach()
    chosen.backward(sent)
    assert torch.equal(encoded.grad, sent)
    assert made.codebook.grad is None


def test_the_losses_are_of_the_vectors_and_their_codes():
    made, encoded = quantiser(), vectors(6, 3, 2, 2)
    _, indices, losses = made(encoded)
    chosen = made.look_up(indices)
    expected = 2 * (chosen - encoded).detach() / 6
    by_code = torch.zeros(5, 3).double()
    by_code.index_add_(0, indices.flatten(), expected.movedim(1, -1).reshape(-1, 3))
    (to_codes,) = torch.autograd.grad(losses.codebook, made.codebook, retain_graph=True)
    (to_encoder,) = torch.autograd.grad(losses.commitment, encoded)
    torch.testing.assert_close(to_codes, by_code)
    torch.testing.assert_close(to_encoder, -expected)
    assert losses.codebook.item() == pytest.approx((chosen - encoded).square().sum().item() / 6)


def test_a_followed_codebook_is_no_parameter():
    assert [name for name, _ in quantiser(decay=0.9).named_parameters()] == []
    assert [name for name, _ in quantiser().named_parameters()] == ["codebook"]
    assert quantiser(decay=0.9).state_dict().keys() == quantiser().state_dict().keys()


def written_out(codebook, batches, keep):
    """Appendix A.1 of van den Oord et al. 2017 with N(0) = 0, m(0) = 0, in Python's own floats."""
    codes = [list(map(float, row)) for row in codebook]
    counts, sums = [0.0] * len(codes), [[0.0] * len(row) for row in codes]
    for batch in batches:
        groups = [[] for _ in codes]
        for z in batch.movedim(1, -1).reshape(-1, len(codes[0])).tolist():
            squares = [sum((a - b) ** 2 for a, b in zip(z, e, strict=True)) for e in codes]
            groups[squares.index(min(squares))].append(z)
        for i, group in enumerate(groups):
            counts[i] = keep * counts[i] + (1 - keep) * len(group)
            for k in range(len(codes[i])):
                sums[i][k] = keep * sums[i][k] + (1 - keep) * sum(z[k] for z in group)
            if counts[i] > 0:
                codes[i] = [m / counts[i] for m in sums[i]]
    return [torch.tensor(values, dtype=torch.float64) for values in (codes, counts)]


@pytest.mark.parametrize("keep", [0.0, 0.5, 0.99])
def test_the_codes_follow_the_averages_of_the_paper(keep):
    made = quantiser(codes=8, decay=keep)
    made.codebook[7] = 100.0  # nobody's nearest
    batches = [vectors(6, 3, 2, seed=n).detach() + n / 10 for n in range(30)]
    codes, counts = written_out(made.codebook, batches, keep)
    before = made.codebook.clone()
    for batch in batches:
        made.follow(batch, made.nearest(batch))
    torch.testing.assert_close(made.codebook, codes, rtol=1e-12, atol=1e-12)
    torch.testing.assert_close(made.counts, counts, rtol=1e-12, atol=1e-12)
    assert torch.equal(made.codebook[7], before[7])


def test_a_code_that_nobody_chooses_stays_and_stays_finite():
    made = VectorQuantiser(codes=2, dim=1, decay=0.5)
    made.codebook.copy_(torch.tensor([[0.0], [9.0]]))
    for _ in range(300):  # 0.5^300 is nought in float32
        made.follow(torch.ones(4, 1), torch.zeros(4, dtype=torch.int64))
    assert made.codebook.tolist() == [[1.0], [9.0]]
    made.counts.fill_(0)
    made.follow(torch.full((4, 1), 7.0), torch.ones(4, dtype=torch.int64))
    assert made.codebook.tolist() == [[1.0], [7.0]]


def test_without_a_decay_following_only_counts():
    made, batch = quantiser(), vectors(6, 3)
    before, indices = made.codebook.detach().clone(), made.nearest(batch)
    shares = made.follow(batch, indices)
    assert torch.equal(made.codebook, before)
    expected = torch.bincount(indices, minlength=5) / 6
    torch.testing.assert_close(shares, expected.double())
    torch.testing.assert_close(made.counts, 0.01 * 6 * expected.double())


@decays
def test_dead_codes_start_again_on_vectors_of_the_batch(decay):
    made, batch = quantiser(decay=decay), vectors(40, 3).detach()
    made.counts.copy_(torch.tensor([10.0, 0.0, 10.0, 0.4, 0.6]))  # mean 4.2
    before = made.codebook.detach().clone()
    assert made.restart(batch, 0.1, torch.Generator().manual_seed(3)) == 2
    drawn = torch.randint(40, (2,), generator=torch.Generator().manual_seed(3))
    assert torch.equal(made.codebook[[1, 3]], batch[drawn])
    assert torch.equal(made.codebook[[0, 2, 4]], before[[0, 2, 4]])
    torch.testing.assert_close(made.counts, torch.tensor([10.0, 4.2, 10.0, 4.2, 0.6]).double())
    assert made.restart(batch, 0.1, torch.Generator().manual_seed(3)) == 0


@pytest.mark.parametrize("size", [32, 64])
@pytest.mark.parametrize("channels", [1, 3])
def test_shapes_and_ranges(size, channels):
    model = VQVAE(size=size, channels=channels, width=4, codes=6, dim=3)
    x = torch.rand(2, channels, size, size) * 2 - 1
    images, indices, losses = model(x)
    assert model.grid == (size // 4, size // 4)
    assert model.codebook.shape == (6, 3)
    assert images.shape == x.shape
    assert images.abs().max() <= 1
    assert indices.shape == (2, *model.grid)
    assert all(loss.item() >= 0 for loss in losses)


def test_encoding_and_decoding_is_the_forward_pass():
    torch.manual_seed(0)
    model = VQVAE(width=4, codes=6, dim=3)
    x = torch.rand(2, 1, 32, 32) * 2 - 1
    images, indices, _ = model(x)
    assert torch.equal(model.encode(x), indices)
    assert torch.equal(model.decode(indices), images)
    assert torch.equal(model.decode(indices.to(torch.uint8)), images)


def test_all_parameters_learn():
    model = VQVAE(width=4, codes=6, dim=3)
    x = torch.rand(8, 1, 32, 32) * 2 - 1
    images, _, losses = model(x)
    ((images - x).square().sum() + losses.codebook + losses.commitment).backward()
    assert all(p.grad.abs().sum() > 0 for p in model.parameters())


def test_the_nearest_code_is_found_in_float32_under_autocast():
    made = VectorQuantiser(codes=300, dim=8)
    encoded = 3 + torch.rand(50, 8)
    made.codebook.data.copy_(3 + torch.rand(300, 8))  # bfloat16 keeps two digits of these
    alone = made.nearest(encoded)
    with torch.autocast("cpu", torch.bfloat16):
        assert torch.equal(made.nearest(encoded), alone)


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (dict(size=28), r"size to be one of \(32, 64\), got 28"),
        (dict(channels=0), "channels to be an integer of at least 1, got 0"),
        (dict(width=1), "width to be an integer of at least 2, got 1"),
        (dict(codes=0), "codes to be an integer of at least 1, got 0"),
        (dict(dim=1.5), "dim to be an integer"),
        (dict(decay=1.0), r"decay to be a number in \[0, 1\), got 1.0"),
    ],
)
def test_bad_arguments_are_named(bad, message):
    with pytest.raises(ValueError, match=message):
        VQVAE(**bad)


@pytest.mark.parametrize(
    ("indices", "message"),
    [
        (torch.zeros(2, 8, 8), r"as integers \(B, 8, 8\) from 0 to 5, uint8 or int64, got torch.f"),
        (torch.zeros(2, 8, 7).long(), r"got \(2, 8, 7\)"),
        (torch.zeros(0, 8, 8).long(), r"got \(0, 8, 8\)"),
        (torch.full((2, 8, 8), 6), "got 6 to 6"),
        (torch.full((2, 8, 8), -1), "got -1 to -1"),
        ([[1]], "got list"),
    ],
)
def test_bad_indices_are_named(indices, message):
    with pytest.raises(ValueError, match=message):
        VQVAE(width=2, codes=6).decode(indices)


def test_wrong_shapes_are_named():
    model = VQVAE(width=2, dim=4)
    for call in (model, model.encode):
        with pytest.raises(ValueError, match=r"x .* \(B, 1, 32, 32\), got float32 \(2, 1, 64, 64"):
            call(torch.zeros(2, 1, 64, 64))
    with pytest.raises(ValueError, match=r"encoded .* \(B, 4, 8, 8\), got float32 \(2, 3, 8, 8\)"):
        model.quantiser(torch.zeros(2, 3, 8, 8))
    with pytest.raises(ValueError, match=r"encoded .* \(B, 4\), got list"):
        model.quantiser([[0.0] * 4])
