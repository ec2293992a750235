#include "engine/energy/ledger_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <random>
#include <vector>

#include "engine/energy/ledger_reader.h"
#include "engine/energy/ledger_schema.h"
#include "tests/fakes/ledger_windows.h"
#include "tests/fakes/small_disk.h"
#include "tests/fakes/temp_folder.h"

namespace mj {
namespace {

using testing::HasSubstr;

struct Read {
  std::vector<std::pair<std::string, LedgerWindow>> windows;
  std::vector<LedgerRun> runs;
};

Read ReadAll(const std::string& path) {
  Read result;
  absl::StatusOr<LedgerReader> reader = LedgerReader::Open(path);
  EXPECT_TRUE(reader.ok()) << reader.status();
  if (!reader.ok()) return result;
  result.runs = *reader->Runs();
  const absl::Status status = reader->ForEachWindow(
      {}, [&](const std::string& run, const LedgerWindow& window) {
        result.windows.emplace_back(run, window);
      });
  EXPECT_TRUE(status.ok()) << status;
  return result;
}

void ExpectSame(const LedgerWindow& got, const LedgerWindow& want) {
  EXPECT_EQ(got.number, want.number);
  EXPECT_EQ(got.start, want.start);
  EXPECT_EQ(got.end, want.end);
  EXPECT_EQ(got.unknown, want.unknown);
  EXPECT_EQ(got.lost, want.lost);
  EXPECT_EQ(got.scale, want.scale);
  EXPECT_EQ(got.prefill, want.prefill);
  EXPECT_EQ(got.decode, want.decode);
  EXPECT_EQ(got.idle, want.idle);
  EXPECT_EQ(got.overhead, want.overhead);
  EXPECT_EQ(got.wasted, want.wasted);
  ASSERT_EQ(got.tenants.size(), want.tenants.size());
  for (size_t i = 0; i < got.tenants.size(); ++i) {
    EXPECT_EQ(got.tenants[i].tenant, want.tenants[i].tenant);
    EXPECT_EQ(got.tenants[i].prefill, want.tenants[i].prefill);
    EXPECT_EQ(got.tenants[i].decode, want.tenants[i].decode);
    EXPECT_EQ(got.tenants[i].requests, want.tenants[i].requests);
    EXPECT_EQ(got.tenants[i].output_tokens, want.tenants[i].output_tokens);
  }
}

class LedgerStoreTest : public testing::Test {
 protected:
  std::unique_ptr<LedgerStore> Open(const std::string& run = "run-1") {
    absl::StatusOr<std::unique_ptr<LedgerStore>> store =
        LedgerStore::Open(path_);
    EXPECT_TRUE(store.ok()) << store.status();
    if (!store.ok()) return nullptr;
    const absl::Status status = (*store)->SetRun(TestRun(run));
    EXPECT_TRUE(status.ok()) << status;
    return *std::move(store);
  }

