// The data files of this folder, compiled in.
#ifndef MILLIJOULE_HW_BACKENDS_MODELS_DATA_FILES_H_
#define MILLIJOULE_HW_BACKENDS_MODELS_DATA_FILES_H_

#include <string_view>
#include <vector>

namespace mj {

struct DataFile {
  std::string_view name;  // "cpus/epyc-zen3.toml"
  std::string_view text;
};

// By ascending name. Generated from hw_backends/models/**/*.toml.
std::vector<DataFile> CompiledDataFiles();

}  // namespace mj

#endif  // MILLIJOULE_HW_BACKENDS_MODELS_DATA_FILES_H_
