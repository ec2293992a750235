#include "engine/energy/ledger_writer.h"

#include <cassert>
#include <random>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace mj {
namespace {

const char* ConsequenceOf(const absl::Status& status) {
  return absl::IsAlreadyExists(status)
             ? "until then no joules of this one are kept"
             : "its windows wait in memory";
}

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
  if (!status.ok()) writer->Tell(status, ConsequenceOf(status));
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
  LedgerWindow row = LedgerWindowOf(
      window, 0, options_.wall_clock() - absl::Seconds(ago.count()));
  {
    std::lock_guard<std::mutex> lock(mutex_);
    row.number = next_number_++;
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

// Their numbers go to those that come after: nothing is missing.
void LedgerWriter::LeaveOut(std::deque<LedgerWindow>& windows) {
  if (windows.empty()) return;
  next_number_ = windows.front().number;
  state_.left_out += windows.size();
  windows.clear();
  for (LedgerWindow& window : waiting_) window.number = next_number_++;
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
    if (absl::IsAlreadyExists(status)) LeaveOut(windows);
    // What is left goes back before what came meanwhile.
    waiting_.insert(waiting_.begin(), std::make_move_iterator(windows.begin()),
                    std::make_move_iterator(windows.end()));
    Trim();
    const bool changed = status.ok() != state_.problem.ok();
    state_.problem = status;
    const size_t num_waiting = waiting_.size();
    lock.unlock();
    if (last) return TellLoss(status, num_waiting);
    if (changed) Tell(status, ConsequenceOf(status));
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
  if (status.ok() || num_waiting == 0) return;
  Tell(status, absl::StrCat("the last ", num_waiting, " windows are lost"));
}

// Takes out what it has written.
absl::Status LedgerWriter::Write(std::deque<LedgerWindow>& windows) {
  if (store_ != nullptr && store_->vanished()) {
    store_.reset();
    lock_.reset();  // whose file may be gone as well
  }
  absl::Status status = Connect();
  while (status.ok() && run_is_set_ && !windows.empty()) {
    status = store_->Append(windows.front());
    if (status.ok()) windows.pop_front();
  }
  if (status.ok() && run_is_set_) status = Merge();
  // A connection that has seen an input/output error may be of no more use.
  // The lock stays: what waits is of the time in which it was ours.
  if (!status.ok()) store_.reset();
  return status;
}

// An hour at a time, so that new windows never wait for long.
absl::Status LedgerWriter::Merge() {
  if (options_.retention == absl::InfiniteDuration()) return absl::OkStatus();
  return store_->MergeOne(options_.wall_clock() - options_.retention).status();
}

absl::Status LedgerWriter::OpenStore() {
  run_is_set_ = false;
  absl::StatusOr<std::unique_ptr<LedgerStore>> store =
      LedgerStore::Open(options_.path);
  if (!store.ok()) return store.status();
  if (!lock_) {
    absl::StatusOr<LedgerLock> lock = LedgerLock::Take(options_.path);
    if (!lock.ok()) return lock.status();
    lock_.emplace(*std::move(lock));
  }
  store_ = *std::move(store);
  return absl::OkStatus();
}

absl::Status LedgerWriter::Connect() {
  if (store_ == nullptr) {
    if (absl::Status opened = OpenStore(); !opened.ok()) return opened;
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
