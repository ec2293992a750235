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
VOCABULARY, WIDTH = 49152, 576  # the default model's
MAX_MODEL_LEN = 64  # which keeps replies short
EXAMPLES = 20  # of each kind and operation
# Fields that contradict each other, or what the model has (a text too long,
# messages that the template refuses, an exit head that is not there): 400.
# The rest: 404 another model, 408 `timeout`.
CONFIG = """
[checks.positive_data_acceptance]
expected-statuses = ["2xx", 400, 404, 408]
[checks.negative_data_rejection]
expected-statuses = [400, 401, 403, 404, 405, 406, 408, 409, 415, 422, 428, 429, "5xx"]
"""


def bounded(document, model):
    """The document with what depends on this server."""
    schemas = document["components"]["schemas"]
    schemas["TokenId"]["maximum"] = VOCABULARY - 1
    energy = schemas["EnergyBudget"]["properties"]
    energy["quality"] = {"enum": ["full", None]}
    energy["shadow"] = {"enum": [False, None]}
    # Beside other fields: only where stream is true, only n.
    only_beside_others = ("stream_options", "best_of")
    for name, schema in schemas.items():
        fields = schema.get("properties", {})
        if not name.endswith("Request"):
            continue
        if "model" in fields:
            fields["model"] = {"enum": [model, None]}
        if "speculation" in fields:
            fields["speculation"]["enum"] = ["auto", "off", "ngram", None]
        if "dimensions" in fields:
            fields["dimensions"] = {"enum": [WIDTH, None]}
        for field in only_beside_others:
            fields.pop(field, None)
    return document


class OpenApiTest(unittest.TestCase):

    def test_schemathesis_finds_nothing(self):
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            digest = hashlib.sha256(KEY.encode()).hexdigest()
            (folder / "keys").write_text(f"operator:{digest}\n")
            (folder / "schemathesis.toml").write_text(CONFIG)
            with Server("--api-keys", str(folder / "keys"), "--max-model-len",
                        str(MAX_MODEL_LEN)) as server:
                bearer = {"Authorization": f"Bearer {KEY}"}
                document = server.request("GET", "/openapi.json")[1]
                model = server.request("GET", "/v1/models",
                                       headers=bearer)[1]["data"][0]["id"]
                (folder / "openapi.json").write_text(
                    json.dumps(bounded(document, model)))
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
                self.assertRegex(done.stdout,
                                 r"(\d{3,}) generated, \1 passed")
                print(done.stdout[done.stdout.index("Test cases"):])
                self.assertEqual(server.request("GET", "/health")[0], 200)


if __name__ == "__main__":
    unittest.main()
