"""What deploy/ offers holds together: schemas, linters, and the server itself
say so. Docker and Kubernetes are not needed."""

import http.server
import json
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import threading
import tomllib
import unittest

import jsonschema
import kubernetes_validate
import yaml

from server import BINARY, ROOT, Server

DEPLOY = ROOT / "deploy"
KUBERNETES = DEPLOY / "kubernetes"
TOOLS = pathlib.Path(sys.executable).parent  # of the Python environment


def run(*command, **options):
    """Its standard output; fails with all it said."""
    done = subprocess.run([str(word) for word in command], text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          **options)
    if done.returncode != 0:
        raise AssertionError(f"{command}: {done.stdout}")
    return done.stdout


def known_flags():
    return set(re.findall(r"^\s+(--[a-z-]+)", run(BINARY, "serve", "--help"),
                          re.MULTILINE))


def dockerfile():
    """[(instruction, arguments)]"""
    text = (DEPLOY / "Dockerfile").read_text()
    text = re.sub(r"^#.*\n", "", text, flags=re.MULTILINE)
    lines = text.replace("\\\n", "").splitlines()
    return [tuple(line.split(None, 1)) for line in lines if line.strip()]


def manifests():
    """{file: [object]} of all that kustomizations name."""
    found = {}
    for kustomization in KUBERNETES.rglob("kustomization.yaml"):
        for name in yaml.safe_load(kustomization.read_text())["resources"]:
            path = kustomization.parent / name
            found[path] = list(yaml.safe_load_all(path.read_text()))
    return found


def manifest(kind, name="millijoule"):
    (found,) = [item for items in manifests().values() for item in items
                if item["kind"] == kind and item["metadata"]["name"] == name]
    return found


def compose():
    text = run(TOOLS / "docker-compose", "-f", DEPLOY / "compose.yaml",
               "config", "--format", "json", env={**os.environ, "HOME": "/h"})
    return json.loads(text)["services"]


def unit(name):
    """[(key, value)]"""
    lines = (DEPLOY / "systemd" / name).read_text().splitlines()
    return [tuple(line.split("=", 1)) for line in lines
            if "=" in line and not line.startswith("#")]


def all_settings():
    """The example configuration with what it comments out."""
    text = (DEPLOY / "systemd/millijoule.toml").read_text()
    return tomllib.loads(re.sub(r"^# (\S+ = )", r"\1", text,
                                flags=re.MULTILINE))


def kubernetes_config():
    return manifest("ConfigMap")["data"]["millijoule.toml"]


class FlagsTest(unittest.TestCase):
    """Every `serve` that is written down is one that the binary takes."""

    def check(self, words):
        self.assertIn("serve", words)
        flags = {word.split("=")[0] for word in words if word.startswith("--")}
        self.assertTrue(flags)
        self.assertLessEqual(flags, known_flags())

    def test_command_lines(self):
        self.check(json.loads(dict(dockerfile())["CMD"]))
        self.check(compose()["millijoule"]["command"])
        self.check(dict(unit("millijoule.service"))["ExecStart"].split())
        (container,) = manifest("Deployment")["spec"]["template"]["spec"][
            "containers"]
        self.check(container["args"])

    def test_configurations_start_a_server(self):
        example = (DEPLOY / "systemd/millijoule.toml").read_text()
        for text in (example, kubernetes_config()):
            with tempfile.NamedTemporaryFile("w", suffix=".toml") as file:
                file.write(text.replace("drain-delay", "#"))
                file.flush()
                with Server("--config", file.name) as server:
                    self.assertEqual(server.request("GET", "/ready")[0], 200)

    def test_commented_settings_are_flags(self):
        settings = all_settings()
        self.assertIn("api-keys", settings)
        self.assertLessEqual({"--" + key for key in settings}, known_flags())

    def test_who_ends_a_server_waits_for_its_drain(self):
        example = all_settings()
        pod = tomllib.loads(kubernetes_config())
        grace = manifest("Deployment")["spec"]["template"]["spec"][
            "terminationGracePeriodSeconds"]
        stop = int(dict(unit("millijoule.service"))["TimeoutStopSec"])
        for settings, patience in ((example, stop), (pod, grace)):
            needed = settings["drain-delay"] + settings["drain-timeout"]
            self.assertGreater(patience, needed + 1)  # and a farewell
        service = compose()["millijoule"]
        (drain,) = [word for word in service["command"] if "drain" in word]
        self.assertEqual(drain, "--drain-timeout=30")
        self.assertEqual(service["stop_grace_period"], "45s")


