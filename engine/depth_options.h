// Who may leave the model early, and when.
#ifndef MILLIJOULE_ENGINE_DEPTH_OPTIONS_H_
#define MILLIJOULE_ENGINE_DEPTH_OPTIONS_H_

namespace mj {

enum class DepthPolicy {
  kOff,        // nobody
  kOnRequest,  // requests that ask for it
  kUnderCap,   // all requests, too, while a power cap binds
};

struct DepthOptions {
  DepthPolicy policy = DepthPolicy::kOnRequest;
  // A token leaves if the exit head's largest logit is so far above the next.
  double margin = 4;
};

}  // namespace mj

#endif  // MILLIJOULE_ENGINE_DEPTH_OPTIONS_H_
