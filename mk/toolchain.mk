# SPDX-License-Identifier: BSD-2-Clause
# mk/toolchain.mk - the compiler of ARCH and its flags.  CROSS_COMPILE= selects another prefix.
CROSS_arm64 := aarch64-linux-gnu-
CROSS_riscv64 := riscv64-linux-gnu-
CROSS := $(or $(CROSS_COMPILE),$(CROSS_$(ARCH)))

CC := $(CROSS)gcc
LD := $(CROSS)ld
NM := $(CROSS)nm
READELF := $(CROSS)readelf
OBJCOPY := $(CROSS)objcopy

O := $(BUILD)/$(ARCH)$(SAN:%=-%)$(OUT_SUFFIX)

# Explicit flags for the two errata of Cortex-A53 that a compiler or linker must avoid: the default depends on gcc's
# configuration.
FLAGS_arm64 := -mfix-cortex-a53-835769 -mgeneral-regs-only -mstrict-align -mno-outline-atomics -mcmodel=small
FLAGS_riscv64 := -march=rv64imac_zicsr_zifencei -mabi=lp64 -mcmodel=medany -mno-relax
# rdinstret and friends need no extension name with these compilers; sfence.vma neither.

# $(call knows,FLAG): the flag, if this compiler supports it.
knows = $(shell $(CC) -Werror $(1) -S -x c /dev/null -o /dev/null 2>/dev/null && echo $(1))

# clang does not support some attributes and a pragma of gcc, and warns of fields that an initializer omits after a
# designated one.
CLANG_FLAGS := $(if $(findstring clang,$(shell $(CC) --version 2>/dev/null)),-Wno-unknown-attributes -Wno-unknown-pragmas \
	-Wno-missing-field-initializers -gdwarf-4 -fno-builtin)

INCLUDES := -nostdinc -isystem lib/shim -isystem $(shell $(CC) -print-file-name=include 2>/dev/null) \
	-I. -Iarch/$(ARCH) -isystem $(FDT_DIR) $(ACPICA_INCLUDES)
MAPS := -ffile-prefix-map=$(CURDIR)=. -ffile-prefix-map=$(CURDIR)/=

CFLAGS := -std=gnu11 -O2 -g -Wall -Wextra -Werror -ffreestanding $(INCLUDES) $(FLAGS_$(ARCH)) \
	-fno-pic -fno-pie -fno-stack-protector -fno-asynchronous-unwind-tables -fno-common \
	-ffunction-sections -fdata-sections -fno-omit-frame-pointer $(call knows,-fno-tree-loop-distribute-patterns) \
	-Wstrict-prototypes -Wmissing-prototypes -Wvla $(MAPS) $(CLANG_FLAGS) $(EXTRA_CFLAGS)$(SAN_DEFINES:%= %)
ASFLAGS := -g -D__ASSEMBLER__ -Wa,--noexecstack $(INCLUDES) $(FLAGS_$(ARCH)) -fno-pic -fno-pie $(MAPS)

# The compiler must not turn the bodies of library functions into calls of themselves.
CFLAGS_lib/string.c := -fno-builtin

# Runs under UEFI at another address than the link address: no tables of addresses.  x18 is the platform register.
CFLAGS_boot/efi := -fno-jump-tables $(if $(filter arm64,$(ARCH)),-ffixed-x18)

LDFLAGS_arm64 := -z max-page-size=0x10000 -z common-page-size=0x1000 --fix-cortex-a53-835769 --fix-cortex-a53-843419
LDFLAGS_riscv64 := -z max-page-size=0x10000 -z common-page-size=0x1000 --no-relax
LDFLAGS := -nostdlib -static --gc-sections --build-id=sha1 --orphan-handling=error -z noexecstack \
	$(LDFLAGS_$(ARCH))$(SAN:%= $(SAN_LDFLAGS_$(SAN)))