class DockerfileTest(unittest.TestCase):

    def test_hadolint_finds_nothing(self):
        run(TOOLS / "hadolint", DEPLOY / "Dockerfile")

    def test_what_is_copied_exists(self):
        for instruction, arguments in dockerfile():
            words = arguments.split()
            if instruction == "COPY" and not words[0].startswith("--"):
                for source in words[:-1]:
                    self.assertTrue((ROOT / source).exists(), source)

    def test_the_image_has_the_libraries_of_the_binary_and_no_others(self):
        names = re.findall(r"\(NEEDED\).*\[(.*)\]", run("readelf", "-d", BINARY))
        needed = set()
        for name in names:
            owner = run("dpkg-query", "-S", f"*-linux-gnu/{name}")
            needed.add(owner.split(":")[0])
        needed.discard("libc6")  # of every image
        install = " ".join(arguments for instruction, arguments in dockerfile()
                           if "--no-install-recommends" in arguments)
        self.assertEqual(set(re.findall(r"\blib[\w.+-]+", install)) -
                         {"lib/millijoule", "lib"}, needed)

    def test_it_does_not_run_as_root_and_writes_only_to_its_volume(self):
        instructions = dict(dockerfile())
        user = instructions["USER"].split(":")[0]
        self.assertGreater(int(user), 0)
        self.assertEqual(instructions["VOLUME"], "/var/lib/millijoule")
        self.assertEqual(instructions["ENV"], "XDG_STATE_HOME=/var/lib")

    def health(self, port):
        command = dict(dockerfile())["HEALTHCHECK"].split("CMD", 1)[1]
        words = [word.replace("8080", str(port)) for word in
                 json.loads(command)]
        return subprocess.run(words, capture_output=True).returncode

    def test_its_health_check_tells_good_from_bad(self):
        with Server() as server:
            self.assertEqual(self.health(server.http_port), 0)
        self.assertNotEqual(self.health(server.http_port), 0, "gone")

        class Stuck(http.server.BaseHTTPRequestHandler):

            def do_GET(self):
                self.send_error(503)

            def log_message(self, *unused):
                pass

        stuck = http.server.HTTPServer(("127.0.0.1", 0), Stuck)
        thread = threading.Thread(target=stuck.handle_request)
        thread.start()
        self.assertNotEqual(self.health(stuck.server_port), 0, "503")
        thread.join()
        stuck.server_close()


class ComposeTest(unittest.TestCase):

    def test_services_are_confined(self):
        for name, service in compose().items():
            with self.subTest(name):
                self.assertTrue(service["read_only"])
                self.assertEqual(service["cap_drop"], ["ALL"])
                for port in service["ports"]:
                    self.assertEqual(port["host_ip"], "127.0.0.1")

    def test_prometheus_takes_its_configuration(self):
        run("promtool", "check", "config", "--syntax-only",
            DEPLOY / "prometheus/prometheus.yml")
        (job,) = yaml.safe_load(
            (DEPLOY / "prometheus/prometheus.yml").read_text()
        )["scrape_configs"]
        (target,) = job["static_configs"][0]["targets"]
        host, port = target.split(":")
        self.assertIn(f"--http=0.0.0.0:{port}", compose()[host]["command"])

    def test_grafana_finds_prometheus_and_the_dashboards(self):
        provisioning = DEPLOY / "grafana/provisioning"
        (source,) = yaml.safe_load(
            (provisioning / "datasources/prometheus.yaml").read_text()
        )["datasources"]
        self.assertEqual(source["url"], "http://prometheus:9090")
        self.assertIn("prometheus", compose())
        (provider,) = yaml.safe_load(
            (provisioning / "dashboards/millijoule.yaml").read_text()
        )["providers"]
        mounts = {mount["target"]: mount["source"]
                  for mount in compose()["grafana"]["volumes"]}
        self.assertEqual(mounts[provider["options"]["path"]],
                         str(DEPLOY / "grafana/dashboards"))
        self.assertEqual(mounts["/etc/grafana/provisioning"],
                         str(provisioning))


