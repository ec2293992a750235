// Statements and white space: each expected text is jinja2's own, with the
// settings of transformers.
#include "tests/engine/text/jinja_cases.h"

namespace mj {
namespace {

// clang-format off
constexpr char kContext[] = R"j({"s": "Hello, World", "u": "Grüße 世界", "n": 7, "f": 2.5, "yes": true, "no": null, "l": [3, 1, 2], "words": ["b", "A", "c"], "d": {"b": 1, "a": [1, {"x": null}]}, "m": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "yo", "n": 2}], "big": 12345678901234567890})j";

constexpr JinjaCase kCases[] = {
    {"if elif else", R"j({% if no %}a{% elif n %}b{% else %}c{% endif %})j",
     R"j(b)j"},
    {"loop fields", R"j({% for x in l %}{{ loop.index }}{{ loop.index0 }}{{ loop.revindex }}{{ loop.revindex0 }}{{ loop.first }}{{ loop.last }}{{ loop.length }}{{ loop.previtem }}|{{ loop.nextitem }}|{{ loop.cycle('a','b') }}{{ loop.depth }};{% endfor %})j",
     R"j(1032TrueFalse3|1|a1;2121FalseFalse33|2|b1;3210FalseTrue31||a1;)j"},
    {"loop changed", R"j({% for x in [1,1,2] %}{{ loop.changed(x) }},{% endfor %})j",
     R"j(True,False,True,)j"},
    {"loop else", R"j({% for x in [] %}a{% else %}b{% endfor %}{% for x in [1] if x > 1 %}a{% else %}c{% endfor %})j",
     R"j(bc)j"},
    {"loop filter", R"j({% for x in l if x != 1 %}{{ loop.index }}/{{ loop.length }}:{{ x }} {% endfor %})j",
     R"j(1/2:3 2/2:2 )j"},
    {"loop unpacks", R"j({% for k, v in d.items() %}{{ k }}={{ v }};{% endfor %}{% for a, (b, c) in [(1, (2, 3))] %}{{ a }}{{ b }}{{ c }}{% endfor %})j",
     R"j(b=1;a=[1, {'x': None}];123)j"},
    {"loop unpack too few", R"j({% for a, b in [[1]] %}{% endfor %})j",
     R"j(error: not enough values to unpack (expected 2, got 1))j"},
    {"loop unpack too many", R"j({% for a, b in [[1, 2, 3]] %}{% endfor %})j",
     R"j(error: too many values to unpack (expected 2))j"},
    {"loop over none", R"j({% for a in no %}{% endfor %})j",
     R"j(error: 'NoneType' object is not iterable)j"},
    {"loop over text and dict", R"j({% for c in u %}{{ c }}.{% endfor %}{% for k in d %}{{ k }}{% endfor %}{% for x in nope %}x{% endfor %})j",
     R"j(G.r.ü.ß.e. .世.界.ba)j"},
    {"break continue", R"j({% for x in range(9) %}{% if x == 1 %}{% continue %}{% endif %}{% if x > 3 %}{% break %}{% endif %}{{ x }}{% endfor %})j",
     R"j(023)j"},
    {"recursive loop", R"j({% for x in [1, [2, [3]]] recursive %}{{ loop.depth }}{% if x is iterable %}[{{ loop(x) }}]{% else %}{{ x }}{% endif %}{% endfor %})j",
     R"j(111[222[33]])j"},
    {"loop scope", R"j({% set x = 1 %}{% for i in l %}{{ x }}{% set x = i %}{{ x }}{% endfor %}{{ x }})j",
     R"j(1311121)j"},
    {"if scope", R"j({% if yes %}{% set x = 1 %}{% endif %}{{ x }})j",
     R"j(1)j"},
    {"set targets", R"j({% set a, b = 1, 2 %}{{ a }}{{ b }}{% set (c, e) = [3, 4] %}{{ c }}{{ e }}{% set t = 1, 2 %}{{ t }})j",
     R"j(1234(1, 2))j"},
    {"set block", R"j({% set x %}  a {{ n }}{% endset %}[{{ x }}]{% set y | upper | trim %} b {% endset %}[{{ y }}])j",
     R"j([  a 7][B])j"},
    {"namespace", R"j({% set ns = namespace(a=1) %}{% for x in l %}{% set ns.a = ns.a + x %}{% endfor %}{{ ns.a }}{{ ns.b }}{{ ns }})j",
     R"j(7<Namespace {'a': 7}>)j"},
    {"namespace only", R"j({% set d.x = 1 %})j",
     R"j(error: cannot assign attribute on non-namespace object)j"},
    {"macro", R"j({% macro f(a, b=2, c=b) %}{{ a }}{{ b }}{{ c }};{% endmacro %}{{ f(1) }}{{ f(1, 3) }}{{ f(c=9, a=8) }}{{ f() }}{{ f.name }}{{ f.arguments }})j",
     R"j(122;133;829;22;f('a', 'b', 'c'))j"},
    {"macro varargs kwargs", R"j({% macro f(a) %}{{ a }}{{ varargs }}{{ kwargs }}{% endmacro %}{{ f(1, 2, 3, x=4) }})j",
     R"j(1(2, 3){'x': 4})j"},
    {"macro too many", R"j({% macro f(a) %}{% endmacro %}{{ f(1, 2) }})j",
     R"j(error: macro 'f' takes not more than 1 argument(s))j"},
    {"macro unknown", R"j({% macro f(a) %}{% endmacro %}{{ f(b=2) }})j",
     R"j(error: macro 'f' takes no keyword argument 'b')j"},
    {"macro missing", R"j({% macro f(a) %}{{ a.x }}{% endmacro %}{{ f() }})j",
     R"j(error: parameter 'a' was not provided)j"},
    {"macro star", R"j({% macro f(a, b) %}{{ a }}{{ b }}{% endmacro %}{{ f(*[1, 2]) }}{{ f(**{'a': 3, 'b': 4}) }})j",
     R"j(1234)j"},
    {"macro sees later set", R"j({% macro f() %}{{ later }}{% endmacro %}{% set later = 5 %}{{ f() }})j",
     R"j(5)j"},
    {"macro recursion", R"j({% macro f(n) %}{{ n }}{% if n > 0 %}{{ f(n - 1) }}{% endif %}{% endmacro %}{{ f(3) }})j",
     R"j(3210)j"},
    {"call", R"j({% macro f() %}<{{ caller() }}>{% endmacro %}{% call f() %}body {{ n }}{% endcall %})j",
     R"j(<body 7>)j"},
    {"call with arguments", R"j({% macro f() %}{{ caller(1, 2) }}{% endmacro %}{% call(a, b=3) f() %}{{ a }}-{{ b }}{% endcall %})j",
     R"j(1-2)j"},
    {"filter block", R"j({% filter upper|replace('A', 'x') %}abc {{ n }}{% endfilter %})j",
     R"j(xBC 7)j"},
    {"with", R"j({% with a = 1, b = n %}{{ a }}{{ b }}{% endwith %}{{ a }})j",
     R"j(17)j"},
    {"generation", R"j({% generation %}
{% set x = 1 %}a{% endgeneration %}
{{ x }}b)j",
     R"j(ab)j"},
    {"raw", R"j({% raw %}
{{ x }}{% y %}{% endraw %}
z)j",
     R"j(
{{ x }}{% y %}z)j"},
    {"raw trims", R"j(a {%- raw -%} {{ x }} {%- endraw -%} b)j",
     R"j(a{{ x }}b)j"},
    {"comments", R"j(a{# x #}
b {#- y -#} c
  {# z #}
d)j",
     R"j(abc
d)j"},
    {"trim blocks", R"j({% if yes %}
  a
{% endif %}
{{ n }}
b)j",
     R"j(  a
7
b)j"},
    {"lstrip blocks", R"j(a
  {% if yes %}  b
	{% endif %}c)j",
     R"j(a
  b
c)j"},
    {"minus", R"j(a 
 {%- if yes -%} 
 b 
 {%- endif -%} 
 c {{- n -}} 
 d)j",
     R"j(abc7d)j"},
    {"plus", R"j(a
  {%+ if yes +%}
  b{% endif %})j",
     R"j(a
  
  b)j"},
    {"text before a tag", R"j(x  {% if yes %}y{% endif %})j",
     R"j(x  y)j"},
    {"newline at the end", R"j(a
)j",
     R"j(a)j"},
    {"two newlines at the end", R"j(a

)j",
     R"j(a
)j"},
    {"carriage returns", R"j(a
bc{% if yes %}
d{% endif %})j",
     R"j(a
