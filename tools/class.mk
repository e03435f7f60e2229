# make grade-all SUBMISSIONS=dir LAB=name: grade a whole class (tools/grade-all): each folder or tar file in dir, in a sandbox.
#   OUT=dir  JOBS=n  RESUME=1  SSHLOGIN=host,:     docs/instructors.md
.PHONY: grade-all
grade-all:
	@$(if $(and $(SUBMISSIONS),$(LAB)),,echo "make grade-all SUBMISSIONS=dir LAB=name" >&2; exit 2;) \
	  JOBS='$(JOBS)' RESUME='$(RESUME)' SSHLOGIN='$(SSHLOGIN)' tools/grade-all '$(LAB)' '$(SUBMISSIONS)' $(if $(OUT),'$(OUT)')

# make gradescope LAB=name: an autograder for Gradescope, in build/gradescope/ (tools/grade-pack).
.PHONY: gradescope
gradescope:
	@$(if $(LAB),,echo "make gradescope LAB=name" >&2; exit 2;) tools/grade-pack '$(LAB)' $(if $(OUT),'$(OUT)')
