// How many threads of our own pool may run: the others sleep, and the kernel
// lets their cores idle. Needs no privilege and no helper.
#ifndef MILLIJOULE_HW_BACKENDS_HOST_CORE_PARKING_H_
#define MILLIJOULE_HW_BACKENDS_HOST_CORE_PARKING_H_

#include <functional>

#include "absl/status/statusor.h"
#include "hw_backends/actuator.h"

namespace mj {

class CoreParking final : public ThreadsActuator {
 public:
  // `use(n)`, 1 <= n <= threads, is called on the thread that sets; whoever
  // owns the pool makes it effective between two phases. REQUIRES: threads >=
  // 1, and all of them run.
  CoreParking(int threads, std::function<void(int)> use);

  const ActuatorInfo<Threads>& info() const override { return info_; }
  absl::StatusOr<ActuatorReading<Threads>> Read() override;
  // INVALID_ARGUMENT for a fraction, too.
  absl::StatusOr<Threads> Set(Threads value) override;
  absl::Status Restore() override;

 private:
  const ActuatorInfo<Threads> info_;
  const std::function<void(int)> use_;
  int used_;
};

}  // namespace mj

#endif  // MILLIJOULE_HW_BACKENDS_HOST_CORE_PARKING_H_
