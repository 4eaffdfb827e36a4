# SPDX-License-Identifier: BSD-2-Clause
# tests/host/host.mk - the same code natively, under AddressSanitizer and UBSan.
#
#   tests/host/NAME/*.c          one program; main() ends with 0 when everything held
#   tests/host/programs.mk       the sources of the tree that it is built with, and its flags
#   tests/host/fakes/*.c         functions of the kernel that many programs need; a program defines its own instead
#   tests/host/fuzz/NAME.c       one libFuzzer target
#
# Each source is compiled once for each set of flags.  A program that passed is not run again while it, its environment and
# the files that it reads are the same; RESUME=no runs every program.  tests/host is on the include path first, so its
# arch_inline.h is the host's.
HOST := $(BUILD)/host
HOST_COMPILERS ?= gcc clang
FUZZ_SECONDS ?= 10
include tests/host/programs.mk
HOST_PROGRAMS := $(patsubst USES_%,%,$(sort $(filter USES_%,$(.VARIABLES))))
HOST_DIRS := $(filter-out dtbs,$(HOST_PROGRAMS))
FUZZERS := $(patsubst FUZZES_%,%,$(sort $(filter FUZZES_%,$(.VARIABLES))))

# cmocka 2 deprecates assert_in_range() for names that cmocka 1 does not have.
HOST_CFLAGS := -std=gnu11 -O1 -g -Wall -Wextra -Werror -Wno-unused-parameter -Wno-sign-compare -Wno-unknown-pragmas \
	-Wno-missing-field-initializers -Wno-deprecated-declarations \
	-fno-common -fno-omit-frame-pointer -fno-sanitize-recover=all -DHOST_TEST -Dsnprintf=hp_snprintf -Dvsnprintf=hp_vsnprintf \
	-Itests/host -I. -isystem $(FDT_DIR)
