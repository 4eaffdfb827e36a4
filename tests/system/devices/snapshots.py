# SPDX-License-Identifier: BSD-2-Clause
"""A disk on which QEMU's savevm stores snapshots."""
import time

MIB = 1 << 20


def disk_for_snapshots(qmp, path):
    """QEMU makes the file and the qcow2 image in it, and keeps it open."""
    def create(name, **options):
        qmp.execute("blockdev-create", **{"job-id": name, "options": options})
        while qmp.execute("query-jobs")[0]["status"] != "concluded":
            time.sleep(0.05)
        assert "error" not in qmp.execute("query-jobs")[0]
        qmp.execute("job-dismiss", id=name)
    create("file", driver="file", filename=path, size=0)
    qmp.execute("blockdev-add", **{"driver": "file", "node-name": "file", "filename": path})
    create("disk", driver="qcow2", file="file", size=64 * MIB)
    qmp.execute("blockdev-add", **{"driver": "qcow2", "node-name": "disk", "file": "file"})
