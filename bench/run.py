#!/usr/bin/env python3
"""Measures the service against its floors (docs/performance.md). `./dev bench` builds and starts it.

Ratio = CPU time of the floor's parts / CPU time of the qss-* processes for the same work. The load
generator's time does not count. Reference and service alternate; the median counts, the spread is shown.
It prints numbers, never a verdict.
"""
import argparse
import contextlib
import json
import os
import pathlib
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
OPEN_SESSIONS_PER_USER = 40  # the SAM opens 50 at most for one signer
TICKS_PER_S = os.sysconf("SC_CLK_TCK")
NGINX = """
worker_processes 1;
daemon off;
pid {directory}/nginx.pid;
error_log {directory}/nginx.log;
events {{ worker_connections 4096; }}
http {{
    access_log off;
    client_body_temp_path {directory}; proxy_temp_path {directory}; fastcgi_temp_path {directory};
    uwsgi_temp_path {directory}; scgi_temp_path {directory};
    keepalive_requests 100000000;
    server {{
        listen 127.0.0.1:{port} ssl;
        ssl_certificate {tls}/server-p256.pem;
        ssl_certificate_key {tls}/server-p256.key;
        ssl_client_certificate {client_ca};
        ssl_verify_client on;
        location / {{ return 200 "{{}}"; }}
    }}
}}
"""


def cpu_s(pids):
    """User and system time of these processes, all their threads, ended ones too."""
    total = 0
    for pid in pids:
        fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
        total += int(fields[11]) + int(fields[12])
    return total / TICKS_PER_S


def anonymous_kib(pid):
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("RssAnon:"):
            return int(line.split()[1])
    return 0


