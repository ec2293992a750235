#!/usr/bin/env python3
"""Renders chat templates with ours and with Python's jinja2, side by side.

    compare_templates.py --renderer build/bin/millijoule FOLDER_OR_FILE...

jinja2 is set up as transformers does it. Every template meets every
conversation below, with and without tools and the generation prompt. Equal
means: the same bytes, or both fail with the same message. Prints what
differs; exit status 1 if anything does. Needs jinja2.
"""
import argparse
import datetime
import difflib
import json
import pathlib
import re
import subprocess
import sys
import tempfile

import jinja2
import jinja2.ext
import jinja2.sandbox


class Generation(jinja2.ext.Extension):
    """{% generation %}: transformers marks the assistant's tokens with it."""

    tags = {"generation"}

    def parse(self, parser):
        line = next(parser.stream).lineno
        body = parser.parse_statements(["name:endgeneration"], drop_needle=True)
        call = self.call_method("_body")
        return jinja2.nodes.CallBlock(call, [], [], body).set_lineno(line)

    def _body(self, caller):
        return caller()


def raise_exception(message):
    raise jinja2.exceptions.TemplateError(message)


def to_json(value, ensure_ascii=False, indent=None, separators=None,
            sort_keys=False):
    return json.dumps(value, ensure_ascii=ensure_ascii, indent=indent,
                      separators=separators, sort_keys=sort_keys)


def make_environment():
    environment = jinja2.sandbox.ImmutableSandboxedEnvironment(
        trim_blocks=True, lstrip_blocks=True,
        extensions=[Generation, jinja2.ext.loopcontrols])
    environment.filters["tojson"] = to_json
    environment.globals["raise_exception"] = raise_exception
    environment.globals["strftime_now"] = (
        lambda text: datetime.datetime.now().strftime(text))
    return environment


TOOLS = [{
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "The weather of a city, now.",
        "parameters": {
            "type": "object",
            "properties": {
                "city": {"type": "string", "description": "Its name <&'\">"},
                "unit": {"type": "string", "enum": ["celsius", "kelvin"]},
                "days": {"type": "integer", "default": 1},
            },
            "required": ["city"],
        },
    },
}]


def tool_call(arguments):
    return {"role": "assistant", "content": "", "tool_calls": [{
        "id": "call00001", "type": "function",
        "function": {"name": "get_weather", "arguments": arguments}}]}


def text_parts(*texts):
    return [{"type": "text", "text": text} for text in texts]


USER = {"role": "user", "content": "Hi there,  \n<b>what</b> is 2+2? "}
REPLY = {"role": "assistant", "content": " It is 4.\n"}
NEXT = {"role": "user", "content": "Grüße, 世界 🎉"}
SYSTEM = {"role": "system", "content": "You are terse."}
RESULT = {"role": "tool", "name": "get_weather", "tool_call_id": "call00001",
          "content": '{"celsius": 21.5}'}
WEATHER = {"city": "Zürich", "days": 2, "exact": True, "near": None,
           "at": [47.37, 8.54]}

CONVERSATIONS = {
    "user": [USER],
    "system": [SYSTEM, USER],
    "turns": [SYSTEM, USER, REPLY, NEXT],
    "turns without system": [USER, REPLY, NEXT],
    "ends with assistant": [USER, REPLY],
    "parts": [{"role": "system", "content": text_parts("Be", " kind.")},
              {"role": "user", "content": text_parts("One.", "Two.")}],
    "image": [{"role": "user",
               "content": [{"type": "image"}] + text_parts("What is it?")}],
    "reasoning": [USER, dict(REPLY, reasoning_content="Two and two."), NEXT],
    "think tags": [USER, dict(REPLY, content="<think>\nHm.\n</think>\n\n4"),
                   NEXT],
    "tool call": [SYSTEM, USER, tool_call(WEATHER), RESULT, REPLY, NEXT],
    "tool call as text": [USER, tool_call(json.dumps(WEATHER)), RESULT],
    "two results": [USER, tool_call(WEATHER), RESULT, RESULT],
    "null content": [USER, dict(tool_call(WEATHER), content=None), RESULT],
    "wrong order": [REPLY, USER],
    "unknown role": [USER, {"role": "oracle", "content": "42"}],
    "no content": [{"role": "user"}],
    "empty": [],
}


def cases():
    for name, messages in CONVERSATIONS.items():
        for tools in (None, TOOLS):
            for prompt in (False, True):
                label = name + (", tools" if tools else "")
                yield (label + (", prompt" if prompt else ""), messages, tools,
                       prompt)


def render_reference(environment, source, messages, tools, prompt):
    context = {"messages": messages, "add_generation_prompt": prompt}
    if tools:
        context["tools"] = tools
    try:
        return True, environment.from_string(source).render(**context)
    except Exception as error:  # whatever the template makes Python raise
        return False, getattr(error, "message", None) or str(error)


def render_ours(renderer, template, messages, tools, prompt, folder):
    command = [renderer, "render", "--template", str(template)]
    for name, value in (("messages", messages), ("tools", tools)):
        if value is not None:
            path = pathlib.Path(folder, name + ".json")
            path.write_text(json.dumps(value), encoding="utf-8")
            command += ["--" + name, str(path)]
    if prompt:
        command.append("--add-generation-prompt")
    run = subprocess.run(command, capture_output=True, timeout=60, check=False)
    if run.returncode == 0:
        return True, run.stdout.decode("utf-8")
    return False, run.stderr.decode("utf-8", "replace")


def same_message(wanted, got):
    """Ours may name the command and the line around the message."""
    return re.sub(r"\s+", " ", wanted) in re.sub(r"\s+", " ", got)


def show(template, label, wanted, got):
    print(f"--- {template.name}: {label}")
    if wanted[0] and got[0]:
        lines = difflib.unified_diff(
            wanted[1].splitlines(), got[1].splitlines(), "jinja2", "ours",
            lineterm="", n=1)
        print("\n".join(list(lines)[:30]))
    else:
        for name, (ok, text) in (("jinja2", wanted), ("ours", got)):
            print(f"{name} {'printed' if ok else 'failed'}: {text[:300]!r}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--renderer", required=True)
    parser.add_argument("--quiet", action="store_true", help="only the totals")
    parser.add_argument("paths", nargs="+", type=pathlib.Path)
    options = parser.parse_args()
    templates = []
    for path in options.paths:
        templates += sorted(path.glob("*.jinja")) if path.is_dir() else [path]
    environment = make_environment()
    total = equal = text_equal = other_message = 0
    bad_templates = set()
    with tempfile.TemporaryDirectory() as folder:
        for template in templates:
            # jinja2 normalises newlines itself
            source = template.read_bytes().decode("utf-8")
            for label, messages, tools, prompt in cases():
                wanted = render_reference(environment, source, messages, tools,
                                          prompt)
                got = render_ours(options.renderer, template, messages, tools,
                                  prompt, folder)
                total += 1
                same = wanted[0] == got[0] and (
                    wanted[1] == got[1] if wanted[0]
                    else same_message(wanted[1], got[1]))
                equal += same
                text_equal += same and wanted[0]
                if not same:
                    bad_templates.add(template.name)
                    other_message += not wanted[0] and not got[0]
                    if not options.quiet:
                        show(template, label, wanted, got)
    print(f"{len(templates)} templates, {total} renderings: {equal} equal "
          f"({text_equal} texts, {equal - text_equal} errors), "
          f"{total - equal} differ (of these {other_message} only in the "
          f"error's message); {len(bad_templates)} templates differ "
          f"somewhere")
    sys.exit(0 if total and equal == total else 1)


if __name__ == "__main__":
    main()
