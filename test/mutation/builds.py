# SPDX-License-Identifier: Apache-2.0
"""Builds mutants and runs tests with them. Nothing of the tree changes: a worker has a folder of its own, with the
one file that is mutated, its object, and what is linked of that and the objects of "make"."""
import contextlib
import hashlib
import os
import re
import resource
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
UNIT = ROOT / "test/unit"
HERE = Path(__file__).resolve().parent
# The distribution's, which has pytest and h2.
PYTHON = "/usr/bin/python3" if Path("/usr/bin/python3").exists() else sys.executable
# What gcc only warns of, and clang too: such a mutant is no C.
NO_C = ["-Werror=int-conversion", "-Werror=incompatible-pointer-types", "-Werror=implicit-function-declaration"]
# Of one process. A mutant that runs for ever, or fills memory or disk, must not take the machine with it.
# (Unit tests need a second, and ten under AddressSanitizer.)
CPU_SECONDS, UNIT_CPU_SECONDS, MEMORY, FILE_SIZE = 60, 10, 8 << 30, 1 << 30


running = set()  # processes
stopping = threading.Event()


class Broken(Exception):
    """Something that has nothing to do with a mutant."""


def stop(*_):
    """For signals: what runs ends, and what comes of it does not count."""
    stopping.set()
    for process in list(running):
        kill_group(process)


def kill_group(process):
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


def compiler_line(path):
    if not path.exists():
        raise Broken(f"{path.relative_to(ROOT)} is missing: run make, and make check TEST=verdict/verdict")
    return shlex.split(path.read_text().splitlines()[0])


def limit(memory, cpu):
    def set_limits():
        resource.setrlimit(resource.RLIMIT_CPU, (cpu, cpu + 5))
        resource.setrlimit(resource.RLIMIT_FSIZE, (FILE_SIZE, FILE_SIZE))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        if memory:
            resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    return set_limits


def run(command, seconds, memory=True, cpu=CPU_SECONDS, **options):
    """(status, output) of a command in a process group of its own; the status is None if it took too long."""
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(list(map(str, command)), stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                                   start_new_session=True, preexec_fn=limit(memory, cpu), **options)
        running.add(process)
        try:
            status = process.wait(0 if stopping.is_set() else seconds)
        except subprocess.TimeoutExpired:
            status = None
        kill_group(process)
        process.wait()
        running.discard(process)
        if stopping.is_set():
            raise Broken("stopped")
        output.seek(0)
        return status, output.read(1 << 20).decode(errors="replace")


def end_marked(mark):
    """Kills what was started with the environment variable CFO_MUTANT=`mark` and is still there."""
    wanted = f"CFO_MUTANT={mark}".encode()
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                if wanted in (entry / "environ").read_bytes().split(b"\0"):
                    os.kill(int(entry.name), signal.SIGKILL)


class Sources:
    """What modules.mk and the makefile of the unit tests know."""

    def __init__(self):
        text = (ROOT / "modules.mk").read_text().replace("\\\n", " ")
        words = {name: value.split() for name, value in re.findall(r"^(\w+) =(?: (.*))?$", text, re.M)}
        self.rooms = words["core_rooms"]
        self.core = [f"{room}/{name}" for room in self.rooms for name in words[f"core_{room}"]]
        self.glue = [f"src/httpd/{room}/{name}.c" for room in words["httpd_rooms"] for name in words[f"httpd_{room}"]]
        makefile = (UNIT / "Makefile").read_text()
        self.wrap = dict(re.findall(r"^wrap_(\S+) = (.*)$", makefile, re.M))
        self.helpers = re.search(r"^helpers = (.*)$", makefile, re.M)[1].split()

    def all(self):
        return ["mod_cf_origin.c", *(f"src/core/{name}.c" for name in self.core), *self.glue]

    def tests_for(self, name):
        """Unit tests, those first that know most of a core file: its own, its room, the rooms above it, the others."""
        room = name.split("/")[0]
        order = self.rooms.index(room)
        return sorted(self.core, key=lambda test: (test != name, test.split("/")[0] != room,
                                                   self.rooms.index(test.split("/")[0]) < order))


def digest(paths):
    whole = hashlib.sha256()
    for path in sorted(paths):
        whole.update(path.read_bytes())
    return whole.hexdigest()[:16]


def object_of(source):
    """The object that make has built."""
    path = ROOT / source
    return path.parent / ".libs" / f"{path.stem}.o"


