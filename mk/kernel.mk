# SPDX-License-Identifier: BSD-2-Clause
# mk/kernel.mk - sources by wildcard (a new file needs no entry), objects, the link, and its table of symbols.

SOURCES := $(sort $(filter-out tests/host/% tests/system/% mm/san/%, \
	$(wildcard lib/*.c kern/*.c mm/*.c mm/*/*.c mm/*/*/*.c drivers/*.c drivers/*/*.c shell/*.c shell/*/*.c \
	boot/*.c boot/*/*.c boot/$(ARCH).S boot/efi/efi_$(ARCH).S arch/$(ARCH)/*.c arch/$(ARCH)/*.S \
	tests/*/*.c tests/mutants/bugs/*.c tlblab/*.c tlblab/*/*.c)) $(SAN_SOURCES))

# Definition blocks of tests: compiled to AML, in the image as aml_NAME .. aml_NAME_end.
ASL := $(sort $(wildcard tests/*/*.asl))

OBJECTS := $(ASL:%.asl=$O/obj/%.aml.o) $(patsubst %,$O/obj/%.o,$(basename $(SOURCES))) \
	$(patsubst %,$O/obj/extra%.o,$(basename $(EXTRA_SOURCES))) \
	$(FDT_SOURCES:%.c=$O/obj/libfdt/%.o) $(ACPICA_SOURCES:%.c=$O/obj/acpica/%.o) $O/obj/version.o $O/obj/code_lines.o \
	$O/obj/earlycon.o

ifneq ($(words $(OBJECTS)),$(words $(sort $(OBJECTS))))
$(error two sources share one object name: $(foreach o,$(sort $(OBJECTS)),\
	$(if $(filter-out 1,$(words $(filter $o,$(OBJECTS)))),$o)))
endif

.PHONY: objects
# Minimal firmware: QEMU adds some devices to a machine only if there is firmware.
FLASH := $(wildcard boards/qemu-virt-$(ARCH)/flash.S)
.PHONY: build-image build-objects
build-image: $O/hotplate.elf $O/Image $(FLASH:%=$O/flash.bin)
build-objects: $(OBJECTS)
# One make at a time: two would write the same files.
image objects:
	@tools/locked $O.lock $(MAKE) --no-print-directory $(JOBS) build-$@

V ?= 0
ifeq ($V,0)
Q := @
say = @$(if $(filter no,$(SAY)),$(counted),printf '  %-5s %s\n' '$(1)' '$(2)';)
endif
# SAY=no: a build prints its progress after 100 commands.
counted = $(eval COUNT += x)$(if $(filter %00,$(words $(COUNT))),printf '# $O: %s of about %s files\n' $(words $(COUNT)) $(words $(OBJECTS));)

# Rewrites the target only if the text changes, so that its dependents are rebuilt only then.
define keep
@mkdir -p $(@D); printf '%s\n' $(1) > $@.new; \
if cmp -s $@.new $@; then rm $@.new; else mv $@.new $@; fi
endef
# System headers too: the licence lint checks every file that was read.
DEPFLAGS := -MD -MP
.PHONY: FORCE
$O/flags: FORCE
	$(call keep,'$(CC) $(CFLAGS) $(DEPFLAGS) $(ASFLAGS)$(SAN:%= $(SAN_FLAGS_$(SAN)) but $(SAN_WITHOUT_$(SAN)))')
$O/objects: FORCE
	$(call keep,'$(LD) $(LDFLAGS) $(OBJECTS)')
$O/version.c: FORCE | third
	@mkdir -p $O; CC='$(CC)' EXTRA_DIRS='$(EXTRA_DIRS)' tools/version $(FDT_DIR) > $@.new
	@if cmp -s $@.new $@; then rm $@.new; else mv $@.new $@; fi
# The lines of code of each scheme of vmalloc=, for `compare vmalloc`.
VMALLOC_SCHEMES := $(filter mm/policy/vmalloc/%,$(SOURCES)) $(foreach d,$(EXTRA_DIRS),$(wildcard $d/policy/vmalloc/*.c))
$O/code_lines.c: $(VMALLOC_SCHEMES) $O/objects tools/python/hotplate/build/code_lines.py
	@tools/hotplate code-lines $(VMALLOC_SCHEMES) > $@.new && mv $@.new $@
# EARLYCON=pl011,0x9000000: the port of stage letters (docs/boards.md).
$O/earlycon: FORCE
	$(call keep,'$(EARLYCON)')
$O/earlycon.S: $O/earlycon tools/python/hotplate/boards/earlycon.py
	@tools/hotplate earlycon '$(EARLYCON)' > $@.new && mv $@.new $@
$O/obj/earlycon.o: $O/earlycon.S $O/flags
	$(Q)$(CC) $(ASFLAGS) -c $< -o $@

COMPILE = $(call say,CC,$<)mkdir -p $(@D) && $(CACHED) $(CC) $(CFLAGS) $(DEPFLAGS) -MF $(@:.o=.d) -c $< -o $@

$O/obj/%.o: %.c $O/flags | third
	$(COMPILE) $(CFLAGS_$<) $(CFLAGS_$(<D)) $(call san,$<)
$O/obj/%.o: %.S $O/flags | third
	$(call say,AS,$<)mkdir -p $(@D) && $(CC) $(ASFLAGS) $(DEPFLAGS) -MF $(@:.o=.d) -c $< -o $@
$O/obj/extra/%.o: /%.c $O/flags | third
	$(COMPILE) $(call san,$<)
$O/obj/%.aml.o: %.asl $O/flags
	$(call say,ASL,$<)mkdir -p $(@D) && iasl -p $(@:.aml.o=) $< > $(@:.o=.log) 2>&1 || \
		{ grep -A1 '^.* [0-9]*: ' $(@:.o=.log); exit 1; }; \
	printf '.section .rodata.aml\n.balign 8\n.globl %s, %s_end\n%s: .incbin "%s"\n%s_end:\n' aml_$(*F) \
		aml_$(*F) aml_$(*F) $(@:.o=) aml_$(*F) > $(@:.o=.S) && $(CC) $(ASFLAGS) -c $(@:.o=.S) -o $@
$O/obj/libfdt/%.o: $(FDT_DIR)/%.c $O/flags | third
	$(COMPILE) -Wno-unused-parameter -Wno-sign-compare -Wno-missing-prototypes -fno-jump-tables
# Kernel 6.1 has no utcksum.c, which is known only after unpacking: an empty object replaces it, and is rewritten only if
# it changes, so that the kernel is not linked again.
$O/obj/acpica/%.o: $(ACPICA_DIR)/%.c $O/flags | third
	$(Q)[ -f $< ] || { mkdir -p $(@D) && $(CC) $(CFLAGS) -x c -c /dev/null -o $@.new && \
		if cmp -s $@.new $@; then rm $@.new; else mv $@.new $@; fi; exit; }; \
	$(patsubst @%,%,$(COMPILE)) $(ACPICA_FLAGS)
$O/obj/version.o $O/obj/code_lines.o: $O/obj/%.o: $O/%.c $O/flags
	$(COMPILE)

# For clangd: how each C file of this architecture is compiled.
.PHONY: compile_commands.json build-compile_commands.json
compile_commands.json: | third
	@mkdir -p $(dir $O) && tools/locked $O.lock $(MAKE) --no-print-directory build-$@

build-compile_commands.json: $O/flags
	$(file >$O/sources.txt,$(subst $(newline) ,$(newline),$(foreach s,$(filter %.c,$(SOURCES)),$s	$(CFLAGS) $(CFLAGS_$s) $(CFLAGS_$(patsubst %/,%,$(dir $s)))$(newline))))
	@tools/hotplate compdb '$(CC)' < $O/sources.txt > $O/compile_commands.json && mv $O/compile_commands.json $(@:build-%=%)

# A compiler that drops an order of lib/atomic.h stops the build.
$O/atomics: lib/atomic.h tools/python/hotplate/program/probe.py tools/python/hotplate/program/asm.py tools/python/hotplate/program/order.py $O/flags
	$(call say,ASK,$(CC))mkdir -p $O && $(PYTHON) tools/hotplate atomic-probe $(ARCH) '$(CC)' $(CFLAGS) && touch $@

$O/kernel.lds: linker/kernel.lds.S
	$(Q)mkdir -p $O && $(CC) -E -P -x assembler-with-cpp -undef $(SAN_DEFINES) $< -o $@

# The linker reserves the sections FILLED; the last step computes them from the linked image.
LINK = $(LD) $(LDFLAGS) -T $O/kernel.lds -o
FILLED := symtab_hp pe_debug image_sum
$O/hotplate.elf: $(OBJECTS) $O/objects $O/kernel.lds tools/python/hotplate/build/imagesum.py | $O/atomics
	$(call say,LD,$@)$(LINK) $@.new $(OBJECTS) && $(FLAT) $@.new $O/unsummed && \
	$(READELF) -sW $@.new > $O/symbols && $(PYTHON) tools/hotplate imagesum $O/unsummed $O < $O/symbols && \
	$(OBJCOPY) $(foreach s,$(FILLED),--update-section .$s=$O/$s) $@.new && mv $@.new $@
FLAT = $(OBJCOPY) -O binary --remove-section=.bss --remove-section=.noinit
$O/Image: $O/hotplate.elf
	$(call say,IMG,$@)$(FLAT) $< $@.new && truncate -s %512 $@.new && mv $@.new $@

$O/flash.bin: $(FLASH) $O/flags
	$(call say,AS,$@)$(CC) $(ASFLAGS) -c $< -o $O/flash.o && \
	$(OBJCOPY) -O binary -j .text $O/flash.o $@

-include $(OBJECTS:.o=.d)
