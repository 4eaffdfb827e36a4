# SPDX-License-Identifier: BSD-2-Clause
""".vscode: valid JSON that names existing things; the documents' site and the manual page."""
import fcntl
import json
import os
import re
import shutil
import subprocess

import pytest

ENV = {k: v for k, v in os.environ.items() if k not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "ARCH")}


def load(name):
    with open(".vscode/" + name, encoding="utf-8") as f:
        return json.load(f)


def test_tasks_are_targets_of_make():
    tasks, helped = load("tasks.json"), subprocess.run(["make", "-s", "help-all"], env=ENV, check=True, capture_output=True, text=True).stdout
    commands = [re.search(r"make (.*)", t["command"])[1] for t in tasks["tasks"]]
    for command in commands:
        target = next(w for w in command.split() if "=" not in w and not w.startswith("'"))
        assert target == "image" or re.search(r"^  make %s\b" % target, helped, re.M), command
        for knob in re.findall(r"(\w+)=", re.sub(r"'[^']*'", "''", command)):
            assert knob + "=" in helped, command
    used = set(re.findall(r"\$\{input:(\w+)\}", json.dumps(tasks)))
    assert used == {i["id"] for i in tasks["inputs"]}


def test_launch_names_tasks_and_images():
    labels = {t["label"] for t in load("tasks.json")["tasks"]}
    for one in load("launch.json")["configurations"]:
        assert one["preLaunchTask"] in labels
        assert re.fullmatch(r"\$\{workspaceFolder\}/build/(arm64|riscv64)/hotplate.elf", one["program"])
        assert one["miDebuggerPath"] == "gdb-multiarch"
        scripts = [c["text"].split("/", 1)[1] for c in one["setupCommands"] if c["text"].startswith("source ")]
        assert scripts and all(os.path.exists(s) for s in scripts)


def sections():
    with open("build/site/search/index.js", encoding="utf-8") as f:
        return json.loads(f.read().removeprefix("var siteIndex = ").removesuffix(";\n"))


