// Who keeps a ledger: one process at a time. Two on a host would both book what
// its meter counts, idle time with it.
#ifndef MILLIJOULE_ENGINE_ENERGY_LEDGER_LOCK_H_
#define MILLIJOULE_ENGINE_ENERGY_LEDGER_LOCK_H_

#include <string>
#include <utility>

#include "absl/status/statusor.h"

namespace mj {

// Holds FILE.lock, which names the process; the kernel lets go of it however
// the process ends. (SQLite's own locks are on the ledger itself, and a process
// that closes any descriptor of that file loses them.)
class LedgerLock final {
 public:
  // ALREADY_EXISTS names who has it; else as opening a file fails.
  static absl::StatusOr<LedgerLock> Take(const std::string& ledger);
  LedgerLock(LedgerLock&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  LedgerLock& operator=(LedgerLock&&) = delete;
  ~LedgerLock();

 private:
  explicit LedgerLock(int fd) : fd_(fd) {}

  int fd_;
};

}  // namespace mj

#endif  // MILLIJOULE_ENGINE_ENERGY_LEDGER_LOCK_H_
