// forge.h: ELF programs as no linker makes them.
#pragma once

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <child.h>

enum { R = 4, W = 2, X = 1 };

// A program of one or two segments that ends with status 42 at once.
struct forged {
    uint8_t ident[16];
    uint16_t type, machine;
    uint32_t version;
    uint64_t entry, phoff, shoff;
    uint32_t flags;
    uint16_t ehsize, phentsize, phnum, shentsize, shnum, shstrndx;
    struct {
        uint32_t type, flags;
        uint64_t offset, vaddr, paddr, filesz, memsz, align;
    } segment[2];
    uint32_t code[3];
};

static inline struct forged forge(uint64_t base, uint32_t flags) {
    return (struct forged){
        .ident = {0x7f, 'E', 'L', 'F', 2, 1, 1},
        .type = 2,
        .machine = 243,
        .version = 1,
        .entry = base + offsetof(struct forged, code),
        .phoff = offsetof(struct forged, segment),
        .ehsize = offsetof(struct forged, segment),
        .phentsize = 56,
        .phnum = 1,
        .segment = {{1, flags, 0, base, base, sizeof(struct forged), sizeof(struct forged), PAGE}},
        .code = {0x02a00513, 0x00300893, 0x00000073}, // li a0, 42; li a7, 3 (exit); ecall
    };
}

// Try to run it: "ran" (and ended with 42), the name of exec's error, or something else in words.
static inline const char *run_forged(const struct forged *f) {
    static char words[64];
    int fd = open("/forged", O_WRONLY | O_CREAT | O_TRUNC, 0755), status;
    if (fd < 0 || write(fd, f, sizeof *f) != (ssize_t)sizeof *f || close(fd) < 0)
        lab_trouble("cannot write a program to the disk");
    pid_t pid = fork();
    if (pid == 0) {
        execv("/forged", (char *[]){"forged", NULL});
        _exit(100 + errno);
    }
    if (waitpid(pid, &status, 0) != pid)
        lab_trouble("waitpid failed");
    unlink("/forged");
    if (WIFEXITED(status) && WEXITSTATUS(status) == 42)
        return "ran";
    if (WIFEXITED(status) && WEXITSTATUS(status) == 100 + ENOEXEC)
        return "ENOEXEC";
    if (WIFEXITED(status) && WEXITSTATUS(status) > 100)
        snprintf(words, sizeof words, "exec failed: %s", strerror(WEXITSTATUS(status) - 100));
    else
        snprintf(words, sizeof words, "ended with wait status 0x%x", status);
    return words;
}
