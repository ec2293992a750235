"""Writes tests/data/dequantize.bin: random blocks of every quantised tensor
type and the float32 values that the Python package `gguf` gives them.

A record per type, little endian: uint32 type, uint32 number of bytes, the
bytes, uint32 number of elements, the float32 values.

Usage: python make_dequantize_data.py OUTPUT   (needs numpy and gguf)
"""

import struct
import sys

import numpy as np
from gguf import GGML_QUANT_SIZES, GGMLQuantizationType as T
from gguf.quants import dequantize

# Byte offsets of the half-precision scales in a block.
HALVES = {
    T.Q4_0: [0], T.Q4_1: [0, 2], T.Q5_0: [0], T.Q5_1: [0, 2], T.Q8_0: [0],
    T.Q4_K: [0, 2], T.Q5_K: [0, 2], T.Q6_K: [208],
}
BLOCKS = 3


def random_blocks(rng, kind):
    size = GGML_QUANT_SIZES[kind][1]
    blocks = rng.integers(0, 256, (BLOCKS, size), dtype=np.uint8)
    for at in HALVES[kind]:
        scales = rng.normal(0, 0.05, BLOCKS).astype(np.float16)
        blocks[:, at:at + 2] = scales.view(np.uint8).reshape(BLOCKS, 2)
    return blocks


def main(path):
    rng = np.random.default_rng(20240229)
    with open(path, "wb") as out:
        for kind in HALVES:
            blocks = random_blocks(rng, kind)
            values = dequantize(blocks, kind).astype("<f4").reshape(-1)
            out.write(struct.pack("<II", kind, blocks.size))
            out.write(blocks.tobytes())
            out.write(struct.pack("<I", values.size))
            out.write(values.tobytes())


if __name__ == "__main__":
    main(sys.argv[1])
