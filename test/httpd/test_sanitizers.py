# SPDX-License-Identifier: Apache-2.0
"""The tests find what they are meant to find: a module with faults, built and loaded as make asan does it, ends its
child, and that fails the test."""
import re
import shlex
import subprocess

import pytest

import server
from client import Connection
from server import ROOT, Unsound

FAULTY = r"""
#include "httpd.h"
#include "http_config.h"
#include "http_protocol.h"
#include "apr_strings.h"

static int handle(request_rec *r)
{
    int number = r->args ? atoi(r->args) : 0;
    apr_pool_t *gone;
    char *text;

    if (!strcmp(r->uri, "/overflow"))
        ap_rprintf(r, "%d\n", number + 2147483647);
    else if (!strcmp(r->uri, "/shift"))
        ap_rprintf(r, "%d\n", number << (number + 40));
    else if (!strcmp(r->uri, "/freed")) {
        apr_pool_create(&gone, r->pool);
        text = apr_psprintf(gone, "%0100000d", number);
        apr_pool_destroy(gone);
        ap_rprintf(r, "%c\n", text[number]);
    }
    else if (!strcmp(r->uri, "/array"))
        ap_rprintf(r, "%c\n", ((char[]){ "abc" })[number + 7]);
    else if (strcmp(r->uri, "/good"))
        return DECLINED;
    return OK;
}

static void hooks(apr_pool_t *p)
{
    (void)p;
    ap_hook_handler(handle, NULL, NULL, APR_HOOK_FIRST);
}

module AP_MODULE_DECLARE_DATA faulty_module = {
    STANDARD20_MODULE_STUFF, NULL, NULL, NULL, NULL, NULL, hooks, 0
};
"""


def setting(name):
    """A variable of the makefile that make asan uses."""
    done = subprocess.run(["make", "-s", "--no-print-directory", "-C", ROOT / "test/httpd", "--eval", "print: ; @echo '$(%s)'" % name, "print", "CC=cc"],
                          capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.fixture(scope="module")
def faulty(scratch):
    """The module, and what is loaded before it."""
    if not (runtime := setting("asan_runtime")):
        pytest.skip("this compiler has no AddressSanitizer")
    source, module, memory = scratch / "faulty.c", scratch / "mod_faulty.so", scratch / "pool_memory.so"
    source.write_text(FAULTY)
    words = shlex.split((ROOT / ".built-with").read_text().splitlines()[0])
    flags = [word for word in words[1:] if re.match(r"-[ID]", word) and "FORTIFY" not in word]
    subprocess.run(["cc", "-g", "-fPIC", "-shared", *shlex.split(setting("asan_flags")), *flags, "-o", module, source], check=True)
    subprocess.run(["cc", "-fPIC", "-shared", *flags, "-o", memory, ROOT / "test/httpd/pool_memory.c"], check=True)
    return module, f"{memory}:{runtime}"


@pytest.fixture
def running(httpd, faulty, monkeypatch):
    module, preload = faulty
    monkeypatch.setattr(server, "PRELOAD", preload)
    monkeypatch.setattr(server, "MEMCHECK", None)
    started = httpd(tls=False, load_module=False, log_level="warn", server=f"LoadModule faulty_module {module}\n")
    yield started
    try:
        started.stop()
    except Unsound:
        pass  # reported, and looked at by the test


@pytest.mark.parametrize("path, report", [
    ("/overflow?1", "signed integer overflow"), ("/shift?1", "shift exponent 41 is too large"),
    ("/freed?9", "AddressSanitizer: heap-use-after-free"), ("/array?1", "index 8 out of bounds")])
def test_a_fault_in_a_child_ends_it_and_fails_the_test(running, path, report):
    with Connection(running.port, plain=True, sni="main.test") as connection:
        assert connection.get("/good").status == 200
        children = running.children()
        with pytest.raises((EOFError, OSError)):
            connection.get(path)
    running.wait_for(lambda: not set(children) & set(running.children()), "the end of the child")
    with pytest.raises(Unsound) as reported:
        running.assert_sound()
    assert report in str(reported.value)


def test_what_is_right_is_not_reported(running):
    with Connection(running.port, plain=True, sni="main.test") as connection:
        assert [connection.get("/good").status for _ in range(3)] == [200] * 3
    running.assert_sound()
