"""The walk in README.md, its bash blocks run word for word, in order, in one shell and an empty directory.

The text says ports 8443 and 8444, as a person has them. The shell runs in a network namespace of its own
where that can be made (as root), so that nothing else can hold them; else on this machine's loopback.
"""

import os
import re
import shutil
import signal
import subprocess
from pathlib import Path

from service import ROOT, binaries

BLOCK = re.compile(r"^```bash\n(.*?)^```$", re.M | re.S)


def own_network():
    command = ["unshare", "--net", "sh", "-c", 'ip link set lo up && exec "$@"', "sh"]
    if os.geteuid() == 0 and shutil.which("unshare") and shutil.which("ip"):
        if subprocess.run([*command, "true"], capture_output=True).returncode == 0:
            return command
    return []


def test_the_walk_in_the_readme(tmp_path):
    blocks = BLOCK.findall((ROOT / "README.md").read_text())
    assert len(blocks) >= 6
    script = "set -euo pipefail\n" + "\n".join(blocks) + "\necho WALKED\n"
    shell = subprocess.Popen([*own_network(), "bash", "-c", script], cwd=tmp_path, text=True, start_new_session=True,
                             stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                             env={**os.environ, "PATH": f"{os.environ['PATH']}:{Path(binaries()).resolve()}"})
    try:
        output, _ = shell.communicate(timeout=120)
    finally:
        os.killpg(shell.pid, signal.SIGTERM)  # qss serve and the phone: the shell's own session
    assert shell.returncode == 0 and output.rstrip().endswith("WALKED"), output
    assert "Verified OK" in output
    assert "anna.pem: OK" in output and "anna.pem: good" in output
    assert "Anna Ozola" in output
