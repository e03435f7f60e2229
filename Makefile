# Drupe: build, run, test, grade, clean. The other targets (lint, format, run, ...) live in tools/*.mk; `make help`.
#
#   make qemu                boot to the shell (Ctrl-a x leaves)        CPUS=3 MEM=128M QEMUEXTRA= APPEND= SNAPSHOT=1
#   make run CMD='ls /'      boot, run one command, power off
#   make test                everything, as TAP through prove
#   CONFIG=release           the build for benchmarks (default: debug; tools/config.mk); objects go to build/$(CONFIG)/

CONFIG     ?= debug
TOOLPREFIX ?= riscv64-unknown-elf-
QEMU       ?= qemu-system-riscv64
HOSTCC     ?= cc
export QEMU TOOLPREFIX

CC      := $(TOOLPREFIX)gcc
AR      := $(TOOLPREFIX)ar
NM      := $(TOOLPREFIX)nm
OBJCOPY := $(TOOLPREFIX)objcopy
OBJDUMP := $(TOOLPREFIX)objdump

B     := build/$(CONFIG)
GEN   := $(B)/gen
STAMP := build/config

include tools/config.mk

COMMON_CFLAGS := -std=gnu11 -g -Wall -Wextra -Werror -Wno-unused-parameter -fno-common -MMD -MP
KERNEL_CFLAGS  = $(COMMON_CFLAGS) $(CONFIG_CFLAGS) $(WHOLE_$(CONFIG)) -D__drupe_kernel__ -Ikernel -I$(GEN) -ffreestanding \
                 -fno-stack-protector -fno-pic -march=rv64imac_zicsr_zifencei -mabi=lp64 -mcmodel=medany $(SANITIZE)
USER_CFLAGS   := $(COMMON_CFLAGS) $(filter -O% -f%,$(CONFIG_CFLAGS)) --specs=picolibc.specs -D_GNU_SOURCE \
                 -march=rv64gc -mabi=lp64d -mcmodel=medany -ffunction-sections -fdata-sections \
                 -Iuser/lib/include -I$(GEN)

# What there is to build is found by looking: a new file needs no new line here.
# x.c becomes x.o and x.S x.S.o, since the two often stand side by side.
objs = $(addprefix $(B)/,$(patsubst %.c,%.o,$(1:.S=.S.o)))
KERNEL_OBJS   := $(call objs,$(filter-out $(NOT_BUILT),$(wildcard kernel/*/*.c kernel/*/*.S))) $(GEN)/syscall_dispatch.o
LIB_OBJS      := $(call objs,$(filter-out user/lib/crt0.S,$(wildcard user/lib/*.[cS] user/lib/*/*.[cS]))) \
                 $(GEN)/syscall_stubs.S.o
