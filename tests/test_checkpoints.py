import pickle

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from ganbook import checkpoints
from ganbook.models import dcgan, mlp


@pytest.fixture
def saved(tmp_path):
    arguments = dict(size=32, channels=1, latent=5, width=2)
    model = dcgan.Generator(**arguments)
    path = tmp_path / "model.safetensors"
    checkpoints.save(path, model, arguments, command="made by a test")
    return path, model


def test_a_model_comes_back_with_its_weights(saved):
    path, model = saved
    z = torch.randn(3, 5)
    loaded = checkpoints.load(path)
    assert not loaded.training
    assert torch.equal(loaded(z), model.eval()(z))


def test_half_precision_on_disk_is_float32_in_memory(tmp_path):
    model = mlp.Generator()
    checkpoints.save(tmp_path / "m.safetensors", model, {}, dtype=torch.float16)
    loaded = checkpoints.load(tmp_path / "m.safetensors")
    assert next(loaded.parameters()).dtype == torch.float32
    z = torch.randn(4, 2)
    torch.testing.assert_close(loaded(z), model(z), atol=2e-3, rtol=0)


@pytest.mark.parametrize("name", checkpoints.shipped())
def test_what_is_shipped_loads_and_has_a_card(name):
    model = checkpoints.load(name)
    assert all(p.isfinite().all() for p in model.parameters())
    card = checkpoints.card(name)
    assert card.startswith(f"# {name}")
    assert "python -m ganbook train" in card


def test_a_truncated_a_foreign_and_a_missing_file_are_named(saved, tmp_path):
    path, _ = saved
    path.write_bytes(path.read_bytes()[:-50])
    with pytest.raises(ValueError, match="model.safetensors is not a readable safetensors file"):
        checkpoints.load(path)
    foreign = tmp_path / "foreign.safetensors"
    save_file({"a": torch.zeros(1)}, foreign)
    with pytest.raises(ValueError, match="foreign.safetensors was not written by ganbook"):
        checkpoints.load(foreign)
    with pytest.raises(ValueError, match=r"expected one of .* got 'nothing'"):
        checkpoints.load("nothing")


@pytest.mark.parametrize("architecture", ["os.system", "dcgan.nn", "dcgan", "mlp.Nothing", "a.b.c"])
def test_a_file_can_name_no_class_but_the_models(tmp_path, architecture):
    path = tmp_path / "odd.safetensors"
    save_file({"a": torch.zeros(1)}, path, dict(architecture=architecture, arguments="{}"))
    with pytest.raises(ValueError, match="odd.safetensors names an unknown architecture"):
        checkpoints.load(path)


def test_weights_that_do_not_fit_are_named(saved):
    path, model = saved
    checkpoints.save(path, model, dict(latent=5, width=3))
    with pytest.raises(ValueError, match="does not fit dcgan.Generator"):
        checkpoints.load(path)


def test_only_the_packages_models_are_saved(tmp_path):
    with pytest.raises(ValueError, match="expected a model from ganbook.models, got torch.nn"):
        checkpoints.save(tmp_path / "x.safetensors", nn.Linear(1, 1), {})


class Harmful:
    def __reduce__(self):
        return (print, ("this must never be printed",))


@pytest.mark.parametrize("content", [b"", b"not a state", pickle.dumps(Harmful(), 2)])
def test_a_foreign_state_is_named_and_never_run(tmp_path, capsys, content):
    path = tmp_path / "state.pt"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"state.pt is not a complete ganbook run state.*Delete"):
        checkpoints.load_state(path)
    assert capsys.readouterr().out == ""


def test_a_state_with_code_in_it_is_refused(tmp_path, capsys):
    torch.save({"step": Harmful()}, tmp_path / "state.pt")
    with pytest.raises(ValueError, match="state.pt is not a complete ganbook run state"):
        checkpoints.load_state(tmp_path / "state.pt")
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("keep", [0.1, 0.5, 0.99])
def test_a_truncated_state_is_named(tmp_path, keep):
    path = tmp_path / "state.pt"
    checkpoints.save_state(path, dict(x=torch.zeros(1000)))
    content = path.read_bytes()
    path.write_bytes(content[: int(keep * len(content))])
    with pytest.raises(ValueError, match="state.pt is not a complete ganbook run state"):
        checkpoints.load_state(path)


def test_a_failed_write_leaves_the_old_file_alone(tmp_path):
    path = tmp_path / "state.pt"
    checkpoints.save_state(path, dict(x=1))

    def fail(temporary):
        temporary.write_bytes(b"half")
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        checkpoints.replace(path, fail)
    assert checkpoints.load_state(path) == dict(x=1)
    assert [p.name for p in tmp_path.iterdir()] == ["state.pt"]
