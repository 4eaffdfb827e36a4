# SPDX-License-Identifier: BSD-2-Clause
"""Make the documents into web pages with a search.

  tools/hotplate site

The pages are in build/site; mkdocs of the distribution makes them.  The tool
copies the documents to build/site-src with their paths of the tree; README.md
becomes index.md.  Every link is checked: a link to a page that does not exist
or that is in no menu is an error (mkdocs --strict, and checks that mkdocs
lacks).  A link to a source becomes its path.  The pages load no external
resource and need no server: the search works in pages that are opened as
files.
"""
import glob
import json
import os
import re
import shutil
import subprocess

from hotplate import BUILD, TOP, Refused
from hotplate.barriers import page as barriers
from hotplate.command import no_words
from hotplate.kernels import barrier_table, score
from hotplate.lint.core import read, tree
from hotplate.mutants import page as mutants
from hotplate.mutants.generated import page as mutate
from hotplate.results import add, compare, jsonl, page

SOURCE, SITE = os.path.join(BUILD, "site-src"), os.path.join(BUILD, "site")
THEME = "tools/python/hotplate/docs/theme"
LINK = re.compile(r"(?<!!)\[([^]]*)\]\(([^)\s]+)\)")
ELSEWHERE = re.compile(
    r"""(?:src|href)=["'](https?:)?//[^"']+\.(?:js|css|woff2?|ttf)|@import|url\(["']?(https?:)?//"""
)


class Wrong(Refused):
    """A mistake in a document, for its author."""


def pages() -> dict[str, str]:
    """{path in the tree: path in the site}"""
    found = {
        p: p
        for p in tree(".md")
        if p.startswith(("docs/", "boards/", "machine/", "tests/README", "lab/"))
        or p in ("CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md")
    }
    return {
        "README.md": "index.md",
        **{p: p for p in found if not p.startswith("boards/_template")},
    }


def links(path: str, text: str, there: dict[str, str]) -> str:
    """The text with links of the site; a link to a file that is no page becomes its path."""
    home = os.path.dirname(there[path])

    def link(match: re.Match[str]) -> str:
        words, to = match.groups()
        if re.match(r"[a-z]+:|#", to):
            return match[0]
        target, _, part = to.partition("#")
        full = os.path.normpath(os.path.join(os.path.dirname(path), target))
        if full in there:
            return "[%s](%s%s)" % (
                words,
                os.path.relpath(there[full], home or "."),
                "#" + part if part else "",
            )
        if not os.path.exists(full):
            raise Wrong("%s: the target of the link %s does not exist" % (path, to))
        return "%s (`%s`)" % (words, full)

    return LINK.sub(link, text)


def kept() -> list[str]:
    """The results that others sent: docs/results/BOARD/DATE.jsonl."""
    return sorted(glob.glob(os.path.join("docs", "results", "*", "*.jsonl")))


def page_of(result: str) -> str:
    """The page of a file of results, in the site."""
    return os.path.splitext(result)[0] + ".html"


def results_text() -> str:
    """The list of results; each has a page of its own."""
    rows = []
    for path in kept():
        board, date = path.split(os.sep)[-2:]
        to = os.path.relpath(page_of(path), "docs")
        rows.append(f"| {board} | [{date[: -len('.jsonl')]}]({to}) | {add.summary(path)} |")
    table = ["| board | day | result |", "|---|---|---|", *rows] if rows else []
    why = "Sent by people who ran an image on a board ([how](lab.md#6-results))."
    return "\n".join(["# Results of boards", "", why if rows else NO_RESULTS, "", *table, ""])


NO_RESULTS = "No board has run hotplate yet: [be the first](lab.md#6-results)."


def write_results() -> None:
    """A page for each file of results, as tools/hotplate report makes it."""
    for path in kept():
        place = os.path.join(SOURCE, page_of(path))
        os.makedirs(os.path.dirname(place), exist_ok=True)
        side = compare.Side(path, jsonl.errata(os.path.join("docs", "ERRATA.md")))
        with open(place, "w", encoding="utf-8") as f:
            f.write(page.single(side))


def printed() -> dict[str, str]:
    """Pages that tools print from data of the tree."""
    return {
        "results.md": results_text(),
        "mutants.md": "\n".join(mutants.text([])) + "\n",
        "generated.md": "\n".join(mutate.text()) + "\n",
        "barriers.md": barriers.text([], barriers.recorded()),
    }


# What tools print at the end of a page, from these files.
ENDS = {
    "docs/HISTORY.md": ("linux/history-*.jsonl", score.table),
    "docs/linux-barriers.md": ("linux/barriers-*.jsonl", barrier_table.text),
}


def text_of(path: str) -> str:
    text = "\n".join(read(path))
    if path in ENDS:
        pattern, table = ENDS[path]
        text += "\n" + table(sorted(glob.glob(os.path.join(TOP, pattern)))) + "\n"
    return text


