// The tiny random models for drafters: loaded on the CPU backend, with text
// and block tables to run.
#ifndef MILLIJOULE_TESTS_ENGINE_SPECULATE_TINY_MODEL_H_
#define MILLIJOULE_TESTS_ENGINE_SPECULATE_TINY_MODEL_H_

#include <gtest/gtest.h>

#include <memory>
#include <random>
#include <string>
#include <vector>

#include "engine/model/loaded_model.h"
#include "hw_backends/cpu/cpu_backend.h"

namespace mj {

inline std::unique_ptr<LoadedModel> OpenTiny(const std::string& name,
                                             Numerics numerics) {
  constexpr int kMaxRows = 64;
  auto backend = MakeCpuBackend(
      {.threads = 2, .numerics = numerics, .max_rows = kMaxRows});
  EXPECT_TRUE(backend.ok()) << backend.status();
  auto model = LoadModel(MJ_SOURCE_DIR "/tests/data/tiny/" + name + ".gguf",
                         *std::move(backend), kMaxRows);
  EXPECT_TRUE(model.ok()) << model.status();
  return *std::move(model);
}

// Few of the vocabulary's tokens, unequally often.
inline std::vector<int32_t> RandomText(int count, int vocab, uint32_t seed) {
  std::mt19937 random(seed);
  std::vector<int32_t> text;
  for (int i = 0; i < count; ++i) {
    const double x = std::uniform_real_distribution<double>()(random);
    text.push_back(static_cast<int32_t>(x * x * vocab));
  }
  return text;
}

}  // namespace mj

#endif  // MILLIJOULE_TESTS_ENGINE_SPECULATE_TINY_MODEL_H_
