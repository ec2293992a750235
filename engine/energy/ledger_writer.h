// Carries closed windows into a durable ledger on a thread of its own, so that
// a slow or full disk delays nobody.
//
// What cannot be written waits in memory (an hour's windows, then the oldest
// are lost and counted) and is tried again whenever another window comes. Each
// window has a number in its run, so that a report sees what is missing. While
// another process keeps the ledger (ledger_lock.h), windows are left out: they
// are in its own already.
#ifndef MILLIJOULE_ENGINE_ENERGY_LEDGER_WRITER_H_
#define MILLIJOULE_ENGINE_ENERGY_LEDGER_WRITER_H_

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "engine/energy/ledger.h"
#include "engine/energy/ledger_lock.h"
#include "engine/energy/ledger_rows.h"
#include "engine/energy/ledger_store.h"

namespace mj {

struct LedgerWriterOptions {
  std::string path;
  std::function<absl::Time()> wall_clock = absl::Now;
  // Told once when writing begins to fail, with why, and once (OK) when it
  // works again; and at the end, if what waits is lost. For people. In Open,
  // then on the writer's thread.
  std::function<void(const absl::Status&)> on_change = [](const absl::Status&) {
  };
  size_t max_waiting = 3600;  // windows
  // Older windows are merged by the hour; infinite: all stay.
  absl::Duration retention = absl::InfiniteDuration();
};

struct LedgerState {
  absl::Status problem;  // OK while windows can be written
  uint64_t written = 0, waiting = 0, lost = 0, left_out = 0;  // windows
};

class LedgerWriter final {
 public:
  // FAILED_PRECONDITION and DATA_LOSS, which waiting does not mend, come back;
  // for anything else the writer starts and tries again.
  static absl::StatusOr<std::unique_ptr<LedgerWriter>> Open(
      LedgerWriterOptions options);
  // Writes what waits, if it can.
  ~LedgerWriter();

  // Any thread, once. Windows wait for it. `run.id` and `run.start` are filled
  // in here.
  void SetRun(LedgerRun run);
  // A window that ended `ago`. One thread; never waits for the disk.
  void Add(const EnergyWindow& window, Seconds ago = Seconds(0));
  // Any thread.
  LedgerState state() const;
  const std::string& path() const { return options_.path; }

 private:
  explicit LedgerWriter(LedgerWriterOptions options);
  void Loop();
  absl::Status Write(std::deque<LedgerWindow>& windows);
  absl::Status Merge();
  absl::Status Connect();
  absl::Status OpenStore();
  // REQUIRES (both): mutex_ is held
  void Trim();
  void LeaveOut(std::deque<LedgerWindow>& windows);
  void Tell(const absl::Status& status, const std::string& consequence) const;
  void TellLoss(const absl::Status& status, size_t num_waiting) const;

  const LedgerWriterOptions options_;
  const absl::Time start_;
  // The thread's own; without a store it tries again.
  std::optional<LedgerLock> lock_;
  std::unique_ptr<LedgerStore> store_;
  bool run_is_set_ = false;  // in store_; the thread's own

  mutable std::mutex mutex_;  // guards what follows
  std::condition_variable wake_;
  std::optional<LedgerRun> run_;
  int64_t next_number_ = 0;
  std::deque<LedgerWindow> waiting_;
  bool fresh_ = false;  // something came since the latest attempt
  bool stopping_ = false;
  LedgerState state_;
  std::thread thread_;
};

}  // namespace mj

#endif  // MILLIJOULE_ENGINE_ENERGY_LEDGER_WRITER_H_
