"""The standard network of FID, KID and the Inception score, through torch-fidelity.

Szegedy et al. 2015 (Inception-v3, arXiv:1512.00567) with the weights of 2015-12-05 that Heusel et
al. 2017 (arXiv:1706.08500) used. torch-fidelity repeats the TensorFlow graph: its bilinear resize
to 299 pixels without antialiasing, its scaling and its pooling. With any other resize or any other
weights the numbers are other numbers.
"""

import hashlib
from functools import cache
from pathlib import Path

import torch
from torch import Tensor

from ganbook.data import to_uint8

NAME = "weights-inception-2015-12-05-6726825d.pth"
URL = f"https://github.com/toshas/torch-fidelity/releases/download/v0.2.0/{NAME}"
SHA256 = "6726825d0af5f729cebd5821db510b11b1cfad8faad88a03f1befd49fb9129b2"
BATCH = 50  # images at 299 pixels: 0.7 GB


def run(x: Tensor) -> tuple[Tensor, Tensor]:
    """Return features (B, 2048) and logits (B, 1008) for images (B, 1 or 3, H, W) in [-1, 1].

    The images are rounded to 8 bits, the grey ones repeated in three channels. The logits are
    without their bias, as in the code of the Inception score (Salimans et al. 2016,
    arXiv:1606.03498).

    Raises ImportError where torch-fidelity is missing, FileNotFoundError where its weights are and
    cannot be downloaded.
    """
    if x.shape[1] not in (1, 3):
        raise ValueError(f"expected images of 1 or 3 channels, got {tuple(x.shape)}")
    x = to_uint8(x).expand(-1, 3, -1, -1)
    model = network().to(x.device)
    rows, logits = zip(*(model(part) for part in x.split(BATCH)), strict=True)
    return torch.cat(rows), torch.cat(logits)


@cache
def network():
    try:
        from torch_fidelity.feature_extractor_inceptionv3 import FeatureExtractorInceptionV3
    except ImportError as error:
        raise ImportError(
            f'the extractor "inception" needs torch-fidelity: pip install "ganbook[fid]", or take '
            f"another extractor ({error})"
        ) from error
    outputs = ["2048", "logits_unbiased"]
    return FeatureExtractorInceptionV3("inception", outputs, str(weights())).eval()


def weights() -> Path:
    """Return the path of the weights, in torch's own folder: downloaded once, checked always.

    torch-fidelity unpickles the file, so none but the known one may reach it.
    """
    path = Path(torch.hub.get_dir()) / "checkpoints" / NAME
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            torch.hub.download_url_to_file(URL, str(path), hash_prefix=SHA256)
        except (OSError, RuntimeError) as error:
            raise FileNotFoundError(
                f"could not download {URL} ({error}). Put the file at {path} yourself, or take "
                f"another extractor."
            ) from error
    if hashlib.sha256(path.read_bytes()).hexdigest() != SHA256:
        raise ValueError(
            f"{path} is damaged: its SHA-256 is not {SHA256}. Delete it and try again."
        )
    return path
