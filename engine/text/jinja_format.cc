#include "engine/text/jinja_format.h"

#include <charconv>
#include <cmath>
#include <cstdio>

#include "engine/text/jinja_escape.h"
#include "engine/text/jinja_literals.h"
#include "engine/text/jinja_operators.h"
#include "engine/text/jinja_repr.h"
#include "engine/text/jinja_text.h"

namespace mj::jinja {
namespace {

constexpr int kMaxWidth = 100'000;
constexpr int kMaxPrecision = 500;

// [[fill]align][sign][#][0][width][,][.precision][type]
struct Spec {
  std::string fill = " ";
  char align = '\0';  // < > ^ = or none
  char sign = '-';
  bool alternate = false;
  int width = 0;
  char grouping = '\0';
  int precision = -1;
  char type = '\0';
};

int ReadInt(std::string_view& text, int limit) {
  int value = 0;
  while (!text.empty() && text[0] >= '0' && text[0] <= '9') {
    value = std::min(limit, value * 10 + (text[0] - '0'));
    text.remove_prefix(1);
  }
  return value;
}

bool TakeOne(std::string_view& text, std::string_view any, char* out) {
  if (text.empty() || any.find(text[0]) == std::string_view::npos) return false;
  *out = text[0];
  text.remove_prefix(1);
  return true;
}

// False: not a format spec.
bool ParseSpec(std::string_view text, Spec& spec) {
  constexpr std::string_view kAligns = "<>^=";
  if (!text.empty()) {
    const size_t size = DecodeAt(text, 0).size;
    if (text.size() > size &&
        kAligns.find(text[size]) != std::string_view::npos) {
      spec.fill = std::string(text.substr(0, size));
      spec.align = text[size];
      text.remove_prefix(size + 1);
    } else {
      TakeOne(text, kAligns, &spec.align);
    }
  }
  TakeOne(text, "+- ", &spec.sign);
  char ignored = '\0';
  spec.alternate = TakeOne(text, "#", &ignored);
  if (text.starts_with('0') && spec.align == '\0') {
    spec.fill.assign(1, '0');
    spec.align = '=';
  }
  spec.width = ReadInt(text, kMaxWidth);
  TakeOne(text, ",_", &spec.grouping);
  if (TakeOne(text, ".", &ignored)) {
    spec.precision = ReadInt(text, kMaxPrecision);
  }
  TakeOne(text, "bcdeEfFgGnosxX%", &spec.type);
  return text.empty();
}

std::string Grouped(const std::string& digits, char separator) {
  if (separator == '\0') return digits;
  const size_t whole = std::min(digits.find_first_of(".e"), digits.size());
  std::string out;
  for (size_t i = 0; i < whole; ++i) {
    if (i > 0 && (whole - i) % 3 == 0) out += separator;
    out += digits[i];
  }
  return out + digits.substr(whole);
}

std::string Padded(const std::string& sign, const std::string& body,
                   const Spec& spec, char default_align) {
  const char align = spec.align ? spec.align : default_align;
  const int64_t missing =
      spec.width - CountCodePoints(sign) - CountCodePoints(body);
  std::string left, right;
  for (int64_t i = 0; i < missing; ++i) {
    const bool to_left =
        align == '>' || align == '=' || (align == '^' && i < missing / 2);
    (to_left ? left : right) += spec.fill;
  }
  return align == '=' ? sign + left + body : left + sign + body + right;
}

std::string SignText(bool negative, char sign) {
  if (negative) return std::string(1, '-');
  return sign == '-' ? std::string() : std::string(1, sign);
}

std::string InBase(Int value, int base, bool upper) {
  std::string out;
  for (; value > 0; value /= base) {
    const int digit = static_cast<int>(value % base);
    out.insert(out.begin(), "0123456789abcdef"[digit]);
  }
  if (out.empty()) out.assign(1, '0');
  return upper ? Upper(out) : out;
}

std::string FormatInt(Int value, const Spec& spec) {
  const Int size = value < 0 ? -value : value;
  std::string digits, prefix;
  switch (spec.type) {
    case 'x':
    case 'X':
      digits = InBase(size, 16, spec.type == 'X');
      prefix = spec.type == 'x' ? "0x" : "0X";
      break;
    case 'o':
      digits = InBase(size, 8, false);
      prefix = "0o";
      break;
    case 'b':
      digits = InBase(size, 2, false);
      prefix = "0b";
      break;
    default:
      digits = IntText(size);
  }
  if (!spec.alternate) prefix.clear();
  return Padded(SignText(value < 0, spec.sign) + prefix,
                Grouped(digits, spec.grouping), spec, '>');
}

std::string FloatDigits(double size, const Spec& spec) {
  if (!std::isfinite(size)) return std::isnan(size) ? "nan" : "inf";
  if (spec.type == '\0' && spec.precision < 0) return FloatText(size);
  const char type = spec.type == '%' ? 'f' : spec.type ? spec.type : 'g';
  const int precision = spec.precision < 0 ? 6 : spec.precision;
  const char format[] = {'%', '.', '*', type == 'n' ? 'g' : type, '\0'};
  char text[400 + kMaxPrecision];
  std::snprintf(text, sizeof(text), format, precision,
                spec.type == '%' ? size * 100 : size);
  return std::string(text) + (spec.type == '%' ? "%" : "");
}

std::string FormatFloat(double value, const Spec& spec) {
  return Padded(SignText(std::signbit(value), spec.sign),
                Grouped(FloatDigits(std::abs(value), spec), spec.grouping),
                spec, '>');
}

std::string FormatText(std::string text, const Spec& spec) {
  if (spec.precision >= 0) {
    std::string cut;
    int left = spec.precision;
    for (std::string_view c : SplitCodePoints(text)) {
      if (left-- <= 0) break;
      cut += c;
    }
    text = cut;
  }
  return Padded("", text, spec, '<');
}

bool IsFloatType(char type) {
  return std::string_view("eEfFgG%n").find(type) != std::string_view::npos &&
         type != '\0';
}

std::string FormatValue(Runtime& runtime, const Value& value,
                        std::string_view text) {
  Spec spec;
  if (text.empty()) return Str(runtime, value);
  if (!ParseSpec(text, spec)) {
    runtime.Fail(Cat("Invalid format specifier '", text,
                     "' for object of type '", value.TypeName(), "'"));
    return "";
  }
  if (value.is_number() && IsFloatType(spec.type)) {
    return FormatFloat(value.as_float(), spec);
  }
  if (value.is_integral() && spec.type != 's') {
    if (value.is_bool() && spec.type == '\0') {
      return FormatText(Str(runtime, value), spec);
    }
    return FormatInt(value.as_int(), spec);
  }
  if (value.is_float() && spec.type == '\0') {
    return FormatFloat(value.as_float(), spec);
  }
  if (value.is_string() && (spec.type == '\0' || spec.type == 's')) {
    return FormatText(value.text(), spec);
  }
  if (!value.is_string() && !value.is_number()) {
    runtime.Fail(Cat("unsupported format string passed to ", value.TypeName(),
                     ".__format__"));
  } else {
    runtime.Fail(Cat("Unknown format code '", std::string(1, spec.type),
                     "' for object of type '", value.TypeName(), "'"));
  }
  return "";
}

// The arguments of one `%` or format(), taken one after the other.
class PercentArguments final {
 public:
  PercentArguments(Runtime& runtime, const Value& values)
      : runtime_(runtime), values_(values) {
    is_tuple_ = values.is_list() && values.list().type == ListType::kTuple;
  }