def found_by_site(tmp_path, *queries):
    """[sections that the site's own script finds, best first, for each query]"""
    engine = shutil.which("node") or shutil.which("duk")
    if not engine:
        pytest.skip("neither node nor duk is here to run the site's script")
    printer = "console.log" if engine.endswith("node") else "print"
    with open("build/site/js/site.js", encoding="utf-8") as f, open("build/site/search/index.js", encoding="utf-8") as g:
        script = "\n".join([g.read(), f.read()] + [
            "%s(JSON.stringify(find(%s, siteIndex).map(function (s) { return s.location; })));" % (printer, json.dumps(q)) for q in queries])
    (tmp_path / "search.js").write_text(script, encoding="utf-8")
    done = subprocess.run([engine, str(tmp_path / "search.js")], check=True, capture_output=True, text=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.fixture
def site_alone():
    """A lock, so that no other worker makes the site meanwhile."""
    with open("build/site.lock", "w", encoding="utf-8") as f:
        fcntl.flock(f, fcntl.LOCK_EX)
        yield


@pytest.mark.tier("ci")
def test_site_and_manual_page(site_alone):
    """Strict: every link is followed; man and mandoc print no warning."""
    done = subprocess.run(["make", "site"], env=ENV, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    found = {d["location"] for d in sections()}
    assert {"index.html", "docs/schemes.html", "hotplate.7.html", "tests/index.html"} <= found
    with open("build/site/hotplate.7.html", encoding="utf-8") as f:
        assert not any("<br" in pre for pre in re.findall("<pre>.*?</pre>", f.read(), re.S)), "an empty line after each"
    lint = subprocess.run(["mandoc", "-T", "lint", "-W", "warning", "build/hotplate.7"], check=False, capture_output=True, text=True)
    assert lint.returncode == 0, lint.stdout + lint.stderr
    with open("build/hotplate.7", encoding="utf-8") as f:
        page = f.read()
    for word in ("geometry=NAME", "device-remove=defer|refuse", "compare AXIS", "PCIE_SLOTS=N", "make scheme"):
        assert word.replace("-", "\\-") in page, word


@pytest.mark.tier("ci")
def test_pages_of_the_site_need_no_server(site_alone):
    """From a file a browser starts no worker and reads no JSON; all files that a page names are in the site; tables
    have the theme's class."""
    subprocess.run(["make", "site"], env=ENV, check=True, capture_output=True)
    for directory, _, names in os.walk("build/site"):
        for name in [n for n in names if n.endswith((".html", ".js")) and n != "404.html"]:
            with open(os.path.join(directory, name), encoding="utf-8") as f:
                text = f.read()
            if name.endswith(".js"):
                assert name == "index.js" or not re.search(r"Worker|XMLHttpRequest|fetch|jQuery|\$\(", text), name
                continue
            assert not re.search(r"<table(?![^>]*class=)", text), name
            for to in re.findall(r'(?:src|href)="([^":#?]+)(?:[#?][^":]*)?"', text):
                assert os.path.exists(os.path.join(directory, to)), (name, to)


@pytest.mark.tier("ci")
def test_search_of_the_site(tmp_path, site_alone):
    """A found section has every word; a section about a word is listed before a table that contains it; no word finds
    nothing."""
    subprocess.run(["make", "site"], env=ENV, check=True, capture_output=True)
    text_of = {s["location"]: (s["title"] + " " + s["text"]).lower() for s in sections()}
    memmap, both, nobody, empty = found_by_site(tmp_path, "memmap", "  Vmalloc LAZY ", "no-such-word-xyz", "")
    assert set(memmap) == {place for place, text in text_of.items() if "memmap" in text}
    assert both and all("vmalloc" in text_of[place] and "lazy" in text_of[place] for place in both)
    assert not memmap[0].startswith("docs/mutants") and "memmap" in text_of[memmap[0]]
    assert nobody == empty == []


@pytest.mark.tier("ci")
def test_results_and_a_wrong_link(tmp_path, site_alone):
    """A copy of the documents with results of a board, which have a page; then with one wrong link, which is refused."""
    subprocess.run(["make", "man"], env=ENV, check=True, capture_output=True)
    for name in ("docs", "machine", "tests/README.md", "boards", "README.md", "CONTRIBUTING.md", "SECURITY.md", "MAINTAINERS",
                 "CHANGELOG.md", "Makefile", "mkdocs.yml", "tests/mutants", "linux", "tools", "build/hotplate.7"):
        os.makedirs(tmp_path / os.path.dirname(name), exist_ok=True)
        subprocess.run(["cp", "-a", name, str(tmp_path / name)], check=True)
    def site():
        return subprocess.run(["tools/hotplate", "site"], cwd=tmp_path, env=ENV, check=False, capture_output=True, text=True)

    (tmp_path / "docs/results/rpi4").mkdir(parents=True)
    (tmp_path / "docs/results/rpi4/2026-11-21.jsonl").write_text("".join(json.dumps(e) + "\n" for e in (
        {"kind": "run", "format": 1, "image": "9c41d2e0", "machine": "fc7f3629", "suite": "cf4f5b6a", "run": "a.*"},
        {"kind": "result", "verdict": "pass", "path": "arm64-4k-48/a.b", "could": "yes", "rev": 1},
        {"kind": "end", "verdict": "pass", "tests": 1})))
    done = site()
    assert done.returncode == 0, done.stderr
    assert "1 of 1 passed" in (tmp_path / "build/site/docs/results.html").read_text()
    assert "a.b" in (tmp_path / "build/site/docs/results/rpi4/2026-11-21.html").read_text()
    with open(tmp_path / "docs" / "tour.md", "a", encoding="utf-8") as f:
        f.write("[nowhere](nowhere.md)\n")
    done = site()
    assert done.returncode == 4 and "docs/tour.md: the target of the link nowhere.md does not exist" in done.stderr, done.stderr
