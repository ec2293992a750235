// A template's text to its tree: jinja2's grammar with the extensions that
// Hugging Face turns on (break, continue, generation), without inheritance
// and includes.
#ifndef MILLIJOULE_ENGINE_TEXT_JINJA_PARSER_H_
#define MILLIJOULE_ENGINE_TEXT_JINJA_PARSER_H_

#include <string_view>

#include "absl/status/statusor.h"
#include "engine/text/jinja_ast.h"

namespace mj::jinja {

// INVALID_ARGUMENT: a syntax error, with its line.
// RESOURCE_EXHAUSTED: nested too deep.
absl::StatusOr<Template> ParseTemplate(std::string_view source);

}  // namespace mj::jinja

#endif  // MILLIJOULE_ENGINE_TEXT_JINJA_PARSER_H_
