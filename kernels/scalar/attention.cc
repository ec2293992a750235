#include "kernels/attention.h"

#include <cmath>

#include "kernels/scalar/attention_body.h"

namespace mj::scalar {
namespace {

struct Natural {
  static float Score(float x) { return x; }
  static float Exp(float x) { return std::exp(x); }
};

}  // namespace

void Attention(const AttentionArgs& args) { RunAttention<Natural>(args); }

void MergeAttention(const AttentionArgs& args) {
  RunMergeAttention<Natural>(args);
}

}  // namespace mj::scalar
