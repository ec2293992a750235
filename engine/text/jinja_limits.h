// What one rendering of a template may use. The counts are deterministic; the
// time limit is a backstop for a slow host.
#ifndef MILLIJOULE_ENGINE_TEXT_JINJA_LIMITS_H_
#define MILLIJOULE_ENGINE_TEXT_JINJA_LIMITS_H_

#include <cstddef>
#include <cstdint>

#include "absl/time/time.h"

namespace mj::jinja {

struct Limits {
  int64_t steps = 10'000'000;       // expressions, statements, items visited
  int call_depth = 600;             // nested expressions and statements
  int nesting = 200;                // lists in lists, objects in objects
  size_t object_bytes = 16 << 20;   // one string or list
  size_t total_bytes = 512 << 20;   // all strings and lists ever made
  size_t output_bytes = 16 << 20;   // the rendered text
  absl::Duration time = absl::Seconds(1);  // by the steady clock
};

}  // namespace mj::jinja

#endif  // MILLIJOULE_ENGINE_TEXT_JINJA_LIMITS_H_