HOST_SAN := -fsanitize=address,undefined
HOST_LINKS := -l% -Wl,% -no-pie
HOST_LIBRARY := kern/hooks.c lib/err.c lib/fail.c lib/printf.c $(wildcard tests/host/fakes/*.c) \
	$(addprefix $(FDT_DIR)/,$(filter-out fdt_empty_tree.c,$(FDT_SOURCES)))

# $1 words: sources and flags of a program
host_words = $(subst build/third/,$(THIRD)/,$1)
host_flags = $(filter-out $(HOST_LINKS),$(filter -%,$1))
host_sources = $(foreach w,$(filter-out -%,$1),$(or $(wildcard $w),$w))
host_before_flags = $(filter-out .,$(subst |, ,$(firstword $(subst |-, |-,.|$(subst $() ,|,$(strip $1))))))

# $1 program, $2 its words, $3 the sources that are its own.  Programs with the same flags share objects: those have the
# directory of the first of them, those without flags `common`.
host_like = HOST_LIKE_$(subst =,~,$(subst $() ,,$(call host_flags,$1)))
define host_parts
HOST_WORDS_$1 := $2
HOST_COMMON_$1 := $(sort $(call host_sources,$(call host_before_flags,$2)) $(if $(call host_flags,$2),,$3))
HOST_OWN_$1 := $(if $(call host_flags,$2),$(sort $3 $(filter-out $(call host_sources,$(call host_before_flags,$2)),$(call host_sources,$2))))
$(call host_like,$2) ?= $1
HOST_GROUP_$1 := $$($(call host_like,$2))
endef
$(foreach p,$(HOST_PROGRAMS),$(eval $(call host_parts,$p,$(call host_words,$(USES_$p)),$(wildcard tests/host/$p/*.c))))
$(foreach p,$(FUZZERS),$(eval $(call host_parts,fuzz-$p,$(call host_words,$(FUZZES_$p)),tests/host/fuzz/$p.c)))

# $1 directory of $(HOST), $2 program
host_objects = $(HOST_COMMON_$2:%.c=$(HOST)/$1/obj/common/%.o) $(HOST_OWN_$2:%.c=$(HOST)/$1/obj/$(HOST_GROUP_$2)/%.o)

# Empty if two texts are the same.
host_differs = $(subst x$1x,,x$2x)$(subst x$2x,,x$1x)
.PHONY: host-always

# $1 directory, $2 group, $3 the compiler and its flags: objects are made again when these change.
define host_group
HOST_FLAGS_$1_$2 := $3
$(HOST)/$1/obj/$2/flags: host-always
	+@$$(if $$(call host_differs,$$(HOST_FLAGS_$1_$2),$$(file <$$@)),mkdir -p $$(@D) && printf '%s' '$$(HOST_FLAGS_$1_$2)' > $$@)
$(HOST)/$1/obj/$2/%.o: %.c $(HOST)/$1/obj/$2/flags | third
	@mkdir -p $$(@D)
	@$(CACHED) $3 -MMD -MP -c $$< -o $$@
endef

# $1 directory, $2 compiler and sanitizers, $3 programs
define host_compiler
$(eval $(call host_group,$1,common,$(firstword $2) $(HOST_CFLAGS) $(wordlist 2,9,$2)))
$(foreach g,$(sort $(foreach p,$3,$(if $(HOST_OWN_$p),$(HOST_GROUP_$p)))),$(eval $(call \
	host_group,$1,$g,$(firstword $2) $(HOST_CFLAGS) $(wordlist 2,9,$2) $(call host_flags,$(HOST_WORDS_$g)))))
$(HOST)/$1/library.a: $(HOST_LIBRARY:%.c=$(HOST)/$1/obj/common/%.o) tests/host/host.mk
	@rm -f $$@ && ar rcs $$@ $$(filter %.o,$$^)
-include $(wildcard $(patsubst %.o,%.d,$(sort $(HOST_LIBRARY:%.c=$(HOST)/$1/obj/common/%.o) $(foreach p,$3,$(call host_objects,$1,$p)))))
endef
HOST_SAN_fuzz := -fsanitize=fuzzer,address,undefined
$(foreach c,$(HOST_COMPILERS),$(eval $(call host_compiler,$c,$c $(HOST_SAN),$(HOST_PROGRAMS))))
$(eval $(call host_compiler,fuzz,clang $(HOST_SAN_fuzz),$(FUZZERS:%=fuzz-%)))

# $1 directory, $2 compiler and sanitizers, $3 program, $4 its file, $5 the printed line
define host_link
$(HOST)/$1/$4: $(call host_objects,$1,$3) $(HOST)/$1/library.a tests/host/programs.mk
	@$(if $(filter no,$(SAY)),,printf '  %s\n' '$5';) mkdir -p $$(@D)
	@$2 $(call host_objects,$1,$3) $(HOST)/$1/library.a $(filter $(HOST_LINKS),$(HOST_WORDS_$3)) \
		-Wl,--as-needed -lcmocka -o $$@
endef
$(foreach c,$(HOST_COMPILERS),$(foreach p,$(HOST_PROGRAMS),$(eval $(call host_link,$c,$c $(HOST_SAN),$p,$p,HOST  $c $p))))
$(foreach f,$(FUZZERS),$(eval $(call host_link,fuzz,clang $(HOST_SAN_fuzz),fuzz-$f,$f,FUZZ  $f)))

# `dtbs` is not run: tools/hotplate dtbs runs it and judges its output (mk/test.mk).  `make host` checks that it links.
define host_run
.PHONY: host-run-$1-$2
host-run-$1-$2: $(HOST)/$1/$2 | host-begin
	@ASAN_OPTIONS=detect_leaks=0 UBSAN_OPTIONS=print_stacktrace=1 V=$(V) RESUME=$(RESUME) \
		tools/step -r '$(HOST)/$1/$2 $(READS_$2)' $(HOST)/steps 'host $2 ($1)' $$<
endef
$(foreach c,$(HOST_COMPILERS),$(foreach p,$(HOST_DIRS),$(eval $(call host_run,$c,$p))))

# FUZZ_TREES=yes: the trees of boards that tools/dtb has compiled are added to the corpus.  The largest have 150 KiB, so
# that fewer inputs are tried in the same time.
FUZZ_LEN_fdt = $(if $(filter yes,$(FUZZ_TREES)),-max_len=262144)
FUZZ_SEEDS_fdt = $(if $(filter yes,$(FUZZ_TREES)),$(wildcard $(BUILD)/dtb/arm64 $(BUILD)/dtb/riscv64))

define host_fuzz
.PHONY: fuzz-$1
fuzz-$1: $(HOST)/fuzz/$1
	@mkdir -p $(HOST)/corpus/$1 tests/host/fuzz/corpus-$1
	@printf '# fuzz %s, %s s\n' $1 $(FUZZ_SECONDS)
	@ASAN_OPTIONS=detect_leaks=0 $$< -max_total_time=$(FUZZ_SECONDS) -timeout=30 -rss_limit_mb=1024 -verbosity=0 $$(FUZZ_LEN_$1) \
		-print_final_stats=1 -artifact_prefix=$(HOST)/fuzz/$1- \
		$(HOST)/corpus/$1 tests/host/fuzz/corpus-$1 $$(FUZZ_SEEDS_$1) 2>$(HOST)/fuzz/$1.log || { tail -n 40 $(HOST)/fuzz/$1.log; exit 1; }
	@grep -h number_of_executed_units $(HOST)/fuzz/$1.log | sed 's/^stat::/  /'
endef
$(foreach f,$(FUZZERS),$(eval $(call host_fuzz,$f)))

# The same program with back ends that are built from others, in mm/policy/tlb and EXTRA=DIR; tools/hotplate scheme runs it.
SCHEME_SOURCES = $(wildcard mm/policy/tlb/*.c $(foreach d,$(EXTRA_DIRS),$d/policy/tlb/*.c))
.PHONY: host-scheme-arm64 host-scheme-riscv64
host-scheme-arm64 host-scheme-riscv64: host-scheme-%: $(HOST)/gcc/library.a | third
	@mkdir -p $(HOST)/scheme && gcc $(HOST_CFLAGS) $(HOST_SAN) $(call host_flags,$(HOST_WORDS_tlb_$*)) $(SCHEME_SOURCES) \
		$(HOST_COMMON_tlb_$*) $(HOST_OWN_tlb_$*) $< -o $(HOST)/scheme/tlb_$*

# The steps of this run; the times of the last run are stored with them (tools/step).
.PHONY: host-begin host-sources
host-begin:
	@mkdir -p $(HOST)/steps; cd $(HOST)/steps; touch done; cat done >> last; : > done; \
	for c in $(HOST_COMPILERS); do for p in $(HOST_DIRS); do echo "host $$p ($$c)"; done; done > steps

# Prints a line for each program: its name and its sources.
host-sources:
	@:$(foreach p,$(HOST_PROGRAMS),$(info $p $(HOST_COMMON_$p) $(HOST_OWN_$p) $(HOST_LIBRARY)))

.PHONY: host fuzz
host: $(foreach c,$(HOST_COMPILERS),$(HOST)/$c/dtbs $(foreach p,$(HOST_DIRS),host-run-$c-$p))
	@awk -F'	' '!($$1 in n) { n[$$1]; programs++; if ($$3 == "kept") kept++ } \
		END { printf "# host: %d programs passed%s\n", programs, kept ? sprintf(", %d of them earlier", kept) : "" }' $(HOST)/steps/done
fuzz: $(FUZZERS:%=fuzz-%)
