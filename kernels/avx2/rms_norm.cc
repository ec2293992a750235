#include "kernels/rms_norm.h"

#include "kernels/avx2/vector.h"
#include "kernels/body/elementwise_body.h"

namespace mj::avx2 {

void RmsNorm(const RmsNormArgs& args) { RunRmsNorm<Vector>(args); }

}  // namespace mj::avx2
