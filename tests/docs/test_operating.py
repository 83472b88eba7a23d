"""The examples of docs/operating.md, run word for word against a service in `data`."""

import os
import re
import subprocess
from pathlib import Path

from attacker import SamKey, code_of
from orders import check_receipt
from service import ROOT, Service, binaries, wait_until

SECTION = re.compile(r"^### By officers' order\n(.*?)^## ", re.M | re.S)
BLOCK = re.compile(r"^```bash\n(.*?)^```$", re.M | re.S)


def shell(script, directory):
    return subprocess.run(["bash", "-euo", "pipefail", "-c", script], cwd=directory, capture_output=True, text=True,
                          timeout=120, env={**os.environ, "PATH": f"{Path(binaries()).resolve()}:{os.environ['PATH']}"})


def test_officers_orders(tmp_path):
    """A signer's key and certificate end past qss-api, which does not run meanwhile."""
    service = Service(tmp_path / "data").start()
    try:
        employee = service.tenant().employee()
        key = SamKey(employee)
        (tmp_path / "anna.pem").write_text(employee.identity["signing_cert"])
        blocks = BLOCK.findall(SECTION.search((ROOT / "docs" / "operating.md").read_text())[1])
        assert len(blocks) == 2
        done = [shell(block, tmp_path) for block in blocks]
        assert [one.returncode for one in done] == [0, 0], done
        assert "Ozola" in done[0].stdout and "phone stolen" in done[1].stdout
        assert "qss-sam revoke: done\nqss-ca revoke: done; the responder knows it" in done[1].stdout
        assert code_of(key.open_session) == "gone"
        receipt = key.call("REVOKE_KEY", key_id=key.key_id, reason=0).receipt
        told = check_receipt(receipt, (service.directory / "pki" / "sam-evidence.pem").read_bytes())
        assert told["requested_by"].startswith(b"order:")
        wait_until(lambda: service.operator().get(f"/identities/{key.key_id.hex()}")["status"] == "REVOKED",
                   "qss-api follows")
    finally:
        service.stop()
