"""What sparse and narrow weights do to a model's answers and to its price.

Runs `millijoule-bench perplexity` and `price` for each attribute and prints the
tables of bench/README.md. Weights are pruned by magnitude in one shot, without
retraining; joules and cycles are modelled, of one decode step at one stream.

    python3 bench/accuracy_and_cost.py [--models FILE ...] [--text FILE]
"""

import argparse
import json
import pathlib
import pydoc_data.topics
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[1]
BENCH = ROOT / "build/bin/millijoule-bench"
CACHE = pathlib.Path.home() / ".cache/millijoule/models"
MODELS = [CACHE / "SmolLM2-135M-Instruct.Q4_1.gguf",
          CACHE / "gemma-3-270m-q4_k_m.gguf"]
DEVICES = ["hnm-cim", "cambricon-s", "colonnade-65nm"]
CONTEXT = 512  # tokens before the one that is priced
TEXT_BYTES = 6000

# What is asked of weights and activations: sparsity, bits, bits.
ATTRIBUTES = [("dense", 8, 8), ("6:8", 8, 8), ("4:8", 8, 8), ("2:4", 8, 8),
              ("block:3/4", 8, 8), ("dense", 4, 8), ("dense", 2, 8),
              ("dense", 8, 4), ("dense", 4, 4), ("2:4", 4, 8)]


def answer(command, *arguments):
    """The JSON object that the command prints, or None where it refuses."""
    done = subprocess.run([BENCH, command, "--json", *map(str, arguments)],
                          capture_output=True, text=True)
    if done.returncode == 0:
        return json.loads(done.stdout)
    if command == "price" and " it takes" in done.stderr:
        return None
    sys.exit(done.stderr)


def negative_log_likelihood(model, text, sparsity, weight_bits, input_bits):
    return answer("perplexity", "--model", model, "--text", text, "--window",
                  1024, "--numerics", "int8", "--weight-sparsity", sparsity,
                  "--weight-bits", weight_bits, "--activation-bits", input_bits)


def price(model, device, sparsity, weight_bits, input_bits):
    step = answer("price", "--device", device, "--model-shape", model,
                  "--context", CONTEXT, "--sparsity", sparsity,
                  "--weight-bits", weight_bits, "--input-bits", input_bits)
    if step is None:
        return "refused"
    return f"{1e3 * step['joules']:.3g} mJ, {1e-6 * step['cycles']:.3g} M"


def print_table(model, text):
    print(f"\n`{pathlib.Path(model).name}`:\n")
    print("| weights | bits | activations | NLL | more than dense |",
          " | ".join(DEVICES), "|")
    print("|---|---:|---:|---:|---:|" + "---:|" * len(DEVICES))
    dense = None
    for attributes in ATTRIBUTES:
        score = negative_log_likelihood(model, text, *attributes)
        nll = score["mean_nll"]
        dense = nll if dense is None else dense
        cells = [price(model, device, *attributes) for device in DEVICES]
        sparsity, weight_bits, input_bits = attributes
        print(f"| {sparsity} | {weight_bits} | {input_bits} | {nll:.3f} | "
              f"{nll - dense:+.3f} |", " | ".join(cells), "|", flush=True)
    print(f"\n{score['tokens']} tokens, {score['isa']}, {score['cpu']}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--models", nargs="+", default=MODELS)
    parser.add_argument("--text", help="default: the start of Python's "
                                       "language reference, from pydoc_data")
    options = parser.parse_args()
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as own:
        own.write("\n".join(pydoc_data.topics.topics.values())[:TEXT_BYTES])
        own.flush()
        for model in options.models:
            print_table(model, options.text or own.name)


if __name__ == "__main__":
    main()
