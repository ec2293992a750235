// JSON in (the context of a rendering) and out (the tojson filter, as
// Python's json.dumps writes it).
#ifndef MILLIJOULE_ENGINE_TEXT_JINJA_JSON_H_
#define MILLIJOULE_ENGINE_TEXT_JINJA_JSON_H_

#include "engine/text/jinja_object.h"
#include "engine/text/jinja_runtime.h"
#include "engine/text/jinja_value.h"
#include "nlohmann/json.hpp"

namespace mj::jinja {

Value FromJson(Runtime& runtime, const nlohmann::ordered_json& json,
               int depth = 0);

// tojson(ensure_ascii=False, indent=None, separators=None, sort_keys=False)
Value ToJsonFilter(Runtime& runtime, const Value& value, const Args& args);

}  // namespace mj::jinja

#endif  // MILLIJOULE_ENGINE_TEXT_JINJA_JSON_H_
