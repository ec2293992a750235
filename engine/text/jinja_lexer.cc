#include "engine/text/jinja_lexer.h"

#include <algorithm>
#include <array>

#include "engine/text/jinja_literals.h"
#include "engine/text/jinja_text.h"

namespace mj::jinja {
namespace {

constexpr std::array<std::string_view, 25> kOperators = {
    "//", "**", "==", "!=", ">=", "<=", "+", "-", "/", "*", "%", "~", "[",
    "]",  "(",  ")",  "{",  "}",  ">",  "<", "=", ".", ":", "|", ","};

class Lexer final {
 public:
  explicit Lexer(std::string source) : source_(std::move(source)) {}

  absl::StatusOr<std::vector<Token>> Run() {
    while (status_.ok() && pos_ < source_.size()) LexText();
    if (!status_.ok()) return status_;
    Add(TokenType::kEnd, "");
    return std::move(tokens_);
  }

 private:
  std::string_view rest() const {
    return std::string_view(source_).substr(pos_);
  }
  bool LooksAt(std::string_view text) const { return rest().starts_with(text); }
  void Add(TokenType type, std::string_view text, Value number = Value()) {
    tokens_.push_back({type, line_, std::string(text), std::move(number)});
  }
  void Fail(std::string_view message) {
    if (status_.ok()) {
      status_ = absl::InvalidArgumentError(Cat("line ", line_, ": ", message));
    }
  }
  // Moves on; remembers lines and whether a line starts here.
  void Advance(size_t size) {
    if (size == 0) return;
    const std::string_view passed = rest().substr(0, size);
    line_ += static_cast<int>(std::count(passed.begin(), passed.end(), '\n'));
    line_starting_ = passed.back() == '\n';
    pos_ += size;
  }
  void SkipSpace() { Advance(rest().size() - StripLeft(rest()).size()); }

  void LexText();
  void AddText(std::string_view text, char sign, bool is_variable);
  void LexComment();
  bool LexRaw();
  void LexTag(bool is_variable);
  bool LexTagEnd(bool is_variable);
  void LexToken();
  void LexString();
  void LexNumber();
  void LexName();
  void LexOperator();

