import io

import pytest
import torch
from PIL import Image

from ganbook import explore
from ganbook.explore.panels import WIDGET
from ganbook.models import dcgan


def generator():
    torch.manual_seed(0)
    model = dcgan.Generator(latent=6, width=2)
    torch.nn.utils.vector_to_parameters(
        10 * torch.nn.utils.parameters_to_vector(model.parameters()), model.parameters()
    )  # so that an untrained generator shows differences
    return model


@pytest.mark.parametrize("call", [explore.latent, explore.interpolate])
def test_a_live_widget_and_a_still_are_one_output(shown, call):
    outputs, boxes = shown
    call(generator())
    (data,) = outputs
    assert set(data) == {WIDGET, "image/png"}
    still = Image.open(io.BytesIO(data["image/png"]))
    assert still.width > 300
    picture, sliders = boxes[0][0], boxes[0][1].children
    before = picture.value
    sliders[0].value += 0.7
    assert picture.value != before


def test_the_generator_keeps_its_mode_and_statistics(shown):
    model = generator().train()
    before = {k: v.clone() for k, v in model.state_dict().items()}
    explore.latent(model)
    assert model.training
    assert all(torch.equal(before[k], v) for k, v in model.state_dict().items())


def test_bad_arguments_are_named():
    with pytest.raises(ValueError, match="dimensions from 0 to 5, got"):
        explore.latent(generator(), dimensions=(0, 6))
    with pytest.raises(ValueError, match=r"expected ends .*\(2, 6\)"):
        explore.interpolate(generator(), ends=torch.zeros(3, 6))
    with pytest.raises(ValueError, match="expected steps"):
        explore.interpolate(generator(), steps=0)
