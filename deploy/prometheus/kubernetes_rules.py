"""Writes the rules as a PrometheusRule of the Prometheus operator.
`python3 deploy/prometheus/kubernetes_rules.py [--check]`"""

import pathlib
import sys

HERE = pathlib.Path(__file__).parent
FILE = HERE.parent / "kubernetes" / "monitoring" / "rules.yaml"
HEAD = """\
# What deploy/prometheus/kubernetes_rules.py writes of deploy/prometheus/rules.yml.
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata:
  name: millijoule
spec:
"""


def main():
    check = sys.argv[1:] == ["--check"]
    assert check or len(sys.argv) == 1, __doc__
    rules = (HERE / "rules.yml").read_text()
    groups = rules[rules.index("groups:\n"):].splitlines()
    text = HEAD + "".join(f"  {line}".rstrip() + "\n" for line in groups)
    if not check:
        FILE.write_text(text)
    elif not FILE.exists() or FILE.read_text() != text:
        sys.exit(f"{FILE.name}: not what kubernetes_rules.py writes")


if __name__ == "__main__":
    main()
