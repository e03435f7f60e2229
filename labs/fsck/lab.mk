# The student's program, for make grade LAB=fsck. A tree that is not of this lab has none.
ifneq (,$(wildcard fsck/*.c))
all gradable: build/fsck
build/fsck: $(wildcard fsck/*.[ch]) labs/fsck/lab.mk
	$(call Q,HOSTCC)$(HOSTCC) -std=gnu11 -O1 -g -Wall -Wextra -o $@ fsck/*.c
endif