CRT0          := $(B)/user/lib/crt0.S.o
LIBDRUPE      := $(B)/user/libdrupe.a
ONE_FILE      := $(patsubst user/bin/%.c,%,$(wildcard user/bin/*.c))
MANY_FILES    := $(sort $(patsubst user/bin/%/,%,$(dir $(wildcard user/bin/*/*.c))))
USERTESTS     := $(if $(wildcard user/tests/*.c),usertests)
NAMES         := $(ONE_FILE) $(MANY_FILES) $(USERTESTS)
PROGRAMS      := $(addprefix $(B)/programs/,$(NAMES))
ROOT          := $(addprefix $(B)/disk/,$(NAMES))
# Programs of the other teaching kernel (docs/xv6.md), besides those in user/xv6: here graders add theirs, a line each.
UPROGS=\
	_mkdir\

SYSCALL_FILES := $(addprefix $(GEN)/,syscall_dispatch.c syscall_protos.h syscall_numbers.h syscall_stubs.S \
                   drupe/syscalls.h syscall_args.h syscall_structs.h syscall_errnos.txt syscalls.md)

.SUFFIXES:
.PHONY: all objects qemu qemu-nox test grade clean
.DELETE_ON_ERROR:

all: kernel/kernel kernel/kernel.sym kernel/kernel.asm fs.img $(B)/ram.img $(PROGRAMS:=.asm)
objects: $(KERNEL_OBJS) $(LIB_OBJS)

# One short line a step; nothing at all under `make -s`, whole commands under V=1.
LETTERS := $(filter-out --%,$(firstword -$(MAKEFLAGS)))
SILENT  := $(findstring s,$(LETTERS))
Q       = $(if $(V),,@$(if $(SILENT),,printf '  %-8s %s\n' $(1) $@;))

include tools/setup.mk

# ---- kernel

$(SYSCALL_FILES) &: kernel/trap/syscalls.def tools/gen-syscalls $(wildcard kernel/uapi/*.h)
	$(call Q,GEN)tools/gen-syscalls $< $(GEN)

$(B)/kernel/%.o: kernel/%.c Makefile | $(SYSCALL_FILES)
	$(call Q,CC)mkdir -p $(@D) && $(CC) $(KERNEL_CFLAGS) -c -o $@ $<
$(B)/kernel/%.S.o: kernel/%.S Makefile | $(SYSCALL_FILES)
	$(call Q,AS)mkdir -p $(@D) && $(CC) $(KERNEL_CFLAGS) -c -o $@ $<
$(call objs,$(NOT_SANITIZED)): KERNEL_CFLAGS += -fno-sanitize=all
$(GEN)/syscall_dispatch.o: $(GEN)/syscall_dispatch.c Makefile
	$(call Q,CC)$(CC) $(KERNEL_CFLAGS) -c -o $@ $<

# Two links: the names of the first go as a table to the end of the second's rodata, where they move no function.
$(B)/kernel.elf: $(KERNEL_OBJS) kernel.ld tools/link-kernel $(STAMP)
	$(call Q,LD)CC='$(CC)' NM=$(NM) tools/link-kernel $@ $(GEN) '$(filter-out -M%,$(KERNEL_CFLAGS))' $(KERNEL_OBJS)

kernel/kernel: $(B)/kernel.elf
	$(call Q,KERNEL)cp $< $@
kernel/kernel.sym: kernel/kernel
	$(call Q,SYM)$(NM) -n $< | awk '$$3 ~ /^[A-Za-z_]/ { print $$1, $$3 }' > $@
%.asm: %
	$(call Q,ASM)$(OBJDUMP) -dS $< > $@

# Holds what the products were made from, so that another CONFIG, or a source that is gone, remakes them.
$(STAMP): FORCE
	@mkdir -p build; echo $(CONFIG) $(CC) $(KERNEL_OBJS) $(LIB_OBJS) $(NAMES) | cmp -s - $@ || \
	  echo $(CONFIG) $(CC) $(KERNEL_OBJS) $(LIB_OBJS) $(NAMES) > $@
FORCE:

# ---- programs: objects in build/CONFIG/user, linked in .../programs, stripped in .../disk
$(B)/user/%.o: user/%.c Makefile | $(SYSCALL_FILES)
	$(call Q,CC)mkdir -p $(@D) && $(CC) $(USER_CFLAGS) -c -o $@ $<
$(B)/user/%.S.o: user/%.S Makefile | $(SYSCALL_FILES)
	$(call Q,AS)mkdir -p $(@D) && $(CC) $(USER_CFLAGS) -c -o $@ $<
$(GEN)/syscall_stubs.S.o: $(GEN)/syscall_stubs.S Makefile
	$(call Q,AS)$(CC) $(USER_CFLAGS) -c -o $@ $<
# All of our library goes before picolibc, so that ours is taken where both have a function (sbrk, memcpy), and it is
# weak, so that a program may have a function of the same name. --gc-sections drops what is not used.
$(LIBDRUPE): $(LIB_OBJS) $(STAMP)
	$(call Q,AR)rm -f $@ && $(AR) rcs $@ $(LIB_OBJS) && $(NM) -g --defined-only $@ | \
	  awk 'NF == 3 { print $$3 }' > $@.names && $(OBJCOPY) --weaken-symbols=$@.names $@

$(foreach p,$(ONE_FILE),$(eval $(B)/programs/$(p): $(call objs,user/bin/$(p).c)))
$(foreach p,$(MANY_FILES),$(eval $(B)/programs/$(p): $(call objs,$(wildcard user/bin/$(p)/*.[cS]))))
$(if $(USERTESTS),$(eval $(B)/programs/usertests: $(call objs,$(wildcard user/tests/*.c))))
$(PROGRAMS) $(LAB_PROGRAMS): $(CRT0) $(LIBDRUPE) user/user.ld
	$(call Q,LD)mkdir -p $(@D) && $(CC) $(filter-out -M%,$(USER_CFLAGS)) -nostartfiles -static -T user/user.ld \
	  -Wl,--gc-sections,-z,max-page-size=4096 -o $@ $(CRT0) $(filter-out $(CRT0),$(filter %.o,$^)) \
	  -Wl,--whole-archive $(LIBDRUPE) -Wl,--no-whole-archive,--start-group -lc -lm -lgcc -Wl,--end-group
$(B)/disk/%: $(B)/programs/%
	@mkdir -p $(@D) && $(OBJCOPY) -S $< $@

# ---- the disk: an image that exists keeps the user's files and gets the new programs (mkfs/mkfs.c)
build/host/mkfs: mkfs/mkfs.c
	$(call Q,HOSTCC)mkdir -p $(@D) && $(HOSTCC) -std=gnu11 -O1 -g -Wall -Wextra -Werror -o $@ $< -lext2fs -lcom_err
# The stamp tells when the programs were put on it; the image's own time changes whenever a machine writes to it.
build/fs.stamp: $(ROOT) build/host/mkfs $(STAMP) $(if $(wildcard fs.img),,FORCE)
	$(call Q,IMAGE)tools/fsck-image fs.img && build/host/mkfs fs.img $(ROOT) && touch $@
fs.img: build/fs.stamp
	@touch -c $@
$(B)/ram.img: $(ROOT) build/host/mkfs $(STAMP)
	$(call Q,IMAGE)rm -f $@ && build/host/mkfs -J -s 24 -i 2048 $@ $(ROOT)
.PRECIOUS: fs.img

# ---- run: every flag of QEMU is in tools/qemu; exec makes QEMU make's own child

export CONFIG CPUS MEM CPU QEMUEXTRA APPEND SNAPSHOT ICOUNT RAM IMG
qemu qemu-nox: all
	@exec tools/qemu

# ---- test, grade, clean
test: all unit-tests
	CMOCKA_MESSAGE_OUTPUT=tap prove -j2 --timer --exec '' $(UNIT_TESTS) $(wildcard tests/*.t) < /dev/null \
	  2> build/failures || { cat build/failures; echo 'Result: FAIL'; exit 1; }
grade: all
	@exec tools/grade $(LAB)

clean:
	rm -rf build kernel/kernel kernel/kernel.sym kernel/kernel.asm fs.img .gdbinit compile_commands.json

include $(filter-out tools/setup.mk tools/config.mk,$(wildcard tools/*.mk))
-include $(wildcard $(B)/*/*.d $(B)/*/*/*.d $(B)/*/*/*/*.d)
