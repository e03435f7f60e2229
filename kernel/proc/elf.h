// elf.h: the parts of an ELF file that exec reads (System V ABI, chapter 4 and 5; RISC-V psABI).
#ifndef PROC_ELF_H
#define PROC_ELF_H

#include "lib/kernel.h"

#define ELF_IDENT "\177ELF\2\1\1" // 64 bits, little endian, version 1
enum {
    ELF_TYPE_EXEC = 2,
    ELF_MACHINE_RISCV = 243,
    ELF_LOAD = 1,
    ELF_EXEC = 1,
    ELF_WRITE = 2,
    ELF_READ = 4,
    ELF_MAX_SEGMENTS = 16, // ours
    ELF_LOWEST = 0x10000,  // ours: lowest address a program may ask for (DESIGN.md section 3)
};

struct elf_header {
    uint8_t ident[16];
    uint16_t type, machine;
    uint32_t version;
    uint64_t entry, phoff, shoff;
    uint32_t flags;
    uint16_t ehsize, phentsize, phnum, shentsize, shnum, shstrndx;
};

struct elf_segment {
    uint32_t type, flags;
    uint64_t offset, vaddr, paddr, filesz, memsz, align;
};

_Static_assert(sizeof(struct elf_header) == 64, "elf_header");
_Static_assert(sizeof(struct elf_segment) == 56, "elf_segment");

#endif
