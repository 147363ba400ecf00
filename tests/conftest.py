import jax
import pytest

jax.config.update("jax_enable_x64", True)  # so that the three libraries can be held to the same digits


@pytest.fixture(params=["numpy", "torch", "jax"])
def library(request):
    return request.param
