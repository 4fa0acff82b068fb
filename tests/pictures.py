"""The pictures in a notebook's outputs, and whether two of them differ visibly."""

import base64
import io
import re

import numpy as np
from PIL import Image

PNG = re.compile(r"data:image/png;base64,([A-Za-z0-9+/=]+)")


def pictures(outputs):
    """RGB arrays of every picture in these outputs, slider frames included."""
    for output in outputs:
        data = output.get("data", {})
        for png in [data["image/png"]] if "image/png" in data else PNG.findall(data.get("text/html", "")):
            yield np.asarray(Image.open(io.BytesIO(base64.b64decode(png))).convert("RGB"), dtype=float)


def visible_changes(stored, fresh):
    """What differs between the pictures of a cell's stored and fresh outputs, in words."""
    stored, fresh = list(pictures(stored)), list(pictures(fresh))
    if len(stored) != len(fresh):
        yield f"{len(stored)} pictures became {len(fresh)}"
        return
    for number, (before, after) in enumerate(zip(stored, fresh), start=1):
        if change := visible_change(before, after):
            yield f"picture {number} of {len(stored)} changed {change}"


def visible_change(before, after, tile=32, tolerance=6.0):
    """Where two pictures differ visibly, in words, or None: the mean difference in any tile, of 255 levels."""
    if before.shape != after.shape:
        return f"its size from {before.shape[1]} x {before.shape[0]} to {after.shape[1]} x {after.shape[0]}"
    difference = np.abs(before - after).mean(axis=2)
    rows, columns = (-(-length // tile) for length in difference.shape)
    padded = np.zeros((rows * tile, columns * tile))
    padded[: difference.shape[0], : difference.shape[1]] = difference
    tiles = padded.reshape(rows, tile, columns, tile).mean(axis=(1, 3))
    if tiles.max() > tolerance:
        row, column = np.unravel_index(tiles.argmax(), tiles.shape)
        return f"near pixel ({column * tile}, {row * tile}) by {tiles.max():.0f} of 255 levels"
    return None
