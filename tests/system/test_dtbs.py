# SPDX-License-Identifier: BSD-2-Clause
"""Device trees of the kernel source package through every parser of boot, compared with a reader of our own
(tools/hotplate dtbs)."""
import os
import re
import subprocess

import pytest

from conftest import LOGS

# One of each kind and of each maker: UARTs, controllers, ways to start CPUs, sizes, many CPUs.
SAMPLE = """
arm64:allwinner/sun50i-a64-pine64-plus.dts arm64:allwinner/sun50i-h616-orangepi-zero2.dts arm64:actions/s900-bubblegum-96.dts
arm64:altera/socfpga_stratix10_socdk.dts arm64:amazon/alpine-v3-evp.dts arm64:amd/amd-overdrive-rev-b1.dts
arm64:amlogic/meson-g12b-odroid-n2.dts arm64:amlogic/meson-gxl-s905x-libretech-cc.dts arm64:apm/apm-mustang.dts
arm64:apple/t8103-j274.dts arm64:arm/juno-r2.dts arm64:arm/fvp-base-revc.dts arm64:broadcom/bcm2711-rpi-4-b.dts
arm64:broadcom/bcm2837-rpi-3-b.dts arm64:broadcom/bcmbca/bcm94908.dts arm64:cavium/thunder-88xx.dts
arm64:exynos/exynos5433-tm2.dts arm64:exynos/exynos7-espresso.dts arm64:exynos/google/gs101-oriole.dts
arm64:freescale/fsl-ls1028a-rdb.dts arm64:freescale/fsl-ls1046a-rdb.dts
arm64:freescale/fsl-lx2160a-honeycomb.dts arm64:freescale/imx8mp-evk.dts arm64:freescale/imx8qxp-mek.dts
arm64:freescale/imx93-11x11-evk.dts arm64:freescale/imx95-19x19-evk.dts arm64:freescale/s32v234-evb.dts
arm64:hisilicon/hi6220-hikey.dts arm64:hisilicon/hip07-d05.dts arm64:intel/socfpga_agilex_socdk.dts
arm64:lg/lg1312-ref.dts arm64:marvell/armada-3720-espressobin.dts arm64:marvell/armada-8040-mcbin.dts
arm64:mediatek/mt8183-kukui-krane-sku0.dts arm64:mediatek/mt7986a-bananapi-bpi-r3.dts
arm64:microchip/sparx5_pcb125.dts arm64:nuvoton/ma35d1-som-256m.dts arm64:nvidia/tegra210-p3450-0000.dts
arm64:nvidia/tegra234-p3737-0000+p3701-0000.dts arm64:qcom/apq8016-sbc.dts arm64:qcom/sdm845-db845c.dts
arm64:qcom/x1e80100-crd.dts arm64:realtek/rtd1295-zidoo-x9s.dts arm64:renesas/r8a779g0-white-hawk.dts
arm64:renesas/r9a07g044l2-smarc.dts arm64:rockchip/rk3399-rockpro64.dts arm64:rockchip/rk3588-rock-5b.dts
arm64:socionext/uniphier-ld20-ref.dts arm64:sprd/sp9860g-1h10.dts arm64:synaptics/berlin4ct-dmp.dts
arm64:ti/k3-am625-beagleplay.dts arm64:ti/k3-j721e-sk.dts arm64:toshiba/tmpv7708-rm-mbrc.dts
arm64:xilinx/zynqmp-zcu102-rev1.0.dts
riscv64:allwinner/sun20i-d1-nezha.dts riscv64:microchip/mpfs-icicle-kit.dts riscv64:sifive/hifive-unmatched-a00.dts
riscv64:sophgo/sg2042-milkv-pioneer.dts riscv64:starfive/jh7110-starfive-visionfive-2-v1.3b.dts
riscv64:thead/th1520-lichee-pi-4a.dts
""".split()
# Boards whose harts have T-Head's page-table entries, and the core.
STOP = {"riscv64:allwinner/sun20i-d1-nezha.dts": "thead,c906", "riscv64:sophgo/sg2042-milkv-pioneer.dts": "thead,c920",
        "riscv64:thead/th1520-lichee-pi-4a.dts": "thead,c910"}


def judged(name, *words):
    env = {k: v for k, v in os.environ.items() if k not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "ARCH")}
    subprocess.run(["make", "-s", "build/host/gcc/dtbs"], check=True, env=env)
    done = subprocess.run(["tools/hotplate", "dtbs"] + list(words), check=False, capture_output=True, text=True)
    with open(os.path.join(LOGS, name + ".log"), "w", encoding="utf-8") as f:
        f.write(done.stdout + done.stderr)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]
    return done.stdout


def test_sample():
    """A tree of each kind; the installed kernel package may lack some."""
    top = subprocess.run(["tools/dtb", "--sources"], check=True, capture_output=True, text=True).stdout.strip()
    where = {"arm64": "arch/arm64/boot/dts", "riscv64": "arch/riscv/boot/dts"}
    there = [w for w in SAMPLE if os.path.exists(os.path.join(top, where[w.split(":")[0]], w.split(":")[1]))]
    print("not in this kernel: " + " ".join(sorted(set(SAMPLE) - set(there))))
    assert len(there) >= 40
    printed = judged("dtbs-sample", *there)
    assert "dtbs: %d trees, 0 differences" % len(there) in printed
    for name, core in STOP.items():  # not counted as boards that start
        assert ("page-table entries of the manual: %s, 1\n" % core in printed) == (name in there)
    starts = re.search(r"\*\*all of these\*\* \|.* (\d+) \(", printed)
    assert starts and int(starts[1]) == len([w for w in there if w.startswith("riscv64") and w not in STOP])


@pytest.mark.long
@pytest.mark.tier("full")
def test_all():
    """Every board of the kernel source package, and the number of boards that boot would reach."""
    assert " trees, 0 differences" in judged("dtbs", "--check")
