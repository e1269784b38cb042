# Makefile: build, run and prove IVM, an interrupt-vector manager for x86-64.
#
#   make            the kernel, build/ivm.elf
#   make run        boot it in QEMU with devices that interrupt, and watch
#   make test       everything that is proved in minutes; ends `N passed, N failed, N skipped`
#   make test-long  the same, with the rows that the matrix marks long, and all of `make prove`
#   make host-test  the host tests, gcc, without sanitizers; T=test_vector: only that one
#   make stress     everything at once on four CPUs that are threads, under ThreadSanitizer; SEED=7
#   make fuzz       throw bytes at the parsers; T=pci_capability: only that one; SECONDS=60 each
#   make prove      search the models of disconnecting and moving (spin); and what breaks them
#   make bench      what everything costs, in exact guest instructions, beside others' figures;
#                   LOWER="why": and write what is better now into tests/bench/budgets.toml
#   make bench-trace  the path of one interrupt, instruction by instruction; T=intx: of that kind
#   make bench-iso  build/ivm-bench.iso: measures the machine it boots, in its cycles
#   make iso        build/ivm.iso: boots by BIOS and by UEFI, in QEMU and on a real machine
#   make debug      QEMU stopped at its first instruction, and gdb with commands of our own
#   make check      which room includes what, file lengths, formatting
#   make lint       check, clang-format and clang-tidy over the whole tree
#   make mutants    break the manager line by line: the host tests must notice each
#   make clean      remove build/, where all output goes
#   make help       this list, and the variables of `make run`
#
# Variables of `make run` and `make debug`; each may also come from the environment:
#
#   MACHINE=q35|pc        the machine                                          [q35]
#   FIRMWARE=bios|uefi    what starts it                                       [bios]
#   SMP=4  MEM=512M       processors, memory                                   [1, 256M]
#   CPU=max  ACCEL=kvm    QEMU's -cpu and -accel                               [QEMU's, tcg]
#   EDU="5 7 9 13"        PCI slots with a device that interrupts when told to: on both
#                         machines 5, 9 and 13 share one line and 7 has another
#   CARDS="nvme rocker"   more PCI devices, each as QEMU's -device takes it; without it, a network
#                         card and a switch, which interrupt by messages; CARDS= for none
#   ARGS="-device x"      more arguments for QEMU, split at blanks
#   CMDLINE="run=A,B"     the kernel's command line, any characters: here, run the commands
#                         A and B of its console and power off
#   SYS="a.sys b.sys"     Windows drivers to load; `make test SYS=...` tells what became of them
#   INF=a.inf             which devices they are for; a .sys beside its INF needs no SYS=
#   HWID=PCI\VEN_1234     the same for one driver without an INF, in quotes: ids, between commas
#   DRIVER=folder         build the C files of a folder: as a .sys when they include wdm.h or
#                         ntddk.h (an INF there says what for), or into the kernel when they
#                         include <ivm/...>
#   QEMU=path             another qemu-system-x86_64
#   TIMEOUT=120           seconds, when standard input is no terminal
#   SETUP=no              install nothing, only say what is missing
#   CC=clang LD=ld.lld    other tools for the kernel, for every target
#
# What a target lacks on this machine is installed first, by tools/setup. Sources are found
# by wildcard: a new file needs no line here.

MAKEFLAGS += --no-builtin-rules --no-print-directory
ifeq ($(MAKELEVEL),0)
MAKEFLAGS += -j$(shell nproc)
endif
SHELL := /bin/sh
.DELETE_ON_ERROR:
.SECONDARY:

# ---- tools and flags ------------------------------------------------------------------
ifeq ($(origin CC),default)
CC := gcc
endif
ifeq ($(origin LD),default)
LD := ld
endif
B := build

warnings := -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wstrict-prototypes \
            -Wmissing-prototypes -Werror
kernel_flags := -std=c11 -ffreestanding -O2 -g -fno-pic -fno-pie -mno-red-zone \
                -mgeneral-regs-only -fno-stack-protector -fno-omit-frame-pointer \
                -fno-asynchronous-unwind-tables $(warnings) -Iinclude -Iarch/x86_64 -I.
