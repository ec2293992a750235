#include "kernels/attention.h"

#include "kernels/avx2/vector.h"
#include "kernels/body/attention_body.h"

namespace mj::avx2 {

void Attention(const AttentionArgs& args) { RunAttention<Vector>(args); }

}  // namespace mj::avx2
