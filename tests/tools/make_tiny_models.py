"""Writes tests/data/tiny/NAME.gguf and NAME.json: tiny random models of each
architecture and the float32 logits that `transformers` gives their weights.

A JSON file holds `ids`, one token sequence, and `logits`, those of its last
four positions. The weights are quantised, written, dequantised and loaded into
the reference model, so that both see the same numbers.

Usage: python make_tiny_models.py FOLDER   (needs gguf, torch, transformers)
"""

import json
import math
import pathlib
import sys

import gguf
import numpy as np
import torch
import transformers
from gguf import GGMLQuantizationType as T
from gguf.quants import dequantize, quantize

HIDDEN, INNER, HEADS, CONTEXT = 64, 128, 4, 256
MERGES = [
    "Ġ t", "h e", "i n", "Ġ a", "Ġt he", "o n", "e r", "Ġ s", "r e", "a t",
    "e n", "Ġ w", "o r", "Ġ o", "n d", "i s", "Ġ c", "o u", "Ġ b", "i t",
    "e s", "Ġ f", "a n", "in g", "Ġo f", "Ġ p", "Ġa nd", "e d", "Ġ in", "a l",
]
POSITIONS, SHOWN = 40, 4  # more than a KV block of 32; the last four frozen


def byte_characters():
    """GPT-2's printable stand-ins of the 256 bytes."""
    plain = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [b for b in range(256) if b not in plain]
    table = {b: chr(b) for b in plain}
    table.update({b: chr(256 + i) for i, b in enumerate(others)})
    return [table[b] for b in range(256)]


TOKENS = (byte_characters() + [m.replace(" ", "") for m in MERGES] +
          ["<|begin|>", "<|end|>"])


def hf_names(layer_count, norms):
    """GGUF name -> transformers name, of all tensors a model may have."""
    names = {"token_embd": "model.embed_tokens", "output_norm": "model.norm",
             "output": "lm_head"}
    parts = {
        "attn_q": "self_attn.q_proj", "attn_k": "self_attn.k_proj",
        "attn_v": "self_attn.v_proj", "attn_output": "self_attn.o_proj",
        "attn_q_norm": "self_attn.q_norm", "attn_k_norm": "self_attn.k_norm",
        "ffn_gate": "mlp.gate_proj", "ffn_up": "mlp.up_proj",
        "ffn_down": "mlp.down_proj", **norms,
    }
    for layer in range(layer_count):
        for ours, theirs in parts.items():
            names[f"blk.{layer}.{ours}"] = f"model.layers.{layer}.{theirs}"
    return names


TWO_NORMS = {"attn_norm": "input_layernorm",
             "ffn_norm": "post_attention_layernorm"}
FOUR_NORMS = {"attn_norm": "input_layernorm",
              "post_attention_norm": "post_attention_layernorm",
              "ffn_norm": "pre_feedforward_layernorm",
              "post_ffw_norm": "post_feedforward_layernorm"}


def permute(rows, heads):
    """Halves of a head to neighbours: the order of q and k in llama files."""
    return (rows.reshape(heads, 2, -1, *rows.shape[1:]).swapaxes(1, 2)
            .reshape(rows.shape))


def unpermute(rows, heads):
    return (rows.reshape(heads, -1, 2, *rows.shape[1:]).swapaxes(1, 2)
            .reshape(rows.shape))


def random_weight(rng, name, shape):
    if name.endswith(".bias"):
        return rng.normal(0, 0.3, shape)
    if len(shape) == 1:
        return rng.normal(1, 0.2, shape)
    return rng.normal(0, 0.15, shape)


def llama3_factors(parameters, head_dim):
    """What rope_freqs.weight holds: the divisors of Llama 3's scaling."""
    low = parameters["original_max_position_embeddings"] / parameters[
        "low_freq_factor"]
    high = parameters["original_max_position_embeddings"] / parameters[
        "high_freq_factor"]
    factors = []
    for i in range(0, head_dim, 2):
        wavelength = 2 * math.pi * parameters["rope_theta"]**(i / head_dim)
        smooth = np.clip((1 / wavelength - 1 / low) / (1 / high - 1 / low),
                         0, 1)
        factors.append(1 / ((1 - smooth) / parameters["factor"] + smooth))
    return np.array(factors, np.float32)


