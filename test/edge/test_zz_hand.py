import sys; sys.path[:0]=["/tmp/w/brk2/test/edge"]
from test_status_judgement import *  # noqa
import pytest
from server import vhost
from world import Origin

def dump_of(scratch, pki, folder, text, name):
    o = Origin(scratch, pki, [], [])
    o.server.server = text
    o.server.write_config()
    d = o.server.run("-t", "-D", "DUMP_CF_ORIGIN")
    print("-t:", d.returncode, d.stderr[-600:])
    (folder / name).write_text(d.stdout)
    return folder / name

@pytest.mark.parametrize("case", ["verify-none-audit", "verify-none-on", "exempt", "verify-optional-ca", "require-ip", "section-off", "off-vhost", "dir-off"])
def test_case(standin, scratch, folder, pki, case):
    zone = f"CFOriginPullZone example.com {folder}/example.com.pem\n"
    (folder / "example.com.pem").write_text(pki.zone_a.pem)
    texts = {
     "verify-none-audit": vhost("www.example.com", "CFOriginPull Audit\n"+zone, verify=""),
     "verify-none-on": vhost("www.example.com", "CFOriginPull On\n"+zone, verify=""),
     "exempt": vhost("www.example.com", "CFOriginPull On\n"+zone),
     "verify-optional-ca": vhost("www.example.com", "CFOriginPull Audit\n"+zone, verify="optional", ca="{pki}/server.pem"),
     "require-ip": vhost("www.example.com", "CFOriginPull On\nCFOriginPullRequire ip\n"+zone),
     "section-off": vhost("www.example.com", "CFOriginPull Off\n<Location /x>\nCFOriginPull On\n</Location>\n"+zone),
     "off-vhost": vhost("www.example.com", "CFOriginPull Off\n"+zone),
     "dir-off": vhost("www.example.com", "CFOriginPull On\n<Location /x>\nCFOriginPull Off\n</Location>\n"+zone),
    }
    made = World(standin(), folder, pki, dump_of(scratch, pki, folder, texts[case], case + ".dump"))
    made.zone.own_on = True
    made.place(pki.leaf_a)
    print((folder / (case + ".dump")).read_text())
    print("ACCEPTED:"); show(made.status())
    made.zone.certificates["zone"].clear(); made.place(pki.leaf_b)
    print("REFUSED:"); show(made.status())
