// Python's two ways to format: "%s" % x and "{}".format(x).
#ifndef MILLIJOULE_ENGINE_TEXT_JINJA_FORMAT_H_
#define MILLIJOULE_ENGINE_TEXT_JINJA_FORMAT_H_

#include "engine/text/jinja_object.h"
#include "engine/text/jinja_runtime.h"
#include "engine/text/jinja_value.h"

namespace mj::jinja {

// `values`: a tuple, a dict (for "%(name)s"), or the one value.
Value FormatPercent(Runtime& runtime, const String& format,
                    const Value& values);

// str.format: fields by position or name with attributes and subscripts,
// !r and !s, and a format spec without nested fields.
Value FormatBraces(Runtime& runtime, const String& format, const Args& args);

}  // namespace mj::jinja

#endif  // MILLIJOULE_ENGINE_TEXT_JINJA_FORMAT_H_