class SystemdTest(unittest.TestCase):

    def staged(self, folder):
        """Units as they lie when installed; returns their paths there."""
        root = pathlib.Path(folder)
        system = "usr/lib/systemd/system"  # what they depend on
        shutil.copytree(f"/{system}", root / system, symlinks=True)
        for name in ("usr/local/bin/millijoule", "bin/sh",
                     "usr/local/bin/millijoule-actuator"):
            program = root / name
            program.parent.mkdir(parents=True, exist_ok=True)
            program.write_text("#!/bin/sh\n")
            program.chmod(0o755)
        units = root / "etc/systemd/system"
        units.mkdir(parents=True)
        paths = []
        for source in sorted((DEPLOY / "systemd").glob("*.service")):
            (units / source.name).write_text(source.read_text())
            paths.append(units / source.name)
        return paths

    def test_units_are_valid(self):
        with tempfile.TemporaryDirectory() as folder:
            for path in self.staged(folder):
                said = run("systemd-analyze", "verify", "--man=no",
                           f"--root={folder}", path.name)
                self.assertEqual(said, "")

    def test_units_are_confined(self):
        for path in sorted((DEPLOY / "systemd").glob("*.service")):
            run("systemd-analyze", "security", "--offline=true",
                "--threshold=18", path)  # tenths; 100 is a unit that says nothing

    @unittest.skipIf(os.geteuid() != 0, "gives files to another group")
    def test_its_user_may_read_the_energy_counters(self):
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            package = root / ("sys/devices/virtual/powercap/intel-rapl/"
                              "intel-rapl:0")
            counters = (package / "energy_uj",
                        package / "intel-rapl:0:0/energy_uj")
            for counter in counters:
                counter.parent.mkdir(parents=True, exist_ok=True)
                counter.write_text("1")
                counter.chmod(0o400)
            (root / "etc").mkdir()
            systemd = DEPLOY / "systemd"
            run("systemd-sysusers", f"--root={folder}",
                systemd / "millijoule.sysusers.conf")
            run("systemd-tmpfiles", "--create", f"--root={folder}",
                systemd / "millijoule.tmpfiles.conf")
            user = (root / "etc/passwd").read_text().split(":")
            self.assertEqual(user[0],
                             dict(unit("millijoule.service"))["User"])
            for counter in counters:
                status = counter.stat()
                self.assertEqual(oct(status.st_mode & 0o777), "0o440")
                self.assertEqual(status.st_gid, int(user[3]))

    def test_the_watchdog_can_be_kept_quiet(self):
        settings = dict(unit("millijoule.service"))
        self.assertEqual(settings["Type"], "notify")
        # The server tells of its progress every second.
        self.assertGreaterEqual(int(settings["WatchdogSec"]), 3)
        self.assertIn("MemoryMax", settings)

    def test_the_helper_listens_where_the_server_asks(self):
        command = shlex.split(
            dict(unit("millijoule-actuator.service"))["ExecStart"])[-1]
        self.assertIn(f"--socket {all_settings()['actuator-socket']} ",
                      command)