class Worker:
    """Compiles one mutant after the other."""

    def __init__(self, sources):
        self.sources = sources
        self.folder = Path(tempfile.mkdtemp(prefix="cfm-"))
        self.folder.chmod(0o755)
        self.tmp = self.folder / "t"
        self.tmp.mkdir(mode=0o755)
        self.module = self.folder / "mod_cf_origin.so"
        self.compile_line = compiler_line(ROOT / ".built-with")
        self.cache = HERE / "build" / digest([*ROOT.glob("src/*/*/*.h"), *UNIT.glob("*.[ch]"), *UNIT.glob("*/*.c")])
        self.archives, self.bases, self.seen, self.linked = {}, {}, {}, {}

    def close(self):
        end_marked(self.folder)
        shutil.rmtree(self.folder, ignore_errors=True)

    def environment(self, **more):
        return {**os.environ, "CFO_MUTANT": str(self.folder), "TMPDIR": str(self.tmp), **more}

    # ---------------------------------------------------------------- the object

    def write(self, source, text):
        for old in ("src", "mod_cf_origin.c"):
            path = self.folder / old
            shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
        (self.folder / source).parent.mkdir(parents=True, exist_ok=True)
        (self.folder / source).write_text(text)
        # For what includes it by another name than that.
        (self.folder / "src").mkdir(exist_ok=True)

    def compile(self, source, text, out):
        """Bytes of the object; None: it is no C. Without debugging information, so that equal code is equal."""
        self.write(source, text)
        status, _ = run([*self.compile_line, "-g0", "-std=gnu99", "-fPIC", "-Isrc", f"-I{ROOT}/src", *NO_C,
                         "-c", source, "-o", out], 120, cwd=self.folder)
        return (self.folder / out).read_bytes() if status == 0 else None

    def base(self, source):
        """Digest of the object of the unchanged source."""
        if source not in self.bases:
            built = self.compile(source, (ROOT / source).read_text(), "base.o")
            if built is None:
                raise Broken(f"{source} does not compile")
            self.bases[source] = hashlib.sha256(built).hexdigest()
        return self.bases[source]

    # ---------------------------------------------------------------- unit tests

    def archive(self, kind):
        """The core without what changes, as a library of which the linker takes what is missing."""
        if kind not in self.archives:
            objects = (self.core_objects() if kind == "plain"
                       else [UNIT / f"build/core/{name}.o" for name in self.sources.core])
            path = self.folder / f"{kind}.a"
            # "P": whole paths, for two rooms may have a file of the same name.
            status, output = run(["ar", "rcsP", path, *objects], 60)
            if status != 0:
                raise Broken(output)
            self.archives[kind] = path
        return self.archives[kind]

    def symbols(self, path):
        """(what an object defines, what it needs)"""
        if path not in self.seen:
            _, output = run(["nm", path], 60)
            rows = [line.split()[-2:] for line in output.splitlines() if len(line.split()) > 1]
            self.seen[path] = ({name for kind, name in rows if kind in "TDBRVW"},
                               {name for kind, name in rows if kind == "U"})
        return self.seen[path]

    def links(self, test, source):
        """Whether the program of a unit test has a use for a source of the core: by the names in its text, and then
        by what each object needs."""
        if test not in self.linked:
            objects = {name: path for path in self.core_objects() for name in self.symbols(path)[0]}
            helpers = {name: (UNIT / f"{name}.c").read_text() for name in self.sources.helpers}
            text, found = (UNIT / f"{test}_test.c").read_text(), set()
            for name, helper in helpers.items():
                text += helper if f'"{name}.h"' in text else ""
            todo = set(re.findall(r"\bcfo_\w+", text))
            while todo:
                path = objects.get(todo.pop())
                if path and path not in found:
                    found.add(path)
                    todo |= self.symbols(path)[1]
            self.linked[test] = found
        return object_of(source) in self.linked[test]

    def core_objects(self):
        return [object_of(f"src/core/{name}.c") for name in self.sources.core]

    def unit_flags(self, kind):
        words = [word for word in compiler_line(UNIT / "build/flags") if not word.startswith(("-Werror", "-W"))]
        return words if kind == "asan" else [word for word in words if "sanitize" not in word] + ["-g0"]

    def include_first(self, words):
        """The compiler finds the mutated file before that of the tree."""
        at = words.index("-I.") + 1
        return [*words[:at], f"-I{self.folder}/src", *words[at:]]

    def unit_object(self, name, kind, changed=False):
        """The object of a file of test/unit; a new one if it includes the mutated file. None: it is no C."""
        path = self.cache / kind / f"{name}.o"
        if not changed and path.exists():
            return path
        words = self.unit_flags(kind)
        path = self.folder / "changed_test.o" if changed else path
        path.parent.mkdir(parents=True, exist_ok=True)
        status, output = run([*(self.include_first(words) if changed else words), "-w", "-c", f"{name}.c", "-o", path],
                             300, memory=False, cwd=UNIT)
        if status == 0:
            return path
        if changed:
            return None
        raise Broken(output)

    def unit_test(self, test, kind, source, changed):
        """The program of a unit test with the object `changed`; None: it is no C."""
        includes = source and f'#include "{source[4:]}"' in (UNIT / f"{test}_test.c").read_text()
        objects = [self.unit_object(f"{test}_test", kind, includes),
                   *(self.unit_object(name, kind) for name in self.sources.helpers)]
        if None in objects:
            return None
        program = self.folder / f"{kind}_test"
        program.unlink(missing_ok=True)
        status, output = run([*self.unit_flags(kind), *shlex.split(self.sources.wrap.get(test, "")),
                              *shlex.split(self.sources.wrap["memory"]), "-o", program, *objects,
                              *([changed] if changed else []), self.archive(kind), "-lcmocka", *self.libraries()], 300, memory=False)
        if status != 0:
            raise Broken(output)
        return program

    @staticmethod
    def libraries():
        makefile = (ROOT / "Makefile").read_text()
        return [*re.search(r"APR_LIBS='([^']*)'", makefile)[1].split(), "-lcrypto"]

    def run_unit(self, test, kind, source=None, changed=None):
        """"passed", "failed" or "too long"."""
        program = self.unit_test(test, kind, source, changed)
        if program is None:
            return "failed"
        options = os.environ.get("ASAN_OPTIONS", "detect_stack_use_after_return=1:hard_rss_limit_mb=4000")
        cpu = UNIT_CPU_SECONDS if kind == "plain" else CPU_SECONDS
        status, _ = run([program], 300, memory=kind == "plain", cpu=cpu, cwd=UNIT,
                        env=self.environment(ASAN_OPTIONS=options))
        end_marked(self.folder)
        if status in (None, -signal.SIGXCPU):
            return "too long"
        return "passed" if status == 0 else "failed"

    def compile_asan(self, source):
        """The object of the source as it was written last, under sanitizers; None: it is no C."""
        words = self.include_first(self.unit_flags("asan"))
        status, _ = run([*words, "-w", "-c", self.folder / source, "-o", self.folder / "asan.o"], 300, memory=False,
                        cwd=UNIT)
        return self.folder / "asan.o" if status == 0 else None

    # ---------------------------------------------------------------- httpd

    def link_module(self, source=None, changed=None):
        exports = self.folder / "exports"
        exports.write_text("{ global: cf_origin_module; local: *; };\n")
        objects = [changed if name == source else object_of(name) for name in self.sources.all()]
        self.module.unlink(missing_ok=True)
        status, output = run([self.compile_line[0], "-shared", f"-Wl,--version-script={exports}", "-o", self.module,
                              *objects, "-lcrypto"], 120)
        if status != 0:
            raise Broken(output)

    def run_httpd(self, tests, seconds):
        """(name of the test that failed, None), (None, "passed"), or (None, what else went wrong)."""
        failures = self.folder / "failures"
        failures.unlink(missing_ok=True)
        began = time.monotonic()
        path = f"{HERE}:{os.environ.get('PYTHONPATH', '')}".rstrip(":")
        status, output = run([PYTHON, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", "-p", "failures", *tests],
                             seconds, cwd=ROOT,
                             env=self.environment(CF_ORIGIN_SO=str(self.module), CFO_FAILURES=str(failures),
                                                  PYTHONPATH=path))
        end_marked(self.folder)
        self.clear()
        if failures.exists():
            return failures.read_text().splitlines()[0], None
        if status == 0 or status == 5:
            return None, "passed"
        if status is None:
            return None, f"too long ({time.monotonic() - began:.0f} s)"
        return None, f"pytest ended with {status}: {output[-500:]}"

    def clear(self):
        """What tests that were killed have left."""
        shutil.rmtree(self.tmp, ignore_errors=True)
        self.tmp.mkdir(mode=0o755, exist_ok=True)
