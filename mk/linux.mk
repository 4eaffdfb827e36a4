# SPDX-License-Identifier: BSD-2-Clause
# mk/linux.mk - unmodified kernels on the worst legal machine: the init of linux/ for both architectures, and `make worst`.
LINUX_CC_arm64 := $(or $(CROSS_COMPILE),aarch64-linux-gnu-)gcc
LINUX_CC_riscv64 := $(or $(CROSS_COMPILE),riscv64-linux-gnu-)gcc
LINUX_FLAGS_arm64 := -mgeneral-regs-only -mno-outline-atomics
LINUX_FLAGS_riscv64 := -march=rv64imac -mabi=lp64 -mno-relax
LINUX_CFLAGS := -std=gnu11 -O2 -Wall -Wextra -Werror -ffreestanding -fno-pic -fno-pie -fno-stack-protector \
	-fno-asynchronous-unwind-tables -fno-tree-loop-distribute-patterns -Wstrict-prototypes -Wmissing-prototypes -Wvla
# Pages of 64 KiB: a kernel may have them.
LINUX_LDFLAGS := -static -nostdlib -no-pie -s -Wl,--build-id=none -Wl,-z,noexecstack -Wl,-z,max-page-size=0x10000
LINUX_PROGRAMS := $(foreach p,init work,$(ARCHES:%=$(BUILD)/linux/$p-%))

.PHONY: init
init: $(if $(ARCH),$(filter %-$(ARCH),$(LINUX_PROGRAMS)),$(LINUX_PROGRAMS))
$(foreach p,init work,$(foreach a,$(ARCHES),$(eval $(BUILD)/linux/$p-$a: linux/$a.S linux/$p.c)))
$(ARCHES:%=$(BUILD)/linux/work-%): linux/memory.c linux/stale.c linux/order.c linux/late.c linux/work.h
$(LINUX_PROGRAMS): $(BUILD)/linux/%: linux/text.c linux/user.h mk/linux.mk | needs
	@$(if $(filter no,$(SAY)),,printf '  LINUX %s\n' '$*';) mkdir -p $(@D)
	@$(LINUX_CC_$(lastword $(subst -, ,$*))) $(LINUX_CFLAGS) $(LINUX_FLAGS_$(lastword $(subst -, ,$*))) \
		$(LINUX_LDFLAGS) $(filter %.S %.c,$^) -o $@.$$$$ && mv $@.$$$$ $@

# Boots an unmodified kernel on that machine, to the init of linux/ and its workloads.  KERNEL=FILE, or a name of
# `tools/hotplate kernels list`; INITRD= APPEND= CPUS= MEM= SEED= SEEDS= WORKLOADS= MODULES= PASS= WORST=: tools/hotplate worst --help.
WORST_GIVEN = $(foreach w,KERNEL INITRD APPEND ARCH CPUS MEM SEED SEEDS SHARD WORKLOADS MODULES PASS WORST MACHINE,$(if $($w),'$w=$($w)'))
.PHONY: worst
worst:
	@$(PYTHON) tools/hotplate worst $(WORST_GIVEN)

# Builds a small Linux out of the distribution's source package (linux/config), 1.8 GB in LINUX_DIR=build/kernels/small.
.PHONY: linux
linux:
	@$(PYTHON) tools/hotplate kernels build $(foreach w,ARCH LINUX_DIR,$(if $($w),'$w=$($w)'))

# Puts mistakes of linux/history.txt into it, one at a time, and boots it: tools/hotplate kernels history --help.
.PHONY: history
history:
	@$(PYTHON) tools/hotplate kernels history \
		$(foreach w,M ARCH SEEDS SHARD QEMU OUT LINUX_DIR,$(if $($w),'$w=$($w)'))
