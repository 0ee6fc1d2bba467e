# SPDX-License-Identifier: Apache-2.0
"""The status page in a real browser: of the httpd that serves it, and of a sample with a week of requests
(test/unit/sample.c). Nothing may violate its own policy, be hidden, cut off or hard to read, on a phone and on
a desktop, in light and in dark mode."""
import subprocess

import pytest

from browser import Browser
from server import ROOT, vhost

SCREENS = [(width, scheme) for width in (360, 1280) for scheme in ("light", "dark")]

# What has too little contrast: [text, ratio], by WCAG 2.1 (AA: 4.5 for text, 3 for graphics).
CONTRAST = """
const number = c => { const m = c.match(/[\\d.]+/g).map(Number); return m.length > 3 && m[3] == 0 ? null : m };
const light = c => c.slice(0, 3).map(v => v / 255).map(v => v <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [.2126, .7152, .0722][i], 0);
const ratio = (a, b) => { const [x, y] = [light(a), light(b)].sort((p, q) => q - p); return (x + .05) / (y + .05) };
const behind = e => { for (; e; e = e.parentElement) {
    const c = number(getComputedStyle(e).backgroundColor); if (c) return c } return [255, 255, 255] };
const bad = [];
const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
while (walk.nextNode()) {
    const node = walk.currentNode, parent = node.parentElement;
    if (!node.data.trim() || parent.closest("svg") || !parent.checkVisibility()) continue;
    const r = ratio(number(getComputedStyle(parent).color), behind(parent));
    if (r < 4.5) bad.push([node.data.trim().slice(0, 40), r]);
}
for (const rect of document.querySelectorAll("svg rect:not(.none)")) {
    const r = ratio(number(getComputedStyle(rect).fill), behind(rect.closest("figure")));
    if (r < 3) bad.push([rect.getAttribute("class"), r]);
}
for (const key of document.querySelectorAll(".key")) {
    const r = ratio(number(getComputedStyle(key).backgroundColor), behind(key.parentElement));
    if (r < 3) bad.push([key.className, r]);
}
return bad;
"""

# What a screen reader would miss.
UNNAMED = """
const bad = [];
const report = (what, e) => bad.push(what + ": " + e.outerHTML.slice(0, 80));
const all = (selector, test, what) => document.querySelectorAll(selector).forEach(e => test(e) || report(what, e));
const named = e => (e.getAttribute("aria-labelledby") || "").split(" ").every(id => document.getElementById(id));
all("section", e => e.hasAttribute("aria-labelledby") && named(e), "section without a heading");
all("svg", e => e.getAttribute("role") == "img" && e.hasAttribute("aria-labelledby") && named(e), "nameless picture");
all("table", e => e.caption && e.caption.textContent.trim(), "table without a caption");
all("th", e => e.hasAttribute("scope"), "heading of what?");
all("input:not([type=hidden])", e => document.querySelector(`label[for=${e.id}]`), "input without a label");
all("main, header, footer, h1", e => document.querySelectorAll(e.tagName).length == 1, "twice");
const ids = [...document.querySelectorAll("[id]")].map(e => e.id);
if (new Set(ids).size != ids.length) bad.push("an id twice");
for (const name of ["main", "header", "nav", "footer", "h1"])
    if (!document.querySelector(name)) bad.push("no " + name);
let last = 1;
for (const h of document.querySelectorAll("h1, h2, h3")) {
    const level = Number(h.tagName[1]);
    if (level > last + 1) report("a level is left out", h);
    last = level;
}
return bad;
"""

# What is wider than the window, except in elements that scroll.
CUT = """
const wide = document.documentElement.clientWidth;
return [...document.body.querySelectorAll("*")].filter(e => !e.closest(".scroll") && !e.closest("svg")
    && e.getBoundingClientRect().right > wide + 1).map(e => e.outerHTML.slice(0, 80));
"""


@pytest.fixture(scope="module")
def browser(scratch):
    browser = Browser(scratch)
    yield browser
    browser.close()


@pytest.fixture(scope="module")
def sample(scratch):
    """A folder with the page of the sample, and its policy."""
    folder = scratch / "sample"
    folder.mkdir()
    subprocess.run(["make", "-s", "-C", ROOT / "test" / "unit", "build/sample_page"], check=True,
                   stdout=subprocess.DEVNULL, timeout=600)
    subprocess.run([ROOT / "test" / "unit" / "build" / "sample_page", folder], check=True, timeout=60)
    return folder


@pytest.fixture(scope="module")
def pages(httpd, sample):
    """The URLs of both pages."""
    policy = (sample / "policy").read_text()
    server = httpd(modules=["headers"], server=f"""
CFOriginPullZone a.test {{pki}}/zone-a.pem
Alias /sample "{sample}"
<Directory "{sample}">
    Require all granted
    ForceType "text/html; charset=utf-8"
    Header set Content-Security-Policy "{policy}"
</Directory>
<Location "/cf-origin-status">
    SetHandler cf-origin-status
    Require local
</Location>
""" + vhost("shop.a.test", "CFOriginPull On", port="{port2}"))
    at = f"http://127.0.0.1:{server.port}"
    return {"real": f"{at}/cf-origin-status", "sample": f"{at}/sample/index.html"}


@pytest.fixture(scope="module", autouse=True)
def files(pki):
    (pki.dir / "zone-a.pem").write_text(pki.zone_a.pem)


@pytest.mark.parametrize("page", ["real", "sample"])
@pytest.mark.parametrize("width, scheme", SCREENS)
def test_the_page_is_readable_on_every_screen(browser, pages, page, width, scheme):
    browser.open(pages[page], width=width, scheme=scheme)
    assert browser.messages() == []
    assert browser.run(CUT) == []
    assert browser.run(CONTRAST) == []
    background = browser.run("return getComputedStyle(document.body).backgroundColor")
    assert (background == "rgb(246, 247, 249)") == (scheme == "light")


@pytest.mark.parametrize("page", ["real", "sample"])
def test_the_page_works_with_a_screen_reader(browser, pages, page):
    browser.open(pages[page])
    assert browser.run(UNNAMED) == []


def test_charts_have_bars_and_their_numbers_are_in_a_table(browser, pages):
    browser.open(pages["sample"])
    assert browser.run("return document.querySelectorAll('svg rect').length") > 300
    rows = browser.run("document.querySelector('details').open = true;"
                       "return document.querySelector('details').querySelectorAll('tbody tr').length")
    assert rows == 60


def test_no_table_of_the_sample_scrolls_on_a_phone(browser, pages):
    browser.open(pages["sample"], width=360)
    assert browser.run("return [...document.querySelectorAll('.scroll')].filter(e => e.checkVisibility() &&"
                       "!e.closest('details') && e.scrollWidth > e.clientWidth).map(e => e.ariaLabel)") == []


def test_forms_and_links_work_without_scripts(browser, pages):
    browser.open(pages["real"])
    browser.run("document.querySelector('#zone').value = 'a.t'; document.querySelector('#zone').form.submit()")
    assert browser.run("return location.search") == "?zone=a.t"
    browser.run("[...document.links].find(a => a.textContent == '30 s').click()")
    assert browser.run("return location.search") == "?zone=a.t&refresh=30"
    assert browser.messages() == []


def test_the_browser_reports_policy_violations(browser, pages):
    """Otherwise no messages in the tests above would mean nothing."""
    browser.open(pages["real"])
    browser.run("document.body.insertAdjacentHTML('beforeend', '<p style=\"color:red\">')")
    assert any("Content Security Policy" in message for message in browser.messages())
