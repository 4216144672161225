"""The pipeline around the standard network, with random weights in the place of the real ones."""

import hashlib
import sys

import pytest
import torch

from ganbook.metrics import fid_network
from ganbook.metrics.extractors import features, probabilities


@pytest.fixture(autouse=True)
def empty_cache(tmp_path, monkeypatch):
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path))
    fid_network.network.cache_clear()
    yield
    fid_network.network.cache_clear()


@pytest.fixture
def stand_in(tmp_path, monkeypatch):
    """Put random weights where the real ones would be; return torch-fidelity's network of them."""
    module = pytest.importorskip("torch_fidelity.feature_extractor_inceptionv3")
    cls, path = module.FeatureExtractorInceptionV3, tmp_path / "checkpoints" / fid_network.NAME
    path.parent.mkdir()
    with monkeypatch.context() as patch:
        patch.setattr(module, "load_state_dict_from_url", lambda *args, **options: {})
        patch.setattr(cls, "load_state_dict", lambda self, state: None)
        torch.manual_seed(0)
        torch.save(cls("random", ["2048"]).state_dict(), path)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    monkeypatch.setattr(fid_network, "SHA256", digest)
    return cls("inception", ["2048", "logits_unbiased", "logits"], str(path)).eval()


def test_it_is_torch_fidelitys_network_on_8_bit_images(stand_in):
    codes = torch.randint(256, (3, 3, 20, 30), generator=torch.Generator().manual_seed(0))
    codes = codes.to(torch.uint8)
    x = codes / 127.5 - 1
    rows, logits, biased = stand_in(codes)
    off = 0.4 / 127.5 * torch.tensor([-1, 0, 1])[:, None, None, None]  # rounding takes it away
    found = features((x + off).clamp(-1, 1), "inception")
    assert found.shape == (3, 2048)
    assert found.dtype == torch.float32
    torch.testing.assert_close(found, rows, rtol=1e-5, atol=1e-6)
    classes = probabilities(x, "inception", batch_size=2)
    assert classes.shape == (3, 1008)
    torch.testing.assert_close(classes, logits.softmax(1), rtol=1e-5, atol=1e-7)
    assert not torch.allclose(logits, biased)


def test_grey_is_repeated_in_three_channels(stand_in):
    grey = 2 * torch.rand(2, 1, 28, 28) - 1
    assert torch.equal(features(grey, "inception"), features(grey.repeat(1, 3, 1, 1), "inception"))
    with pytest.raises(ValueError, match="expected images of 1 or 3 channels"):
        features(torch.zeros(2, 2, 28, 28), "inception")


def test_a_missing_torch_fidelity_is_named(monkeypatch):
    for name in [name for name in sys.modules if name.startswith("torch_fidelity")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "torch_fidelity", None)
    with pytest.raises(ImportError, match=r'needs torch-fidelity: pip install "ganbook\[fid\]"'):
        features(torch.zeros(2, 1, 8, 8), "inception")


@pytest.mark.parametrize("error", [OSError("no network"), RuntimeError("invalid hash value")])
def test_a_failed_download_says_where_the_file_belongs(tmp_path, monkeypatch, error):
    pytest.importorskip("torch_fidelity")

    def fail(*args, **options):
        raise error

    monkeypatch.setattr(torch.hub, "download_url_to_file", fail)
    with pytest.raises(FileNotFoundError, match=str(error)) as caught:
        features(torch.zeros(2, 1, 8, 8), "inception")
    assert f"Put the file at {tmp_path / 'checkpoints' / fid_network.NAME}" in str(caught.value)


def test_foreign_weights_are_never_read(tmp_path, monkeypatch):
    pytest.importorskip("torch_fidelity")
    path = tmp_path / "checkpoints" / fid_network.NAME
    path.parent.mkdir()
    path.write_bytes(b"something else")
    monkeypatch.setattr(torch, "load", lambda *args, **options: pytest.fail("it was read"))
    with pytest.raises(ValueError, match=f"{fid_network.NAME} is damaged: its SHA-256 is not"):
        features(torch.zeros(2, 1, 8, 8), "inception")
