import pytest


@pytest.fixture(params=["kernel", "plain"])
def way(request, monkeypatch):
    """With kernels, and as where Numba is missing."""
    if request.param == "plain":
        monkeypatch.setattr("lossary.kernels.native.available", lambda name: False)
    return request.param