class KubernetesTest(unittest.TestCase):

    def test_kustomizations_name_every_manifest(self):
        named = set(manifests())
        there = {path for path in KUBERNETES.rglob("*.yaml")
                 if path.name not in ("kustomization.yaml",
                                      "adapter-values.yaml")}
        self.assertEqual(named, there)

    def test_objects_follow_their_schemas(self):
        own = {path.stem: json.loads(path.read_text())
               for path in (ROOT / "tests/data/kubernetes").glob("*.json")}
        for path, items in manifests().items():
            for item in items:
                with self.subTest(file=path.name, kind=item["kind"]):
                    if item["kind"] in own:
                        schema = own[item["kind"]]
                        self.assertEqual(item["apiVersion"],
                                         schema["apiVersion"])
                        jsonschema.validate(item["spec"], schema)
                        continue
                    for version in ("1.28", "1.37"):
                        kubernetes_validate.validate(item, version,
                                                     strict=True)

    def test_the_pod_is_confined(self):
        pod = manifest("Deployment")["spec"]["template"]["spec"]
        (container,) = pod["containers"]
        self.assertTrue(pod["securityContext"]["runAsNonRoot"])
        self.assertEqual(pod["securityContext"]["seccompProfile"]["type"],
                         "RuntimeDefault")
        user = dict(dockerfile())["USER"]
        self.assertEqual(user, "{runAsUser}:{runAsGroup}".format(
            **pod["securityContext"]))
        self.assertEqual(container["securityContext"], {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]}})

    def test_names_refer_to_what_there_is(self):
        deployment = manifest("Deployment")["spec"]
        pod = deployment["template"]["spec"]
        (container,) = pod["containers"]
        ports = {port["name"]: port["containerPort"]
                 for port in container["ports"]}
        self.assertEqual({port["targetPort"] for port in
                          manifest("Service")["spec"]["ports"]}, set(ports))
        for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
            self.assertIn(container[probe]["httpGet"]["port"], ports)
        (endpoint,) = manifest("PodMonitor")["spec"]["podMetricsEndpoints"]
        self.assertIn(endpoint["port"], ports)
        (pool_port,) = manifest("InferencePool")["spec"]["targetPorts"]
        self.assertEqual(pool_port["number"], ports["http"])
        config = tomllib.loads(kubernetes_config())
        for name, port in ports.items():
            self.assertEqual(config[name], f"0.0.0.0:{port}")
        self.assertEqual({mount["name"] for mount in
                          container["volumeMounts"]},
                         {volume["name"] for volume in pod["volumes"]})
        picker = manifest("InferencePool")["spec"]["endpointPickerRef"]
        service = manifest("Service", picker["name"])["spec"]
        self.assertEqual(service["ports"][0]["port"],
                         picker["port"]["number"])
        scaled = manifest("HorizontalPodAutoscaler")["spec"]["scaleTargetRef"]
        self.assertEqual(scaled["name"], "millijoule")

    def test_selectors_select_the_pod(self):
        labels = manifest("Deployment")["spec"]["template"]["metadata"][
            "labels"]
        for kind in ("Deployment", "PodDisruptionBudget", "PodMonitor",
                     "InferencePool"):
            self.assertEqual(
                manifest(kind)["spec"]["selector"]["matchLabels"], labels)
        self.assertEqual(manifest("Service")["spec"]["selector"], labels)

    def test_alerts_find_the_same_job_as_with_compose(self):
        (job,) = yaml.safe_load(
            (DEPLOY / "prometheus/prometheus.yml").read_text()
        )["scrape_configs"]
        pod = manifest("Deployment")["spec"]["template"]["metadata"]["labels"]
        self.assertEqual(pod[manifest("PodMonitor")["spec"]["jobLabel"]],
                         job["job_name"])

    def test_routing_and_scaling_use_metrics_that_the_server_has(self):
        scaled = [metric["pods"]["metric"]["name"] for metric in
                  manifest("HorizontalPodAutoscaler")["spec"]["metrics"]]
        rule = yaml.safe_load(
            (KUBERNETES / "monitoring/adapter-values.yaml").read_text()
        )["rules"]["custom"][0]
        pattern = re.search(r'__name__=~"([^"]+)"', rule["seriesQuery"])[1]
        for name in scaled:
            self.assertRegex(name, f"^{pattern}$")
        picker = yaml.safe_load(
            manifest("ConfigMap", "millijoule-picker")["data"]["picker.yaml"])
        (container,) = manifest("Deployment", "millijoule-picker")["spec"][
            "template"]["spec"]["containers"]
        routed = [arg.split("=")[1] for arg in container["args"]
                  if re.match(r"--.*-metric=.", arg)]
        self.assertEqual(len(routed), 2)
        plugins = {plugin["type"] for plugin in picker["plugins"]}
        for profile in picker["schedulingProfiles"]:
            for plugin in profile["plugins"]:
                self.assertIn(plugin["pluginRef"], plugins)
        with Server() as server:
            for name in scaled + routed:
                server.metric(name)  # raises where there is none


if __name__ == "__main__":
    unittest.main()
