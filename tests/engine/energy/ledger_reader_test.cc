#include "engine/energy/ledger_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <vector>

#include "engine/energy/ledger_store.h"
#include "tests/fakes/ledger_windows.h"
#include "tests/fakes/temp_folder.h"

namespace mj {
namespace {

using testing::HasSubstr;

class LedgerReaderTest : public testing::Test {
 protected:
  std::vector<int64_t> Numbers(const LedgerReader::Range& range) {
    std::vector<int64_t> numbers;
    absl::StatusOr<LedgerReader> reader = LedgerReader::Open(path_);
    EXPECT_TRUE(reader.ok()) << reader.status();
    EXPECT_TRUE(reader
                    ->ForEachWindow(
                        range,
                        [&](const std::string&, const LedgerWindow& window) {
                          numbers.push_back(window.number);
                        })
                    .ok());
    return numbers;
  }

  const TempFolder folder_;
  const std::string path_ = folder_.path() + "/energy.db";
};

TEST_F(LedgerReaderTest, NoFileAndAnEmptyOne) {
  for (const std::string& path : {path_, folder_.Write("empty", "")}) {
    const absl::Status status = LedgerReader::Open(path).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kNotFound) << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr(path));
  }
  // Reading makes nothing.
  EXPECT_FALSE(std::filesystem::exists(path_));
}

TEST_F(LedgerReaderTest, ARangeIsHalfOpen) {
  const auto store = *LedgerStore::Open(path_);
  ASSERT_TRUE(store->SetRun(TestRun("a")).ok());
  std::mt19937 random(1);
  for (const LedgerWindow& w : RandomWindows(random, 10, 1 << 30)) {
    ASSERT_TRUE(store->Append(w).ok());
  }
  const absl::Time noon = TestRun("a").start;
  const auto at = [&](double s) { return noon + absl::Seconds(s); };
  EXPECT_EQ(Numbers({}).size(), 10u);
  EXPECT_THAT(Numbers({.since = at(3), .until = at(5)}),
              testing::ElementsAre(3, 4));
  EXPECT_THAT(Numbers({.since = at(8.5)}), testing::ElementsAre(9));
  EXPECT_THAT(Numbers({.until = at(1)}), testing::ElementsAre(0));
  EXPECT_TRUE(Numbers({.since = at(100)}).empty());
}

TEST_F(LedgerReaderTest, SeesOneMomentWhileAServerWrites) {
  const auto store = *LedgerStore::Open(path_);
  ASSERT_TRUE(store->SetRun(TestRun("a")).ok());
  std::mt19937 random(2);
  const std::vector<LedgerWindow> windows = RandomWindows(random, 20);
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(store->Append(windows[i]).ok());
  absl::StatusOr<LedgerReader> reader = LedgerReader::Open(path_);
  EXPECT_EQ(reader->Runs()->size(), 1u);
  int seen = 0;
  const auto count = [&](const std::string&, const LedgerWindow&) {
    // Nobody waits for the reader.
    EXPECT_TRUE(store->Append(windows[10 + seen++]).ok());
  };
  EXPECT_TRUE(reader->ForEachWindow({}, count).ok());
  EXPECT_EQ(seen, 10);
  EXPECT_EQ(Numbers({}).size(), 20u);
}

}  // namespace
}  // namespace mj