  const std::string source_;
  size_t pos_ = 0;
  int line_ = 1;
  bool line_starting_ = true;
  std::vector<char> open_;  // the brackets that are open
  std::vector<Token> tokens_;
  absl::Status status_;
};

size_t FindTag(std::string_view text) {
  for (size_t pos = 0; (pos = text.find('{', pos)) != std::string_view::npos;
       ++pos) {
    if (pos + 1 < text.size() &&
        (text[pos + 1] == '{' || text[pos + 1] == '%' ||
         text[pos + 1] == '#')) {
      return pos;
    }
  }
  return std::string_view::npos;
}

// What a tag's sign leaves of the text before it.
std::string_view Trimmed(std::string_view text, char sign, bool is_variable,
                         bool line_starting) {
  if (sign == '-') return StripRight(text);
  if (sign == '+' || is_variable) return text;
  const size_t newline = text.rfind('\n');
  if (newline == std::string_view::npos && !line_starting) return text;
  const size_t from = newline == std::string_view::npos ? 0 : newline + 1;
  return Strip(text.substr(from)).empty() ? text.substr(0, from) : text;
}

char SignAt(std::string_view text, size_t pos) {
  return pos < text.size() && (text[pos] == '-' || text[pos] == '+') ? text[pos]
                                                                     : '\0';
}

// The bytes of a block's end at `pos`: "%}", "-%}" with the space after it,
// "+%}", or "%}" with one newline. 0: none.
size_t BlockEnd(std::string_view text, std::string_view end, bool trim) {
  if (text.starts_with('-') && text.substr(1).starts_with(end)) {
    return text.size() - StripLeft(text.substr(1 + end.size())).size();
  }
  if (trim && text.starts_with('+') && text.substr(1).starts_with(end)) {
    return 1 + end.size();
  }
  if (!text.starts_with(end)) return 0;
  const bool newline = trim && text.substr(end.size()).starts_with('\n');
  return end.size() + (newline ? 1 : 0);
}

void Lexer::LexText() {
  const std::string_view text = rest();
  const size_t at = FindTag(text);
  if (at == std::string_view::npos) {
    Add(TokenType::kData, text);
    pos_ = source_.size();
    return;
  }
  const char kind = text[at + 1];
  AddText(text.substr(0, at), SignAt(text, at + 2), kind == '{');
  Advance(at);
  if (kind == '#') {
    LexComment();
  } else if (kind == '{' || !LexRaw()) {
    LexTag(kind == '{');
  }
}

void Lexer::AddText(std::string_view text, char sign, bool is_variable) {
  // Only a tag, not a bracket in the text, may have moved line_starting_.
  text = Trimmed(text, sign, is_variable, line_starting_);
  if (!text.empty()) Add(TokenType::kData, text);
}

void Lexer::LexComment() {
  const std::string_view text = rest();
  const size_t from = SignAt(text, 2) ? 3 : 2;
  size_t end = text.find("#}", from);
  if (end == std::string_view::npos) return Fail("Missing end of comment tag");
  if (end > from && SignAt(text, end - 1)) --end;
  Advance(end + BlockEnd(text.substr(end), "#}", true));
}

// {% raw %}...{% endraw %}. False: another tag.
bool Lexer::LexRaw() {
  std::string_view text = rest();
  const size_t sign = SignAt(text, 2) ? 1 : 0;
  text = StripLeft(text.substr(2 + sign));
  if (!text.starts_with("raw")) return false;
  text = StripLeft(text.substr(3));
  const size_t end = BlockEnd(text, "%}", false);
  if (end == 0) return false;
  Advance(rest().size() - (text.size() - end));
  text = rest();
  for (size_t at = 0; (at = text.find("{%", at)) != std::string_view::npos;
       ++at) {
    const char end_sign = SignAt(text, at + 2);
    std::string_view tag = StripLeft(text.substr(at + (end_sign ? 3 : 2)));
    if (!tag.starts_with("endraw")) continue;
    tag = StripLeft(tag.substr(6));
    const size_t size = BlockEnd(tag, "%}", true);
    if (size == 0) continue;
    AddText(text.substr(0, at), end_sign, false);
    Advance(text.size() - (tag.size() - size));
    return true;
  }
  Fail("Missing end of raw directive");
  return true;
}

void Lexer::LexTag(bool is_variable) {
  Add(is_variable ? TokenType::kVariableBegin : TokenType::kBlockBegin, "");
  Advance(SignAt(rest(), 2) ? 3 : 2);
  open_.clear();
  while (status_.ok() && pos_ < source_.size()) {
    if (open_.empty() && LexTagEnd(is_variable)) return;
    LexToken();
  }
}

bool Lexer::LexTagEnd(bool is_variable) {
  const size_t size = is_variable ? BlockEnd(rest(), "}}", false)
                                  : BlockEnd(rest(), "%}", true);
  if (size == 0) return false;
  Add(is_variable ? TokenType::kVariableEnd : TokenType::kBlockEnd, "");
  Advance(size);
  return true;
}

void Lexer::LexToken() {
  const CodePoint c = DecodeAt(source_, pos_);
  if (IsSpace(c.value)) {
    SkipSpace();
  } else if (c.value == '"' || c.value == '\'') {
    LexString();
  } else if (c.value >= '0' && c.value <= '9') {
    LexNumber();
  } else if (IsWord(c.value)) {
    LexName();
  } else {
    LexOperator();
  }
}

void Lexer::LexString() {
  const std::string_view text = rest();
  size_t end = 1;
  while (end < text.size() && text[end] != text[0]) {
    end += text[end] == '\\' ? 2 : 1;
  }
  if (end >= text.size()) {
    return Fail(Cat("unexpected char ", text[0] == '"' ? "'\"'" : "\"'\"",
                    " at ", CountCodePoints(source_.substr(0, pos_))));
  }
  auto decoded = DecodeStringLiteral(text.substr(1, end - 1));
  if (!decoded.ok()) return Fail(std::string(decoded.status().message()));
  Add(TokenType::kString, *decoded);
  Advance(end + 1);
}

void Lexer::LexNumber() {
  const bool after_dot =
      pos_ > 0 && source_[pos_ - 1] == '.';  // x.0.1 is x[0][1]
  const NumberLiteral literal = ScanNumber(rest(), !after_dot);
  if (!literal.error.empty()) return Fail(literal.error);
  Add(literal.value.is_float() ? TokenType::kFloat : TokenType::kInteger,
      rest().substr(0, literal.size), literal.value);
  Advance(literal.size);
}

void Lexer::LexName() {
  const std::string_view text = rest();
  size_t size = 0;
  while (size < text.size() && IsWord(DecodeAt(text, size).value)) {
    size += DecodeAt(text, size).size;
  }
  Add(TokenType::kName, text.substr(0, size));
  Advance(size);
}

void Lexer::LexOperator() {
  const auto it =
      std::find_if(kOperators.begin(), kOperators.end(),
                   [this](std::string_view op) { return LooksAt(op); });
  if (it == kOperators.end() && !LooksAt(";")) {
    std::string_view c = rest().substr(0, DecodeAt(source_, pos_).size);
    return Fail(Cat("unexpected char '", c, "' at ",
                    CountCodePoints(source_.substr(0, pos_))));
  }
  const std::string_view op = LooksAt(";") ? std::string_view(";") : *it;
  if (op == "(" || op == "[" || op == "{") {
    open_.push_back(op == "(" ? ')' : op == "[" ? ']' : '}');
  } else if (op == ")" || op == "]" || op == "}") {
    if (open_.empty()) return Fail(Cat("unexpected '", op, "'"));
    if (open_.back() != op[0]) {
      return Fail(Cat("unexpected '", op, "', expected '",
                      std::string(1, open_.back()), "'"));
    }
    open_.pop_back();
  }
  Add(TokenType::kOperator, op);
  Advance(op.size());
}

// "\r\n" and "\r" become "\n"; one newline at the end goes.
std::string NormalizeNewlines(std::string_view source) {
  std::string out;
  out.reserve(source.size());
  for (size_t i = 0; i < source.size(); ++i) {
    if (source[i] != '\r') {
      out += source[i];
    } else {
      out += '\n';
      if (i + 1 < source.size() && source[i + 1] == '\n') ++i;
    }
  }
  if (out.ends_with('\n')) out.pop_back();
  return out;
}

}  // namespace

absl::StatusOr<std::vector<Token>> Tokenize(std::string_view source) {
  return Lexer(NormalizeNewlines(source)).Run();
}

std::string DescribeToken(const Token& token) {
  switch (token.type) {
    case TokenType::kData:
      return "template data / text";
    case TokenType::kVariableBegin:
      return "begin of print statement";
    case TokenType::kVariableEnd:
      return "end of print statement";
    case TokenType::kBlockBegin:
      return "begin of statement block";
    case TokenType::kBlockEnd:
      return "end of statement block";
    case TokenType::kString:
      return "string";
    case TokenType::kInteger:
      return "integer";
    case TokenType::kFloat:
      return "float";
    case TokenType::kEnd:
      return "end of template";
    default:
      return token.text;
  }
}

}  // namespace mj::jinja
