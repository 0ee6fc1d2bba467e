# SPDX-License-Identifier: Apache-2.0
"""Examples in other languages: the program that reads such a file accepts it, where there is one."""
import json
import re

import pytest
import yaml

from examples import every_example
from tools import run

SERVERS = [x for x in every_example("nginx", "haproxy") if not x.not_run]
DATA = [x for x in every_example("json", "yaml") if not x.not_run]


def nginx(text):
    """A whole configuration of a part: of the main level, of http { }, or of a site."""
    modules = "load_module /usr/lib/nginx/modules/ngx_stream_module.so;\n"
    if re.search(r"^(stream|http|events) *\{", text, re.M):
        return modules + ("" if "events {" in text else "events { }\n") + text
    if not re.search(r"^(server|upstream|map|log_format) ", text, re.M):
        text = f"server {{\nserver_name example.com;\n{tls(text)}{text}}}\n"
    return f"{modules}events {{ }}\nhttp {{\n{text}}}\n"


def tls(text):
    lines = "" if "listen " in text else "listen 443 ssl;\n"
    return lines if "ssl_certificate " in text else lines + "".join(
        f"ssl_{name} /etc/apache2/ssl/shop.example.com.pem;\n" for name in ("certificate", "certificate_key"))


def haproxy(text):
    """With the defaults that each configuration has."""
    return "" if re.search(r"^defaults", text, re.M) else (
        "defaults\n    timeout connect 5s\n    timeout client 50s\n    timeout server 50s\n") + text


@pytest.fixture(scope="session")
def checked(copy):
    blocks = []
    for number, example in enumerate(SERVERS):
        write = {"nginx": nginx, "haproxy": haproxy}[example.language]
        (copy.exchange / f"server-{number}.conf").write_text(write(example.text))
        for path in re.findall(r"(/etc/\S+\.pem)", example.text):
            copy.inputs.write(path, copy.inputs.server.pem + copy.inputs.server.key.read_text())
        command = {"nginx": "nginx -t -c", "haproxy": "haproxy -c -f"}[example.language]
        (copy.exchange / f"server-{number}").write_text(
            f"cp -an /run/examples/files/. /\nmkdir -p /var/lib/nginx /var/log/nginx\n"
            f"{command} /run/examples/server-{number}.conf\n")
        blocks.append(f"server-{number}")
    copy.run("servers", False, "run.sh", "none", *blocks)
    return copy


@pytest.mark.parametrize("number", range(len(SERVERS)), ids=[x.place for x in SERVERS])
def test_the_server_accepts_its_configuration(checked, number):
    example = SERVERS[number]
    status, output, _ = checked.result(f"server-{number}")
    assert status == 0 and "warning" not in output.lower(), f"{example.place}: {example.language}: {output}\n{example.text}"


@pytest.mark.parametrize("example", DATA, ids=[x.place for x in DATA])
def test_data_can_be_read(example, tmp_path):
    try:
        data = json.loads(example.text) if example.language == "json" else yaml.safe_load(example.text)
    except (ValueError, yaml.YAMLError) as error:
        raise AssertionError(f"{example.place}: {example.language}: {error}\n{example.text}") from error
    path = tmp_path / "example.yml"
    path.write_text(example.text)
    kind = {"scrape_configs": "config", "groups": "rules"}.get(next(iter(data), None) if isinstance(data, dict) else None)
    if example.language == "yaml" and kind:
        try:
            run("promtool", "check", kind, path)
        except AssertionError as error:
            raise AssertionError(f"{example.place}: {error}\n{example.text}") from error
