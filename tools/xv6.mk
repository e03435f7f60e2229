# Programs of the other teaching kernel (docs/xv6.md): user/xv6/NAME.c, compiled as that project does, with headers and
# a library of their own. In a tree that has one, NAME on the disk is that, and not a command of ours.
#
# A name on the list UPROGS (as _NAME, $U/_NAME or NAME) may have its source in user/NAME.c or NAME.c instead, or be a
# command of ours. That project's library is passed over, should it come along with its programs.

U           := user
XV6_LISTED  := $(patsubst _%,%,$(notdir $(UPROGS)))
XV6_PASSED  := ulib umalloc usys $(if $(shell grep -lsw main user/xv6/printf.c),,printf)
XV6_FOUND   := $(filter-out $(XV6_PASSED),$(patsubst user/xv6/%.c,%,$(wildcard user/xv6/*.c)))
XV6_BROUGHT := $(foreach n,$(filter-out $(XV6_FOUND),$(XV6_LISTED)),$(if $(wildcard user/$(n).c $(n).c),$(n)))
XV6         := $(sort $(XV6_FOUND) $(XV6_BROUGHT))
XV6_MISSING := $(filter-out $(XV6) $(NAMES),$(XV6_LISTED))
$(if $(XV6_MISSING),$(error UPROGS: there is no user/xv6/NAME.c, user/NAME.c or NAME.c for: $(XV6_MISSING)))

XV6_PROGRAMS := $(addprefix $(B)/xv6/,$(XV6))
XV6_LIB_OBJS := $(patsubst user/%,$(B)/%.o,$(basename $(wildcard user/xv6/lib/*.[cS])))
XV6_LIB      := $(B)/xv6/lib/libxv6.a
XV6_CFLAGS   := -Wall -Werror -Wno-main -Wno-infinite-recursion -O -g -fno-omit-frame-pointer -MMD -MP -ffreestanding \
                -fno-common -fno-stack-protector -fno-pic -march=rv64gc -mabi=lp64d -mcmodel=medany \
                -ffunction-sections -fdata-sections -Iuser/xv6/include
$(XV6_LIB_OBJS): XV6_CFLAGS += -Wextra -Wno-unused-parameter -D__drupe_kernel__ -Ikernel -I$(GEN)

all: $(XV6_PROGRAMS:=.asm)
NAMES += $(addprefix xv6/,$(XV6))
ROOT  := $(sort $(ROOT) $(addprefix $(B)/disk/,$(XV6) $(if $(wildcard README.md),README)))
build/fs.stamp $(B)/ram.img: $(ROOT)

XV6_CC = $(call Q,CC)mkdir -p $(@D) && $(CC) $(XV6_CFLAGS) -c -o $@ $<
$(B)/xv6/%.o: user/xv6/%.c Makefile tools/xv6.mk | $(SYSCALL_FILES)
	$(XV6_CC)
$(B)/xv6/%.o: user/xv6/%.S Makefile tools/xv6.mk | $(SYSCALL_FILES)
	$(XV6_CC)
$(B)/xv6/%.o: user/%.c Makefile tools/xv6.mk
	$(XV6_CC)
$(B)/xv6/%.o: %.c Makefile tools/xv6.mk
	$(XV6_CC)

# Weak, so that a program may have a function of the same name; and so all of it is linked (user/lib does the same).
$(XV6_LIB): $(XV6_LIB_OBJS)
	$(call Q,AR)rm -f $@ && $(AR) rcs $@ $^ && $(OBJCOPY) --weaken $@
$(XV6_PROGRAMS): %: %.o $(XV6_LIB) user/xv6/lib/xv6.ld
	$(call Q,LD)$(CC) -march=rv64gc -mabi=lp64d -nostdlib -static -T user/xv6/lib/xv6.ld \
	  -Wl,--gc-sections,-z,max-page-size=4096,-z,noexecstack,-z,stack-size=4096 -o $@ $< \
	  -Wl,--whole-archive $(XV6_LIB) -Wl,--no-whole-archive -lgcc

# $(STAMP): what stands on the disk under a name is made again when that is another program than before.
$(ROOT): $(STAMP)
$(addprefix $(B)/disk/,$(XV6)): $(B)/disk/%: $(B)/xv6/%
	@mkdir -p $(@D) && $(OBJCOPY) -S $< $@
# Such programs read a file of this name.
$(B)/disk/README: README.md
	@mkdir -p $(@D) && cp $< $@
-include $(wildcard $(B)/xv6/*.d $(B)/xv6/lib/*.d)
