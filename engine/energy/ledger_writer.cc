#include "engine/energy/ledger_writer.h"

#include <cassert>
#include <random>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace mj {
namespace {

constexpr const char* kWaiting = "its windows wait in memory";

// 128 random bits: servers on many hosts may be put into one file.
std::string DrawRunId() {
  std::random_device random;
  std::string id;
  for (int i = 0; i < 4; ++i) absl::StrAppendFormat(&id, "%08x", random());
  return id;
}

bool IsForGood(const absl::Status& status) {
  return absl::IsFailedPrecondition(status) || absl::IsDataLoss(status);
}

}  // namespace

absl::StatusOr<std::unique_ptr<LedgerWriter>> LedgerWriter::Open(
    LedgerWriterOptions options) {
  std::unique_ptr<LedgerWriter> writer(new LedgerWriter(std::move(options)));
  const absl::Status status = writer->Connect();
  if (IsForGood(status)) return status;
  writer->state_.problem = status;
  if (!status.ok()) writer->Tell(status, kWaiting);
  writer->thread_ = std::thread([w = writer.get()] { w->Loop(); });
  return writer;
}

LedgerWriter::LedgerWriter(LedgerWriterOptions options)
    : options_(std::move(options)), start_(options_.wall_clock()) {}

LedgerWriter::~LedgerWriter() {
  if (!thread_.joinable()) return;
  {
    std::lock_guard<std::mutex> lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

void LedgerWriter::SetRun(LedgerRun run) {
  run.id = DrawRunId();
  run.start = start_;
  {
    std::lock_guard<std::mutex> lock(mutex_);
    assert(!run_);
    run_ = std::move(run);
    fresh_ = true;
  }
  wake_.notify_one();
}

void LedgerWriter::Add(const EnergyWindow& window, Seconds ago) {
  LedgerWindow row =
      LedgerWindowOf(window, next_number_++,
                     options_.wall_clock() - absl::Seconds(ago.count()));
  {
    std::lock_guard<std::mutex> lock(mutex_);
    waiting_.push_back(std::move(row));
    fresh_ = true;
    Trim();
  }
  wake_.notify_one();
}

void LedgerWriter::Trim() {
  while (waiting_.size() > options_.max_waiting) {
    waiting_.pop_front();
    ++state_.lost;
  }
  state_.waiting = waiting_.size();
}

LedgerState LedgerWriter::state() const {
  std::lock_guard<std::mutex> lock(mutex_);
  return state_;
}

void LedgerWriter::Loop() {
  std::unique_lock<std::mutex> lock(mutex_);
  for (;;) {
    wake_.wait(lock, [&] { return stopping_ || (run_ && fresh_); });
    const bool last = stopping_;
    fresh_ = false;
    std::deque<LedgerWindow> windows = std::exchange(waiting_, {});
    const size_t num_taken = windows.size();
    lock.unlock();
    const absl::Status status = Write(windows);
    lock.lock();
    state_.written += num_taken - windows.size();
    // What is left goes back before what came meanwhile.
    waiting_.insert(waiting_.begin(), std::make_move_iterator(windows.begin()),
                    std::make_move_iterator(windows.end()));
    Trim();
    const bool changed = status.ok() != state_.problem.ok();
    state_.problem = status;
    const size_t num_waiting = waiting_.size();
    lock.unlock();
    if (last) return TellLoss(status, num_waiting);
    if (changed) Tell(status, kWaiting);
    lock.lock();
  }
}

void LedgerWriter::Tell(const absl::Status& status,
                        const std::string& consequence) const {
  options_.on_change(
      status.ok()
          ? status
          : absl::Status(status.code(),
                         absl::StrCat(status.message(), "; ", consequence)));
}

void LedgerWriter::TellLoss(const absl::Status& status,
                            size_t num_waiting) const {
  if (status.ok()) return;
  Tell(status, absl::StrCat("the last ", num_waiting, " windows are lost"));
}

// Takes out what it has written.
absl::Status LedgerWriter::Write(std::deque<LedgerWindow>& windows) {
  if (store_ != nullptr && store_->vanished()) store_.reset();
  absl::Status status = Connect();
  while (status.ok() && run_is_set_ && !windows.empty()) {
    status = store_->Append(windows.front());
    if (status.ok()) windows.pop_front();
  }
  // A connection that has seen an input/output error may be of no more use.
  if (!status.ok()) store_.reset();
  return status;
}

absl::Status LedgerWriter::Connect() {
  if (store_ == nullptr) {
    run_is_set_ = false;
    absl::StatusOr<std::unique_ptr<LedgerStore>> store =
        LedgerStore::Open(options_.path);
    if (!store.ok()) return store.status();
    store_ = *std::move(store);
  }
  if (run_is_set_) return absl::OkStatus();
  std::optional<LedgerRun> run;
  {
    std::lock_guard<std::mutex> lock(mutex_);
    run = run_;
  }
  if (!run) return absl::OkStatus();
  const absl::Status status = store_->SetRun(*run);
  run_is_set_ = status.ok();
  return status;
}

}  // namespace mj
