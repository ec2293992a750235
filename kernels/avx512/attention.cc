#include "kernels/attention.h"

#include "kernels/avx512/vector.h"
#include "kernels/body/attention_body.h"
#include "kernels/body/attention_float_kv.h"

namespace mj::avx512 {

void Attention(const AttentionArgs& args) {
  AttentionBody<Vector, FloatProducts<Vector>>(args).Run();
}

void MergeAttention(const AttentionArgs& args) {
  RunMergeAttention<Vector>(args);
}

}  // namespace mj::avx512
