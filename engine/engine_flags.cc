#include "engine/engine_flags.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "engine/analog_flags.h"
#include "hw_backends/simulated_backend.h"

namespace mj {
namespace {

using Names = std::vector<std::string>;

constexpr int kMaxInt = std::numeric_limits<int>::max();

bool Contains(const Names& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

// One of `offered`.
Flag NameFlag(std::string name, std::string help, Names offered,
              std::string& out) {
  return {std::move(name), absl::StrJoin(offered, "|"), std::move(help), out,
          [=, &out](const std::string& text) {
            if (Contains(offered, text)) {
              out = text;
              return absl::OkStatus();
            }
            return absl::InvalidArgumentError(absl::StrCat(
                "'", text, "' is none of ", absl::StrJoin(offered, ", ")));
          }};
}

// cuda is a backend by name, but of other builds. Which simulated devices there
// are, the files say, of --data-dir too.
Flag BackendFlag(std::string& out) {
  const Names offered = {"cpu", "onednn", "cim:NAME", "fpga:NAME"};
  Flag flag = NameFlag("backend", "what computes", offered, out);
  flag.set = [offered, &out, set = flag.set](const std::string& text) {
    if (IsSimulated(text)) {
      out = text;
      return absl::OkStatus();
    }
    if (text != "cuda") return set(text);
    return absl::InvalidArgumentError(
        absl::StrCat("'cuda' is not built into this binary; it offers ",
                     absl::StrJoin(offered, ", ")));
  };
  return flag;
}

// From 1 to how many is for OpenEngine to say, which knows this host's cores.
Flag ThreadsFlag(std::optional<int>& out) {
  return {"threads", "N", "compute threads", "the cores it may use",
          [&out](const std::string& text) {
            int value = 0;
            if (!absl::SimpleAtoi(text, &value)) {
              return absl::InvalidArgumentError(
                  absl::StrCat("'", text, "' is no number of threads"));
            }
            out = value;
            return absl::OkStatus();
          }};
}

Flag PrefixCacheFlag(std::optional<bool>& out) {
  return {"prefix-cache", "on|off",
          "compute what prompts of a tenant begin with alike once",
          !out   ? "on where the backend is batch-invariant"
          : *out ? "on"
                 : "off",
          [&out](const std::string& text) {
            if (text != "on" && text != "off") {
              return absl::InvalidArgumentError(
                  absl::StrCat("'", text, "' is none of on, off"));
            }
            out = text == "on";
            return absl::OkStatus();
          }};
}

Flag SpeculationFlag(std::optional<Speculation>& out) {
  return {"speculation", "auto|off|ngram|draft|exit",
          "who guesses tokens ahead for requests that do not say; off: nobody, "
          "for any request, and no draft model is loaded",
          out ? "off" : "auto where the backend is batch-invariant",
          [&out](const std::string& text) {
            const absl::StatusOr<Speculation> speculation =
                ParseSpeculation(text);
            if (speculation.ok()) out = *speculation;
            return speculation.status();
          }};
}

Flag AdaptiveDepthFlag(DepthPolicy& out) {
  static constexpr std::pair<std::string_view, DepthPolicy> kPolicies[] = {
      {"off", DepthPolicy::kOff},
      {"on-request", DepthPolicy::kOnRequest},
      {"under-cap", DepthPolicy::kUnderCap}};
  return {"adaptive-depth", "off|on-request|under-cap",
          "whose confident tokens may leave the model early, with --exit-head; "
          "under-cap: everyone's while a power cap binds, too",
          "on-request", [&out](const std::string& text) {
            for (const auto& [name, policy] : kPolicies) {
              if (text != name) continue;
              out = policy;
              return absl::OkStatus();
            }
            return absl::InvalidArgumentError(absl::StrCat(
                "'", text, "' is none of off, on-request, under-cap"));
          }};
}

}  // namespace

std::vector<Flag> ModelFlagTable(EngineFlags& flags) {
  Flag isa = NameFlag("isa", "instruction set of the kernels",
                      {"scalar", "avx2", "avx512", "amx"}, flags.isa);
  isa.default_text = "the widest this CPU has";
  Flag numerics = NameFlag("numerics", "rounding of activations",
                           {"f32", "bf16", "int8"}, flags.numerics);
  numerics.default_text =
      "bf16 where the kernels have bf16 dot products, else f32";
  Flag kv_dtype = NameFlag("kv-dtype", "type of stored keys and values",
                           {"f32", "bf16", "f16", "int8"}, flags.kv_dtype);
  kv_dtype.default_text = "f32 with f32 numerics, else bf16";
  std::vector<Flag> table = {
      TextFlag("model", "FILE", "GGUF model file", flags.model),
      ThreadsFlag(flags.threads),
      std::move(isa),
      std::move(numerics),
      std::move(kv_dtype),
      BackendFlag(flags.backend),
      SwitchFlag("lut-nonlinearities",
                 "softmax and activations by tables, on simulated digital "
                 "arrays; FPGA designs have no others",
                 flags.lut_nonlinearities),
      TextFlag("data-dir", "FOLDER",
               "device descriptors NAME.toml that stand before those compiled "
               "in",
               flags.data_dir),
  };
  for (Flag& flag : AnalogFlagTable(flags.analog)) {
    table.push_back(std::move(flag));
  }
  return table;
}

std::vector<Flag> EngineFlagTable(EngineFlags& flags) {
  EngineOptions& engine = flags.engine;
  Flag length = IntFlag("max-model-len", "positions a sequence may have", 1,
                        kMaxInt, engine.max_model_len);
  length.default_text = "the model's";
  std::vector<Flag> table = ModelFlagTable(flags);
  for (Flag& flag : std::vector<Flag>{
           SizeFlag("kv-memory",
                    "bytes of the KV cache, the draft model's included", 1,
                    engine.kv_memory_bytes),
           std::move(length),
           IntFlag("max-num-seqs", "sequences that run at once", 1, 1 << 20,
                   engine.max_num_seqs),
           IntFlag("max-batched-tokens", "rows of one step", 1, 1 << 20,
                   engine.max_batched_tokens),
           IntFlag("max-queue", "requests that wait; more are refused", 1,
                   1 << 20, engine.max_queue),
           PrefixCacheFlag(engine.prefix_cache),
           SpeculationFlag(engine.speculation),
           TextFlag("draft-model", "FILE",
                    "GGUF file of a smaller model of the same vocabulary, "
                    "which guesses tokens ahead",
                    flags.draft_model),
           TextFlag("exit-head", "FILE",
                    "of train-exit-head: the model's own first layers guess "
                    "tokens ahead",
                    flags.exit_head),
           TextFlag("exit-head-learning", "FOLDER",
                    "the exit head learns from live traffic, for each tenant "
                    "by itself and for drafts only, and keeps that there",
                    flags.exit_head_learning),
           TextFlag("shadow", "NAME,...",
                    "devices that price each step of the traffic, by their "
                    "models; nothing runs there",
                    flags.shadow),
           AdaptiveDepthFlag(engine.depth.policy),
           NumberFlag("exit-margin", "X",
                      "a token leaves early if its logit is so far above the "
                      "next one's",
                      0, 1000, engine.depth.margin)}) {
    table.push_back(std::move(flag));
  }
  for (Flag& flag : CarbonFlagTable(flags.carbon)) {
    table.push_back(std::move(flag));
  }
  return table;
}

}  // namespace mj