  const TempFolder folder_;
  // In folders that are not there yet.
  const std::string path_ = folder_.path() + "/state/mj/energy.db";
};

TEST_F(LedgerStoreTest, WhatGoesInComesOut) {
  std::mt19937 random(1);
  const std::vector<LedgerWindow> windows = RandomWindows(random, 60);
  {
    const auto store = Open();
    for (const LedgerWindow& w : windows) {
      ASSERT_TRUE(store->Append(w).ok());
    }
  }
  const Read read = ReadAll(path_);
  ASSERT_EQ(read.windows.size(), windows.size());
  for (size_t i = 0; i < windows.size(); ++i) {
    EXPECT_EQ(read.windows[i].first, "run-1");
    ExpectSame(read.windows[i].second, windows[i]);
  }
  ASSERT_EQ(read.runs.size(), 1u);
  const LedgerRun& run = read.runs.front();
  const LedgerRun want = TestRun("run-1");
  EXPECT_EQ(run.id, want.id);
  EXPECT_EQ(run.start, want.start);
  EXPECT_EQ(run.commit, want.commit);
  EXPECT_EQ(run.cpu, want.cpu);
  EXPECT_EQ(run.isa, want.isa);
  EXPECT_EQ(run.numerics, want.numerics);
  EXPECT_EQ(run.model, want.model);
  EXPECT_EQ(run.model_fingerprint, want.model_fingerprint);
  EXPECT_EQ(run.method, want.method);
  EXPECT_EQ(run.domain, want.domain);
  EXPECT_EQ(run.calibration, want.calibration);
}

TEST_F(LedgerStoreTest, AWindowCountsOnce) {
  std::mt19937 random(2);
  const std::vector<LedgerWindow> windows = RandomWindows(random, 20);
  for (int again = 0; again < 3; ++again) {
    const auto store = Open();
    for (LedgerWindow w : windows) {
      ASSERT_TRUE(store->Append(w).ok());
      w.prefill += Joules(1000);  // the first word counts
      w.tenants.push_back({"late", Joules(1000)});
      ASSERT_TRUE(store->Append(w).ok());
    }
  }
  const Read read = ReadAll(path_);
  ASSERT_EQ(read.windows.size(), windows.size());
  for (size_t i = 0; i < windows.size(); ++i) {
    ExpectSame(read.windows[i].second, windows[i]);
  }
  EXPECT_EQ(read.runs.size(), 1u);
}

TEST_F(LedgerStoreTest, UnknownIsNullInTheFile) {
  LedgerWindow unknown;
  unknown.start = unknown.end = absl::FromUnixSeconds(1767268800);
  unknown.unknown = "UNAVAILABLE: gone";
  unknown.tenants.push_back({"alice", Joules(0), Joules(0), 1, 5});
  ASSERT_TRUE(Open()->Append(unknown).ok());
  absl::StatusOr<Sqlite> db =
      Sqlite::Open(path_, Sqlite::Mode::kReadOnly, Seconds(1));
  ASSERT_TRUE(db.ok());
  EXPECT_EQ(*db->Integer("SELECT COUNT(*) FROM windows WHERE prefill IS NULL "
                         "AND decode IS NULL AND idle IS NULL AND overhead IS "
                         "NULL AND scale IS NULL"),
            1);
  EXPECT_EQ(*db->Integer("SELECT COUNT(*) FROM tenant_windows WHERE prefill "
                         "IS NULL AND decode IS NULL AND output_tokens = 5"),
            1);
}

// The writer is killed while it writes; what it was told is stored is there,
// whole, and it goes on where it was.
TEST_F(LedgerStoreTest, SurvivesKillNine) {
  std::mt19937 random(3);
  const std::vector<LedgerWindow> windows = RandomWindows(random, 4000);
  size_t next = 0;
  for (int life = 0; life < 5; ++life) {
    int pipe_ends[2];
    ASSERT_EQ(pipe(pipe_ends), 0);
    const pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      const auto store = Open();
      for (size_t i = next; i < windows.size(); ++i) {
        if (!store->Append(windows[i]).ok()) _exit(1);
        if (write(pipe_ends[1], "x", 1) != 1) _exit(1);
      }
      pause();
    }
    close(pipe_ends[1]);
    char byte = 0;
    const size_t want = next + 40 + random() % 60;
    size_t told = next;
    while (told < want && read(pipe_ends[0], &byte, 1) == 1) ++told;
    ASSERT_EQ(kill(child, SIGKILL), 0);
    ASSERT_EQ(waitpid(child, nullptr, 0), child);
    while (read(pipe_ends[0], &byte, 1) == 1) ++told;
    close(pipe_ends[0]);

    const Read read = ReadAll(path_);
    EXPECT_GE(read.windows.size(), told);
    EXPECT_LE(read.windows.size(), told + 1);  // written, not yet told
    for (size_t i = 0; i < read.windows.size(); ++i) {
      ExpectSame(read.windows[i].second, windows[i]);
    }
    next = told;  // the last one may come twice
  }
  const auto store = Open();
  ASSERT_TRUE(store->Append(windows[next]).ok());
  EXPECT_GE(ReadAll(path_).windows.size(), next + 1);
}

TEST_F(LedgerStoreTest, ManyProcessesWriteOneFile) {
  std::vector<pid_t> children;
  for (int c = 0; c < 3; ++c) {
    const pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      // All of them may find the file empty.
      const auto store = Open("run-" + std::to_string(c));
      std::mt19937 random(c);
      bool ok = store != nullptr;
      for (const LedgerWindow& w : RandomWindows(random, 50)) {
        ok = ok && store->Append(w).ok();
      }
      _exit(ok ? 0 : 1);
    }
    children.push_back(child);
  }
  for (pid_t child : children) {
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
  }
  const Read read = ReadAll(path_);
  EXPECT_EQ(read.runs.size(), 3u);
  EXPECT_EQ(read.windows.size(), 150u);
}

