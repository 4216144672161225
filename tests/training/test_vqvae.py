import pytest
import torch
from run_states import assert_resumes

import ganbook as gb
from ganbook import metrics, training
from ganbook.models.vqvae import VQVAE


def small(seed=0, **options):
    gb.seed(seed)
    return VQVAE(**dict(dict(width=4, codes=8, dim=3), **options))


def shapes(count=64):
    return gb.to_float(gb.load("shapes").images[:count])


def reference_step(model, optimiser, real, commitment):
    """Equation 3 as it stands there, an image at a time, by default Adam."""
    optimiser.zero_grad()
    loss = 0
    for image in real:
        z_e = model.encoder(image[None])
        indices = torch.cdist(z_e[0].flatten(1).T, model.codebook).argmin(dim=1)
        e = model.codebook[indices].T.view_as(z_e)
        z_q = z_e + (e - z_e).detach()
        error = (model.decoder(z_q) - image).square().sum()
        codebook, commit = (z_e.detach() - e).norm() ** 2, (z_e - e.detach()).norm() ** 2
        loss = loss + (error + codebook + commitment * commit) / len(real)
    loss.backward()
    optimiser.step()


def test_the_step_equals_equation_3_written_out():
    ours, theirs = small(), small()
    step = training.VQVAEStep(ours, lr=1e-3, commitment=0.7, restart=None)
    optimiser = torch.optim.Adam(theirs.parameters(), 1e-3)
    for real in shapes(48).split(16):
        step(real)
        reference_step(theirs, optimiser, real, 0.7)
    for p, q in zip(ours.parameters(), theirs.parameters(), strict=True):
        torch.testing.assert_close(p, q, atol=1e-5, rtol=1e-4)


def test_a_followed_codebook_gets_the_batch_and_no_gradient():
    model = small(decay=0.9)
    real = shapes(16)
    encoded, before = model.encoder(real).detach(), model.codebook.clone()
    indices = model.quantiser.nearest(encoded)
    training.VQVAEStep(model, lr=0.0, restart=None)(real)
    for code in range(8):
        chose = encoded.movedim(1, -1)[indices == code]
        expected = chose.mean(dim=0) if len(chose) else before[code]  # the first batch sets it
        torch.testing.assert_close(model.codebook[code], expected)


def test_reported_values_are_those_before_the_update():
    model, real = small(), shapes(16)
    with torch.no_grad():
        images, indices, losses = model(real)
    values = training.VQVAEStep(model, restart=None)(real)
    assert set(values) == {"error", "codebook", "commitment", "perplexity", "restarted"}
    assert not any(v.requires_grad for v in values.values())
    torch.testing.assert_close(values["error"], (images - real).square().sum() / 16)
    torch.testing.assert_close(values["codebook"], losses.codebook)
    torch.testing.assert_close(values["commitment"], losses.commitment)
    assert values["perplexity"].item() == pytest.approx(metrics.perplexity(indices, 8), rel=1e-5)
    assert values["restarted"] == 0


@pytest.mark.parametrize("decay", [None, 0.9])
def test_it_learns_and_restarts_keep_the_codes_in_use(decay):
    real = shapes(256)
    used, errors = {}, {}
    for restart in (None, 0.1):
        model = small(width=8, codes=32, decay=decay)
        step = training.VQVAEStep(model, lr=3e-3, restart=restart)
        run = training.fit(step, gb.batches(real, batch_size=32), steps=60, log_every=1)
        used[restart] = metrics.perplexity(training.to_codes(model, real), 32)
        errors[restart] = run.history["error"][-1]
        assert (sum(run.history["restarted"]) > 0) == (restart is not None)
        assert errors[restart] < run.history["error"][0] / 2
    assert used[0.1] > used[None]


@pytest.mark.parametrize("decay", [None, 0.9])
def test_bfloat16_trains_too_and_keeps_float32_weights(decay):
    model = small(decay=decay)
    step = training.VQVAEStep(model, autocast=torch.bfloat16)
    run = training.fit(step, gb.batches(shapes(), batch_size=16), steps=5, log_every=1)
    assert all(torch.tensor(v).isfinite().all() for v in run.history.values())
    assert {t.dtype for t in model.state_dict().values()} == {torch.float32}


def test_the_schedule_ends_where_it_should():
    step = training.VQVAEStep(small(), lr=1e-2, steps=10)
    rates = []
    for _ in range(10):
        rates.append(step.optimiser.param_groups[0]["lr"])
        step(shapes(4))
    assert max(rates) == pytest.approx(1e-2)
    assert rates[-1] < 1e-4


@pytest.mark.parametrize("decay", [None, 0.9])
def test_resuming_restores_every_part(tmp_path, decay):
    def new(seed):
        model = small(seed, codes=32, decay=decay)
        return training.VQVAEStep(model, restart=0.3, steps=12, seed=seed)

    def batches():
        return gb.batches(shapes(), batch_size=16)

    history = assert_resumes(tmp_path, new, batches)
    assert sum(history["restarted"][7:]) > 0  # after the break, too


def test_restarts_depend_on_the_seed_only():
    books = []
    for seed in (0, 0, 1):
        model = small(codes=32)
        step = training.VQVAEStep(model, restart=0.3, seed=seed)
        for _ in range(3):
            step(shapes(8))
        books.append(model.codebook.detach().clone())
    assert torch.equal(books[0], books[1])
    assert not torch.equal(books[0], books[2])


def test_codes_of_a_whole_set():
    model, images = small(), gb.load("shapes").images[:10]
    codes = training.to_codes(model, images, batch_size=4)
    assert codes.shape == (10, 8, 8)
    assert not codes.requires_grad
    assert torch.equal(codes, training.to_codes(model, gb.to_float(images)))
    assert torch.equal(codes, model.encode(gb.to_float(images)))


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (dict(lr=-1.0), r"lr to be a number in \[0, inf\), got -1.0"),
        (dict(commitment="1"), "commitment to be a number"),
        (dict(restart=1), r"restart to be a number in \[0, 1\), got 1"),
        (dict(steps=0), "steps to be an integer of at least 1, got 0"),
        (dict(autocast=torch.float16), "expected autocast to be one of"),
    ],
)
def test_bad_arguments_are_named(bad, message):
    with pytest.raises(ValueError, match=message):
        training.VQVAEStep(small(), **bad)


def test_bad_images_are_named():
    with pytest.raises(ValueError, match=r"\(B, 1, 32, 32\), got float32 \(2, 1, 28, 28\)"):
        training.VQVAEStep(small())(torch.zeros(2, 1, 28, 28))
    with pytest.raises(ValueError, match="batch_size to be an integer"):
        training.to_codes(small(), shapes(4), batch_size=0)
