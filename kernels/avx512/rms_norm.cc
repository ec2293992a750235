#include "kernels/rms_norm.h"

#include "kernels/avx512/vector.h"
#include "kernels/body/elementwise_body.h"

namespace mj::avx512 {

void RmsNorm(const RmsNormArgs& args) { RunRmsNorm<Vector>(args); }

}  // namespace mj::avx512
