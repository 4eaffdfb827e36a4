# SPDX-License-Identifier: BSD-2-Clause
"""Work of hours as independent jobs: the list, one job, what is run again, and the table (tools/hotplate jobs)."""
import json
import os
import re
import subprocess

import pytest

from conftest import TOP

pytestmark = pytest.mark.tier("ci")
TOOL = ["/usr/bin/python3", "-B", "tools/hotplate", "jobs"]


def jobs(*words):
    return subprocess.run([*TOOL, *map(str, words)], cwd=TOP, capture_output=True, text=True, check=False)


def named(text):
    return re.findall(r"^tools/hotplate jobs run ('?)(\S+)\1 ", text, re.M)


def test_kinds():
    """Each kind has a line with its words; a list needs nothing that is built."""
    kinds = re.findall(r"^(\w+) +\w.*: \w+=", jobs("kinds").stdout, re.M)
    assert kinds == ["full", "board", "mutants", "litmus", "history", "barriers", "hunt"]
    assert len(named(jobs("mutants", "M=fp-*").stdout)) > 3 and len(named(jobs("hunt", "KERNEL=a", "PARTS=3").stdout)) == 3
    assert "OUT=r/barriers/2of2.jsonl" in jobs("barriers", "VMLINUX=v", "PARTS=2", "RESULTS=r").stdout
    assert "OUT=r/history/arm64-range-of-all-pages.jsonl" in jobs("history", "M=range-of-*", "RESULTS=r").stdout
    assert "test_kinds" in jobs("full", "K=test_jobs and test_kinds").stdout


def test_each_line_is_one_job(tmp_path):
    """The lines of a list are run in another order; then the list is empty, and the table adds them up.  A job that could
    not start or was killed is listed again, and one that failed is not."""
    for n in range(3):
        (tmp_path / f"{n}.litmus").write_text(f"RISCV T{n}\n{{\n}}\n P0 ;\n nop ;\nexists (true)\n")
    results, words = tmp_path / "r", ["litmus", f"LITMUS={tmp_path}", "MACHINE=nosuch", f"RESULTS={tmp_path / 'r'}"]
    line, = jobs(*words).stdout.splitlines()
    assert line.endswith("MACHINE=nosuch") and named(line) == [("", "litmus/0-2")]
    done = subprocess.run(["sh", "-c", line], cwd=TOP, capture_output=True, text=True, check=False)
    assert done.returncode == 4 and "could not start, so there is no result" in done.stderr and jobs(*words).stdout == line + "\n"
    for name, status in (("litmus/0-2", 0), ("a/b c[1]", 0), ("a/other", 3)):
        done = jobs("run", name, f"RESULTS={results}", "--", "sh", "-c", f"echo {name}; exit {status}")
        assert done.returncode == status and done.stdout == f"{name}: {'failed, status 3' if status else 'passed'}, 0 s\n"
    assert (results / "a/b_c_1_.log").read_text() == "a/b c[1]\n"
    done = jobs("run", "a/killed", f"RESULTS={results}", "--", "sh", "-c", "kill -9 $$")
    assert done.returncode == 4 and "killed by signal 9" in done.stderr and not (results / "a/killed.json").exists()
    done = jobs(*words)
    assert done.stdout == "" and "1 of 1 jobs have a result in " in done.stderr
    done = jobs("table", results)
    assert done.returncode == 1 and done.stdout.split("\n", 1)[1] == "%-10s%8d%8d%10d\n%-10s%8d%8d%10d\nfailed: a/other\n" % (
        *("litmus", 1, 0, 0), *("a", 1, 1, 0)), done.stdout
    path = results / "litmus/0-2.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"version": "another", "seconds": 70.4}))
    assert jobs(*words).stdout == line + "  # 70 s\n", "a result of another version"
    assert "the results are of 2 versions" in jobs("table", results).stderr


def test_results_of_several_machines(tmp_path):
    """In any order; a job that failed once has failed."""
    for machine, status in (("one", 0), ("two", 1)):
        jobs("run", "a/b", f"RESULTS={tmp_path / machine}", "--", "sh", "-c", f"exit {status}")
    for order in (("one", "two"), ("two", "one")):
        done = jobs("table", *(tmp_path / name for name in order))
        assert done.returncode == 1 and "failed: a/b\n" in done.stdout
    assert jobs("table", tmp_path / "one").returncode == 0


@pytest.mark.parametrize("words, why", [
    ([], "usage: tools/hotplate jobs KIND"), (["nosuch"], "'nosuch' is not one of full board mutants litmus"), (["mutants", "M=nosuch-*"], "M=nosuch-*: no mutant"),
    (["hunt"], "KERNEL= is needed"), (["board"], "BY= is needed"), (["barriers"], "VMLINUX= is needed"), (["hunt", "KERNEL=a", "PARTS=0"], "SHARD=1/0"),
    (["litmus", "SEED=1"], "'SEED=1' is not one of LITMUS="), (["run", "a"], "usage: tools/hotplate jobs"), (["run", "a", "--"], "usage"),
    (["run", "../a", "--", "true"], "'../a' is no name of a job"), (["run", "a/b", "RESULTS=/dev/null", "--", "true"], "/dev/null"),
    (["table", "/nosuch"], "no results in /nosuch"), (["history", "M=nosuch"], "history: no jobs with M=nosuch")])
