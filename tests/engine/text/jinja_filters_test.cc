// Filters: each expected text is jinja2's own, with the settings of
// transformers.
#include "tests/engine/text/jinja_cases.h"

namespace mj {
namespace {

// clang-format off
constexpr char kContext[] = R"j({"s": "Hello, World", "u": "Grüße 世界", "n": 7, "f": 2.5, "yes": true, "no": null, "l": [3, 1, 2], "words": ["b", "A", "c"], "d": {"b": 1, "a": [1, {"x": null}]}, "m": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "yo", "n": 2}], "big": 12345678901234567890})j";

constexpr JinjaCase kCases[] = {
    {"' a '|trim ~ '|', 'xax'|trim('x'), s|upper, s|lower, 'hello ", R"j({{ ' a '|trim ~ '|', 'xax'|trim('x'), s|upper, s|lower, 'hello wORLD'|title, 'aB'|capitalize }})j",
     R"j(('a|', 'a', 'HELLO, WORLD', 'hello, world', 'Hello World', 'Ab'))j"},
    {"l|length, s|count, d|length, nope|length", R"j({{ l|length, s|count, d|length, nope|length }})j",
     R"j((3, 12, 2, 0))j"},
    {"n|length", R"j({{ n|length }})j",
     R"j(error: object of type 'int' has no len())j"},
    {"l|first, l|last, []|first, []|last, s|first", R"j({{ l|first, l|last, []|first, []|last, s|first }})j",
     R"j((3, 2, Undefined, Undefined, 'H'))j"},
    {"words|join, words|join(', '), m|join('-', attribute='role')", R"j({{ words|join, words|join(', '), m|join('-', attribute='role') }})j",
     R"j(('bAc', 'b, A, c', 'user-assistant'))j"},
    {"s|replace('l', 'L', 1)", R"j({{ s|replace('l', 'L', 1) }})j",
     R"j(HeLlo, World)j"},
    {"nope|default('x'), ''|default('x'), ''|default('x', true), n", R"j({{ nope|default('x'), ''|default('x'), ''|default('x', true), no|d('x'), nope|default }})j",
     R"j(('x', '', 'x', None, ''))j"},
    {"d|tojson", R"j({{ d|tojson }})j",
     R"j({"b": 1, "a": [1, {"x": null}]})j"},
    {"d|tojson(indent=2)", R"j({{ d|tojson(indent=2) }})j",
     R"j({
  "b": 1,
  "a": [
    1,
    {
      "x": null
    }
  ]
})j"},
    {"[1, {'b': 1, 'a': 'é<>&'}]|tojson(sort_keys=true, ensure_asc", R"j({{ [1, {'b': 1, 'a': 'é<>&'}]|tojson(sort_keys=true, ensure_ascii=true, separators=(',', ':')) }})j",
     R"j([1,{"a":"\u00e9<>&","b":1}])j"},
    {"[1.0, 1e20, none, true, 'an'', [], {}, (1, 2)]|tojson", R"j({{ [1.0, 1e20, none, true, 'a\n"\\', [], {}, (1, 2)]|tojson }})j",
     R"j([1.0, 1e+20, null, true, "a\n\"\\", [], {}, [1, 2]])j"},
    {"{'a': []}|tojson(indent=4)", R"j({{ {'a': []}|tojson(indent=4) }})j",
     R"j({
    "a": []
})j"},
    {"nope|tojson", R"j({{ nope|tojson }})j",
     R"j(error: Object of type Undefined is not JSON serializable)j"},
    {"range(2)|tojson", R"j({{ range(2)|tojson }})j",
     R"j(error: Object of type range is not JSON serializable)j"},
    {"m|map(attribute='role')|list, words|map('upper')|join, m|map", R"j({{ m|map(attribute='role')|list, words|map('upper')|join, m|map(attribute='n', default=0)|list }})j",
     R"j((['user', 'assistant'], 'BAC', [0, 2]))j"},
    {"l|select('odd')|list, l|reject('odd')|list, [0, 1]|select|li", R"j({{ l|select('odd')|list, l|reject('odd')|list, [0, 1]|select|list }})j",
     R"j(([3, 1], [2], [1]))j"},
    {"m|selectattr('role', 'equalto', 'user')|list|length, m|selec", R"j({{ m|selectattr('role', 'equalto', 'user')|list|length, m|selectattr('n')|list, m|rejectattr('n', 'defined')|list }})j",
     R"j((1, [{'role': 'assistant', 'content': 'yo', 'n': 2}], [{'role': 'user', 'content': 'hi'}]))j"},
    {"m|selectattr('role')|length", R"j({{ m|selectattr('role')|length }})j",
     R"j(error: object of type 'generator' has no len())j"},
    {"'abc'|list, 12|string, '12'|int, 'x'|int, 'x'|int(5), '0x1f'", R"j({{ 'abc'|list, 12|string, '12'|int, 'x'|int, 'x'|int(5), '0x1f'|int(0, 16), '2.7'|int, 2.9|int, '2.5'|float, 'x'|float }})j",
     R"j((['a', 'b', 'c'], '12', 12, 0, 5, 31, 2, 2, 2.5, 0.0))j"},
    {"-3|abs, -2.5|abs, 2.5|round, 3.5|round, 2.456|round(2), 42.5", R"j({{ -3|abs, -2.5|abs, 2.5|round, 3.5|round, 2.456|round(2), 42.55|round(1, 'floor'), 42.51|round(1, 'ceil'), 7|round }})j",
     R"j((3, 2.5, 2.0, 4.0, 2.46, 42.5, 42.6, 7))j"},
    {"l|sort, words|sort, words|sort(case_sensitive=true), l|sort(", R"j({{ l|sort, words|sort, words|sort(case_sensitive=true), l|sort(reverse=true), m|sort(attribute='role')|map(attribute='role')|list }})j",
     R"j(([1, 2, 3], ['A', 'b', 'c'], ['A', 'b', 'c'], [3, 2, 1], ['assistant', 'user']))j"},
    {"[1, 'a']|sort", R"j({{ [1, 'a']|sort }})j",
     R"j(error: '<' not supported between instances of 'str' and 'int')j"},
    {"['a', 'A', 'b']|unique|list, [1, 1.0, 2]|unique|list", R"j({{ ['a', 'A', 'b']|unique|list, [1, 1.0, 2]|unique|list }})j",
     R"j((['a', 'b'], [1, 2]))j"},
    {"l|reverse|list, 'abc'|reverse, l|min, l|max, []|min, l|sum, ", R"j({{ l|reverse|list, 'abc'|reverse, l|min, l|max, []|min, l|sum, m|sum(attribute='n', start=1) }})j",
     R"j(error: 'dict object' has no attribute 'n')j"},
    {"d|items|list, nope|items|list", R"j({{ d|items|list, nope|items|list }})j",
     R"j(([('b', 1), ('a', [1, {'x': None}])], []))j"},
    {"d|dictsort, {'b': 1, 'A': 2}|dictsort, {'b': 1, 'a': 2}|dict", R"j({{ d|dictsort, {'b': 1, 'A': 2}|dictsort, {'b': 1, 'a': 2}|dictsort(by='value'), d|dictsort(reverse=true) }})j",
     R"j(([('a', [1, {'x': None}]), ('b', 1)], [('A', 2), ('b', 1)], [('b', 1), ('a', 2)], [('b', 1), ('a', [1, {'x': None}])]))j"},
    {"'anbnnc'|indent, 'anb'|indent(2, true), 'annb'|indent('> ', ", R"j({{ 'a\nb\n\nc'|indent, 'a\nb'|indent(2, true), 'a\n\nb'|indent('> ', blank=true) }})j",
     R"j(('a\n    b\n\n    c', '  a\n  b', 'a\n> \n> b'))j"},
    {"'<a>'|escape, '<a>'|e|e, '<a>'|safe|escape, '<' ~ ('&'|e), '", R"j({{ '<a>'|escape, '<a>'|e|e, '<a>'|safe|escape, '<' ~ ('&'|e), '<' + ('&'|e) }})j",
     R"j((Markup('&lt;a&gt;'), Markup('&lt;a&gt;'), Markup('<a>'), '<&amp;', Markup('&lt;&amp;')))j"},
    {"l|batch(2)|list, l|batch(2, 0)|list, l|slice(2)|list, [1,2,3", R"j({{ l|batch(2)|list, l|batch(2, 0)|list, l|slice(2)|list, [1,2,3,4,5]|slice(3, 'x')|list }})j",
     R"j(([[3, 1], [2]], [[3, 1], [2, 0]], [[3, 1], [2]], [[1, 2], [3, 4], [5, 'x']]))j"},
    {"m|groupby('role')", R"j({{ m|groupby('role') }})j",
     R"j([('assistant', [{'role': 'assistant', 'content': 'yo', 'n': 2}]), ('user', [{'role': 'user', 'content': 'hi'}])])j"},
    {"'a b, c-d'|wordcount, 'ab'|center(6), '%s-%s'|format(1, 2), ", R"j({{ 'a b, c-d'|wordcount, 'ab'|center(6), '%s-%s'|format(1, 2), '<b>x</b>  y'|striptags }})j",
     R"j((4, '  ab  ', '1-2', 'x y'))j"},
    {"'a b/c?é'|urlencode, {'a': 'x y', 'b': 1}|urlencode", R"j({{ 'a b/c?é'|urlencode, {'a': 'x y', 'b': 1}|urlencode }})j",
     R"j(('a%20b/c%3F%C3%A9', 'a=x+y&b=1'))j"},
    {"'foo bar baz qux'|truncate(9), 'foo bar baz qux'|truncate(9,", R"j({{ 'foo bar baz qux'|truncate(9), 'foo bar baz qux'|truncate(9, true), 'foo bar'|truncate(5, true, '', 0) }})j",
     R"j(('foo...', 'foo ba...', 'foo b'))j"},
    {"{'a': 1, 'b': none, 'c': '<'}|xmlattr", R"j({{ {'a': 1, 'b': none, 'c': '<'}|xmlattr }})j",
     R"j( a="1" c="&lt;")j"},
    {"'x'|indent|upper|replace('X', 'y')", R"j({{ 'x'|indent|upper|replace('X', 'y') }})j",
     R"j(y)j"},
};
// clang-format on

TEST(JinjaFilters, EqualsJinja2) {
  ExpectEqualsJinja2(kContext, kCases);
}

}  // namespace
}  // namespace mj