class Load:
    """One run of bench-load: warms up, waits for go(), then reports."""

    def __init__(self, program, *arguments):
        self.process = subprocess.Popen([program, *map(str, arguments)], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True)
        if not self.process.stdout.readline():
            raise SystemExit(f"bench-load ended: {' '.join(map(str, arguments))}")

    def go(self):
        self.process.stdin.write("go\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit("bench-load ended early")
        return json.loads(line)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait()


class Service:
    """A sandbox of its own in a temporary directory."""

    def __init__(self, programs, directory, *init_flags):
        self.programs = programs
        self.directory = directory
        self.data = directory / "data"
        self.qss("init", self.data, "--rsa-3072-pool", 4, "--rsa-4096-pool", 1, "--mtls-port", 0, "--tls-port", 0,
                 "--health-port", 0, "--public-port", 0, *init_flags)
        config = self.data / "qss.toml"
        rates = {"logins_per_minute": 60_000, "requests_per_minute": 1_000_000, "device_requests_per_minute": 1_000_000,
                 "per_minute": 100_000_000}
        lines = [f"{name} = {rates[name]}" if (name := line.split("=")[0].strip()) in rates else line
                 for line in config.read_text().splitlines()]
        config.write_text("\n".join(lines) + "\n")
        log = open(directory / "serve.log", "w")
        self.process = subprocess.Popen([programs / "qss", "--directory", self.data, "serve"],
                                        stdout=subprocess.PIPE, stderr=log, text=True)
        for line in self.process.stdout:
            if "ready" in line:
                break
        else:
            raise SystemExit("qss serve ended:\n" + (directory / "serve.log").read_text()[-2000:])

    def qss(self, *arguments):
        result = subprocess.run([self.programs / "qss", "--json", "--directory", self.data, *map(str, arguments)]
                                if arguments[0] not in ("authenticator",)
                                else [self.programs / "qss", "--json", *map(str, arguments)],
                                capture_output=True, text=True)
        if result.returncode != 0:
            raise SystemExit(f"qss {' '.join(map(str, arguments))}: {result.stdout}{result.stderr}")
        return json.loads(result.stdout.splitlines()[-1]) if result.stdout.strip().startswith("{") else {}

    def pids(self):
        pids = json.loads((self.data / "run/pids.json").read_text())
        return {name: pid for name, pid in pids.items() if name.startswith("qss-")}

    def enrol(self, name, key_type, users):
        """A pack with its credential and employees; returns bench-load's arguments."""
        enterprise = self.qss("enterprise", "add", "--name", f"Bench {name} SIA", "--country", "LV")["enterprise_id"]
        pack = self.qss("pack", "add", "--enterprise", enterprise, "--name", name, "--key-type", key_type,
                        "--signature-quota", 1_000_000_000, "--user-quota", 1_000_000)["pack_id"]
        credential = self.directory / name / "cred.toml"
        credential.parent.mkdir()
        self.qss("credential", "add", "--pack", pack, "--name", "bench", "--new-key", "--output", credential)
        arguments = ["--credential", credential]
        for i in range(users):
            email, mobile = f"{name}{i}@example.com", f"+3712{len(name)}{i:06d}"
            phone = self.directory / name / f"phone{i}"
            self.qss("user", "add", email, "--credential", credential, "--given-name", "Anna", "--surname", "Ozola",
                     "--mobile", mobile)
            self.qss("authenticator", "register", "--directory", phone, "--sandbox", self.data, "--email", email,
                     "--mobile", mobile)
            self.identity(email, credential)
            arguments += ["--phone", phone]
        return arguments

    def identity(self, email, credential):
        for _ in range(240):  # an RSA key is there as soon as the pool has made one
            result = subprocess.run([self.programs / "qss", "user", "identity", email, "--credential", credential],
                                    capture_output=True, text=True)
            if result.returncode == 0:
                return
            time.sleep(0.5)
        raise SystemExit(f"no identity for {email}: {result.stdout}{result.stderr}")

    def stop(self):
        self.process.terminate()
        self.process.wait()


class Nginx:
    """The floor of a mutual-TLS request."""

    def __init__(self, programs, service, credential):
        self.programs = programs
        self.port = 18443
        self.credential = credential
        directory = service.directory / "nginx"
        directory.mkdir()
        (directory / "nginx.conf").write_text(NGINX.format(directory=directory, port=self.port,
                                                           tls=service.data / "api/tls",
                                                           client_ca=service.data / "pki/access-ca.pem"))
        self.process = subprocess.Popen(["/usr/sbin/nginx", "-p", directory, "-c", directory / "nginx.conf"],
                                        stderr=subprocess.DEVNULL)
        time.sleep(0.5)

    def request_s(self, calls, connections):
        files = credential_files(self.credential)
        children = pathlib.Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        with Load(self.programs / "bench-load", "get", "--url", f"https://127.0.0.1:{self.port}/", "--certificate",
                  files["certificate_file"], "--private-key", files["private_key_file"], "--connections",
                  connections, "--calls", calls) as load:
            before = cpu_s(children)
            load.go()
            return (cpu_s(children) - before) / calls

    def stop(self):
        self.process.terminate()
        self.process.wait()


def credential_files(credential):
    out = {}
    for line in credential.read_text().splitlines():
        name, _, value = line.partition("=")
        if name.strip().endswith("_file"):
            out[name.strip()] = credential.parent / value.strip().strip("\"'")
    return out


class Bench:
    def __init__(self, programs, service, rounds, scale):
        self.programs = programs
        self.service = service
        self.rounds = rounds
        self.scale = scale
        self.results = {}

    def floor_s(self, what, count):
        output = subprocess.run([self.programs / "bench-floor", what, str(count)], capture_output=True, text=True,
                                check=True).stdout
        return float(output) / 1e9

    def sessions_s(self, arguments, hashes, calls, connections):
        """CPU of one session, by process, and what the load generator saw."""
        with Load(self.programs / "bench-load", "sign", *arguments, "--hashes", hashes, "--calls", calls,
                  "--connections", connections) as load:
            pids = self.service.pids()
            before = {name: cpu_s([pid]) for name, pid in pids.items()}
            report = load.go()
            used = {name: (cpu_s([pid]) - before[name]) / calls for name, pid in pids.items()}
        return sum(used.values()), used, report

    def compare(self, name, reference, service):
        ratios, shares, reports = [], [], []
        for i in range(self.rounds):
            floor = reference()
            total, used, report = service()
            ratios.append(floor / total if total else float("nan"))
            shares.append(used)
            reports.append(report)
            print(f"  {name} round {i + 1}: floor {floor * 1e3:.3f} ms, service {total * 1e3:.3f} ms, "
                  f"ratio {ratios[-1]:.2f}, wall {report['wall_ms'] / report['calls']:.2f} ms a session, "
                  f"approval to answer p99 {report.get('approval_to_answer_ms', {}).get('p99', 0):.1f} ms", flush=True)
        cpu_ms = {process: round(statistics.median(s[process] for s in shares) * 1e3, 3) for process in shares[0]}
        self.results[name] = {"ratio": round(statistics.median(ratios), 3), "low": round(min(ratios), 3),
                              "high": round(max(ratios), 3), "cpu_ms_per_session": cpu_ms, "last": reports[-1]}

    def hundred(self, name, floor, arguments, calls, connections):
        calls = max(connections, int(calls * self.scale))
        self.compare(name, lambda: 100 * self.floor_s(floor, max(500, int(5000 * self.scale))),
                     lambda: self.sessions_s(arguments, 100, calls, connections))

    def single(self, name, nginx, arguments, calls, connections):
        calls = max(connections, int(calls * self.scale))

        def reference():
            count = max(2000, int(20_000 * self.scale))
            return (3 * nginx.request_s(int(40_000 * self.scale) + 1000, connections)
                    + 2 * self.floor_s("p256-verify", count) + 2 * self.floor_s("p256-sign", count))

        self.compare(name, reference, lambda: self.sessions_s(arguments, 1, calls, connections))

    def waiting(self, arguments, connections):
        with Load(self.programs / "bench-load", "sign", *arguments, "--calls", 16, "--connections", 4) as load:
            load.go()
        pids = self.service.pids()
        before = {name: anonymous_kib(pid) for name, pid in pids.items()}
        with Load(self.programs / "bench-load", "wait", *arguments, "--connections", connections, "--calls",
                  connections) as load:
            time.sleep(2)  # the last ones become pending
            grown = {name: round((anonymous_kib(pid) - before[name]) / connections, 2) for name, pid in pids.items()}
            report = load.go()
        self.results["waiting"] = {"calls": connections, "anonymous_kib_each": grown, "last": report}
        print(f"  waiting: {connections} calls, anonymous memory KiB each {grown}, {report}", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--programs", type=pathlib.Path, default=ROOT / "build/release/bin")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--scale", type=float, default=1.0, help="of the work in one round")
    parser.add_argument("--only", nargs="+", default=["rsa-100", "p256-100", "p256-1", "waiting", "http-waiting"])
    parser.add_argument("--waiting", type=int, default=10_000)
    parser.add_argument("--users", type=int, default=16)
    parser.add_argument("--output", type=pathlib.Path, help="also write the results here, JSON")
    options = parser.parse_args()
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))  # a waiting call is a connection at both ends
    programs = options.programs.resolve()
    directory = pathlib.Path(tempfile.mkdtemp(prefix="qss-bench-"))
    with contextlib.ExitStack() as stack:
        stack.callback(shutil.rmtree, directory, ignore_errors=True)
        service = Service(programs, directory)
        stack.callback(service.stop)
        bench = Bench(programs, service, options.rounds, options.scale)
        if "http-waiting" in options.only:
            output = subprocess.run([programs / "bench-http-waiting", "2000"], capture_output=True, text=True, check=True)
            bench.results["http-waiting"] = json.loads(output.stdout)
        if "rsa-100" in options.only:
            bench.hundred("rsa-100", "rsa3072-sign", service.enrol("rsa", "RSA-3072", 4), 40, 4)
        if {"p256-100", "p256-1"} & set(options.only):
            arguments = service.enrol("p256", "P-256", options.users)
            if "p256-100" in options.only:
                bench.hundred("p256-100", "p256-sign", arguments, 400, options.users)
            if "p256-1" in options.only:
                nginx = Nginx(programs, service, arguments[1])
                stack.callback(nginx.stop)
                bench.single("p256-1", nginx, arguments, 3000, options.users)
        if "waiting" in options.only:
            users = -(-options.waiting // OPEN_SESSIONS_PER_USER)
            bench.waiting(service.enrol("waiting", "P-256", users), options.waiting)
    print(json.dumps(bench.results, indent=2))
    if options.output:
        options.output.write_text(json.dumps(bench.results, indent=2) + "\n")


if __name__ == "__main__":
    sys.exit(main())
