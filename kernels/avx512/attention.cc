#include "kernels/attention.h"

#include "kernels/avx512/vector.h"
#include "kernels/body/attention_body.h"

namespace mj::avx512 {

void Attention(const AttentionArgs& args) { RunAttention<Vector>(args); }

}  // namespace mj::avx512
