// The `usage` object of a reply, with its joules.
#ifndef MILLIJOULE_SERVER_OPENAI_USAGE_JSON_H_
#define MILLIJOULE_SERVER_OPENAI_USAGE_JSON_H_

#include "engine/request/delta.h"
#include "server/openai/json_reader.h"

namespace mj {

// {"joules", "prefill_joules", "decode_joules", "wasted_joules",
// "joules_per_output_token", "method", "domain", "calibration", "gco2e"}
Json EnergyJson(const EnergyReport& energy);

// OpenAI's token counts, `prompt_tokens_details` and `energy`; in this
// "quality": {"mode": "adaptive", "early_tokens", "early_share", "exit_head"}
// where tokens might leave the model early.
Json UsageJson(const Usage& usage);

// Adds what another request of the same call used.
void AddUsage(const Usage& more, Usage& sum);

}  // namespace mj

#endif  // MILLIJOULE_SERVER_OPENAI_USAGE_JSON_H_
