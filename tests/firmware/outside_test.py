# SPDX-License-Identifier: Apache-2.0
"""Builds the example outside of the tree in a folder of its own and runs it on both machines:
outside_test.py MAKE EXAMPLE SDK QEMU TESSERA"""
import shutil
import subprocess
import sys
import tempfile

MAKE, EXAMPLE, SDK, QEMU, TESSERA = sys.argv[1:6]

with tempfile.TemporaryDirectory() as folder:
    work = shutil.copytree(EXAMPLE, folder + "/blink")
    subprocess.run([MAKE, "-s", f"SDK={SDK}"], cwd=work, check=True)
    machines = ([QEMU, "-M", "virt", "-bios", "none", "-nographic", "-monitor", "none", "-m", "128", "-kernel"],
                [TESSERA, "boot", "--limit=1s", "--trace=off", "-o", folder + "/boot"])
    results = [subprocess.run([*machine, work + "/blink.elf"], stdin=subprocess.DEVNULL, capture_output=True, timeout=120,
                              check=False) for machine in machines]
expected = "".join(f"blink {i} at the right ms\n" for i in (1, 2, 3))
for result in results:
    output = result.stdout.decode("utf-8", "replace")
    if result.returncode != 0 or output != expected:
        sys.exit(f"{result.args[0]}: exit code {result.returncode}, printed:\n{output}expected:\n{expected}")
