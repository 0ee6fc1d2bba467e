# SPDX-License-Identifier: Apache-2.0
"""The range updater with Cloudflare's API as the source, and with redirects."""
import json

import pytest

from updater import OLD, V4, V6, Updater, api, prefixes, program, text
from website import ENDLESS, Website, answer


def from_api(updater, *arguments, **environment):
    return updater.run("--api-url", f"{updater.site.url}/client/v4/ips", *arguments, **environment)


def result(v4=tuple(V4), v6=tuple(V6), **more):
    return json.dumps({"result": {"ipv4_cidrs": v4, "ipv6_cidrs": v6, **more}, "success": True}).encode()


VALID = {
    "as_published": api(V4[1:], V6),
    "indented": json.dumps(json.loads(api(V4[1:], V6)), indent=2).encode(),
    "on_many_lines_with_crlf": json.dumps(json.loads(api(V4[1:], V6)), indent=1).replace("\n", "\r\n").encode(),
    "without_spaces": json.dumps(json.loads(api(V4[1:], V6)), separators=(",", ":")).encode(),
    "with_escaped_slashes": api(V4[1:], V6).replace(b"/", b"\\/"),
    "with_escaped_characters": api(V4[1:], V6).replace(b"/", b"\\u002F").replace(b'"success"', b'"\\u0073uccess"'),
    "with_a_mark": b"\xef\xbb\xbf" + api(V4[1:], V6),
    "success_first": b'{"success": true, "result": ' + json.dumps({"ipv6_cidrs": V6, "ipv4_cidrs": V4[1:]}).encode() + b"}",
    "with_other_members": api(V4[1:], V6, other={"a": [1, -2.5e3, None, {"b": 'x "y" \\'}], "ipv4_cidrs": ["203.0.113.0/24"]}),
    "with_dots_in_names": api(V4[1:], V6, **{"result.ipv4_cidrs": ["203.0.113.0/24"]}),
}


@pytest.mark.parametrize("what", VALID)
def test_the_ranges_of_the_api_are_installed(updater, what):
    updater.site.answers["/client/v4/ips"] = answer(VALID[what])
    done = from_api(updater)
    assert (done.returncode, done.stderr) == (0, "") and V4[0] in done.stdout
    assert prefixes(updater.out) == V4[1:] + V6
    assert f"# Source: {updater.site.url}/client/v4/ips\n# Date: " in updater.out.read_text()
    assert updater.site.asked == ["/client/v4/ips"]


def test_ranges_of_the_china_network_are_added_if_the_api_sends_them(updater):
    updater.site.answers["/client/v4/ips"] = answer(result(jdcloud_cidrs=["198.51.100.0/24", "2001:db8::/32"]))
    assert from_api(updater).returncode == 0
    assert prefixes(updater.out) == [*V4, "198.51.100.0/24", *V6, "2001:db8::/32"]


def test_unchanged_ranges_of_the_api_only_set_the_time(updater):
    updater.site.answers["/client/v4/ips"] = answer(api())
    done = from_api(updater)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "") and updater.out.read_bytes() == OLD


