# SPDX-License-Identifier: Apache-2.0
"""Builds the example outside of the tree in a folder of its own and runs it: outside_test.py MAKE EXAMPLE SDK QEMU"""
import shutil
import subprocess
import sys
import tempfile

MAKE, EXAMPLE, SDK, QEMU = sys.argv[1:5]

with tempfile.TemporaryDirectory() as folder:
    work = shutil.copytree(EXAMPLE, folder + "/blink")
    subprocess.run([MAKE, "-s", f"SDK={SDK}"], cwd=work, check=True)
    result = subprocess.run([QEMU, "-M", "virt", "-bios", "none", "-nographic", "-monitor", "none", "-m", "128", "-kernel",
                             work + "/blink.elf"], stdin=subprocess.DEVNULL, capture_output=True, timeout=120, check=False)
output = result.stdout.decode("utf-8", "replace")
expected = "".join(f"blink {i} at the right ms\n" for i in (1, 2, 3))
if result.returncode != 0 or output != expected:
    sys.exit(f"exit code {result.returncode}, printed:\n{output}expected:\n{expected}")
