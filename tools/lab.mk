# Labs (labs/README.md): the programs of the current lab go on the disk, and its grader runs them.
#
#   make LAB=syscall             build, with that lab's programs on the disk
#   make grade LAB=syscall       each test with its points, what was expected and what came; V=1: with the console
#   make grade LAB=syscall TEST=name    just that one

LAB_DISK := $(subst /programs/,/disk/,$(LAB_PROGRAMS))
$(if $(LAB),$(if $(wildcard labs/$(LAB)/grade.exp),,$(error LAB=$(LAB): there is no labs/$(LAB)/grade.exp)))

all: $(LAB_PROGRAMS:=.asm)
ROOT += $(LAB_DISK)
# What graders need.
.PHONY: gradable clean-labs
gradable: $(B)/kernel.elf $(B)/ram.img
clean: clean-labs
clean-labs:
	rm -rf build-labs
build/fs.stamp $(B)/ram.img: $(LAB_DISK) build/lab

# Which lab's programs the images hold.
build/lab: FORCE
	@mkdir -p build; echo $(LAB_DISK) | cmp -s - $@ || echo $(LAB_DISK) > $@

$(B)/labs/%.o: labs/%.c labs/lib/lab.h Makefile | $(SYSCALL_FILES)
	$(call Q,CC)mkdir -p $(@D) && $(CC) $(USER_CFLAGS) -Ilabs/lib -c -o $@ $<
$(LAB_PROGRAMS): %: %.o
$(LAB_DISK): $(B)/labs/$(LAB)/disk/%: $(B)/labs/$(LAB)/programs/%
	@mkdir -p $(@D) && $(OBJCOPY) -S $< $@
-include $(LAB_PROGRAMS:=.d)
# What else a lab wants built (its prerequisites of gradable).
-include $(if $(LAB),labs/$(LAB)/lab.mk)
