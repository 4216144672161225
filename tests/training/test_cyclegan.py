import copy
import itertools

import pytest
import torch
from run_states import assert_resumes
from torch.nn.functional import l1_loss, mse_loss

import ganbook as gb
from ganbook import training
from ganbook.models.cyclegan import CycleGAN, PatchDiscriminator


def networks(seed=0):
    gb.seed(seed)
    model = CycleGAN(width=4, blocks=1)
    return model, [PatchDiscriminator(width=4, layers=1) for _ in range(2)]


def new_step(seed=0, **options):
    return training.CycleGANStep(*networks(seed), seed=seed, **options)


def animals(count=32, size=16):
    """Batches (x, y) of plain and striped animals, the same ones each time."""
    real = gb.load("stripes", size=size)
    sides = (gb.to_float(real.images[real.labels == k][:count]) for k in (0, 1))
    return tuple(sides)


def batches(batch_size=4):
    x, y = animals()
    return zip(
        gb.batches(x, batch_size=batch_size, seed=0),
        gb.batches(y, batch_size=batch_size, seed=1),
        strict=True,
    )


class Reference:
    """Section 3 and 4 of the paper and its section 5.2, as the authors' code has them, no pool."""

    def __init__(self, model, discriminators, *, cycle, identity):
        self.G, self.F, (self.d_x, self.d_y) = model.G, model.F, discriminators
        self.cycle, self.identity = cycle, identity
        rates = dict(lr=2e-4, betas=(0.5, 0.999))
        self.g = torch.optim.Adam(model.parameters(), **rates)
        both = itertools.chain(self.d_x.parameters(), self.d_y.parameters())
        self.d = torch.optim.Adam(both, **rates)

    def __call__(self, batch):
        x, y = batch
        fake_y, fake_x = self.G(x), self.F(y)
        cycle = l1_loss(self.F(fake_y), x) + l1_loss(self.G(fake_x), y)
        identity = l1_loss(self.G(y), y) + l1_loss(self.F(x), x)
        fooled = sum(
            mse_loss(logits, torch.ones_like(logits))
            for logits in (self.d_y(fake_y), self.d_x(fake_x))
        )
        self.g.zero_grad()
        (fooled + self.cycle * cycle + self.identity * identity).backward()
        self.g.step()
        self.d.zero_grad()
        d_x, d_y = (
            (((d(real) - 1) ** 2).mean() + (d(fake.detach()) ** 2).mean()) / 2
            for d, real, fake in ((self.d_x, x, fake_x), (self.d_y, y, fake_y))
        )
        (d_x + d_y).backward()
        self.d.step()
        return dict(g_loss=fooled, cycle=cycle, identity=identity, d_x=d_x, d_y=d_y)


def test_the_step_equals_the_papers_written_out():
    ours, theirs = networks(), networks()
    step = training.CycleGANStep(*ours, cycle=7.0, identity=3.0, pool=0)
    reference = Reference(*theirs, cycle=7.0, identity=3.0)
    for number, batch in enumerate(itertools.islice(batches(), 3)):
        ours_said, theirs_said = step(batch), reference(batch)
        assert ours_said.keys() == theirs_said.keys()
        for name, value in theirs_said.items():
            torch.testing.assert_close(ours_said[name], value.detach(), rtol=1e-3, atol=1e-5)
        pairs = [(ours[0], theirs[0]), *zip(ours[1], theirs[1], strict=True)]
        if number == 0:  # later, Adam has made much of the last bits of small gradients
            for mine, other in pairs[:1]:
                for p, q in zip(mine.parameters(), other.parameters(), strict=True):
                    torch.testing.assert_close(p.grad, q.grad, rtol=1e-3, atol=1e-6)


