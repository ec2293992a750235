#include "engine/energy/ledger_schema.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "tests/fakes/temp_folder.h"

namespace mj {
namespace {

using testing::HasSubstr;

class LedgerSchemaTest : public testing::Test {
 protected:
  Sqlite Open() {
    return *Sqlite::Open(folder_.path() + "/energy.db", Sqlite::Mode::kCreate,
                         Seconds(1));
  }
  const TempFolder folder_;
};

TEST_F(LedgerSchemaTest, IsMadeOnce) {
  Sqlite db = Open();
  EXPECT_EQ(CheckLedgerSchema(db).code(), absl::StatusCode::kNotFound);
  ASSERT_TRUE(MakeLedgerSchema(db).ok());
  EXPECT_TRUE(CheckLedgerSchema(db).ok());
  EXPECT_EQ(*db.Integer("PRAGMA user_version"), kLedgerSchemaVersion);
  EXPECT_EQ(*db.Text("PRAGMA journal_mode"), "wal");
  ASSERT_TRUE(db.Run("INSERT INTO waste VALUES(1, 2, 'aborted', 3)").ok());
  Sqlite again = Open();
  ASSERT_TRUE(MakeLedgerSchema(again).ok());
  EXPECT_EQ(*again.Integer("SELECT COUNT(*) FROM waste"), 1);
}

TEST_F(LedgerSchemaTest, RefusesWhatItDoesNotKnow) {
  Sqlite db = Open();
  ASSERT_TRUE(MakeLedgerSchema(db).ok());
  const int newer = kLedgerSchemaVersion + 1;
  ASSERT_TRUE(db.Run(absl::StrCat("PRAGMA user_version=", newer).c_str()).ok());
  const absl::Status status = MakeLedgerSchema(db);
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()),
              HasSubstr(absl::StrCat("schema version ", newer)));
  ASSERT_TRUE(db.Run("PRAGMA application_id=7").ok());
  EXPECT_THAT(std::string(MakeLedgerSchema(db).message()),
              HasSubstr("something else"));
}

TEST(LedgerTimeTest, KeepsMicroseconds) {
  for (int64_t micros : {int64_t{1767268800'123456}, int64_t{0}, int64_t{1},
                         int64_t{4102444800'999999}}) {
    const absl::Time time = absl::FromUnixMicros(micros);
    EXPECT_EQ(FromUnix(ToUnix(time)), time);
  }
}

}  // namespace
}  // namespace mj
