# SPDX-License-Identifier: Apache-2.0
"""Which files of test/httpd execute which lines of the module: no other can notice a mutant of a line."""
import json
import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

from builds import PYTHON, ROOT, compiler_line


def lines_of(folder):
    """{source: {line: executed}} of the .gcda files below a folder, which have their .gcno beside them."""
    found = {}
    data = [str(path) for path in folder.rglob("*.gcda")]
    for path in data:
        done = subprocess.run(["gcov", "--json-format", "--stdout", path], capture_output=True, cwd=folder, check=False)
        for document in done.stdout.splitlines():
            for file in json.loads(document)["files"]:
                if file["file"].endswith(".c"):
                    lines = found.setdefault(file["file"], {})
                    for line in file["lines"]:
                        lines[line["line_number"]] = lines.get(line["line_number"]) or line["count"] > 0
    return found


def build(folder, sources):
    """A module that counts which lines were executed. Objects are named from the folder on, as gcov looks for them."""
    words = [*compiler_line(ROOT / ".built-with"), "-g0", "-O1", "-std=gnu99", "-fPIC", f"-I{ROOT}/src", "--coverage",
             "-fprofile-update=atomic"]
    objects = []
    for source in sources:
        copy = folder / source
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / source, copy)
        objects.append(copy.with_suffix(".o"))
        subprocess.run([*words, "-c", source, "-o", objects[-1].relative_to(folder)], cwd=folder, check=True)
    subprocess.run([words[0], "-shared", "--coverage", "-o", folder / "mod_cf_origin.so", *objects, "-lcrypto"],
                   check=True)


def run_test(test, module, counts):
    counts.mkdir(parents=True)
    # httpd's children, which have no rights, write into it as well.
    old = os.umask(0)
    try:
        done = subprocess.run([PYTHON, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"test/httpd/test_{test}.py"],
                              cwd=ROOT, capture_output=True, text=True, check=False,
                              env={**os.environ, "CF_ORIGIN_SO": str(module), "GCOV_PREFIX": str(counts)})
    finally:
        os.umask(old)
    if done.returncode not in (0, 5):
        print(f"{test} fails: {done.stdout[-300:]}")


class Coverage:
    def __init__(self, path):
        self.path = path
        self.data = json.loads(path.read_text()) if path.exists() else {"seconds": {}, "lines": {}}

    def seconds(self, test):
        return self.data["seconds"].get(test, 30)

    def tests(self, source, line):
        """Tests that execute a line, or the nearest before it that is code; []: none, or nobody knows."""
        lines = self.data["lines"].get(source, {})
        for number in range(line, max(line - 4, 0), -1):
            if str(number) in lines:
                return lines[str(number)]
        return []

    def add(self, test, folder, seconds):
        self.data["seconds"][test] = round(seconds, 1)
        for source, numbers in lines_of(folder).items():
            lines = self.data["lines"].setdefault(source, {})
            for number, executed in numbers.items():
                names = lines.setdefault(str(number), [])
                if executed and test not in names:
                    names.append(test)

    def nearness(self, test, source, line):
        """High for a test that executes lines nearby which few others do: it is about them."""
        lines = self.data["lines"].get(source, {})
        near = (lines.get(str(number), []) for number in range(line - 3, line + 6))
        return sum(1 / len(tests) for tests in near if test in tests)

    def measure(self, sources, tests):
        """Runs them all with a module that counts, which takes as long as they do, and some more."""
        with tempfile.TemporaryDirectory(prefix="cfm-") as name:
            folder = Path(name)
            folder.chmod(0o755)
            build(folder, sources)
            for test in tests:
                counts = folder / "counts" / test
                began = time.monotonic()
                run_test(test, folder / "mod_cf_origin.so", counts)
                seconds = time.monotonic() - began
                for data in counts.rglob("*.gcda"):
                    notes = (folder / data.relative_to(counts / folder.relative_to("/"))).with_suffix(".gcno")
                    shutil.copy(notes, data.parent)
                self.add(test, counts, seconds)
                print(f"{test}: {seconds:.0f} s", flush=True)
        self.save()

    def save(self):
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.write_text(json.dumps(self.data))