link_flags := -nostdlib -static -T linker.ld -z noexecstack -z max-page-size=4096 \
              --build-id=none
host_flags := -std=c11 -D_DEFAULT_SOURCE -O1 -g -fno-omit-frame-pointer $(warnings) \
              -Itests/host/include -Iinclude -I. -Iarch/x86_64

# ---- what is built from what ----------------------------------------------------------
rooms := boot arch/x86_64 kernel kernel/system kernel/wdm kernel/monitor drivers
sources := $(foreach room,$(rooms),$(wildcard $(room)/*.c $(room)/*.S))
objects := $(sources:%=$B/%.o)
suites := $(patsubst %,$B/%.o,$(wildcard tests/guest/*.[cS]))
benches := $(patsubst %,$B/%.o,$(wildcard tests/bench/*.[cS]))

# DRIVER=folder: what its files include says what is made of them.
driver_files := $(if $(DRIVER),$(wildcard $(DRIVER)/*.c))
includes = $(shell grep -lE '^[[:blank:]]*\#[[:blank:]]*include[[:blank:]]*$1' $(driver_files))
ifneq ($(DRIVER),)
driver_kind := $(or $(if $(driver_files),$(if $(call includes,[<"](wdm|ntddk|ntifs)\.h[>"]),sys,\
    $(if $(call includes,<ivm/),native))),\
    $(error DRIVER=$(DRIVER): no C file there includes wdm.h, ntddk.h or <ivm/...>))
endif
driver_kernel := $(if $(filter native,$(driver_kind)),$B/ivm-driver.elf)
ifeq ($(driver_kind),sys)
override INF := $(or $(INF),$(wildcard $(DRIVER)/*.inf))
# An INF that names one .sys says how it is called; else the folder does.
driver_sys := $B/driver/$(or $(if $(INF),$(shell INF='$(INF)' tools/images.py --name)),\
    $(notdir $(abspath $(DRIVER))).sys)
endif
override SYS := $(strip $(SYS) $(driver_sys))
export SYS INF HWID

all: $B/ivm.elf $(driver_kernel) $(driver_sys)

# Which groups of packages (tools/setup) the goals need; building needs only `build`.
needs_images := $(if $(SYS)$(INF),images) $(if $(driver_sys)$(filter $B/wdm/%,$(SYS)),wdm)
needs_run := run $(if $(filter uefi,$(FIRMWARE)),uefi) $(needs_images)
needs_iso := run
needs_bench := run images
needs_bench-trace := run images
needs_bench-iso := run
needs_debug := $(needs_run) debug
needs_host-test := test
needs_mutants := test
needs_stress := test
needs_fuzz := test
needs_prove := prove
needs_check := check
needs_lint := lint
needs_test := run test prove wdm $(needs_images)
needs_test-long := $(needs_test)
needs_all := $(needs_images)
setup:
	@tools/setup build $(foreach goal,$(or $(MAKECMDGOALS),all),$(needs_$(goal))) \
	    $(if $(filter $B/wdm/%,$(MAKECMDGOALS)),wdm)

# Objects are made again when the compiler or its flags change, images and archives when a
# file is gone: these two hold what was used last, and are written only when that differs.
$B/flags: used = $(CC) $(LD) $(kernel_flags) $(link_flags) $(host_flags) $(sanitize) $(sys_flags)
$B/files: used = $(sources) $(suites) $(benches) $(host_sources) $(host_fakes)
$B/flags $B/files: setup
	@mkdir -p $B
	@echo '$(used)' | cmp -s - $@ || echo '$(used)' >$@

$B/%.c.o: %.c $B/flags | setup
	@mkdir -p $(@D)
	@echo '  cc    $<'
	@$(CC) $(kernel_flags) -MMD -MP -c $< -o $@

$B/%.S.o: %.S $B/flags | setup
	@mkdir -p $(@D)
	@echo '  as    $<'
	@$(CC) $(kernel_flags) -MMD -MP -c $< -o $@

# A driver in a folder is offered its devices before ours, so its objects come first. Whether
# it may have warnings is its author's affair.
driver_objects := $(driver_files:$(DRIVER)/%.c=$B/driver$(abspath $(DRIVER))/%.o)
$B/driver$(abspath $(DRIVER))/%.o: $(DRIVER)/%.c $B/flags | setup
	@mkdir -p $(@D)
	@echo '  cc    $<'
	@$(CC) $(filter-out -Werror,$(kernel_flags)) -iquote drivers -MMD -MP -c $< -o $@

$B/ivm.elf: $(objects)
$B/ivm-driver.elf: $(driver_objects) $(objects)
$B/ivm-test.elf: $(objects) $(suites)
$B/ivm-bench.elf: $(objects) $(benches)
$B/console-font.psf: tools/console-font | setup
	@mkdir -p $B
	@tools/console-font $@

font := .section .rodata; .globl console_font, console_font_end; console_font: \
        .incbin "$B/console-font.psf"; console_font_end: .section .note.GNU-stack
$B/console-font.o: $B/console-font.psf $B/flags
	@echo '$(font)' | $(CC) -c -x assembler - -o $@

# Linked twice: the symbol table that a report needs is made from the first result. It lies
# behind all code, so the second result has the same addresses, which is checked.
symbols = nm -n $1 | awk -f tools/symbols.awk
link = $(LD) $(link_flags) -o $1 $(filter %.o,$^) $2
$B/%.elf: linker.ld tools/symbols.awk $B/console-font.o $B/files
	@echo '  link  $@'
	@awk -f tools/symbols.awk </dev/null >$@.symbols.s
	@$(CC) -c $@.symbols.s -o $@.symbols.o
	@$(call link,$@.first,$@.symbols.o)
	@$(call symbols,$@.first) >$@.symbols.s
	@$(CC) -c $@.symbols.s -o $@.symbols.o
	@$(call link,$@.second,$@.symbols.o)
	@$(call symbols,$@.second) | cmp - $@.symbols.s
	@mv $@.second $@

# ---- drivers for Windows: drivers/wdm/NAME.c becomes build/wdm/NAME.sys ---------------
mingw := x86_64-w64-mingw32
# Looked for late: the headers may have been installed just now.
ddk = $(firstword $(wildcard $(addsuffix /include/ddk,/usr/$(mingw) /usr/$(mingw)/sys-root/mingw)))
sys_flags = -O2 -Wall -Wextra -DNTDDI_VERSION=0x06020000 -D_WIN32_WINNT=0x0602 -isystem $(ddk) \
            -nostdlib -nostartfiles -shared -Wl,--subsystem,native -Wl,--entry,DriverEntry \
            -Wl,--dynamicbase
sys_libraries := -lntoskrnl -lhal
wdm_images := $(patsubst drivers/wdm/%.c,$B/wdm/%.sys,$(wildcard drivers/wdm/*.c))

$B/wdm/%.sys: drivers/wdm/%.c $B/flags | setup
	@mkdir -p $(@D)
	@echo '  sys   $<'
	@$(mingw)-gcc $(sys_flags) -Werror -MMD -MP -MF $@.d $< -o $@ $(sys_libraries)

# Made anew each time: it is quick, and its headers are its own.
$B/driver/%.sys: $(driver_files) always | setup
	@mkdir -p $(@D)
	@echo '  sys   $(DRIVER)'
	@$(mingw)-gcc $(sys_flags) $(driver_files) -o $@ $(sys_libraries)

# ---- the disc, and what runs it -------------------------------------------------------
iso: $B/ivm.iso

# The disc for a person has a menu that waits; nothing here waits for `make run` or a test.
menu_seconds := 0
$B/ivm.iso: menu_seconds := 3
$B/ivm.iso $B/ivm-at-once.iso: $B/ivm.elf
$B/ivm-test.iso: $B/ivm-test.elf
$B/ivm-bench.iso: $B/ivm-bench.elf
$B/%.iso: boot/grub.cfg tools/make-iso Makefile | setup
	@echo '  iso   $@'
	@tools/make-iso $(filter %.elf,$^) $@ $(menu_seconds)

# With drivers for Windows on it: made anew each time, as they may be others.
$B/ivm-sys.iso: $(or $(driver_kernel),$B/ivm.elf) $(driver_sys) $(filter $B/wdm/%,$(SYS)) always
	@echo '  iso   $@'
	@tools/images.py $< $@

$B/ivm-driver.iso: $B/ivm-driver.elf

bench-iso: $B/ivm-bench.iso

# What is measured is the kernel that `make iso` ships: the same objects, and the bench's.
bench: $B/ivm-bench.iso $B/ivm.elf
	@python3 tools/bench $^ $(if $(LOWER),"$(LOWER)")

bench-trace: $B/ivm-bench.iso $B/ivm-bench.elf
	@python3 tools/bench-trace $^ $(if $(filter file,$(origin T)),,$(T))

run_disc := $B/ivm-$(if $(SYS)$(INF),sys,$(if $(driver_kernel),driver,at-once)).iso
run: $(run_disc)
	@tools/run $<

debug: $(run_disc)
	@tools/debug $< $(or $(driver_kernel),$B/ivm.elf)

# ---- host tests: one archive and one program per subject, for each compiler -----------
# These files need the machine itself, or are its stand-in's counterpart on the host.
not_on_host := boot/main.c arch/x86_64/machine.c arch/x86_64/memory.c
host_sources := $(filter-out $(not_on_host), $(wildcard boot/multiboot2.c boot/images.c) \
    $(filter %.c,$(filter-out boot/%,$(sources))))
host_fakes := $(wildcard tests/host/fake/*.c)
host_tests := $(patsubst tests/host/%.c,%,$(wildcard tests/host/test_*.c))
# The board stands in for whole rooms of drivers/: only who asks for it gets it.
host_board := $(filter tests/host/fake/board%,$(host_fakes))
on_board := $(patsubst tests/host/%.c,%,$(shell grep -lE '"fake/(board|operator)\.h"' \
    tests/host/test_*.c))
sanitize := -fsanitize=address,undefined -fno-sanitize-recover=all

# host_build NAME, compiler, flags: the programs are $B/NAME/test_*. A fake stands in for
# what it fakes, unless the program pulls in the real file for what only that file has: the
# fakes are searched first, and what they define is weak.
define host_build
$B/$1/tests/host/fake/%.o: tests/host/fake/%.c $B/flags | setup
	@mkdir -p $$(@D)
	@$2 $(host_flags) $3 -MMD -MP -c $$< -o $$@
	@nm -g --defined-only $$@ | awk '{ print $$$$3 }' >$$@.names
	@objcopy --weaken-symbols=$$@.names $$@

$B/$1/%.o: %.c $B/flags | setup
	@mkdir -p $$(@D)
	@$2 $(host_flags) $3 -MMD -MP -c $$< -o $$@

$B/$1/code.a: $(host_sources:%.c=$B/$1/%.o)
$B/$1/board.a: $(host_board:%.c=$B/$1/%.o)
$B/$1/fake.a: $(filter-out $(host_board:%.c=$B/$1/%.o),$(host_fakes:%.c=$B/$1/%.o))

$(on_board:%=$B/$1/%): $B/$1/board.a
$(host_tests:%=$B/$1/%): $B/$1/%: $B/$1/tests/host/%.o $B/$1/code.a $B/$1/fake.a
	@echo '  $1  $$(@F)'
	@$2 $3 -o $$@ $$< -Wl,--start-group $$(filter %board.a,$$^) $B/$1/fake.a $B/$1/code.a \
	    -Wl,--end-group -lcmocka
endef
# gcc's checks add conversions of their own, and warn of variables that nobody reads after
# cmocka's longjmp.
gcc_quiet := -Wno-clobbered -Wno-conversion -Wno-sign-conversion
$(eval $(call host_build,host,gcc,-Wno-clobbered))
# -g1: a sanitizer reports lines, and no more is made than that.
$(eval $(call host_build,host-gcc,gcc,-g1 $(gcc_quiet) $(sanitize)))
# -fsanitize=fuzzer-no-link: the same objects tell the fuzzers which way they went.
$(eval $(call host_build,host-clang,clang,-g1 $(sanitize) -fsanitize=fuzzer-no-link))
$(eval $(call host_build,host-mutant,gcc,-O0 -Wno-clobbered))

$B/%.a: $B/files
	@rm -f $@
	@ar qcs $@ $(filter %.o,$^)

T ?= $(host_tests)
host-test: $(T:%=$B/host/%)
	@failed=; for test in $^; do $$test || failed="$$failed $$test"; done; \
	 [ -z "$$failed" ] || { echo "failed:$$failed"; exit 1; }

# ---- fuzzers: tests/fuzz/fuzz_NAME.c, linked with clang's host objects --------------------
fuzzers := $(patsubst tests/fuzz/fuzz_%.c,%,$(wildcard tests/fuzz/fuzz_*.c))
fuzz_programs := $(fuzzers:%=$B/fuzz/fuzz_%)
$(fuzz_programs): $B/fuzz/%: $B/host-clang/tests/fuzz/%.o $B/host-clang/code.a $B/host-clang/fake.a
	@mkdir -p $(@D)
	@echo '  fuzz  $(@F)'
	@clang $(sanitize) -fsanitize=fuzzer -o $@ $< -Wl,--start-group $B/host-clang/fake.a \
	    $B/host-clang/code.a -Wl,--end-group -lcmocka

# What broke is kept in build/fuzz, and named; giving that file to the program breaks it again.
SECONDS := 60
fuzzed := $(if $(filter file,$(origin T)),$(fuzzers),$(T))
fuzz: $(fuzzed:%=$B/fuzz/fuzz_%)
	@for fuzzer in $^; do \
	    $$fuzzer -max_total_time=$(SECONDS) -artifact_prefix=$$fuzzer- || exit 1; done

# ---- the manager on CPUs that are threads ---------------------------------------------
# clang: gcc's ThreadSanitizer does not know fences.
stress_objects := $(patsubst %.c,$B/stress/%.o,$(wildcard kernel/*.c tests/host/stress/*.c))
$B/stress/%.o: %.c $B/flags | setup
	@mkdir -p $(@D)
	@clang $(host_flags) -fsanitize=thread -pthread -MMD -MP -c $< -o $@

$B/stress/stress: $(stress_objects) $B/files
	@echo '  stress'
	@clang -fsanitize=thread -pthread -o $@ $(filter %.o,$^)

SEED ?= 1
stress: $B/stress/stress
	@$< $(SEED)

# ---- proof ----------------------------------------------------------------------------
# The kernel is built by the second compiler too, for its warnings.
$B/clang/ivm-test.elf: $(sources) linker.ld | setup
	@$(MAKE) B=$B/clang CC=clang $@

host_programs := $(foreach compiler,gcc clang,$(host_tests:%=$B/host-$(compiler)/%))
proof := $(host_programs) $(fuzz_programs) $B/stress/stress $B/clang/ivm-test.elf \
         $(wdm_images) $(driver_sys) \
         $(addprefix $B/,ivm.iso ivm-at-once.iso ivm-test.iso ivm-bench.iso)
pytest := tools/python -m pytest -c tests/run/pytest.ini --rootdir=. -n $(shell nproc)

test: $(proof)
	@$(pytest) tests/run

test-long: $(proof)
	@$(pytest) tests/run --long

prove: setup
	@tests/model/prove

mutants: setup
	@tools/python tools/mutants

c_files = $(shell find arch boot drivers include kernel tests -name '*.[ch]')
check: setup
	@python3 tools/layers.py
	@tools/lint format $(c_files)

lint: check
	@tools/lint analysis '$(kernel_flags)' $(filter %.c,$(sources) $(wildcard tests/guest/*.c tests/bench/*.c))
	@tools/lint analysis '$(host_flags)' $(host_fakes) $(host_tests:%=tests/host/%.c) \
	    $(fuzzers:%=tests/fuzz/fuzz_%.c)

clean:
	rm -rf $B

help:
	@sed -n '/^#/!q; s/^# \{0,1\}//p' Makefile

.PHONY: all always setup run test test-long host-test fuzz stress prove iso bench bench-iso bench-trace debug check lint mutants clean help

-include $(patsubst %.o,%.d,$(objects) $(suites) $(benches) $(stress_objects) $(driver_objects))
-include $(wdm_images:%=%.d)
-include $(foreach h,host host-gcc host-clang host-mutant,$(patsubst %.c,$B/$h/%.d,\
    $(host_sources) $(host_fakes) $(host_tests:%=tests/host/%.c)))
-include $(fuzzers:%=$B/host-clang/tests/fuzz/fuzz_%.d)
