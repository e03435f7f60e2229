# Labs (labs/README.md): the programs of the current lab go on the disk, and its grader runs them.
#
#   make LAB=syscall             build, with that lab's programs on the disk
#   make grade LAB=syscall       each test with its points, what was expected and what came; V=1: with the console
#   make grade LAB=syscall TEST=name    just that one
#   make lab LAB=syscall DIR=../mine    a student's tree in a folder of its own (FROM=../other: with the work from there)
#   make labs-check [LAB=name]   that starts, solutions and planted mistakes score what they should
# In a student's tree, LAB is that lab, and
#   make lab-update              gets what is new in the hand-out
#   make lab-carry FROM=../other gets the work from another lab's tree
#   make grade-fresh             grades as the instructor will: with his files, but for those that the lab lets you change

LAB_DISK := $(subst /programs/,/disk/,$(LAB_PROGRAMS))
$(if $(LAB),$(if $(wildcard labs/$(LAB)/files),,$(error LAB=$(LAB): there is no labs/$(LAB)/files)))

all: $(LAB_PROGRAMS:=.asm)
ROOT += $(LAB_DISK)
# What graders need.
.PHONY: gradable clean-labs
gradable: $(B)/kernel.elf $(B)/ram.img
.PHONY: lab lab-update lab-carry labs-check grade-fresh
lab:
	@$(if $(LAB),,echo "make lab LAB=name DIR=folder" >&2; exit 2;) tools/lab-new $(LAB) '$(or $(DIR),../drupe-$(LAB))' $(if $(FROM),'$(FROM)')
labs-check:
	@tools/labs-check $(LAB)
lab-update:
	@tools/lab-update
lab-carry:
	@$(if $(FROM),,echo "make lab-carry FROM=folder" >&2; exit 2;) tools/lab-carry '$(FROM)'
grade-fresh:
	@tools/grade-submission $(LAB) . build/labs/fresh; s=$$?; cat build/labs/fresh/report.txt; exit $$s

clean: clean-labs
clean-labs:
	rm -rf build-labs
build/fs.stamp $(B)/ram.img: $(LAB_DISK) build/lab

# Which lab's programs the images hold.
build/lab: FORCE
	@mkdir -p build; echo $(LAB_DISK) | cmp -s - $@ || echo $(LAB_DISK) > $@

$(B)/labs/%.o: labs/%.c labs/lib/lab.h Makefile | $(SYSCALL_FILES)
	$(call Q,CC)mkdir -p $(@D) && $(CC) -Ilabs/lib $(USER_CFLAGS) -c -o $@ $<
$(LAB_PROGRAMS): %: %.o
$(LAB_DISK): $(B)/labs/$(LAB)/disk/%: $(B)/labs/$(LAB)/programs/%
	@mkdir -p $(@D) && $(OBJCOPY) -S $< $@
-include $(LAB_PROGRAMS:=.d)
# What else a lab wants built (its prerequisites of gradable).
-include $(if $(LAB),labs/$(LAB)/lab.mk)
