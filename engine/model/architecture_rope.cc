#include "engine/model/architecture_rope.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "engine/model/invalid.h"

namespace mj {
namespace {

constexpr float kMaxBase = 1e12f;
constexpr float kMaxFactor = 1e6f;

float ReadFactor(MetadataReader& keys) {
  // Old files: rope.scale_linear.
  const float old = keys.Float("rope.scale_linear", 0, kMaxFactor, 1.0f);
  // Some converters write 0 where there is no scaling.
  const float factor = keys.Float("rope.scaling.factor", -1, kMaxFactor, old);
  return factor <= 0 ? 1 : factor;
}

RopeScaling ReadScaling(MetadataReader& keys, float factor) {
  const std::string name = keys.String("rope.scaling.type", "linear");
  if (name == "linear") {
    return factor == 1 ? RopeScaling::kNone : RopeScaling::kLinear;
  }
  if (name == "none") return RopeScaling::kNone;
  if (name == "yarn") return RopeScaling::kYarn;
  keys.Fail(Invalid(keys.file().label(), ": metadata key ",
                    keys.Key("rope.scaling.type"), " is \"", name,
                    "\", needs none, linear or yarn"));
  return RopeScaling::kNone;
}

void ReadYarn(MetadataReader& keys, int context_length, RopeConfig& rope) {
  rope.original_context = keys.Integer("rope.scaling.original_context_length",
                                       1, 1 << 30, context_length);
  rope.beta_fast = keys.Float("rope.scaling.yarn_beta_fast", 0, 1e4f, 32.0f);
  rope.beta_slow = keys.Float("rope.scaling.yarn_beta_slow", 0, 1e4f, 1.0f);
  const float usual = 0.1f * std::log(std::max(rope.factor, 1.0f)) + 1.0f;
  rope.magnitude = keys.Float("rope.scaling.yarn_attn_factor", 0, 1e3f, usual) *
                   keys.Float("rope.scaling.attn_factor", 0, 1e3f, 1.0f);
  const float extrapolation =
      keys.Float("rope.scaling.yarn_ext_factor", -1e3f, 1e3f, 1.0f);
  if (extrapolation != 1) {
    keys.Fail(Invalid(keys.file().label(), ": metadata key ",
                      keys.Key("rope.scaling.yarn_ext_factor"), " is ",
                      extrapolation, ", only 1 is supported"));
  }
}

}  // namespace

RopeConfig ReadRope(MetadataReader& keys, const ModelConfig& config) {
  RopeConfig rope;
  rope.base = keys.Float("rope.freq_base", 1, kMaxBase, 10000.0f);
  rope.dimensions =
      keys.Integer("rope.dimension_count", 2, config.head_dim, config.head_dim);
  if (rope.dimensions % 2 != 0) {
    keys.Fail(Invalid(keys.file().label(), ": metadata key ",
                      keys.Key("rope.dimension_count"), " is ", rope.dimensions,
                      ", needs an even number"));
  }
  rope.factor = ReadFactor(keys);
  rope.scaling = ReadScaling(keys, rope.factor);
  if (rope.scaling == RopeScaling::kYarn) {
    ReadYarn(keys, config.context_length, rope);
  }
  return rope;
}

}  // namespace mj
