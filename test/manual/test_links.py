# SPDX-License-Identifier: Apache-2.0
"""Every link within README and manual leads somewhere, in the sources and in the HTML of them; links to other sites are
listed, and never followed. Every page can be found from the table of contents."""
import re
import subprocess
from html.parser import HTMLParser
from urllib.parse import unquote

import pytest

from examples import FENCE, OTHER_PAGES, PAGES
from server import ROOT

ALL = [*PAGES, *OTHER_PAGES]
EXTERNAL = re.compile(r"[a-z]+:|//")


def prose(path):
    """(number, line) of what is in no block."""
    inside = None
    for number, line in enumerate(path.read_text().splitlines(), 1):
        fence = FENCE.fullmatch(line)
        if fence and inside in (None, fence[2]):
            inside = None if inside else fence[2]
        elif not inside:
            yield number, line


def anchors(path):
    """Those of the headings, as forges make them."""
    found = []
    for _, line in prose(path):
        if heading := re.match(r"#+ +(.*?) *#*$", line):
            text = re.sub(r"!?\[([^]]*)\]\([^)]*\)", r"\1", heading[1])
            name = re.sub(r"[^\w\- ]", "", text.lower()).replace(" ", "-")
            found.append(f"{name}-{found.count(name)}" if name in found else name)
    return found


def links(path):
    """(number, target); a text may go over the end of a line."""
    text = "\n".join(re.sub(r"`[^`]*`", lambda code: "x" * len(code[0]), line) for line in
                     _lines(path))
    for link in re.finditer(r"\]\(<?([^)\s>]+)>?(?: \"[^\"]*\")?\)|^\[[^]]+\]: *(\S+)|(?:src|href)=\"([^\"]+)\"", text, re.M):
        yield text.count("\n", 0, link.start()) + 1, link[1] or link[2] or link[3]


def _lines(path):
    """All lines, with empty ones in place of blocks, so that they keep their numbers."""
    kept = dict(prose(path))
    return [kept.get(number, "") for number in range(1, len(path.read_text().splitlines()) + 1)]


def broken(path):
    for number, target in links(path):
        if EXTERNAL.match(target):
            continue
        name, _, anchor = target.partition("#")
        other = (path.parent / unquote(name)) if name else path
        place = f"{path.relative_to(ROOT) if ROOT in path.parents else path.name}:{number}"
        if not other.exists():
            yield f"{place}: {target}: there is no {name}"
        elif anchor and other.suffix == ".md" and anchor not in anchors(other):
            yield f"{place}: {target}: no heading of {other.name} has this anchor"


@pytest.mark.parametrize("path", ALL, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_leads_somewhere(path):
    assert not list(broken(path))


def test_every_page_is_in_the_table_of_contents():
    contents = ROOT / "docs" / "README.md"
    linked = {(contents.parent / target.partition("#")[0]).resolve() for _, target in links(contents)}
    missing = [str(x.relative_to(ROOT)) for x in PAGES if x not in linked and x not in (contents, ROOT / "README.md")]
    assert not missing, "link these in docs/README.md"


def test_links_to_other_sites_are_listed():
    """And lead to https only. pytest -s shows them."""
    found = sorted({(target, str(path.relative_to(ROOT))) for path in ALL for _, target in links(path) if EXTERNAL.match(target)})
    print("\n".join(" ".join(x) for x in found))
    assert all(target.startswith(("https://", "mailto:")) for target, _ in found)


@pytest.mark.parametrize("text, wrong", [
    ("[a](nowhere.md)", True), ("[a](#nowhere)", True), ("# Here\n\n[a](#here)", False), ("[a\nb](nowhere.md#x)", True),
    ("## `cf-x`, and (more)\n\n[a](#cf-x-and-more)", False), ("# A\n\n# A\n\n[a](#a-1)", False),
    ("`[a](nowhere.md)`", False), ("```text\n[a](nowhere.md)\n```", False), ("![a](nowhere.png)", True),
    ("[a](https://example.com/nowhere)", False)])
def test_a_broken_link_is_found(tmp_path, text, wrong):
    (tmp_path / "page.md").write_text(text)
    assert bool(list(broken(tmp_path / "page.md"))) is wrong


# The HTML.

class Page(HTMLParser):
    def __init__(self, path):
        super().__init__()
        self.names, self.targets, self.loaded = set(), [], []
        self.feed(path.read_text())

    def handle_starttag(self, tag, attributes):
        values = dict(attributes)
        self.names.add(values.get("id"))
        if tag == "a" and "href" in values:
            self.targets.append(values["href"])
        for name in ("src", "href") if tag != "a" else ():
            if name in values:
                self.loaded.append(values[name])


@pytest.fixture(scope="module")
def html(tmp_path_factory):
    folder = tmp_path_factory.mktemp("html")
    done = subprocess.run([ROOT / "support" / "docs.sh", folder], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0 and not done.stderr, done.stdout + done.stderr
    return {path: Page(path) for path in folder.rglob("*.html")}


def test_every_page_is_converted(html):
    assert len(html) == len(ALL)


def test_every_link_in_the_html_leads_somewhere(html):
    wrong = []
    for path, page in html.items():
        for target in page.targets + page.loaded:
            if EXTERNAL.match(target):
                continue
            name, _, anchor = target.partition("#")
            other = (path.parent / unquote(name)).resolve() if name else path
            if not other.exists() or anchor and other in html and unquote(anchor) not in html[other].names:
                wrong.append(f"{path.name}: {target}")
    assert not wrong


def test_the_html_loads_nothing_from_elsewhere_and_shows_no_marker(html):
    for path, page in html.items():
        assert not [x for x in page.loaded if EXTERNAL.match(x)], path.name
        assert "example: " not in re.sub(r"<(pre|code)\b.*?</\1>", "", path.read_text(), flags=re.S), path.name
