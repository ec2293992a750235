// JSON as text, in one line.
#ifndef MILLIJOULE_BENCH_LOAD_DUMP_JSON_H_
#define MILLIJOULE_BENCH_LOAD_DUMP_JSON_H_

#include <string>

#include "nlohmann/json.hpp"

namespace mj {

// What is no UTF-8 (in a file of prompts, or a file's name) is replaced, not
// thrown at.
inline std::string DumpJson(const nlohmann::ordered_json& json) {
  return json.dump(-1, ' ', false,
                   nlohmann::ordered_json::error_handler_t::replace);
}

}  // namespace mj

#endif  // MILLIJOULE_BENCH_LOAD_DUMP_JSON_H_