def gather() -> int:
    there = pages()
    shutil.rmtree(SOURCE, ignore_errors=True)
    for path, to in there.items():
        os.makedirs(os.path.dirname(os.path.join(SOURCE, to)) or SOURCE, exist_ok=True)
        with open(os.path.join(SOURCE, to), "w", encoding="utf-8") as f:
            f.write(links(path, text_of(path), there))
    write_results()
    made = printed()
    for name, text in made.items():
        with open(os.path.join(SOURCE, "docs", name), "w", encoding="utf-8") as f:
            f.write(text)
    manual = subprocess.run(
        ["mandoc", "-T", "html", "-O", "fragment", os.path.join(BUILD, "hotplate.7")],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    # mandoc also breaks each line of preformatted text
    manual = re.sub(
        "<pre>.*?</pre>", lambda pre: pre[0].replace("<br/>\n", ""), manual, flags=re.S
    )
    with open(os.path.join(SOURCE, "hotplate.7.md"), "w", encoding="utf-8") as f:
        f.write(
            "# hotplate(7)\n\n"
            + re.sub(r'<table class="(head|foot)">.*?</table>\n', "", manual, flags=re.S)
        )
    return len(there) + len(made) + 1


def config() -> str:
    """mkdocs.yml; with another BUILD= a file beside the pages, which inherits all but paths."""
    if BUILD == "build":
        return "mkdocs.yml"
    path = os.path.join(BUILD, "mkdocs.yml")
    with open(path, "w", encoding="utf-8") as f:
        f.write(f"INHERIT: {os.path.join(TOP, 'mkdocs.yml')}\ndocs_dir: site-src\nsite_dir: site\n")
        f.write(f"theme:\n  custom_dir: {os.path.join(TOP, THEME)}\n")
    return path


def files(*kinds: str) -> list[str]:
    return [
        os.path.join(directory, name)
        for directory, _, names in os.walk(SITE)
        for name in sorted(names)
        if name.endswith(kinds) and name != "404.html"  # for a server: relative to its root
    ]


def with_fonts(path: str, text: str) -> str:
    """The sheet with the paths of fonts that exist: a distribution may have a font at another path,
    or not at all; then the browser uses its own."""
    directory = os.path.dirname(path)

    def there(name: str) -> bool:
        return os.path.exists(os.path.join(directory, re.split("[?#]", name)[0]))

    def place(match: re.Match[str]) -> str:
        moved = "fonts/" + os.path.basename(match[1])
        wrong = there(moved) and not there(match[1])
        return match[0].replace(match[1], moved) if wrong else match[0]

    def rule(match: re.Match[str]) -> str:
        return match[0] if all(there(name) for name in targets(path, match[0])) else ""

    return re.sub(r"@font-face *\{[^}]*\}", rule, re.sub(r"url\([\"']?([^\"':)]+)", place, text))


def finish() -> None:
    """Do the work of the scripts of mkdocs: the search index, and the class of tables."""
    for path in files(".css"):
        with open(path, encoding="utf-8") as f:
            text = f.read()
        with open(path, "w", encoding="utf-8") as f:
            f.write(with_fonts(path, text))
    search = os.path.join(SITE, "search")
    with open(os.path.join(search, "search_index.json"), encoding="utf-8") as f:
        sections = json.load(f)["docs"]
    shutil.rmtree(search)
    os.mkdir(search)
    shutil.rmtree(os.path.join(SITE, "js"))
    shutil.copytree(os.path.join(THEME, "js"), os.path.join(SITE, "js"))
    with open(os.path.join(search, "index.js"), "w", encoding="utf-8") as f:
        f.write("var siteIndex = %s;\n" % json.dumps(sections, separators=(",", ":")))
    for path in files(".html"):
        with open(path, encoding="utf-8") as f:
            text = f.read()
        with open(path, "w", encoding="utf-8") as f:
            f.write(text.replace("<table>", '<table class="docutils">'))


def headings(page: str) -> set[str]:
    with open(page, encoding="utf-8") as f:
        return set(re.findall(r'id="([^"]+)"', f.read()))


def targets(path: str, text: str) -> list[str]:
    """Files of this site that a page or a style sheet names."""
    named = r'(?:src|href)="([^":]+)"' if path.endswith(".html") else r"url\([\"']?([^\"':)]+)"
    return re.findall(named, text)


def check() -> None:
    """No page loads an external resource; each file and part of a page that is named exists."""
    for path in files(".html", ".css"):
        with open(path, encoding="utf-8") as f:
            text = f.read()
        if other_site := ELSEWHERE.search(text):
            raise Wrong("%s loads an external resource: %s" % (path, other_site[0]))
        for to in targets(path, text):
            name, _, part = to.partition("#")
            name = name.partition("?")[0]
            other = os.path.normpath(os.path.join(os.path.dirname(path), name)) if name else path
            wanted = part if other.endswith(".html") else ""
            if not os.path.exists(other) or wanted and wanted not in headings(other):
                raise Wrong("%s: the target of the link %s does not exist" % (path, to))


def main(words: list[str]) -> int:
    no_words(words)
    nr = gather()
    seconds = subprocess.run(
        ["git", "log", "-1", "--format=%ct"], check=False, capture_output=True, text=True
    ).stdout.strip()
    # the same sources make the same pages
    environment = dict(os.environ, SOURCE_DATE_EPOCH=seconds or "0")
    done = subprocess.run(
        ["mkdocs", "build", "--strict", "-q", "-f", config()],
        check=False,
        capture_output=True,
        text=True,
        env=environment,
    )
    if done.returncode:
        raise Wrong("mkdocs: " + (done.stderr.strip() or done.stdout.strip()))
    finish()
    check()
    print("site: %d pages in %s; the first is index.html" % (nr, SITE))
    return 0
