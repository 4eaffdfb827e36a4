# SPDX-License-Identifier: BSD-2-Clause
# mk/san.mk - SAN=: the kernel with the checks of a compiler sanitizer, in a build directory of its own
# (docs/compiler-sanitizers.md).  Without SAN= nothing here adds a word.
SANITIZERS := undefined race address
ifneq ($(SAN),)
ifeq ($(filter $(SAN),$(SANITIZERS)),)
$(error SAN=$(SAN) is not known; there are: $(SANITIZERS))
endif
endif

# The run time is compiled without checks: it would call itself.
SAN_FLAGS_undefined := -fsanitize=undefined -fno-sanitize-recover=all
SAN_SOURCES_undefined := kern/san/undefined.c
SAN_WITHOUT_undefined := kern/san/undefined.c

# Entry and exit of functions tell of no access.  gcc warns that its own thread sanitizer ignores fences: ours needs none.
SAN_FLAGS_race := -fsanitize=thread --param tsan-distinguish-volatile=1 --param tsan-instrument-func-entry-exit=0 -Wno-tsan
SAN_SOURCES_race := $(wildcard kern/san/race*.c)
SAN_WITHOUT_race := $(SAN_SOURCES_race)
SAN_LDFLAGS_race := --wrap=log_emergency --wrap=cpu_start_all

# Calls, no inline checks: where the shadow lies is a matter of layout (mm/kernel/layout.h).  gcc for riscv64 wants an offset all the same.
SAN_FLAGS_address := -fsanitize=kernel-address -fasan-shadow-offset=0 --param asan-instrumentation-with-call-threshold=0 \
	--param asan-stack=0 --param asan-globals=0
SAN_SOURCES_address := $(wildcard mm/san/address*.c)
# alloc.poison reads what freeing wrote to a page; buddy_poison.c writes it, where the marks are set and taken back;
# shadow.c zeroes the shadow's own frames, 16 MiB a block, which is C on riscv64.
SAN_WITHOUT_address := $(SAN_SOURCES_address) tests/alloc/classes.c mm/page/buddy_poison.c mm/san/shadow.c
SAN_LDFLAGS_address := $(addprefix --wrap=,poison_fill poison_check poison_forget buddy_give shadow_boot arg_flag sanitize_mute)

# What runs with the MMU off, at an address that is not the link's: the checker's report needs the console.
# libfdt and ACPICA have rules of their own, without checks: third-party code.
SAN_WITHOUT := boot/early.c boot/efi/%.c

SAN_SOURCES := $(SAN_SOURCES_$(SAN))
# $(call san,SOURCE): the flags of this file.
san = $(if $(filter $(SAN_WITHOUT) $(SAN_WITHOUT_$(SAN)),$(1)),,$(SAN_FLAGS_$(SAN)))

# Code and linker script know of it.
SAN_DEFINES := $(if $(SAN),-DSAN)
