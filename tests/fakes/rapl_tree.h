// A made powercap tree, of zones that a test moves as hardware would.
#ifndef MILLIJOULE_TESTS_FAKES_RAPL_TREE_H_
#define MILLIJOULE_TESTS_FAKES_RAPL_TREE_H_

#include <sys/stat.h>

#include <cstdint>
#include <filesystem>
#include <string>

#include "tests/fakes/temp_folder.h"

namespace mj {

class RaplTree final {
 public:
  // Open to WithoutRoot, but for what a test closes.
  RaplTree() { chmod(folder_.path().c_str(), 0755); }

  // `zone` is a path below powercap/: "intel-rapl:0".
  void Add(const std::string& zone, const std::string& name, uint64_t energy,
           uint64_t range) const {
    Write(zone + "/name", name + "\n");
    Write(zone + "/max_energy_range_uj", std::to_string(range) + "\n");
    Set(zone, energy);
  }
  void Set(const std::string& zone, uint64_t energy) const {
    Write(zone + "/energy_uj", std::to_string(energy) + "\n");
  }
  void Write(const std::string& file, const std::string& text) const {
    folder_.Write("sys/class/powercap/" + file, text);
  }
  void Remove(const std::string& file) const {
    std::filesystem::remove_all(Path(file));
  }
  // Only root may read it (not WithoutRoot), or everybody.
  void Close(const std::string& file) const { chmod(Path(file).c_str(), 0); }
  void Open(const std::string& file) const { chmod(Path(file).c_str(), 0444); }
  // Every read fails with an error of the kernel (EISDIR), none of permission.
  void Break(const std::string& file) const {
    Remove(file);
    std::filesystem::create_directory(Path(file));
  }

  std::string Path(const std::string& file) const {
    return root() + "/sys/class/powercap/" + file;
  }
  const std::string& root() const { return folder_.path(); }
  const TempFolder& folder() const { return folder_; }

 private:
  TempFolder folder_;
};

}  // namespace mj

#endif  // MILLIJOULE_TESTS_FAKES_RAPL_TREE_H_
