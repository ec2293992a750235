// What a request must be before it may wait: complete, within the model's
// limits, and certain to fit in the KV cache when its turn comes.
#ifndef MILLIJOULE_ENGINE_ADMISSION_H_
#define MILLIJOULE_ENGINE_ADMISSION_H_

#include <cstddef>
#include <cstdint>
#include <memory>

#include "absl/status/statusor.h"
#include "engine/request/sequence.h"
#include "engine/text/tokenizer.h"

namespace mj {

struct AdmissionLimits {
  int max_model_len = 0;  // positions of a sequence
  int kv_tokens = 0;      // positions that the KV cache allows it
  int vocab = 0;          // ids are under it
  // A longer text cannot fit, and is not worth tokenizing.
  size_t max_prompt_bytes = SIZE_MAX;
};

// The bytes that `max_model_len` tokens can stand for at the most.
size_t MaxPromptBytes(const Vocabulary& vocabulary, int max_model_len);

// Tokenizes the prompt and lays out the sequences. Pure: any thread.
// `drawn_seed` is for requests that bring none.
// INVALID_ARGUMENT as Engine::Submit says.
absl::StatusOr<std::unique_ptr<InFlight>> Admit(Request request,
                                                const Tokenizer& tokenizer,
                                                const AdmissionLimits& limits,
                                                uint64_t drawn_seed);

}  // namespace mj

#endif  // MILLIJOULE_ENGINE_ADMISSION_H_