@pytest.mark.parametrize("term", ["adversarial", "cycle", "identity"])
def test_a_term_left_out_is_not_computed(term):
    step = new_step(**{term: 0})
    calls = counted(step)
    values = step(next(batches()))
    name = dict(adversarial="g_loss").get(term, term)
    assert values[name] == 0
    assert all(value > 0 for key, value in values.items() if key != name)
    passes = dict(adversarial=(2, 1), cycle=(1, 2), identity=(2, 2))[term]
    assert (calls["G"], calls["F"]) == (passes[0],) * 2
    assert (calls["d_x"], calls["d_y"]) == (passes[1],) * 2


def counted(step):
    """Count the passes through each network."""
    calls = dict(G=0, F=0, d_x=0, d_y=0)
    for name in calls:
        network = getattr(step.model, name, None) or getattr(step, name)

        def count(*_, name=name):
            calls[name] += 1

        network.register_forward_pre_hook(count)
    return calls


def test_fakes_are_computed_once():
    step = new_step()
    seen = {name: [] for name in ("G", "F", "d_x", "d_y")}
    for name, inputs in seen.items():
        network = getattr(step.model, name, None) or getattr(step, name)
        network.register_forward_hook(
            lambda _, given, out, inputs=inputs: inputs.append((given[0].detach(), out.detach()))
        )
    x, y = next(batches())
    step((x, y))
    # G sees x with y; D_Y, and F on the way back, see the G(x) of that; D_Y once more, with y
    for forth, back, judge, source, target in (
        ("G", ("F", 0), "d_y", x, y),
        ("F", ("G", 1), "d_x", y, x),
    ):
        given, out = seen[forth][0 if forth == "G" else 1]
        assert torch.equal(given, torch.cat([source, target]))
        fake = out[: len(source)]
        assert torch.equal(seen[back[0]][back[1]][0], fake)
        assert torch.equal(seen[judge][0][0], fake)
        assert torch.equal(seen[judge][1][0], torch.cat([target, fake]))  # the pool was empty


def test_the_generators_step_leaves_no_gradient_in_the_discriminators():
    step = new_step()
    step.train_generators(*next(batches()))
    for discriminator in (step.d_x, step.d_y):
        assert all(p.grad is None for p in discriminator.parameters())
        assert all(p.requires_grad for p in discriminator.parameters())
    assert all(p.grad is not None for p in step.model.parameters())


def test_the_discriminators_step_leaves_the_generators_alone():
    step = new_step()
    x, y = next(batches())
    fake_x, fake_y, _ = step.train_generators(x, y)
    assert not fake_x.requires_grad
    assert not fake_y.requires_grad
    before = copy.deepcopy(step.model.state_dict())
    gradients = [p.grad.clone() for p in step.model.parameters()]
    step.train_discriminators(x, fake_x, y, fake_y)
    after = step.model.state_dict()
    assert all(torch.equal(before[key], after[key]) for key in before)
    assert all(map(torch.equal, gradients, [p.grad for p in step.model.parameters()]))


def test_discriminators_see_pooled_fakes_and_generators_their_own():
    step = new_step(pool=4)
    shown = []
    step.d_y.register_forward_pre_hook(lambda _, given: shown.append(given[0].detach().clone()))
    fakes, stream = [], batches()
    for _ in range(6):
        step(next(stream))
        own, judged = shown[-2], shown[-1][4:]
        fakes += list(own)
        assert all(any(torch.equal(a, b) for b in fakes) for a in judged)
        if len(fakes) == 4:
            assert torch.equal(own, judged)
    assert not torch.equal(own, judged)
    assert step.pool_x.images[0].shape == (3, 16, 16)
    pools = [torch.stack(pool.images) for pool in (step.pool_x, step.pool_y)]
    assert not torch.equal(*pools)


class Constant(torch.nn.Module):
    """Judges every patch of every image to be `value`."""

    def __init__(self, value):
        super().__init__()
        self.value = torch.nn.Parameter(torch.tensor(value))

    def forward(self, x):
        return self.value.expand(len(x), 2, 2) + 0 * x.mean()


