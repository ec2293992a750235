#include "hw_backends/host/read_sysfs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "tests/fakes/temp_folder.h"
#include "tests/fakes/without_root.h"

namespace mj {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(ReadSysfsTest, StripsWhiteSpace) {
  const TempFolder tree;
  EXPECT_EQ(*ReadSysfsText(tree.Write("name", " package-0\n\n")), "package-0");
  EXPECT_EQ(*ReadSysfsText(tree.Write("empty", "")), "");
  EXPECT_EQ(*ReadSysfsNumber(tree.Write("n", "18446744073709551615\n")),
            UINT64_MAX);
}

TEST(ReadSysfsTest, WhatIsNoNumberIsUnavailable) {
  const TempFolder tree;
  for (const char* text :
       {"", "abc", "-5", "1.5", "18446744073709551616", "12 13", "0x10"}) {
    const auto number = ReadSysfsNumber(tree.Write("n", text));
    EXPECT_TRUE(absl::IsUnavailable(number.status())) << text;
    EXPECT_THAT(std::string(number.status().message()), HasSubstr(text));
  }
}

TEST(ReadSysfsTest, SaysWhyNot) {
  const TempFolder tree;
  chmod(tree.path().c_str(), 0755);
  const auto absent = ReadSysfsText(tree.path() + "/absent");
  EXPECT_TRUE(absl::IsUnavailable(absent.status()));
  EXPECT_THAT(std::string(absent.status().message()),
              HasSubstr("/absent: No such file"));
  EXPECT_TRUE(absl::IsUnavailable(ReadSysfsText(tree.path()).status()));
  const std::string closed = tree.Write("closed", "1");
  chmod(closed.c_str(), 0);
  const WithoutRoot nobody;
  const auto denied = ReadSysfsNumber(closed);
  EXPECT_TRUE(absl::IsPermissionDenied(denied.status())) << denied.status();
  EXPECT_THAT(std::string(denied.status().message()), HasSubstr(closed));
}

TEST(SysfsEntriesTest, SortsNumbersAndKeepsBrokenLinks) {
  const TempFolder tree;
  for (const char* name : {"x:10", "x:2", "y"}) tree.Write(name, "");
  std::filesystem::create_symlink("nowhere", tree.path() + "/x:0");
  std::vector<std::string> names;
  for (const auto& path : SysfsEntries(tree.path(), "x:")) {
    names.push_back(path.filename());
  }
  EXPECT_THAT(names, ElementsAre("x:0", "x:2", "x:10"));
  EXPECT_TRUE(SysfsEntries(tree.path() + "/absent", "").empty());
}

}  // namespace
}  // namespace mj