TEST_F(LedgerStoreTest, AFullDiskLosesNothingEarlier) {
  InChildProcess([&] {
    const SmallDisk disk(folder_.path());
    std::mt19937 random(4);
    const std::vector<LedgerWindow> windows = RandomWindows(random, 3000);
    const auto store = Open();
    size_t next = 0;
    for (; next < 20; ++next) ASSERT_TRUE(store->Append(windows[next]).ok());
    disk.Fill();
    absl::Status status;
    while (status.ok() && next < windows.size()) {
      status = store->Append(windows[next]);
      next += status.ok();
    }
    EXPECT_EQ(status.code(), disk.mounted()
                                 ? absl::StatusCode::kResourceExhausted
                                 : absl::StatusCode::kUnavailable)
        << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr(path_));
    EXPECT_FALSE(store->Append(windows[next]).ok());
    EXPECT_EQ(ReadAll(path_).windows.size(), next);
    disk.MakeRoom();
    EXPECT_TRUE(store->Append(windows[next]).ok());
    const Read read = ReadAll(path_);
    ASSERT_EQ(read.windows.size(), next + 1);
    for (size_t i = 0; i <= next; ++i) {
      ExpectSame(read.windows[i].second, windows[i]);
    }
  });
}

TEST_F(LedgerStoreTest, AFullDiskFromTheStart) {
  InChildProcess([&] {
    const SmallDisk disk(folder_.path());
    disk.Fill();
    if (!disk.mounted()) return;  // a new file fits under the limit
    const auto store = LedgerStore::Open(folder_.path() + "/energy.db");
    ASSERT_FALSE(store.ok());
    EXPECT_EQ(store.status().code(), absl::StatusCode::kResourceExhausted)
        << store.status();
    disk.MakeRoom();
    EXPECT_TRUE(LedgerStore::Open(folder_.path() + "/energy.db").ok());
  });
}

TEST_F(LedgerStoreTest, ANewerSchemaIsRefused) {
  Open();
  absl::StatusOr<Sqlite> db =
      Sqlite::Open(path_, Sqlite::Mode::kCreate, Seconds(1));
  ASSERT_TRUE(db->Run("PRAGMA user_version=3").ok());
  for (const absl::Status& status : {LedgerStore::Open(path_).status(),
                                     LedgerReader::Open(path_).status()}) {
    EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
    EXPECT_THAT(std::string(status.message()),
                HasSubstr("schema version 3, written by a newer millijoule"));
  }
}

TEST_F(LedgerStoreTest, WhatIsNoLedgerIsRefusedAndLeftAlone) {
  const std::string other = folder_.path() + "/other.db";
  {
    absl::StatusOr<Sqlite> db =
        Sqlite::Open(other, Sqlite::Mode::kCreate, Seconds(1));
    ASSERT_TRUE(db->Run("CREATE TABLE t(x)").ok());
  }
  EXPECT_EQ(LedgerStore::Open(other).status().code(),
            absl::StatusCode::kFailedPrecondition);
  const std::string text = std::string(5000, 'x');
  const std::string file = folder_.Write("text", text);
  EXPECT_EQ(LedgerStore::Open(file).status().code(),
            absl::StatusCode::kDataLoss);
  std::ifstream in(file);
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(in), {}), text);
  EXPECT_EQ(LedgerStore::Open(file + "/below/energy.db").status().code(),
            absl::StatusCode::kPermissionDenied);
  EXPECT_THAT(std::string(LedgerStore::Open(folder_.path()).status().message()),
              HasSubstr(folder_.path() + " is a folder"));
}

TEST_F(LedgerStoreTest, KnowsThatItsFileHasGone) {
  const auto store = Open();
  EXPECT_FALSE(store->vanished());
  ASSERT_EQ(std::remove(path_.c_str()), 0);
  EXPECT_TRUE(store->vanished());
  Open();  // another file of that name
  EXPECT_TRUE(store->vanished());
}

}  // namespace
}  // namespace mj