def write_metadata(writer, name, config, extra):
    writer.add_name(name)
    writer.add_context_length(CONTEXT)
    writer.add_embedding_length(config.hidden_size)
    writer.add_block_count(config.num_hidden_layers)
    writer.add_feed_forward_length(config.intermediate_size)
    writer.add_head_count(config.num_attention_heads)
    writer.add_head_count_kv(config.num_key_value_heads)
    writer.add_layer_norm_rms_eps(config.rms_norm_eps)
    extra(writer)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("gpt-2")
    writer.add_token_list(TOKENS)
    writer.add_token_types([1] * (len(TOKENS) - 2) + [3, 3])
    writer.add_token_merges(MERGES)
    writer.add_bos_token_id(len(TOKENS) - 2)
    writer.add_eos_token_id(len(TOKENS) - 1)
    writer.add_add_bos_token(False)


class Maker:
    """One model: `types` go round its matrices, embedding first."""

    def __init__(self, folder, name, arch, config, types, extra=lambda w: None):
        self.path = pathlib.Path(folder) / name
        self.name, self.arch, self.config = name, arch, config
        self.types, self.extra = types, extra
        self.gemma = arch == "gemma3"
        self.rng = np.random.default_rng(hash_name(name))
        config._attn_implementation = "eager"
        config.pad_token_id = None
        self.model = transformers.AutoModelForCausalLM.from_config(
            config, dtype=torch.float32).eval()

    def stored_heads(self, name):
        """Of q and k in llama files, whose rows are permuted; else 0."""
        if self.arch != "llama":
            return 0
        if "attn_q." in name:
            return self.config.num_attention_heads
        return self.config.num_key_value_heads if "attn_k." in name else 0

    def write_tensor(self, writer, name, parameter, kind):
        value = random_weight(self.rng, name, tuple(parameter.shape))
        value = value.astype(np.float32)
        heads = self.stored_heads(name)
        stored = permute(value, heads) if heads else value
        stored = quantize(stored, kind)
        value = dequantize(stored, kind).reshape(parameter.shape)
        value = unpermute(value, heads) if heads else value
        if self.gemma and name.endswith("norm.weight"):
            value = value - np.float32(1)  # Gemma's norms multiply by 1 + w
        parameter.data.copy_(torch.from_numpy(value.copy()))
        writer.add_tensor(name, stored, raw_dtype=kind)

    def write(self):
        writer = gguf.GGUFWriter(f"{self.path}.gguf", self.arch)
        write_metadata(writer, self.name, self.config, self.extra)
        norms = FOUR_NORMS if self.gemma else TWO_NORMS
        parameters = dict(self.model.named_parameters())
        matrices = 0
        for ours, theirs in hf_names(self.config.num_hidden_layers,
                                     norms).items():
            for suffix in (".weight", ".bias"):
                parameter = parameters.pop(theirs + suffix, None)
                if parameter is None:
                    continue
                kind = T.F32
                if parameter.dim() == 2:
                    kind = self.types[matrices % len(self.types)]
                    matrices += 1
                self.write_tensor(writer, ours + suffix, parameter, kind)
        assert not parameters, parameters.keys()
        rope = self.config.rope_parameters
        if rope.get("rope_type") == "llama3":
            writer.add_tensor("rope_freqs.weight",
                              llama3_factors(rope, self.config.head_dim))
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_tensors_to_file()
        writer.close()
        self.write_logits()

    def write_logits(self):
        ids = self.rng.integers(0, len(TOKENS), POSITIONS)
        with torch.no_grad():
            logits = self.model(torch.tensor(ids)[None]).logits[0, -SHOWN:]
        rows = [[round(float(x), 6) for x in row] for row in logits]
        text = json.dumps({"ids": ids.tolist(), "logits": rows})
        pathlib.Path(f"{self.path}.json").write_text(
            text.replace("], [", "],\n[") + "\n")
        print(self.name, "logits' deviation", float(logits.std()))


def hash_name(name):
    return sum(ord(c) * 257**i for i, c in enumerate(name)) % (1 << 31)


