import itertools

import pytest
import torch

from ganbook import training


class Counting:
    """A step that remembers the batches it saw and draws from torch's own stream."""

    def __init__(self):
        self.seen = torch.zeros(0)

    def __call__(self, batch):
        self.seen = torch.cat([self.seen, torch.tensor([float(batch), torch.rand(()).item()])])
        return dict(loss=torch.tensor(float(batch)))

    def state_dict(self):
        return dict(seen=self.seen)

    def load_state_dict(self, state):
        self.seen = state["seen"]


def test_history_and_snapshots_stand_at_the_right_steps():
    step = Counting()
    run = training.fit(
        step, itertools.count(1), steps=25, log_every=10, snapshots=(0, 7), snapshot=len_of_seen
    )
    assert run.history == dict(step=[10, 20, 25], loss=[10.0, 20.0, 25.0])
    assert [(number, kept.item()) for number, kept in run.snapshots] == [(0, 0), (7, 14)]
    assert len(step.seen) == 50


def len_of_seen(step):
    return torch.tensor(len(step.seen))


@pytest.mark.parametrize("stop", [1, 7, 10, 19])
def test_a_run_in_two_parts_equals_a_run_in_one(tmp_path, stop):
    torch.manual_seed(0)
    whole = Counting()
    asked = dict(log_every=4, snapshots=(0, 5, 15), snapshot=len_of_seen)
    expected = training.fit(whole, itertools.count(1), steps=20, **asked)
    torch.manual_seed(0)
    saved = dict(checkpoint=tmp_path / "state.pt", checkpoint_every=3)

    def stopped():
        yield from range(1, stop + 1)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        training.fit(Counting(), stopped(), steps=20, **asked, **saved)
    torch.manual_seed(99)
    second = Counting()
    if not (tmp_path / "state.pt").exists():
        torch.manual_seed(0)
    run = training.fit(second, itertools.count(1), steps=20, **asked, **saved)
    assert torch.equal(second.seen, whole.seen)
    assert run.history == expected.history
    assert [n for n, _ in run.snapshots] == [0, 5, 15]


def test_a_finished_run_is_not_run_again_and_can_be_prolonged(tmp_path):
    saved = dict(checkpoint=tmp_path / "state.pt")
    training.fit(Counting(), itertools.count(1), steps=5, **saved)
    again = Counting()
    training.fit(again, itertools.count(1), steps=5, **saved)
    assert len(again.seen) == 10
    training.fit(again, itertools.count(1), steps=8, **saved)
    assert again.seen[::2].tolist() == [1, 2, 3, 4, 5, 6, 7, 8]
    with pytest.raises(ValueError, match="holds a run of 8 steps, more than the 6 asked for"):
        training.fit(Counting(), itertools.count(1), steps=6, **saved)


def test_a_state_of_another_run_is_named(tmp_path):
    torch.save(dict(done=1), tmp_path / "state.pt")
    with pytest.raises(ValueError, match="state.pt is the state of another run"):
        training.fit(Counting(), itertools.count(1), steps=5, checkpoint=tmp_path / "state.pt")


def test_batches_that_run_out_are_named():
    with pytest.raises(ValueError, match="batches ended after 3 of 5 steps"):
        training.fit(Counting(), iter([1, 2, 3]), steps=5)


@pytest.mark.parametrize("bad", [dict(steps=0), dict(log_every=0), dict(checkpoint_every=-1)])
def test_bad_numbers_are_named(bad):
    with pytest.raises(ValueError, match="to be an integer of at least 1"):
        training.fit(Counting(), itertools.count(1), **{"steps": 1, **bad})


def test_snapshots_need_a_function():
    with pytest.raises(ValueError, match="expected snapshot"):
        training.fit(Counting(), itertools.count(1), steps=1, snapshots=(0,))


def test_progress_is_shown_unless_told_not_to(capsys, monkeypatch):
    monkeypatch.delenv("TQDM_DISABLE", raising=False)
    training.fit(Counting(), itertools.count(1), steps=2, progress=False)
    assert capsys.readouterr().err == ""
    training.fit(Counting(), itertools.count(1), steps=2)
    assert "2/2" in capsys.readouterr().err
