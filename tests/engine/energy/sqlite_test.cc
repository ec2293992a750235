#include "engine/energy/sqlite.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "tests/fakes/temp_folder.h"

namespace mj {
namespace {

using testing::HasSubstr;

class SqliteTest : public testing::Test {
 protected:
  Sqlite Open(Sqlite::Mode mode = Sqlite::Mode::kCreate) {
    absl::StatusOr<Sqlite> db = Sqlite::Open(path_, mode, Seconds(0));
    EXPECT_TRUE(db.ok()) << db.status();
    return *std::move(db);
  }

  const TempFolder folder_;
  const std::string path_ = folder_.path() + "/test.db";
};

TEST_F(SqliteTest, ValuesComeBackAsTheyWent) {
  Sqlite db = Open();
  ASSERT_TRUE(db.Run("CREATE TABLE t(i INTEGER, r REAL, s TEXT, n REAL)").ok());
  SqliteStatement insert = *db.Prepare("INSERT INTO t VALUES(?1, ?2, ?3, ?4)");
  const std::string text("a\0b'\xC3\xBC", 6);
  for (int i = 0; i < 2; ++i) {
    insert.Bind(1, std::numeric_limits<int64_t>::max());
    insert.Bind(2, 0.1 + 0.2);
    insert.Bind(3, text);
    insert.BindNull(4);
    ASSERT_TRUE(insert.Run().ok());
    EXPECT_EQ(db.num_changed(), 1);
  }
  SqliteStatement select = *db.Prepare("SELECT i, r, s, n FROM t");
  for (int i = 0; i < 2; ++i) {
    ASSERT_TRUE(*select.Next());
    EXPECT_EQ(select.Integer(0), std::numeric_limits<int64_t>::max());
    EXPECT_EQ(select.Real(1), 0.1 + 0.2);
    EXPECT_EQ(select.Text(2), text);
    EXPECT_FALSE(select.IsNull(2));
    EXPECT_TRUE(select.IsNull(3));
    EXPECT_EQ(select.Text(3), "");
  }
  EXPECT_FALSE(*select.Next());
  EXPECT_TRUE(*select.Next());  // from the start again
  EXPECT_EQ(*db.Integer("SELECT COUNT(*) FROM t"), 2);
  EXPECT_EQ(*db.Text("SELECT 'x'"), "x");
}

TEST_F(SqliteTest, ErrorsSayWhatKindAndWhichFile) {
  {
    Sqlite db = Open();
    ASSERT_TRUE(db.Run("CREATE TABLE t(x UNIQUE)").ok());
    EXPECT_EQ(db.Prepare("SELECT nonsense").status().code(),
              absl::StatusCode::kInternal);
    ASSERT_TRUE(db.Run("PRAGMA max_page_count=3").ok());
    SqliteStatement insert = *db.Prepare("INSERT INTO t VALUES(?1)");
    insert.Bind(1, std::string(100'000, 'x'));
    const absl::Status full = insert.Run();
    EXPECT_EQ(full.code(), absl::StatusCode::kResourceExhausted) << full;
    EXPECT_THAT(std::string(full.message()), HasSubstr(path_));
    Sqlite other = Open();
    ASSERT_TRUE(db.Run("BEGIN IMMEDIATE").ok());
    EXPECT_EQ(other.Run("BEGIN IMMEDIATE").code(),
              absl::StatusCode::kUnavailable);
  }
  Sqlite reader = Open(Sqlite::Mode::kReadOnly);
  EXPECT_EQ(reader.Run("INSERT INTO t VALUES(1)").code(),
            absl::StatusCode::kPermissionDenied);
  const std::string text = folder_.Write("text", std::string(5000, 'x'));
  EXPECT_EQ(Sqlite::Open(text, Sqlite::Mode::kReadOnly, Seconds(0))
                ->Integer("SELECT COUNT(*) FROM sqlite_master")
                .status()
                .code(),
            absl::StatusCode::kDataLoss);
  const absl::Status absent =
      Sqlite::Open("/no/such.db", Sqlite::Mode::kReadOnly, Seconds(0)).status();
  EXPECT_EQ(absent.code(), absl::StatusCode::kPermissionDenied);
  EXPECT_THAT(std::string(absent.message()), HasSubstr("/no/such.db"));
}

}  // namespace
}  // namespace mj