def sizes(**changes):
    return {"hidden_size": HIDDEN, "intermediate_size": INNER,
            "num_attention_heads": HEADS, "num_key_value_heads": 2,
            "num_hidden_layers": 2, "vocab_size": len(TOKENS),
            "max_position_embeddings": CONTEXT, "rms_norm_eps": 1e-5,
            "tie_word_embeddings": True, **changes}


def head_keys(head_dim):
    def add(writer):
        writer.add_key_length(head_dim)
        writer.add_value_length(head_dim)
    return add


def plain_rope(base=10000.0):
    return {"rope_type": "default", "rope_theta": base}


def llama3(folder):
    rope = {"rope_type": "llama3", "rope_theta": 10000.0, "factor": 8.0,
            "low_freq_factor": 1.0, "high_freq_factor": 4.0,
            "original_max_position_embeddings": 64}
    config = transformers.LlamaConfig(
        **sizes(head_dim=16, tie_word_embeddings=False), rope_parameters=rope)
    return Maker(folder, "llama3", "llama", config, [T.F32, T.F16, T.BF16])


def llama_quantised(folder):
    config = transformers.LlamaConfig(**sizes(num_hidden_layers=3),
                                      head_dim=16, rope_parameters=plain_rope())
    return Maker(folder, "llama-quantised", "llama", config,
                 [T.Q8_0, T.Q4_0, T.Q4_1, T.Q5_0, T.Q5_1])


def mistral(folder):
    config = transformers.MistralConfig(
        **sizes(num_hidden_layers=3, head_dim=32, sliding_window=8),
        rope_parameters=plain_rope())

    def extra(writer):
        head_keys(32)(writer)
        writer.add_sliding_window(8)
    return Maker(folder, "mistral", "llama", config, [T.Q8_0, T.F16], extra)


def qwen2(folder):
    config = transformers.Qwen2Config(
        **sizes(), rope_parameters=plain_rope(1000000.0))
    return Maker(folder, "qwen2", "qwen2", config, [T.F16],
                 lambda writer: writer.add_rope_freq_base(1000000.0))


def qwen2_yarn(folder):
    rope = {"rope_type": "yarn", "rope_theta": 10000.0, "factor": 4.0,
            "original_max_position_embeddings": 64}
    config = transformers.Qwen2Config(**sizes(), rope_parameters=rope)

    def extra(writer):
        writer.add_rope_scaling_type(gguf.RopeScalingType.YARN)
        writer.add_rope_scaling_factor(4.0)
        writer.add_rope_scaling_orig_ctx_len(64)
    return Maker(folder, "qwen2-yarn", "qwen2", config, [T.Q8_0], extra)


def qwen3(folder):
    config = transformers.Qwen3Config(
        **sizes(head_dim=32, tie_word_embeddings=False),
        rope_parameters=plain_rope(1000000.0))

    def extra(writer):
        head_keys(32)(writer)
        writer.add_rope_freq_base(1000000.0)
    return Maker(folder, "qwen3", "qwen3", config, [T.F16, T.Q8_0], extra)


def gemma3(folder):
    layers = 7
    config = transformers.Gemma3TextConfig(
        **sizes(num_hidden_layers=layers, num_key_value_heads=1, head_dim=32,
                sliding_window=8, query_pre_attn_scalar=32),
        layer_types=["full_attention" if i % 6 == 5 else "sliding_attention"
                     for i in range(layers)],
        rope_parameters={
            "full_attention": {"rope_type": "linear", "factor": 8.0,
                               "rope_theta": 1000000.0},
            "sliding_attention": plain_rope()})

    def extra(writer):
        head_keys(32)(writer)
        writer.add_rope_freq_base(1000000.0)
        writer.add_rope_scaling_type(gguf.RopeScalingType.LINEAR)
        writer.add_rope_scaling_factor(8.0)
        writer.add_sliding_window(8)
    return Maker(folder, "gemma3", "gemma3", config, [T.Q8_0], extra)


if __name__ == "__main__":
    torch.manual_seed(1)
    for make in (llama3, llama_quantised, mistral, qwen2, qwen2_yarn, qwen3,
                 gemma3):
        make(sys.argv[1]).write()