  Value Next() {
    if (is_tuple_ && used_ < values_.list().items.size()) {
      return values_.list().items[used_++];
    }
    if (!is_tuple_ && used_++ == 0) return values_;
    return runtime_.Fail("not enough arguments for format string");
  }
  Value Named(std::string_view name) {
    used_ = 1;
    if (!values_.is_dict()) return runtime_.Fail("format requires a mapping");
    const Value* found = values_.dict().Find(name);
    return found ? *found : runtime_.Fail(Quoted(name));
  }
  void CheckAllUsed() {
    const bool left =
        is_tuple_ ? used_ < values_.list().items.size()
                  : used_ == 0 && !values_.is_dict() && !values_.is_list();
    if (left) {
      runtime_.Fail("not all arguments converted during string formatting");
    }
  }

 private:
  Runtime& runtime_;
  const Value& values_;
  bool is_tuple_ = false;
  size_t used_ = 0;
};

std::string PercentNumber(Runtime& runtime, const Value& value, Spec spec) {
  const bool integer =
      std::string_view("diuxXo").find(spec.type) != std::string_view::npos;
  if (!value.is_number()) {
    runtime.Fail(integer ? Cat("%", std::string(1, spec.type),
                               " format: a real number is required, not ",
                               value.TypeName())
                         : Cat("must be real number, not ", value.TypeName()));
    return "";
  }
  if (!integer) return FormatFloat(value.as_float(), spec);
  if (spec.type == 'i' || spec.type == 'u') spec.type = 'd';
  if (value.is_float()) {
    const double d = std::trunc(value.as_float());
    if (!(std::abs(d) < 1e37)) {
      runtime.Fail("cannot convert float to integer");
      return "";
    }
    return FormatInt(static_cast<Int>(d), spec);
  }
  return FormatInt(value.as_int(), spec);
}

std::string PercentField(Runtime& runtime, const Value& value,
                         const Spec& spec) {
  switch (spec.type) {
    case 's':
      return FormatText(Str(runtime, value), spec);
    case 'r':
    case 'a':
      return FormatText(Repr(runtime, value), spec);
    case 'c': {
      std::string text = value.is_string() ? value.text() : "";
      if (value.is_int() && value.as_int() >= 0 && value.as_int() < 0x110000) {
        AppendUtf8(text, static_cast<int32_t>(value.as_int()));
      }
      return FormatText(text, spec);
    }
    default:
      break;
  }
  constexpr std::string_view kNumbers = "diuxXoeEfFgG";
  if (kNumbers.find(spec.type) == std::string_view::npos) {
    runtime.Fail(
        Cat("unsupported format character '", std::string(1, spec.type), "'"));
    return "";
  }
  return PercentNumber(runtime, value, spec);
}

// One field after its `%`: flags, width, precision and type.
std::string OnePercent(Runtime& runtime, std::string_view& rest,
                       PercentArguments& arguments) {
  Spec spec;
  spec.align = '>';
  std::optional<Value> named;
  if (rest.starts_with('(')) {
    const size_t end = std::min(rest.find(')'), rest.size() - 1);
    named = arguments.Named(rest.substr(1, end - 1));
    rest.remove_prefix(end + 1);
  }
  for (char flag; TakeOne(rest, "-+ #0", &flag);) {
    if (flag == '-') spec.align = '<';
    if (flag == '+' || (flag == ' ' && spec.sign != '+')) spec.sign = flag;
    if (flag == '#') spec.alternate = true;
    if (flag == '0' && spec.align != '<') {
      spec.fill.assign(1, '0');
      spec.align = '=';
    }
  }
  spec.width = ReadInt(rest, kMaxWidth);
  char ignored = '\0';
  if (TakeOne(rest, ".", &ignored)) {
    spec.precision = ReadInt(rest, kMaxPrecision);
  }
  while (TakeOne(rest, "hlL", &ignored)) {
  }
  if (rest.empty()) {
    runtime.Fail("incomplete format");
    return "";
  }
  spec.type = rest[0];
  rest.remove_prefix(1);
  if (spec.type == '%') return std::string(1, '%');
  const bool text = spec.type == 's' || spec.type == 'r' || spec.type == 'c';
  if (spec.align == '<') spec.fill.assign(1, ' ');
  if (text && spec.align == '=') {
    spec.align = '>';
    spec.fill.assign(1, ' ');
  }
  return PercentField(runtime, named ? *named : arguments.Next(), spec);
}

}  // namespace

Value FormatPercent(Runtime& runtime, const String& format,
                    const Value& values) {
  PercentArguments arguments(runtime, values);
  std::string_view rest = format.bytes;
  std::string out;
  while (!rest.empty() && runtime.Step()) {
    const size_t at = std::min(rest.find('%'), rest.size());
    out += rest.substr(0, at);
    rest.remove_prefix(at);
    if (rest.empty()) break;
    rest.remove_prefix(1);
    out += OnePercent(runtime, rest, arguments);
    if (out.size() > runtime.limits().object_bytes) break;
  }
  if (runtime.ok()) arguments.CheckAllUsed();
  return runtime.MakeString(std::move(out), format.markup);
}

namespace {

// Which position the next empty field takes. A format counts or names its
// positions, never both.
struct Numbering {
  size_t next = 0;
  bool named = false;
};

// The value that "0.name[key]" names; the first part is a position, a name or
// empty: the next position.
Value LookUpField(Runtime& runtime, std::string_view field, const Args& args,
                  Numbering& numbering) {
  const size_t end = std::min(field.find_first_of(".["), field.size());
  const std::string_view first = field.substr(0, end);
  field.remove_prefix(end);
  Value value;
  const auto index = ParseInt(first, 10);
  if (first.empty() || index) {
    if (first.empty() ? numbering.named : numbering.next > 0) {
      return runtime.Fail(
          "cannot switch from manual field specification to automatic field "
          "numbering");
    }
    numbering.named |= !first.empty();
    const Int at = first.empty() ? Int(numbering.next++) : *index;
    if (at < 0 || at >= Int(args.positional.size())) {
      return runtime.Fail(Cat("Replacement index ", IntText(at),
                              " out of range for positional args tuple"));
    }
    value = args.positional[static_cast<size_t>(at)];
  } else {
    const Value* found = nullptr;
    for (const auto& [name, named] : args.named) {
      if (name == first) found = &named;
    }
    if (!found) return runtime.Fail(Quoted(first));
    value = *found;
  }
  while (!field.empty() && runtime.Step()) {
    const bool attribute = field[0] == '.';
    field.remove_prefix(1);
    const size_t stop =
        std::min(field.find_first_of(attribute ? ".[" : "]"), field.size());
    const std::string_view name = field.substr(0, stop);
    const auto number = ParseInt(name, 10);
    value = attribute ? GetAttribute(runtime, value, name)
                      : GetItem(runtime, value,
                                number ? Value(*number)
                                       : runtime.MakeString(std::string(name)));
    field.remove_prefix(std::min(stop + (attribute ? 0 : 1), field.size()));
  }
  return value;
}

std::string OneBrace(Runtime& runtime, std::string_view field, const Args& args,
                     Numbering& numbering) {
  std::string_view spec;
  if (const size_t colon = field.find(':'); colon != std::string_view::npos) {
    spec = field.substr(colon + 1);
    field = field.substr(0, colon);
  }
  char conversion = '\0';
  if (const size_t mark = field.find('!'); mark != std::string_view::npos) {
    conversion = mark + 1 < field.size() ? field[mark + 1] : '\0';
    field = field.substr(0, mark);
  }
  Value value = LookUpField(runtime, field, args, numbering);
  if (!runtime.ok()) return "";
  if (conversion == 'r') value = runtime.MakeString(Repr(runtime, value));
  if (conversion == 's') value = runtime.MakeString(Str(runtime, value));
  return FormatValue(runtime, value, spec);
}

}  // namespace

Value FormatBraces(Runtime& runtime, const String& format, const Args& args) {
  std::string_view rest = format.bytes;
  std::string out;
  Numbering numbering;
  while (!rest.empty() && runtime.Step()) {
    const size_t at = std::min(rest.find_first_of("{}"), rest.size());
    out += rest.substr(0, at);
    rest.remove_prefix(at);
    if (rest.empty()) break;
    const char brace = rest[0];
    rest.remove_prefix(1);
    if (rest.starts_with(brace)) {
      out += brace;
      rest.remove_prefix(1);
      continue;
    }
    const size_t end = rest.find('}');
    if (brace == '}' || end == std::string_view::npos) {
      return runtime.Fail(
          brace == '}'   ? "Single '}' encountered in format string"
          : rest.empty() ? "Single '{' encountered in format string"
                         : "expected '}' before end of string");
    }
    const std::string text =
        OneBrace(runtime, rest.substr(0, end), args, numbering);
    out += format.markup ? Escape(text) : text;
    rest.remove_prefix(end + 1);
    if (out.size() > runtime.limits().object_bytes) break;
  }
  return runtime.MakeString(std::move(out), format.markup);
}

}  // namespace mj::jinja