def test_refused(words, why):
    done = jobs(*words)
    assert done.returncode == 4 and why in done.stderr and done.stderr.count("\n") == 1, done.stderr


def test_slurm(tmp_path):
    """The file of lab/ runs the line that has the number of the task."""
    (tmp_path / "list").write_text("echo one > a\necho two > b\n")
    environment = os.environ | {"SLURM_SUBMIT_DIR": str(tmp_path), "SLURM_ARRAY_TASK_ID": "2"}
    subprocess.run([os.path.join(TOP, "lab/slurm.sh"), "list"], env=environment, check=True)
    assert sorted(os.listdir(tmp_path)) == ["b", "list"]
    done = subprocess.run([os.path.join(TOP, "lab/slurm.sh"), "list"], capture_output=True, text=True, check=False)
    assert done.returncode and "only sbatch runs this file" in done.stderr


def test_actions(tmp_path):
    """The runners of the matrix run each line once."""
    yaml = pytest.importorskip("yaml")
    with open(os.path.join(TOP, "lab/actions.yaml"), encoding="utf-8") as file:
        part = yaml.safe_load(file)["jobs"]["part"]
    command = next(s["run"] for s in part["steps"] if "awk" in s.get("run", ""))
    (tmp_path / "jobs.txt").write_text("".join(f"echo {n}\n" for n in range(100)))
    ran = [subprocess.run(["sh", "-c", command.replace("${{ matrix.part }}", str(n))], cwd=tmp_path, capture_output=True, text=True,
                          check=True).stdout.split() for n in part["strategy"]["matrix"]["part"]]
    assert sorted(sum(ran, []), key=int) == [str(n) for n in range(100)]


LAVACLI = """#!/bin/sh
case "$1 $2" in
"jobs submit") cp "$3" submitted; %s; echo 42 ;;
"jobs wait") printf Running.... ;;
"jobs show") printf 'id          : 42\\nHealth      : %s\\n' ;;
"results 42") printf 'Results:\\n* lava.validate [pass]\\n%s' ;;
*) exit 9 ;;
esac
"""


@pytest.mark.parametrize("submit, health, results, status, why", [
    (":", "Complete", "* 0_hotplate.boot.cpus [pass]\\n* 0_hotplate.boot.el [skip]\\n", 0, ""),
    (":", "Complete", "* 0_hotplate.boot.cpus [pass]\\n* 0_hotplate.boot.el [fail]\\n", 1, "LAVA job 42: 1 tests failed"),
    (":", "Incomplete", "* 0_hotplate.boot.cpus [pass]\\n", 1, "LAVA job 42 did not end"),
    (":", "Canceled", "", 4, "LAVA job 42: Canceled"), (":", "Complete", "", 3, "LAVA job 42 has no results"),
    ("exit 1", "", "", 4, "LAVA did not accept")])
def test_lava(tmp_path, submit, health, results, status, why):
    """A job of a board by LAVA, whose server is played: the words are those of the job, and the status is that of its results."""
    (tmp_path / "lavacli").write_text(LAVACLI % (submit, health, results))
    (tmp_path / "lavacli").chmod(0o755)
    line, = jobs("board", f"BY={TOP}/lab/lava.sh {TOP}/lab/lava-u-boot.yaml", "GROUPS=boot").stdout.splitlines()
    assert named(line) == [("", "board/boot")] and line.endswith("/lava-u-boot.yaml 'run=boot.*'")
    done = subprocess.run(["sh", "-c", line.partition(" -- ")[2]], cwd=tmp_path, capture_output=True, text=True, check=False,
                          env=os.environ | {"PATH": f"{tmp_path}:{os.environ['PATH']}"})
    assert done.returncode == status and why in done.stderr, done.stderr
    assert done.stdout == "".join(row.partition("hotplate.")[2] + "\n" for row in results.split("\\n")[:-1])
    changed = [row for row in (tmp_path / "submitted").read_text().splitlines() if "run=" in row or "job_name" in row]
    assert changed == ["job_name: 'hotplate run=boot.*'", "    - setenv bootargs run=boot.* withhold=auto exit"]


def test_lava_job_has_no_place_for_words(tmp_path):
    (tmp_path / "job.yaml").write_text("job_name: x\n")
    done = subprocess.run([os.path.join(TOP, "lab/lava.sh"), tmp_path / "job.yaml", "run=x"], capture_output=True, text=True, check=False)
    assert done.returncode == 4 and "job.yaml has no run=quick" in done.stderr
