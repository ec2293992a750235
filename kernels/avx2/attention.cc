#include "kernels/attention.h"

#include "kernels/avx2/vector.h"
#include "kernels/body/attention_body.h"
#include "kernels/body/attention_float_kv.h"

namespace mj::avx2 {

void Attention(const AttentionArgs& args) {
  AttentionBody<Vector, FloatProducts<Vector>>(args).Run();
}

void MergeAttention(const AttentionArgs& args) {
  RunMergeAttention<Vector>(args);
}

}  // namespace mj::avx2