# Answers that are not to be used, and words of the error message.
WRONG = {
    "failure": (api(success=False), ["success"]), "no_success": (b'{"result": {}}', ["success"]),
    "success_as_text": (api(success="true"), ["success"]), "success_elsewhere": (b'{"result": {"success": true}}', ["success"]),
    "success_twice": (api()[:-1] + b', "success": false}', ["success"]),
    "an_error": (b'{"success": false, "errors": [{"code": 1015, "message": "rate limited"}], "result": null}', ["success"]),
    "empty": (b"", ["not the JSON"]), "a_page": (b"<!DOCTYPE html><html></html>\n", ["not the JSON", "<!DOCTYPE"]),
    "a_list": (text(V4), ["not the JSON"]), "another_object": (b'{"success": true}', ["no range"]),
    "cut": (api()[:-40], ["not the JSON"]), "cut_within_a_string": (api()[:100], ["not the JSON"]),
    "text_behind": (api() + b"x", ["not the JSON"]), "two_objects": (api() * 2, ["not the JSON"]),
    "no_comma": (api().replace(b'", "', b'" "', 1), ["not the JSON"]),
    "no_colon": (api().replace(b'"result":', b'"result"'), ["not the JSON"]),
    "single_quotes": (api().replace(b'"', b"'"), ["not the JSON"]), "many_levels": (b"[" * 3000, ["not the JSON"]),
    "a_newline_in_a_string": (api([*V4, "1.2.3.0/24\n5.6.7.0/24"]).replace(b"\\n", b"\n"), ["not the JSON"]),
    "no_ipv4": (result(v4=[]), ["ipv4_cidrs", "no range"]), "no_ipv6": (result(v6=[]), ["ipv6_cidrs", "no range"]),
    "null": (result(v4=None), ["ipv4_cidrs"]), "numbers": (result(v4=[1, 2]), ["ipv4_cidrs", "no range"]),
    "an_address": (result(v4=["192.0.2.1"]), ["192.0.2.1", "no range"]),
    "a_comment": (result(v4=["104.16.0.0/13 # x"]), ["no range"]), "glued": (result(v4=["131.0.72.0/222400:cb00::/32"]), ["ipv4_cidrs"]),
    "everything": (result(v4=[*V4, "0.0.0.0/0"]), ["0.0.0.0/0"]), "all_of_ipv6": (result(v6=["::/0"]), ["::/0"]),
    "ipv6_among_ipv4": (result(v4=[*V4, V6[0]]), [V6[0], "not an IPv4 prefix"]),
    "ipv4_among_ipv6": (result(v6=[*V6, V4[0]]), [V4[0], "not an IPv6 prefix"]),
    "a_list_that_shrinks": (result(v4=V4[:3]), ["12 of", "--accept-shrink"]),
    "host_bits": (result(v4=["104.16.0.1/13"]), ["104.16.0.1/13"]),
}


@pytest.mark.parametrize("what", WRONG)
def test_an_answer_that_is_not_the_apis_leaves_the_old_list_in_force(updater, what):
    body, words = WRONG[what]
    updater.site.answers["/client/v4/ips"] = answer(body)
    updater.assert_refused(from_api(updater), "/client/v4/ips" if "shrinks" not in what else "", *words)


@pytest.mark.parametrize("status", ["403 Forbidden", "404 Not Found", "429 Too Many Requests", "206 Partial Content"])
def test_an_error_status_of_the_api_counts_even_with_a_list(updater, status):
    updater.site.answers["/client/v4/ips"] = [answer(api(V4[1:]), status) for _ in range(3)]
    updater.assert_refused(from_api(updater), "status " + status[:3])


def test_an_endless_answer_of_the_api_is_cut(updater):
    updater.site.answers["/client/v4/ips"] = ENDLESS
    updater.assert_refused(from_api(updater), "longer than 64 KiB")


@pytest.mark.parametrize("url", ["http://127.0.0.11/ips", "ftp://127.0.0.1/", "https://a@api.cloudflare.com/"])
def test_the_url_of_the_api_is_checked(updater, url):
    done = updater.run("--api-url", url)
    assert (done.returncode, done.stdout) == (2, "") and updater.site.asked == []


# Redirects: curl takes the site of the test for each host that it is asked for.

@pytest.fixture
def cloudflare(tmp_path, pki):
    names = ["www.cloudflare.com", "cloudflare.com", "api.cloudflare.com", "a.b.cloudflare.com", "evilcloudflare.com",
             "cloudflare.com.evil.test", "mirror.test", "127.0.0.1", "evil.test", "www.cloudflare.com."]
    certificate = pki.issue("cloudflare", pki.zone_a, extensions="subjectAltName=" + ",".join(f"DNS:{name}" for name in names) + "\n")
    site = Website(certificate)
    updater = Updater(tmp_path, site)
    folder = tmp_path / "bin"
    folder.mkdir()
    program(folder / "curl", f'exec /usr/bin/curl -q --connect-to "::127.0.0.1:{site.server.server_port}" "$@"')
    updater.more = {"PATH": f"{folder}:/usr/bin:/bin", "CURL_CA_BUNDLE": str(pki.zone_a.crt)}
    updater.publish(text(V4[1:]), text(V6))
    yield updater
    site.close()


def run(updater, *arguments):
    return updater.run("--v4", "https://www.cloudflare.com/ips-v4", "--v6", "https://www.cloudflare.com/ips-v6", *arguments, **updater.more)


def redirect(target, status="301 Moved Permanently", body=b""):
    return answer(body, status, headers=[f"Location: {target}"])