@pytest.mark.parametrize("value", [-1.0, 0.0, 0.5, 1.0])
def test_the_least_squares_game_at_known_values(value):
    step = training.CycleGANStep(networks()[0], [Constant(value), Constant(0.5)])
    values = step(next(batches()))
    assert values["g_loss"].item() == pytest.approx((value - 1) ** 2 + 0.25, abs=1e-6)
    assert values["d_x"].item() == pytest.approx(((value - 1) ** 2 + value**2) / 2, abs=1e-6)
    assert values["d_y"].item() == pytest.approx(0.25, abs=1e-6)


def test_the_rate_is_constant_then_falls_to_zero():
    step, stream = new_step(steps=8, lr=1e-3), batches()
    rates = {"optimiser_g": [], "optimiser_d": []}
    for _ in range(8):
        for name, found in rates.items():
            found.append(getattr(step, name).param_groups[0]["lr"])
        step(next(stream))
    expected = [1e-3] * 5 + [0.75e-3, 0.5e-3, 0.25e-3]
    assert rates["optimiser_g"] == rates["optimiser_d"] == pytest.approx(expected)
    assert step.optimiser_g.param_groups[0]["lr"] == 0
    constant = new_step(lr=1e-3)
    constant(next(stream))
    assert constant.optimiser_g.param_groups[0]["lr"] == 1e-3


def test_the_average_follows_the_weights():
    step, stream = new_step(ema=0.5, lr=1e-2), batches()
    step(next(stream))  # sets it
    first = [p.detach().clone() for p in step.model.parameters()]
    step(next(stream))
    averaged = step.ema.module
    for a, b, mean in zip(first, step.model.parameters(), averaged.parameters(), strict=True):
        torch.testing.assert_close(mean, (a + b) / 2)
    x = next(stream)[0]
    assert torch.equal(step.sample(x), averaged.translate(x).detach())
    assert not step.sample(x).requires_grad


@pytest.mark.parametrize("options", [{}, dict(ema=0.9, steps=12, pool=3)])
def test_resuming_restores_every_part(tmp_path, options):
    def new(seed):
        return new_step(seed, **dict(dict(pool=10), **options))

    assert_resumes(tmp_path, new, batches)


def test_bfloat16_trains_too_and_keeps_float32_weights():
    step = new_step(autocast=torch.bfloat16)
    run = training.fit(step, batches(), steps=3, log_every=1)
    assert all(torch.tensor(values).isfinite().all() for values in run.history.values())
    assert {t.dtype for t in step.model.state_dict().values()} == {torch.float32}
    assert {image.dtype for image in step.pool_x.images} == {torch.float32}


def test_it_learns_to_come_back():
    step = new_step(lr=2e-3)
    history = training.fit(step, batches(), steps=40, log_every=1).history
    assert sum(history["cycle"][-5:]) < 0.7 * sum(history["cycle"][:5])


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (dict(lr=-1.0), r"lr to be a number in \[0, inf\), got -1.0"),
        (dict(cycle="10"), "cycle to be a number"),
        (dict(identity=-5), "identity to be a number"),
        (dict(adversarial=0, cycle=0, identity=0), "one weight above 0, got {'adversarial': 0"),
        (dict(pool=1.5), "size to be an integer"),
        (dict(steps=0), "steps to be an integer of at least 1, got 0"),
        (dict(ema=1), r"ema to be a number in \[0, 1\), got 1"),
        (dict(autocast=torch.float16), "expected autocast to be one of"),
    ],
)
def test_bad_arguments_are_named(bad, message):
    with pytest.raises(ValueError, match=message):
        new_step(**bad)


def test_bad_images_are_named():
    x = torch.zeros(2, 3, 16, 16)
    with pytest.raises(ValueError, match=r"x as a floating-point tensor \(B, 3, H, W\)"):
        new_step()((x[:, :1], x[:, :1]))
    with pytest.raises(
        ValueError, match=r"expected y as a .* \(B, 3, 16, 16\), got float32 \(2, 3"
    ):
        new_step()((x, torch.zeros(2, 3, 20, 20)))