b
cd)j"},
    {"braces inside", R"j({{ {'a': {'b': 1}} }}{{ '}}' }}{% set x = {'%}': 1} %}{{ x }})j",
     R"j({'a': {'b': 1}}}}{'%}': 1})j"},
    {"joiner cycler", R"j({% set j = joiner('|') %}{{ j() }}a{{ j() }}b{% set c = cycler(1, 2) %}{{ c.next() }}{{ c.next() }}{{ c.next() }}{{ c.current }})j",
     R"j(a|b1212)j"},
    {"raise", R"j({{ raise_exception('Only user: ' ~ n) }})j",
     R"j(error: Only user: 7)j"},
    {"print", R"j({% print n, 1 %})j",
     R"j(71)j"},
    {"unknown tag", R"j({% if yes %}{% foo %}{% endif %})j",
     R"j(error: Encountered unknown tag 'foo'. Jinja was looking for the following tags: 'elif' or 'else' or 'endif'. The innermost block that needs to be closed is 'if'.)j"},
    {"nesting mistake", R"j({% for x in l %}{% if x %}{% endfor %})j",
     R"j(error: Encountered unknown tag 'endfor'. You probably made a nesting mistake. Jinja is expecting this tag, but currently looking for 'elif' or 'else' or 'endif'. The innermost block that needs to be closed is 'if'.)j"},
    {"no end", R"j({% if yes %}a)j",
     R"j(error: Unexpected end of template. Jinja was looking for the following tags: 'elif' or 'else' or 'endif'. The innermost block that needs to be closed is 'if'.)j"},
    {"unexpected end tag", R"j(a{% endif %})j",
     R"j(error: Encountered unknown tag 'endif'.)j"},
    {"unclosed comment", R"j({# a)j",
     R"j(error: Missing end of comment tag)j"},
    {"unclosed raw", R"j({% raw %} a)j",
     R"j(error: Missing end of raw directive)j"},
    {"set without value", R"j({% set x = %})j",
     R"j(error: Expected an expression, got 'end of statement block')j"},
    {"expected", R"j({% for x of l %}{% endfor %})j",
     R"j(error: expected token 'in', got 'of')j"},
    {"assign to constant", R"j({% set none = 1 %})j",
     R"j(error: can't assign to 'const')j"},
    {"empty print", R"j({{ }})j",
     R"j(error: Expected an expression, got 'end of print statement')j"},
    {"chained tests", R"j({{ n is number is string }})j",
     R"j(error: You cannot chain multiple tests with is)j"},
};
// clang-format on

TEST(JinjaStatements, EqualsJinja2) {
  ExpectEqualsJinja2(kContext, kCases);
}

}  // namespace
}  // namespace mj
