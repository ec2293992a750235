#include "hw_backends/host/sysfs_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/fakes/made_sysfs.h"

namespace mj {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(HostSysfsTest, ReadsWritesAndLists) {
  const TempFolder folder;
  folder.Write("sys/a/value", " 12 34 \nsecond line\n");
  folder.Write("sys/a/b/other", "");
  HostSysfs files(folder.path() + "/");
  EXPECT_EQ(files.Read("sys/a/value").value(), "12 34");
  EXPECT_EQ(files.Read("sys/a/b/other").value(), "");
  EXPECT_TRUE(files.CheckWritable("sys/a/value").ok());
  ASSERT_TRUE(files.Write("sys/a/value", "5").ok());
  EXPECT_EQ(files.Read("sys/a/value").value(), "5");
  EXPECT_THAT(files.List("sys/a"), ElementsAre("b", "value"));
  EXPECT_THAT(files.List("sys/none"), ElementsAre());
}

TEST(HostSysfsTest, SaysWhichFileFailedAndHow) {
  const TempFolder folder;
  HostSysfs files(folder.path());
  for (const absl::Status& status :
       {files.Read("sys/gone").status(), files.Write("sys/gone", "1"),
        files.CheckWritable("sys/gone")}) {
    EXPECT_TRUE(absl::IsNotFound(status));
    EXPECT_THAT(std::string(status.message()), HasSubstr("/sys/gone"));
  }
  EXPECT_TRUE(files.List("").empty()) << "nothing was created";
}

TEST(HostSysfsTest, ReadsIntegersAndNothingElse) {
  const TempFolder folder;
  folder.Write("n", "-12\n");
  folder.Write("text", "<unsupported>\n");
  const HostSysfs files(folder.path());
  EXPECT_EQ(ReadInteger(files, "n").value(), -12);
  EXPECT_THAT(std::string(ReadInteger(files, "text").status().message()),
              HasSubstr("/text holds \"<unsupported>\""));
  EXPECT_TRUE(absl::IsNotFound(ReadInteger(files, "gone").status()));
}

TEST(RestoreFilesTest, WritesOnlyWhatReadsOtherwise) {
  MadeSysfs host;
  host.Make("same", "1");
  host.Make("other", "2");
  EXPECT_TRUE(
      RestoreFiles(host, {{"same", "1"}, {"other", "1"}, {"gone", "1"}}).ok());
  EXPECT_THAT(host.writes, ElementsAre(FileText{"other", "1"}));
  EXPECT_EQ(host.Text("other"), "1");
}

TEST(RestoreFilesTest, AMinimumMayWaitForItsMaximum) {
  MadeSysfs host;
  host.Make("min", "10");
  host.Make("max", "10");
  host.driver = [&](const std::string& path,
                    const std::string& text) -> absl::StatusOr<std::string> {
    if (path == "min" && std::stoi(text) > std::stoi(host.Text("max"))) {
      return absl::InvalidArgumentError("above the maximum");
    }
    return text;
  };
  EXPECT_TRUE(RestoreFiles(host, {{"min", "20"}, {"max", "30"}}).ok());
  EXPECT_EQ(host.Text("min"), "20");
  EXPECT_EQ(host.Text("max"), "30");
}

TEST(RestoreFilesTest, NamesAllThatCannotBeRestoredAndRestoresTheRest) {
  MadeSysfs host;
  for (const char* path : {"refuses", "bends", "obeys"}) host.Make(path, "2");
  host.refusals["refuses"] = absl::PermissionDeniedError("writing /refuses");
  host.driver = [](const std::string& path, const std::string& text) {
    return path == "bends" ? "3" : text;
  };
  const absl::Status status =
      RestoreFiles(host, {{"refuses", "1"}, {"bends", "1"}, {"obeys", "1"}});
  EXPECT_TRUE(absl::IsUnavailable(status));
  EXPECT_THAT(std::string(status.message()),
              testing::AllOf(HasSubstr("writing /refuses"),
                             HasSubstr("/bends took \"1\" but reads \"3\"")));
  EXPECT_EQ(host.Text("obeys"), "1");
}

}  // namespace
}  // namespace mj