@pytest.mark.parametrize("target", [
    "https://www.cloudflare.com/new", "/new", "new", "//www.cloudflare.com/new", "https://cloudflare.com/new", "https://WWW.CloudFlare.com/new",
    "https://a.b.cloudflare.com/new", "https://www.cloudflare.com:443/new", "https://api.cloudflare.com/new#part",
])
@pytest.mark.parametrize("status", ["301 Moved Permanently", "302 Found", "307 Temporary Redirect", "308 Permanent Redirect"])
def test_redirects_within_cloudflare_are_followed(cloudflare, target, status):
    cloudflare.site.answers.update({"/ips-v4": redirect(target, status), "/new": answer(text(V4[1:]))})
    done = run(cloudflare)
    assert (done.returncode, done.stderr) == (0, "")
    assert prefixes(cloudflare.out) == V4[1:] + V6 and cloudflare.site.asked == ["/ips-v4", "/new", "/ips-v6"]


@pytest.mark.parametrize("target", [
    "http://www.cloudflare.com/new", "https://evilcloudflare.com/new", "https://cloudflare.com.evil.test/new", "https://evil.test/new",
    "https://evil.test/www.cloudflare.com/new", "https://evil.test/?.cloudflare.com", "https://evil.test#.cloudflare.com",
    "https://evil.test\\\\.cloudflare.com/new", "https://evil.test\\.cloudflare.com/new", "https://www.cloudflare.com@evil.test/new",
    "https://user@www.cloudflare.com/new", "https://www.cloudflare.com:8443/new", "https://www.cloudflare.com:443@evil.test/new",
    "https://www.cloudflare.com./new", "https://.cloudflare.com/new", "https://127.0.0.1/new", "ftp://www.cloudflare.com/new",
    "file:///etc/passwd", "//evil.test/new", "https://cloudflare.com%2eevil.test/new", "https:///new",
])
def test_other_redirects_are_not_followed(cloudflare, target):
    cloudflare.site.answers.update({"/ips-v4": redirect(target, body=text(V4)), "/new": answer(text(V4[1:]))})
    cloudflare.assert_refused(run(cloudflare), "https://www.cloudflare.com/ips-v4")
    assert cloudflare.site.asked == ["/ips-v4"]


def test_a_redirect_of_a_mirror_is_not_followed_not_even_to_cloudflare(cloudflare):
    cloudflare.site.answers["/ips-v4"] = redirect("https://www.cloudflare.com/new")
    cloudflare.assert_refused(run(cloudflare, "--v4", "https://mirror.test/ips-v4"), "a redirect to https://www.cloudflare.com/new")
    assert cloudflare.site.asked == ["/ips-v4"]


def test_each_step_of_a_redirect_is_checked(cloudflare):
    cloudflare.site.answers.update({"/ips-v4": redirect("/2"), "/2": redirect("https://evil.test/3"), "/3": answer(text(V4[1:]))})
    cloudflare.assert_refused(run(cloudflare), "https://www.cloudflare.com/2: a redirect to https://evil.test/3")
    assert cloudflare.site.asked == ["/ips-v4", "/2"]


def test_three_redirects_are_followed_and_no_circle(cloudflare):
    cloudflare.site.answers.update({"/ips-v4": redirect("/2"), "/2": redirect("/3"), "/3": redirect("/4"), "/4": answer(text(V4[1:]))})
    assert run(cloudflare).returncode == 0
    cloudflare.out.write_bytes(OLD)
    cloudflare.site.answers["/4"] = redirect("/ips-v4")
    done = run(cloudflare)
    assert done.returncode == 1 and "more than 3 redirects" in done.stderr and cloudflare.out.read_bytes() == OLD


@pytest.mark.parametrize("what", [answer(b"", "301 Moved"), answer(b"", "304 Not Modified"), redirect("")])
def test_a_redirect_to_nowhere_is_an_error(cloudflare, what):
    cloudflare.site.answers["/ips-v4"] = what
    assert cloudflare.run("--v4", "https://www.cloudflare.com/ips-v4", **cloudflare.more).returncode == 1
    cloudflare.assert_untouched()


def test_the_api_is_asked_over_tls_and_its_redirects_are_followed(cloudflare):
    cloudflare.site.answers.update({"/client/v4/ips": redirect("/client/v5/ips"), "/client/v5/ips": answer(api(V4[1:]))})
    done = cloudflare.run("--api", **cloudflare.more)
    assert (done.returncode, done.stderr) == (0, "") and prefixes(cloudflare.out) == V4[1:] + V6
    assert "# Source: https://api.cloudflare.com/client/v4/ips\n" in cloudflare.out.read_text()
    assert cloudflare.site.asked == ["/client/v4/ips", "/client/v5/ips"]
