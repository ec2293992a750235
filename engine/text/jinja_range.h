// range(): the numbers of a loop, at most 100,000 as in jinja2's sandbox.
#ifndef MILLIJOULE_ENGINE_TEXT_JINJA_RANGE_H_
#define MILLIJOULE_ENGINE_TEXT_JINJA_RANGE_H_

#include "engine/text/jinja_object.h"
#include "engine/text/jinja_runtime.h"

namespace mj::jinja {

// range(stop), range(start, stop) or range(start, stop, step)
Value MakeRange(Runtime& runtime, const Args& args);

}  // namespace mj::jinja

#endif  // MILLIJOULE_ENGINE_TEXT_JINJA_RANGE_H_
