"""The disk under the CA's record, or under the time-stamping unit's, is full: nothing leaves that was not recorded,
what was asked for is said to be not done, and it is done by itself once there is room.
"""

import base64
import hashlib
import os
import sqlite3
from contextlib import closing

import pytest
import requests
from asn1crypto import cms, tsp
from cryptography import x509

from service import Employee, wait_until
from test_disk_full import fill, service_on_small_disk

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="mounting a tmpfs needs root")


def test_time_stamps(tmp_path):
    with service_on_small_disk(tmp_path, "tsa") as (service, ballast):
        application, serials = service.tenant(timestamp_quota=100_000).application, []

        def stamp():
            digest = hashlib.sha256(str(len(serials)).encode()).hexdigest()
            answer = application.request("GET", f"/timestamp/{digest}")
            if answer.status_code == 200:
                content = cms.ContentInfo.load(base64.b64decode(answer.json()["token"]))["content"]
                info = tsp.TSTInfo.load(content["encap_content_info"]["content"].contents)
                serials.append(info["serial_number"].native)
            return answer

        assert stamp().status_code == 200
        fill(ballast)
        # What was allocated before may still be written for a while.
        for _ in range(5_000):
            refused = stamp()
            if refused.status_code != 200:
                break
        assert refused.status_code == 503 and int(refused.headers["Retry-After"]) > 0 and "token" not in refused.text
        ballast.unlink()
        wait_until(lambda: stamp().status_code == 200, "it goes on by itself", 60)
        service.stop()
        with closing(sqlite3.connect(service.directory / "tsa" / "record.db")) as record:
            recorded = {int.from_bytes(serial, "big") for serial, in record.execute("SELECT serial FROM token")}
        assert len(serials) == len(set(serials)) and set(serials) <= recorded


def test_issuing_and_revoking(tmp_path):
    with service_on_small_disk(tmp_path, "ca") as (service, ballast):
        tenant = service.tenant()
        application, certified, waiting = tenant.application, tenant.employee(), Employee.create(tenant)
        waiting.register_phone()
        path, body = f"/users/{waiting.email}/identity", {"subject_dn": {}}
        fill(ballast)

        def listed():
            der = requests.get(f"{service.public_url}/crl/issuing.crl", timeout=10).content
            return x509.load_der_x509_crl(der).get_revoked_certificate_by_serial_number(
                certified.certificate.serial_number) is not None

        for method, where, more in (("POST", path, {"json": body}), ("DELETE", f"/users/{certified.email}/identity", {})):
            answer = application.request(method, where, **more)
            assert answer.status_code == 503 and int(answer.headers["Retry-After"]) > 0, answer.text
        assert not listed()
        # The SAM heard of it first: nothing is signed any more, whatever the CA could write down.
        assert application.request("POST", f"/users/{certified.email}/sign", json={"digests": ["ab" * 32]}).status_code \
            in (404, 409, 410)
        ballast.unlink()
        wait_until(listed, "no revocation is forgotten", 120)
        wait_until(lambda: application.request("POST", path, json=body).status_code == 200, "issuing goes on", 60)
        service.stop()
        with closing(sqlite3.connect(service.directory / "ca" / "record.db")) as record:
            of_signers = record.execute("SELECT count(*), count(DISTINCT c.serial), count(c.certificate) FROM identity i"
                                        " JOIN certificate c ON c.serial = i.serial").fetchone()
        assert of_signers == (2, 2, 2)
