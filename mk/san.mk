# SPDX-License-Identifier: BSD-2-Clause
# mk/san.mk - SAN=: the kernel with the checks of a compiler sanitizer, in a build directory of its own
# (docs/compiler-sanitizers.md).  Without SAN= this file adds no flags.
SANITIZERS := undefined race address
ifneq ($(SAN),)
ifeq ($(filter $(SAN),$(SANITIZERS)),)
$(error SAN=$(SAN) is not known; there are: $(SANITIZERS))
endif
endif

# The run time is compiled without checks, because it would call itself.
SAN_FLAGS_undefined := -fsanitize=undefined -fno-sanitize-recover=all
SAN_SOURCES_undefined := kern/san/undefined.c
SAN_WITHOUT_undefined := kern/san/undefined.c

# Entry and exit of functions are no accesses.  -Wno-tsan: gcc warns that its own run time ignores fences, which this one
# does not need.
SAN_FLAGS_race := -fsanitize=thread --param tsan-distinguish-volatile=1 --param tsan-instrument-func-entry-exit=0 -Wno-tsan
SAN_SOURCES_race := $(wildcard kern/san/race*.c)
SAN_WITHOUT_race := $(SAN_SOURCES_race)
SAN_LDFLAGS_race := --wrap=log_emergency --wrap=cpu_start_all

# Calls, no inline checks, because mm/kernel/layout.h places the shadow at run time.  gcc for riscv64 requires an offset anyway.
SAN_FLAGS_address := -fsanitize=kernel-address -fasan-shadow-offset=0 --param asan-instrumentation-with-call-threshold=0 \
	--param asan-stack=0 --param asan-globals=0
SAN_SOURCES_address := $(wildcard mm/san/address*.c)
# alloc.poison reads the poison of a freed page; buddy_poison.c writes the poison, and sets and clears the marks; shadow.c
# zeroes the frames of the shadow, 16 MiB for each block, by C code on riscv64.
SAN_WITHOUT_address := $(SAN_SOURCES_address) tests/alloc/classes.c mm/page/buddy_poison.c mm/kernel/shadow.c
SAN_LDFLAGS_address := $(addprefix --wrap=,poison_fill poison_check poison_forget buddy_give shadow_boot arg_flag sanitize_mute)

# Code that runs with the MMU off or not at its link address: a report needs the console.  libfdt and ACPICA, third-party
# code, have their own rules without checks.
SAN_WITHOUT := boot/early.c boot/efi/%.c

SAN_SOURCES := $(SAN_SOURCES_$(SAN))
# $(call san,SOURCE): the flags of this file.
san = $(if $(filter $(SAN_WITHOUT) $(SAN_WITHOUT_$(SAN)),$(1)),,$(SAN_FLAGS_$(SAN)))

# For code and linker script.
SAN_DEFINES := $(if $(SAN),-DSAN)
