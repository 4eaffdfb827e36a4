# SPDX-License-Identifier: BSD-2-Clause
""".vscode: valid JSON that names what there is; the documents' site and the manual page."""
import json
import os
import re
import subprocess

import pytest

ENV = {k: v for k, v in os.environ.items() if k not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "ARCH")}


def load(name):
    with open(".vscode/" + name, encoding="utf-8") as f:
        return json.load(f)


def test_tasks_are_targets_of_make():
    tasks, helped = load("tasks.json"), subprocess.run(["make", "-s", "help"], env=ENV, check=True, capture_output=True, text=True).stdout
    commands = [re.search(r"make (.*)", t["command"])[1] for t in tasks["tasks"]]
    for command in commands:
        target = next(w for w in command.split() if "=" not in w and not w.startswith("'"))
        assert target == "image" or re.search(r"^  make %s\b" % target, helped, re.M), command
        for knob in re.findall(r"(\w+)=", re.sub(r"'[^']*'", "''", command)):
            assert knob + "=" in helped, command
    asked = set(re.findall(r"\$\{input:(\w+)\}", json.dumps(tasks)))
    assert asked == {i["id"] for i in tasks["inputs"]}


def test_launch_names_tasks_and_images():
    labels = {t["label"] for t in load("tasks.json")["tasks"]}
    for one in load("launch.json")["configurations"]:
        assert one["preLaunchTask"] in labels
        assert re.fullmatch(r"\$\{workspaceFolder\}/build/(arm64|riscv64)/hotplate.elf", one["program"])
        assert one["miDebuggerPath"] == "gdb-multiarch"
        scripts = [c["text"].split("/", 1)[1] for c in one["setupCommands"] if c["text"].startswith("source ")]
        assert scripts and all(os.path.exists(s) for s in scripts)


@pytest.mark.tier("test")
def test_site_and_manual_page():
    """Strict: every link is followed; man and mandoc have nothing to say."""
    done = subprocess.run(["make", "site"], env=ENV, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    with open("build/site/search/search_index.json", encoding="utf-8") as f:
        found = {d["location"] for d in json.load(f)["docs"]}
    assert {"index.html", "docs/schemes.html", "hotplate.7.html", "tests/index.html"} <= found
    lint = subprocess.run(["mandoc", "-T", "lint", "-W", "warning", "build/hotplate.7"], check=False, capture_output=True, text=True)
    assert lint.returncode == 0, lint.stdout + lint.stderr
    with open("build/hotplate.7", encoding="utf-8") as f:
        page = f.read()
    for word in ("geometry=NAME", "device-remove=defer|refuse", "compare AXIS", "PCIE_SLOTS=N", "make scheme"):
        assert word.replace("-", "\\-") in page, word


@pytest.mark.tier("test")
def test_a_link_that_leads_nowhere_is_refused(tmp_path):
    """A copy of the documents with one wrong link."""
    subprocess.run(["make", "man"], env=ENV, check=True, capture_output=True)
    for name in ("docs", "tests/README.md", "boards", "README.md", "CONTRIBUTING.md", "CHANGELOG.md", "mkdocs.yml", "tools", "build/hotplate.7"):
        os.makedirs(tmp_path / os.path.dirname(name), exist_ok=True)
        subprocess.run(["cp", "-a", name, str(tmp_path / name)], check=True)
    with open(tmp_path / "docs" / "tour.md", "a", encoding="utf-8") as f:
        f.write("[nowhere](nowhere.md)\n")
    done = subprocess.run(["tools/site"], cwd=tmp_path, env=ENV, check=False, capture_output=True, text=True)
    assert done.returncode == 4 and "docs/tour.md: the link to nowhere.md leads nowhere" in done.stderr, done.stderr
