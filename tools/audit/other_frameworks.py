"""Run an LSTM in Keras and in onnxruntime, and store what went in and came out, each array under its framework's name.

Writes lstm_helpers/other_frameworks.json, against which notebook 05 checks how it converts weights. Readers and tests
need only that file; whoever makes it anew needs the frameworks:

    pip install -e ".[course,frameworks]" && python -m tools.audit.other_frameworks
"""

import json
import os

import numpy as np

from tools.notebooks import ROOT

os.environ["KERAS_BACKEND"] = "torch"  # read when keras is imported
STORED = ROOT / "lstm_helpers" / "other_frameworks.json"
T, N, I, H = 3, 2, 3, 2


def draw(seed, **shapes):
    """Random odd multiples of 1/64 between -2 and 2 under these names: none is zero, and float32 holds them exactly."""
    generator = np.random.default_rng(seed)
    return {name: (2 * generator.integers(-64, 64, size=shape) + 1) / 64 for name, shape in shapes.items()}


def keras_lstm():
    """Keras, float64. Its arrays are batch first, and its weights lie in columns."""
    import keras

    shapes = {"kernel": (I, 4 * H), "recurrent_kernel": (H, 4 * H), "bias": 4 * H}
    arrays = draw(591, x=(N, T, I), initial_h=(N, H), initial_c=(N, H), **shapes)
    layer = keras.layers.LSTM(H, return_sequences=True, dtype="float64")
    layer.build((N, T, I))
    first = {weight.name: keras.ops.convert_to_numpy(weight) for weight in layer.weights}
    layer.set_weights([arrays[name] for name in shapes])
    output = layer(arrays["x"], initial_state=[arrays["initial_h"], arrays["initial_c"]])
    arrays |= {"output": keras.ops.convert_to_numpy(output), "bias_of_a_new_layer": first["bias"]}
    return f"keras {keras.__version__}, backend torch, float64", arrays


def onnx_lstm():
    """The operator LSTM of ONNX as onnxruntime carries it out, which is in float32 only."""
    import onnxruntime
    from onnx import TensorProto, helper

    shapes = {"W": (1, 4 * H, I), "R": (1, 4 * H, H), "B": (1, 8 * H), "initial_h": (1, N, H), "initial_c": (1, N, H)}
    arrays = {name: array.astype(np.float32) for name, array in draw(592, X=(T, N, I), **shapes).items()}
    node = helper.make_node("LSTM", ["X", "W", "R", "B", "", "initial_h", "initial_c"], ["Y"], hidden_size=H)
    inputs = [helper.make_tensor_value_info(name, TensorProto.FLOAT, array.shape) for name, array in arrays.items()]
    output = helper.make_tensor_value_info("Y", TensorProto.FLOAT, (T, 1, N, H))
    model = helper.make_model(
        helper.make_graph([node], "lstm", inputs, [output]), opset_imports=[helper.make_opsetid("", 21)]
    )
    model.ir_version = 10
    session = onnxruntime.InferenceSession(model.SerializeToString())
    arrays["Y"] = session.run(["Y"], arrays)[0]
    return f"onnxruntime {onnxruntime.__version__}, operator LSTM of opset 21, float32", arrays


def cs231n_lstm():
    """Not run, but published: the test of `lstm_step_forward` in Stanford CS231n's assignment 3 on LSTM captioning,
    with its eight digits."""
    steps = {
        "x": (-0.4, 1.2, (3, 4)),
        "prev_h": (-0.3, 0.7, (3, 5)),
        "prev_c": (-0.4, 0.9, (3, 5)),
        "Wx": (-2.1, 1.3, (4, 20)),
        "Wh": (-0.7, 2.2, (5, 20)),
        "b": (0.3, 0.7, (20,)),
    }
    arrays = {
        name: np.linspace(first, last, np.prod(shape)).reshape(shape) for name, (first, last, shape) in steps.items()
    }
    arrays["next_h"] = np.array(
        [
            [0.24635157, 0.28610883, 0.32240467, 0.35525807, 0.38474904],
            [0.49223563, 0.55611431, 0.61507696, 0.66844003, 0.7159181],
            [0.56735664, 0.66310127, 0.74419266, 0.80889665, 0.858299],
        ]
    )
    return "published in Stanford CS231n, assignment 3 (LSTM captioning), test of lstm_step_forward", arrays


def main():
    stored = {}
    for name, run in {"Keras": keras_lstm, "ONNX": onnx_lstm, "CS231n": cs231n_lstm}.items():
        source, arrays = run()
        stored[name] = {"source": source} | {key: array.tolist() for key, array in arrays.items()}
    lines = ",\n".join(
        json.dumps(name) + ": {\n" + ",\n".join(f"  {json.dumps(k)}: {json.dumps(v)}" for k, v in part.items()) + "\n}"
        for name, part in stored.items()
    )
    STORED.write_text("{\n" + lines + "\n}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
