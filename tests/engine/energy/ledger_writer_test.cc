#include "engine/energy/ledger_writer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <random>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "engine/energy/ledger_reader.h"
#include "engine/energy/ledger_store.h"
#include "engine/energy/sqlite.h"
#include "tests/fakes/ledger_windows.h"
#include "tests/fakes/small_disk.h"
#include "tests/fakes/temp_folder.h"

namespace mj {
namespace {

using testing::HasSubstr;

// A second of a server with one request.
EnergyWindow Window(double joules) {
  EnergyWindow window;
  window.start = Seconds(10);
  window.end = Seconds(11);
  window.scale = 1;
  window.energy.decode = Joules(joules);
  window.requests.push_back({7, "alice", Joules(0), Joules(joules)});
  return window;
}

bool Eventually(const std::function<bool()>& is_true) {
  for (int i = 0; i < 5000 && !is_true(); ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return is_true();
}

std::vector<LedgerWindow> WindowsIn(const std::string& path) {
  std::vector<LedgerWindow> windows;
  absl::StatusOr<LedgerReader> reader = LedgerReader::Open(path);
  EXPECT_TRUE(reader.ok()) << reader.status();
  if (!reader.ok()) return windows;
  const absl::Status status = reader->ForEachWindow(
      {}, [&](const std::string&, const LedgerWindow& window) {
        windows.push_back(window);
      });
  EXPECT_TRUE(status.ok()) << status;
  return windows;
}

class LedgerWriterTest : public testing::Test {
 protected:
  std::unique_ptr<LedgerWriter> Open(size_t max_waiting = 3600) {
    LedgerWriterOptions options;
    options.path = path_;
    options.wall_clock = [] { return absl::FromUnixSeconds(1767268800); };
    options.on_change = [this](const absl::Status& status) {
      ++(status.ok() ? repaired_ : failed_);
      last_words_ = std::string(status.message());
    };
    options.max_waiting = max_waiting;
    absl::StatusOr<std::unique_ptr<LedgerWriter>> writer =
        LedgerWriter::Open(std::move(options));
    EXPECT_TRUE(writer.ok()) << writer.status();
    return writer.ok() ? *std::move(writer) : nullptr;
  }

  const TempFolder folder_;
  const std::string path_ = folder_.path() + "/energy.db";
  std::atomic<int> failed_{0}, repaired_{0};
  std::string last_words_;  // to be read when the writer has gone
};

TEST_F(LedgerWriterTest, WritesWhatItIsGivenByTheWallClock) {
  {
    const auto writer = Open();
    writer->Add(Window(1));  // before anybody says what run it is
    writer->SetRun(TestRun("ignored"));
    writer->Add(Window(2));
    ASSERT_TRUE(Eventually([&] { return writer->state().written == 2; }));
    EXPECT_EQ(writer->state().waiting, 0u);
    writer->Add(Window(4));  // the destructor waits for it
  }
  const std::vector<LedgerWindow> windows = WindowsIn(path_);
  ASSERT_EQ(windows.size(), 3u);
  EXPECT_EQ(windows[2].number, 2);
  EXPECT_EQ(windows[2].decode, Joules(4));
  EXPECT_EQ(windows[2].end, absl::FromUnixSeconds(1767268800));
  EXPECT_EQ(windows[2].end - windows[2].start, absl::Seconds(1));
  ASSERT_EQ(windows[2].tenants.size(), 1u);
  EXPECT_EQ(windows[2].tenants[0].tenant, "alice");
  EXPECT_EQ(failed_, 0);
}

TEST_F(LedgerWriterTest, EachLifeIsARunOfItsOwn) {
  for (int life = 0; life < 2; ++life) {
    const auto writer = Open();
    writer->SetRun(TestRun("same"));
    writer->Add(Window(1));
  }
  const std::vector<LedgerRun> runs = *LedgerReader::Open(path_)->Runs();
  ASSERT_EQ(runs.size(), 2u);
  EXPECT_NE(runs[0].id, runs[1].id);
  EXPECT_EQ(runs[0].id.size(), 32u);
  EXPECT_EQ(WindowsIn(path_).size(), 2u);
}

TEST_F(LedgerWriterTest, WithoutARunNothingIsWritten) {
  {
    const auto writer = Open();
    writer->Add(Window(1));
  }
  EXPECT_TRUE(WindowsIn(path_).empty());
}

TEST_F(LedgerWriterTest, AFullDiskIsToldOnceAndMadeGood) {
  InChildProcess([&] {
    const SmallDisk disk(folder_.path());
    int added = 0;
    {
      const auto writer = Open();
      writer->SetRun(TestRun(""));
      disk.Fill();
      const auto add = [&] {
        writer->Add(Window(1));
        ++added;
        return Eventually([&] {
          const LedgerState state = writer->state();
          return state.written + state.waiting ==
                     static_cast<uint64_t>(added) &&
                 (state.waiting == 0 || !state.problem.ok());
        });
      };
      while (writer->state().problem.ok() && added < 5000) {
        ASSERT_TRUE(add());
      }
      EXPECT_THAT(std::string(writer->state().problem.message()),
                  HasSubstr(path_));
      for (int i = 0; i < 10; ++i) ASSERT_TRUE(add());
      EXPECT_FALSE(writer->state().problem.ok());
      EXPECT_EQ(failed_, 1);
      EXPECT_EQ(repaired_, 0);
      disk.MakeRoom();
      writer->Add(Window(1));
      ++added;
      EXPECT_TRUE(Eventually([&] { return writer->state().problem.ok(); }));
      EXPECT_EQ(writer->state().lost, 0u);
      EXPECT_EQ(repaired_, 1);
    }
    const std::vector<LedgerWindow> windows = WindowsIn(path_);
    ASSERT_EQ(windows.size(), static_cast<size_t>(added));
    for (int i = 0; i < added; ++i) EXPECT_EQ(windows[i].number, i);
  });
}

TEST_F(LedgerWriterTest, AReadOnlyDiskIsServedOnToo) {
  InChildProcess([&] {
    const SmallDisk disk(folder_.path());
    {
      const auto writer = Open();
      writer->SetRun(TestRun(""));
      writer->Add(Window(1));
    }
    disk.SetReadOnly(true);
    const auto writer = Open();
    writer->SetRun(TestRun(""));
    writer->Add(Window(2));
    ASSERT_TRUE(Eventually([&] { return !writer->state().problem.ok(); }));
    EXPECT_EQ(writer->state().problem.code(),
              absl::StatusCode::kPermissionDenied)
        << writer->state().problem;
    ASSERT_TRUE(Eventually([&] { return writer->state().waiting == 1; }));
    disk.SetReadOnly(false);
    writer->Add(Window(4));
    EXPECT_TRUE(Eventually([&] { return writer->state().written == 2; }));
    EXPECT_TRUE(writer->state().problem.ok()) << writer->state().problem;
    EXPECT_EQ(WindowsIn(path_).size(), 3u);
  });
}

TEST_F(LedgerWriterTest, StartsWithoutItsFolderAndWritesWhenItCan) {
  const std::string blocker = folder_.Write("state", "a file, not a folder");
  LedgerWriterOptions options;
  options.path = blocker + "/energy.db";
  options.max_waiting = 3;
  const auto writer = *LedgerWriter::Open(options);
  writer->SetRun(TestRun(""));
  for (int i = 0; i < 5; ++i) writer->Add(Window(1));
  ASSERT_TRUE(Eventually([&] {
    return !writer->state().problem.ok() && writer->state().waiting == 3;
  }));
  EXPECT_EQ(writer->state().lost, 2u);
  ASSERT_EQ(std::remove(blocker.c_str()), 0);
  writer->Add(Window(1));
  ASSERT_TRUE(Eventually([&] { return writer->state().waiting == 0; }));
  const LedgerState state = writer->state();
  EXPECT_TRUE(state.problem.ok()) << state.problem;
  EXPECT_EQ(state.written + state.lost, 6u);
  // The numbers of the lost ones are missing.
  const std::vector<LedgerWindow> windows = WindowsIn(options.path);
  ASSERT_EQ(windows.size(), state.written);
  EXPECT_EQ(windows.back().number, 5);
}

TEST_F(LedgerWriterTest, WhatCannotBeOpenedIsKnownFromTheStart) {
  std::filesystem::create_directory(path_);
  const auto writer = Open();
  EXPECT_FALSE(writer->state().problem.ok());
  EXPECT_EQ(failed_, 1);
  writer->SetRun(TestRun("x"));
  writer->Add(Window(1));
  ASSERT_TRUE(Eventually([&] { return writer->state().waiting == 1; }));
  EXPECT_EQ(failed_, 1) << "told once";
}

TEST_F(LedgerWriterTest, AWindowThatIsToldOfLateEndedEarlier) {
  {
    const auto writer = Open();
    writer->SetRun(TestRun("x"));
    writer->Add(Window(1), Seconds(5));
  }
  EXPECT_EQ(WindowsIn(path_).at(0).end, absl::FromUnixSeconds(1767268795));
}

TEST_F(LedgerWriterTest, WhatIsLostAtTheEndIsTold) {
  InChildProcess([&] {
    const SmallDisk disk(folder_.path());
    {
      const auto writer = Open();
      writer->SetRun(TestRun(""));
      for (int i = 0; i < 5000 && writer->state().problem.ok(); ++i) {
        if (i == 3) disk.Fill();
        writer->Add(Window(1));
        ASSERT_TRUE(Eventually([&] {
          const LedgerState state = writer->state();
          return state.waiting == 0 || !state.problem.ok();
        }));
      }
      EXPECT_EQ(failed_, 1);
    }
    EXPECT_EQ(failed_, 2);
    EXPECT_THAT(last_words_, HasSubstr("the last 1 windows are lost"));
  });
}

TEST_F(LedgerWriterTest, AFileThatIsRemovedIsMadeAgain) {
  const auto writer = Open();
  writer->SetRun(TestRun(""));
  writer->Add(Window(1));
  ASSERT_TRUE(Eventually([&] { return writer->state().written == 1; }));
  for (const char* end : {"", "-wal", "-shm"}) {
    std::remove((path_ + end).c_str());
  }
  writer->Add(Window(2));
  ASSERT_TRUE(Eventually([&] { return writer->state().written == 2; }));
  const std::vector<LedgerWindow> windows = WindowsIn(path_);
  ASSERT_EQ(windows.size(), 1u);
  EXPECT_EQ(windows[0].number, 1);
}

// A server in another process that has booked `joules` and then hangs.
pid_t ForkKeeper(const std::function<std::unique_ptr<LedgerWriter>()>& open,
                 double joules) {
  int ready[2];
  EXPECT_EQ(pipe(ready), 0);
  const pid_t keeper = fork();
  if (keeper == 0) {
    const auto writer = open();
    writer->SetRun(TestRun(""));
    writer->Add(Window(joules));
    const bool wrote = Eventually([&] { return writer->state().written == 1; });
    if (write(ready[1], wrote ? "y" : "n", 1) != 1) _exit(1);
    while (true) pause();
  }
  char answer = 0;
  EXPECT_EQ(read(ready[0], &answer, 1), 1);
  EXPECT_EQ(answer, 'y');
  close(ready[0]);
  close(ready[1]);
  return keeper;
}

TEST_F(LedgerWriterTest, OneProcessAtATimeBooksAMeter) {
  const pid_t keeper = ForkKeeper([&] { return Open(); }, 1);
  const auto writer = Open();
  EXPECT_TRUE(absl::IsAlreadyExists(writer->state().problem));
  EXPECT_THAT(std::string(writer->state().problem.message()),
              testing::AllOf(HasSubstr(path_),
                             HasSubstr(absl::StrCat("process ", keeper))));
  writer->SetRun(TestRun(""));
  for (uint64_t i = 1; i < 4; ++i) {
    writer->Add(Window(10));
    ASSERT_TRUE(Eventually([&] { return writer->state().left_out == i; }));
  }
  EXPECT_EQ(WindowsIn(path_).size(), 1u) << "the keeper's";
  ASSERT_EQ(kill(keeper, SIGKILL), 0);
  ASSERT_EQ(waitpid(keeper, nullptr, 0), keeper);
  writer->Add(Window(100));
  ASSERT_TRUE(Eventually([&] { return writer->state().written == 1; }));
  const LedgerState state = writer->state();
  EXPECT_TRUE(state.problem.ok()) << state.problem;
  EXPECT_EQ(state.waiting + state.lost, 0u);
  EXPECT_EQ(failed_, 1);
  EXPECT_EQ(repaired_, 1);
  const std::vector<LedgerWindow> windows = WindowsIn(path_);
  ASSERT_EQ(windows.size(), 2u);
  EXPECT_EQ(windows[0].decode, Joules(1));
  EXPECT_EQ(windows[1].decode, Joules(100));
  EXPECT_EQ(windows[1].number, 0) << "none is missing";
}

TEST_F(LedgerWriterTest, WindowsOlderThanTheRetentionAreMerged) {
  {
    const auto store = *LedgerStore::Open(path_);
    ASSERT_TRUE(store->SetRun(TestRun("old")).ok());
    std::mt19937 random(1);
    for (LedgerWindow& w : RandomWindows(random, 7200, 1 << 30)) {
      w.start -= absl::Hours(72);
      w.end -= absl::Hours(72);
      ASSERT_TRUE(store->Append(w).ok());
    }
  }
  LedgerWriterOptions options;
  options.path = path_;
  options.retention = absl::Hours(24);
  options.wall_clock = [] { return absl::FromUnixSeconds(1767268800); };
  const auto writer = *LedgerWriter::Open(options);
  writer->SetRun(TestRun(""));
  for (uint64_t i = 1; i < 4; ++i) {
    writer->Add(Window(1));
    ASSERT_TRUE(Eventually([&] { return writer->state().written == i; }));
  }
  const std::vector<LedgerWindow> windows = WindowsIn(path_);
  ASSERT_EQ(windows.size(), 5u);
  EXPECT_EQ(windows[0].count, 3600);
  EXPECT_EQ(windows[1].count, 3600);
  EXPECT_EQ(windows[4].count, 1);
}

TEST_F(LedgerWriterTest, WhatWaitingDoesNotMendIsRefused) {
  LedgerWriterOptions options;
  options.path = folder_.Write("text", std::string(5000, 'x'));
  EXPECT_EQ(LedgerWriter::Open(options).status().code(),
            absl::StatusCode::kDataLoss);
  options.path = path_;
  { const auto writer = Open(); }
  ASSERT_TRUE(Sqlite::Open(path_, Sqlite::Mode::kCreate, Seconds(1))
                  ->Run("PRAGMA user_version=99")
                  .ok());
  const absl::Status status = LedgerWriter::Open(options).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()), HasSubstr("99"));
}

}  // namespace
}  // namespace mj
