#!/usr/bin/env python3
"""Measures the PKI against its floors: OCSP with a nonce, OCSP that is kept, certificates,
time-stamps. `./dev bench pki`.

Ratio = CPU time of the floor / CPU time of the qss-* processes for the same work; the load generator's time does not
count. Reference and service alternate; the median counts, the spread is shown. Numbers, never a verdict.
"""
import argparse
import contextlib
import json
import pathlib
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time

import run

sys.path.insert(0, str(run.ROOT / "tests" / "support"))
NGINX = """
worker_processes 1;
daemon off;
pid {directory}/nginx.pid;
error_log {directory}/nginx.log;
events {{ worker_connections 1024; }}
http {{
    access_log off;
    client_body_temp_path {directory}; proxy_temp_path {directory}; fastcgi_temp_path {directory};
    uwsgi_temp_path {directory}; scgi_temp_path {directory};
    keepalive_requests 100000000;
    server {{ listen 127.0.0.1:{port}; root {directory}; location / {{ default_type application/ocsp-response; }} }}
}}
"""


def http_calls(port, request, calls, connections):
    """Sends `request` so often, over so many connections that stay open; returns the last answer's body."""
    bodies = [b""] * connections

    def one(number):
        share = calls // connections
        with socket.create_connection(("127.0.0.1", port)) as connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            buffer = b""
            for _ in range(share):
                connection.sendall(request)
                while b"\r\n\r\n" not in buffer:
                    buffer += connection.recv(65536)
                head, _, rest = buffer.partition(b"\r\n\r\n")
                assert head.startswith(b"HTTP/1.1 200"), head
                size = int(next(line.split(b":")[1] for line in head.split(b"\r\n")
                                if line.lower().startswith(b"content-length")))
                while len(rest) < size:
                    rest += connection.recv(65536)
                bodies[number], buffer = rest[:size], rest[size:]

    threads = [threading.Thread(target=one, args=(number,)) for number in range(connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return bodies[0]


def post(body, path=b"/ocsp", media_type=b"application/ocsp-request"):
    return (b"POST " + path + b" HTTP/1.1\r\nHost: x\r\nContent-Type: " + media_type + b"\r\nContent-Length: "
            + str(len(body)).encode() + b"\r\n\r\n" + body)


class Nginx:
    """Serves one file, as small as an answer."""

    def __init__(self, directory, content):
        self.directory = directory / "nginx"
        self.directory.mkdir()
        self.port = 18080
        (self.directory / "answer").write_bytes(content)
        (self.directory / "nginx.conf").write_text(NGINX.format(directory=self.directory, port=self.port))
        for path in (directory, self.directory):
            path.chmod(0o755)  # its worker is another user
        self.process = subprocess.Popen(["/usr/sbin/nginx", "-p", self.directory, "-c", self.directory / "nginx.conf"],
                                        stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 10
        while socket.socket().connect_ex(("127.0.0.1", self.port)) != 0:
            assert time.monotonic() < deadline and self.process.poll() is None, "nginx does not start"
            time.sleep(0.05)

    def call_s(self, calls, connections):
        children = pathlib.Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        before = run.cpu_s(children)
        http_calls(self.port, b"GET /answer HTTP/1.1\r\nHost: x\r\n\r\n", calls, connections)
        return (run.cpu_s(children) - before) / calls

    def stop(self):
        self.process.terminate()
        self.process.wait()


class PkiBench(run.Bench):
    def __init__(self, programs, service, rounds, scale):
        super().__init__(programs, service, rounds, scale)
        self.port = json.loads((service.data / "run/ports.json").read_text())["public"]

    def compare(self, name, reference, measured):
        ratios, shares = [], []
        for number in range(self.rounds):
            floor, used = reference(), measured()
            total = sum(used.values())
            ratios.append(floor / total)
            shares.append(used)
            print(f"  {name} round {number + 1}: floor {floor * 1e6:.1f} us, service {total * 1e6:.1f} us, "
                  f"ratio {ratios[-1]:.2f}", flush=True)
        cpu_us = {process: round(statistics.median(share[process] for share in shares) * 1e6, 1) for process in shares[0]}
        self.results[name] = {"ratio": round(statistics.median(ratios), 3), "low": round(min(ratios), 3),
                              "high": round(max(ratios), 3), "cpu_us": cpu_us}

    def used_s(self, role, request, calls, connections):
        pids = {name: pid for name, pid in self.service.pids().items() if name in ("qss-api", role)}
        before = {name: run.cpu_s([pid]) for name, pid in pids.items()}
        http_calls(self.port, request, calls, connections)
        return {name: (run.cpu_s([pid]) - before[name]) / calls for name, pid in pids.items()}

    def requests(self):
        """With a nonce, and without; about the issuing CA's certificate."""
        from cryptography import x509
        from cryptography.hazmat.primitives import hashes
        from cryptography.hazmat.primitives.serialization import Encoding
        from cryptography.x509 import ocsp
        issuing, root = (x509.load_pem_x509_certificate((self.service.data / "pki" / f"{name}.pem").read_bytes())
                         for name in ("issuing", "root"))
        builder = ocsp.OCSPRequestBuilder().add_certificate(issuing, root, hashes.SHA1())
        fresh = builder.add_extension(x509.OCSPNonce(bytes(32)), critical=False)
        return post(fresh.build().public_bytes(Encoding.DER)), post(builder.build().public_bytes(Encoding.DER))

    def ocsp(self, directory, stack):
        fresh, kept = self.requests()
        calls, connections = max(1000, int(20_000 * self.scale)), 8
        answer = http_calls(self.port, kept, connections, connections)
        self.compare("ocsp-fresh", lambda: self.floor_s("ocsp", calls), lambda: self.used_s("qss-ocsp", fresh, calls, connections))
        nginx = Nginx(directory, answer)
        stack.callback(nginx.stop)
        self.compare("ocsp-kept", lambda: nginx.call_s(2 * calls, connections),
                     lambda: self.used_s("qss-ocsp", kept, 2 * calls, connections))

    def timestamps(self, key_type, floor, calls):
        from timestamping import request
        asked = post(request(nonce=0x1122334455667788, cert_req=True).dump(), b"/tsa", b"application/timestamp-query")
        connections = 128  # as for durability of sessions: they share commits
        calls = max(connections * 10, int(calls * self.scale))
        self.compare(f"timestamps-{key_type}", lambda: self.floor_s(floor, calls),
                     lambda: self.used_s("qss-tsa", asked, calls, connections))

    def certificates(self, directory):
        """qss-ca alone, asked by a client that made the attestations before."""
        import os
        os.environ["QSS_BIN"] = str(self.programs)
        from ceremony import Pki
        with Pki(directory / "ca") as pki:
            count = max(200, int(2_000 * self.scale))

            def measured():
                requests = [pki.request() for _ in range(count)]
                pid = pki.ca.process.pid
                before = run.cpu_s([pid])
                for request in requests:
                    pki.issue(**request)
                return {"qss-ca": (run.cpu_s([pid]) - before) / count}

            self.compare("certificates", lambda: self.floor_s("certificate", count), measured)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--programs", type=pathlib.Path, default=run.ROOT / "build/release/bin")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--scale", type=float, default=1.0, help="of the work in one round")
    options = parser.parse_args()
    programs = options.programs.resolve()
    directory = pathlib.Path(tempfile.mkdtemp(prefix="qss-bench-"))
    with contextlib.ExitStack() as stack:
        stack.callback(shutil.rmtree, directory, ignore_errors=True)
        service = run.Service(programs, directory)
        stack.callback(service.stop)
        bench = PkiBench(programs, service, options.rounds, options.scale)
        bench.ocsp(directory, stack)
        (directory / "ca").mkdir()
        bench.certificates(directory)
        for key_type, floor, calls in (("RSA-3072", "rsa3072-timestamp", 2_000), ("P-256", "p256-timestamp", 20_000)):
            (directory / key_type).mkdir()
            unit = run.Service(programs, directory / key_type, "--tsa-key-type", key_type)
            stack.callback(unit.stop)
            units = PkiBench(programs, unit, options.rounds, options.scale)
            units.timestamps(key_type, floor, calls)
            bench.results.update(units.results)
    print(json.dumps(bench.results, indent=2))


if __name__ == "__main__":
    sys.exit(main())
