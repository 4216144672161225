import ipywidgets as widgets
import pytest

from ganbook.explore import panels


@pytest.fixture
def shown(monkeypatch):
    """What a call displays, and the children of every box in it."""
    outputs, boxes = [], []
    make = widgets.HBox
    monkeypatch.setattr(panels, "display", lambda data, raw: outputs.append(data))
    monkeypatch.setattr(widgets, "HBox", lambda children: boxes.append(children) or make(children))
    return outputs, boxes
