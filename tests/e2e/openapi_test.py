"""What /openapi.json says is what the server does: schemathesis looks for
requests of which that is not true."""

import hashlib
import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

from server import Server

KEY = "an operator's key"
MAX_TOKENS = 4
EXAMPLES = 20  # of each kind and operation
# Fields that contradict each other, or what the model has (a text too long,
# messages that the template refuses, an exit head that is not there): 400.
# The rest: 404 another model, 408 `timeout`.
CONFIG = """
[checks.positive_data_acceptance]
expected-statuses = ["2xx", 400, 404, 408]
"""


def bounded(document, model, vocabulary):
    """The document with what depends on the model, and short replies."""
    schemas = document["components"]["schemas"]
    schemas["TokenId"]["maximum"] = vocabulary - 1
    for name, schema in schemas.items():
        fields = schema.get("properties", {})
        if not name.endswith("Request"):
            continue
        if "model" in fields:
            fields["model"] = {"enum": [model, None]}
        for field in ("max_tokens", "max_completion_tokens"):
            if field in fields:
                fields[field] = {"type": "integer", "minimum": 0,
                                 "maximum": MAX_TOKENS}
                schema["required"].append(field)
        if "n" in fields:
            fields["n"]["maximum"] = 4
    return document


class OpenApiTest(unittest.TestCase):

    def test_schemathesis_finds_nothing(self):
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            digest = hashlib.sha256(KEY.encode()).hexdigest()
            (folder / "keys").write_text(f"operator:{digest}\n")
            (folder / "schemathesis.toml").write_text(CONFIG)
            with Server("--api-keys", str(folder / "keys")) as server:
                bearer = {"Authorization": f"Bearer {KEY}"}
                document = server.request("GET", "/openapi.json")[1]
                model = server.request("GET", "/v1/models",
                                       headers=bearer)[1]["data"][0]["id"]
                (folder / "openapi.json").write_text(
                    json.dumps(bounded(document, model, 49152)))
                done = subprocess.run(
                    [sys.executable, "-m", "schemathesis.cli", "--config-file",
                     str(folder / "schemathesis.toml"), "run",
                     str(folder / "openapi.json"), "--url", server.http,
                     "--header", f"Authorization: Bearer {KEY}", "--phases",
                     "examples,coverage,fuzzing", "--max-examples",
                     str(EXAMPLES), "--seed", "1", "--request-timeout", "60",
                     "--continue-on-failure", "--suppress-health-check",
                     "all", "--no-color"],
                    cwd=folder, capture_output=True, text=True, timeout=600)
                self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
                self.assertIn("No issues found", done.stdout)
                self.assertEqual(server.request("GET", "/health")[0], 200)


if __name__ == "__main__":
    unittest.main()
