// NVML's functions over two made GPUs. They are plain functions, so one script
// at a time is theirs.
#ifndef MILLIJOULE_TESTS_FAKES_SCRIPTED_NVML_H_
#define MILLIJOULE_TESTS_FAKES_SCRIPTED_NVML_H_

#include <gtest/gtest.h>

#include <array>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "hw_backends/host/nvml_library.h"

namespace mj {

struct ScriptedGpu {
  std::string uuid;
  unsigned long long millijoules = 5000;
  unsigned clock = 345;              // MHz, what runs
  std::optional<unsigned> locked{};  // MHz
  unsigned limit = 400000;           // mW
  unsigned lowest = 100000, highest = 400000;
  int locks = 0, limits = 0;  // calls that set
};

class ScriptedNvml final {
 public:
  ScriptedNvml() { current_ = this; }
  ~ScriptedNvml() { current_ = nullptr; }
  ScriptedNvml(const ScriptedNvml&) = delete;
  ScriptedNvml& operator=(const ScriptedNvml&) = delete;

  std::array<ScriptedGpu, 2> gpus = {{{.uuid = "GPU-a"}, {.uuid = "GPU-b"}}};
  int error = 0;      // of every call that reads
  int set_error = 0;  // of every call that sets
  bool is_initialised = false;

  std::unique_ptr<NvmlLibrary> Load() {
    auto loaded = NvmlLibrary::From(Functions());
    EXPECT_TRUE(loaded.ok()) << loaded.status();
    return *std::move(loaded);
  }

  static NvmlFunctions Functions() {
    return {
        .init =
            [] {
              if (current_->error == 0) current_->is_initialised = true;
              return current_->error;
            },
        .shutdown =
            [] {
              current_->is_initialised = false;
              return 0;
            },
        .error_string = [](int) { return "scripted"; },
        .device_count =
            [](unsigned* count) {
              *count = static_cast<unsigned>(current_->gpus.size());
              return current_->error;
            },
        .device_by_index =
            [](unsigned index, NvmlDevice* device) {
              *device = Handle(current_->gpus[index]);
              return current_->error;
            },
        .device_by_uuid =
            [](const char* uuid, NvmlDevice* device) {
              for (ScriptedGpu& gpu : current_->gpus) {
                if (gpu.uuid != uuid) continue;
                *device = Handle(gpu);
                return current_->error;
              }
              return 6;
            },
        .uuid =
            [](NvmlDevice device, char* out, unsigned) {
              std::strcpy(out, Gpu(device).uuid.c_str());
              return current_->error;
            },
        .name =
            [](NvmlDevice, char* out, unsigned) {
              std::strcpy(out, "NVIDIA Scripted");
              return current_->error;
            },
        .total_energy =
            [](NvmlDevice device, unsigned long long* out) {
              *out = Gpu(device).millijoules;
              return current_->error;
            },
        .clock =
            [](NvmlDevice device, int, unsigned* out) {
              *out = Gpu(device).clock;
              return current_->error;
            },
        .memory_clocks =
            [](NvmlDevice, unsigned* count, unsigned* out) {
              *count = 2;
              out[0] = 405;
              out[1] = 1593;
              return current_->error;
            },
        .graphics_clocks =
            [](NvmlDevice, unsigned memory, unsigned* count, unsigned* out) {
              if (memory != 1593) return 2;
              *count = 3;
              out[0] = 1410;
              out[1] = 1050;
              out[2] = 210;
              return current_->error;
            },
        .lock_clocks =
            [](NvmlDevice device, unsigned min, unsigned max) {
              EXPECT_EQ(min, max);
              ++Gpu(device).locks;
              if (current_->set_error == 0) Gpu(device).locked = max;
              return current_->set_error;
            },
        .reset_clocks =
            [](NvmlDevice device) {
              if (current_->set_error == 0) Gpu(device).locked.reset();
              return current_->set_error;
            },
        .power_limit =
            [](NvmlDevice device, unsigned* out) {
              *out = Gpu(device).limit;
              return current_->error;
            },
        .power_range =
            [](NvmlDevice device, unsigned* low, unsigned* high) {
              *low = Gpu(device).lowest;
              *high = Gpu(device).highest;
              return current_->error;
            },
        .set_power_limit =
            [](NvmlDevice device, unsigned milliwatts) {
              ++Gpu(device).limits;
              if (current_->set_error == 0) Gpu(device).limit = milliwatts;
              return current_->set_error;
            }};
  }

 private:
  static NvmlDevice Handle(ScriptedGpu& gpu) {
    return reinterpret_cast<NvmlDevice>(&gpu);
  }
  static ScriptedGpu& Gpu(NvmlDevice device) {
    return *reinterpret_cast<ScriptedGpu*>(device);
  }

  inline static ScriptedNvml* current_ = nullptr;
};

}  // namespace mj

#endif  // MILLIJOULE_TESTS_FAKES_SCRIPTED_NVML_H_
