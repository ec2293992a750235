// A folder of one test's own, gone with it: tests run side by side.
#ifndef MILLIJOULE_TESTS_FAKES_TEMP_FOLDER_H_
#define MILLIJOULE_TESTS_FAKES_TEMP_FOLDER_H_

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace mj {

class TempFolder final {
 public:
  TempFolder() : path_(testing::TempDir() + "millijoule_XXXXXX") {
    EXPECT_NE(mkdtemp(path_.data()), nullptr) << path_;
  }
  ~TempFolder() { std::filesystem::remove_all(path_); }
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;

  const std::string& path() const { return path_; }
  // A file of the tree, its folders made as needed; returns its path.
  std::string Write(const std::string& name, const std::string& text) const {
    const std::filesystem::path file = std::filesystem::path(path_) / name;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file) << text;
    return file;
  }

 private:
  std::string path_;
};

}  // namespace mj

#endif  // MILLIJOULE_TESTS_FAKES_TEMP_FOLDER_H_
