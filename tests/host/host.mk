# SPDX-License-Identifier: BSD-2-Clause
# tests/host/host.mk - the same code natively, under AddressSanitizer and UBSan.
#
#   tests/host/DIR/*.c           one program; main() ends with 0 when everything held
#   tests/host/DIR/uses          sources of the tree it is built with (patterns; build/third is BUILD's), and flags (-D...)
#   HOST_ENV_clang=...           the environment of the programs that clang built, for samples (mk/test.mk)
#   tests/host/fuzz/NAME.c       one libFuzzer target, LLVMFuzzerTestOneInput
#   tests/host/fuzz/NAME.uses    as above;  tests/host/fuzz/corpus-NAME/  its corpus
#
# tests/host is on the include path first, so its arch_inline.h is the host's.
HOST := $(BUILD)/host
HOST_DIRS := $(filter-out fuzz dtbs,$(patsubst tests/host/%/uses,%,$(wildcard tests/host/*/uses)))
FUZZERS := $(patsubst tests/host/fuzz/%.uses,%,$(wildcard tests/host/fuzz/*.uses))
FUZZ_SECONDS ?= 10
HOST_COMPILERS ?= gcc clang

# The words of a file but those of lines that begin with a number sign; no process is started, for make reads all of them
# each time.
NUMBER_SIGN := \#
host_text = $(subst |, ,$(filter-out $(NUMBER_SIGN)%,$(subst $(newline), ,$(subst $() ,|,$(file <$1)))))
host_words = $(patsubst build/third/%,$(THIRD)/%,$(filter-out -%,$(host_text)))
host_flags = $(patsubst -isystembuild/third/%,-isystem$(THIRD)/%,$(filter -%,$(host_text)))
host_sources = $(sort $(foreach w,$(call host_words,$1),$(or $(wildcard $w),$w)))

HOST_CFLAGS := -std=gnu11 -O1 -g -Wall -Wextra -Werror -Wno-unused-parameter -Wno-sign-compare -Wno-unknown-pragmas \
	-Wno-missing-field-initializers \
	-fno-common -fno-omit-frame-pointer -fno-sanitize-recover=all -DHOST_TEST \
	-Itests/host -I. -isystem $(FDT_DIR)
HEADERS := $(wildcard */*.h */*/*.h */*/*/*.h)
HOST_SAN := -fsanitize=address,undefined
HOST_LINKS := -l% -Wl,% -no-pie

# Programs with the same flags share objects: these have the directory of the first of them.
host_like = HOST_LIKE_$(subst =,~,$(subst $() ,,$(filter-out $(HOST_LINKS),$(HOST_FLAGS_$1))))
define host_parts
HOST_FLAGS_$1 := $(call host_flags,tests/host/$1/uses)
HOST_SOURCES_$1 := $(wildcard tests/host/$1/*.c) $(call host_sources,tests/host/$1/uses)
endef
$(foreach p,$(HOST_DIRS) dtbs,$(eval $(call host_parts,$p)))
$(foreach p,$(HOST_DIRS) dtbs,$(eval $(call host_like,$p) ?= $p)$(eval HOST_GROUP_$p := $($(call host_like,$p))))
host_objects = $(HOST_SOURCES_$2:%.c=$(HOST)/$1/obj/$(HOST_GROUP_$2)/%.o)

# $1 compiler, $2 the first program of those flags
define host_object
$(HOST)/$1/obj/$2/%.o: %.c tests/host/$2/uses tests/host/host.mk | third
	@mkdir -p $$(@D)
	@$1 $(HOST_CFLAGS) $(HOST_SAN) $(filter-out $(HOST_LINKS),$(HOST_FLAGS_$2)) -MMD -MP -c $$< -o $$@
endef
$(foreach c,$(HOST_COMPILERS),$(foreach g,$(sort $(foreach p,$(HOST_DIRS) dtbs,$(HOST_GROUP_$p))),$(eval $(call host_object,$c,$g))))
-include $(wildcard $(foreach c,$(HOST_COMPILERS),$(foreach p,$(HOST_DIRS) dtbs,$(patsubst %.o,%.d,$(call host_objects,$c,$p)))))

# $1 compiler, $2 program
define host_program
$(HOST)/$1/$2: $(call host_objects,$1,$2) tests/host/$2/uses
	@$(if $(filter no,$(SAY)),,printf '  HOST  %s\n' '$1 $2';) mkdir -p $$(@D)
	@$1 $(HOST_SAN) $(call host_objects,$1,$2) $(filter $(HOST_LINKS),$(HOST_FLAGS_$2)) -o $$@
.PHONY: host-run-$1-$2
host-run-$1-$2: $(HOST)/$1/$2 | host-begin
	@ASAN_OPTIONS=detect_leaks=0 UBSAN_OPTIONS=print_stacktrace=1 $(HOST_ENV_$1) V=$(V) tools/step $(HOST)/steps 'host $2 ($1)' $$<
endef
$(foreach c,$(HOST_COMPILERS),$(foreach p,$(HOST_DIRS),$(eval $(call host_program,$c,$p))))

# Not a test by itself: tools/hotplate dtbs runs it and judges its output (mk/test.mk).  `make host` builds it to check that it links.
$(foreach c,$(HOST_COMPILERS),$(eval $(call host_program,$c,dtbs)))

# FUZZ_TREES=yes adds the trees of boards that tools/dtb has compiled to the corpus.  The largest have 150 KiB, so
# that fewer inputs are tried in the same time.
FUZZ_LEN_fdt = $(if $(filter yes,$(FUZZ_TREES)),-max_len=262144)
FUZZ_SEEDS_fdt = $(if $(filter yes,$(FUZZ_TREES)),$(wildcard $(BUILD)/dtb/arm64 $(BUILD)/dtb/riscv64))

define host_fuzzer
$(HOST)/fuzz/$1: tests/host/fuzz/$1.c $(call host_sources,tests/host/fuzz/$1.uses) tests/host/host.mk $(HEADERS) | third
	@$(if $(filter no,$(SAY)),,printf '  FUZZ  %s\n' $1;) mkdir -p $$(@D)
	@clang $(HOST_CFLAGS) -fsanitize=fuzzer,address,undefined $(call host_flags,tests/host/fuzz/$1.uses) \
		tests/host/fuzz/$1.c $(call host_sources,tests/host/fuzz/$1.uses) -o $$@
.PHONY: fuzz-$1
fuzz-$1: $(HOST)/fuzz/$1
	@mkdir -p $(HOST)/corpus/$1 tests/host/fuzz/corpus-$1
	@printf '# fuzz %s, %s s\n' $1 $(FUZZ_SECONDS)
	@ASAN_OPTIONS=detect_leaks=0 $$< -max_total_time=$(FUZZ_SECONDS) -timeout=30 -rss_limit_mb=1024 -verbosity=0 $$(FUZZ_LEN_$1) \
		-print_final_stats=1 -artifact_prefix=$(HOST)/fuzz/$1- \
		$(HOST)/corpus/$1 tests/host/fuzz/corpus-$1 $$(FUZZ_SEEDS_$1) 2>$(HOST)/fuzz/$1.log || { tail -n 40 $(HOST)/fuzz/$1.log; exit 1; }
	@grep -h number_of_executed_units $(HOST)/fuzz/$1.log | sed 's/^stat::/  /'
endef
$(foreach f,$(FUZZERS),$(eval $(call host_fuzzer,$f)))

# The same program with back ends that are built from others, in mm/policy/tlb and EXTRA=DIR; tools/hotplate scheme runs it.
SCHEME_SOURCES = $(wildcard mm/policy/tlb/*.c $(foreach d,$(EXTRA_DIRS),$d/policy/tlb/*.c))
.PHONY: host-scheme-arm64 host-scheme-riscv64
host-scheme-arm64 host-scheme-riscv64: host-scheme-%: | third
	@mkdir -p $(HOST)/scheme && gcc $(HOST_CFLAGS) $(HOST_SAN) $(wildcard tests/host/tlb_$*/*.c) $(SCHEME_SOURCES) \
		$(call host_sources,tests/host/tlb_$*/uses) $(call host_flags,tests/host/tlb_$*/uses) -o $(HOST)/scheme/tlb_$*

# Writes the list of steps; the times of the previous run are stored with it (tools/step).
.PHONY: host-begin
host-begin:
	@mkdir -p $(HOST)/steps; cd $(HOST)/steps; touch done; cat done >> last; : > done; \
	for c in $(HOST_COMPILERS); do for p in $(HOST_DIRS); do echo "host $$p ($$c)"; done; done > steps

.PHONY: host fuzz
host: $(foreach c,$(HOST_COMPILERS),$(HOST)/$c/dtbs $(foreach p,$(HOST_DIRS),host-run-$c-$p))
fuzz: $(FUZZERS:%=fuzz-%)
