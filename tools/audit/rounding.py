"""Moves every float that a notebook draws or types by a few rounding units, about 1e-15 of it in float64.

`make test-machines SETTINGS=rounding` lets each kernel run this file at its start. What a notebook stores must not
change: a digit that does was chosen by rounding. A number's last three binary digits become 101, so that equal inputs
stay equal and moving twice moves no further. Numbers of few binary digits, such as 3, 0.5 and all that count, stay.
"""


def move_inputs():
    import matplotlib.pyplot  # noqa: F401 - what these do when they are imported is not a notebook's
    import numpy as np
    import pandas  # noqa: F401
    import torch

    make_array, make_generator = np.array, np.random.default_rng
    integers = {"float64": (np.uint64, 16), "float32": (np.uint32, 8)}  # and how many digits must be zero to stay

    def moved(values):
        if type(values) is float:
            return float(moved(np.float64(values)))
        if type(values) not in (np.ndarray, np.float32, np.float64) or values.dtype.name not in integers:
            return values
        integer, zeros = integers[values.dtype.name]
        bits = make_array(values).view(integer)
        stays = (bits % integer(2**zeros) == 0) | ~np.isfinite(values)
        result = np.where(stays, bits, bits // integer(8) * integer(8) + integer(5)).view(values.dtype)
        return result if isinstance(values, np.ndarray) else result[()]

    def moving(function):
        return lambda *arguments, **options: moved(function(*arguments, **options))

    def moving_tensor(function):
        def call(*arguments, **options):
            tensor = function(*arguments, **options)
            if tensor.dtype in (torch.float32, torch.float64) and not tensor.is_meta:
                values = torch.from_numpy(make_array(moved(make_array(tensor.detach().cpu().numpy()))))
                tensor.data.copy_(values.reshape(tensor.shape))
            return tensor

        return call

    draws = ("normal", "standard_normal", "uniform", "random")
    Generator = type("Generator", (np.random.Generator,), {k: moving(getattr(np.random.Generator, k)) for k in draws})
    np.random.default_rng = lambda *seed: Generator(make_generator(*seed).bit_generator)
    np.array = moving(make_array)
    for place, names in ((torch, ("randn", "rand", "tensor")), (torch.Tensor, ("uniform_", "normal_"))):
        for name in names:
            setattr(place, name, moving_tensor(getattr(place, name)))


move_inputs()
del move_inputs
