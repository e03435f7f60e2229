// elf.c: exec's ELF loader on files that no linker made, with the real regions of an address space below it.
// The input is the file, behind a byte that tells how much longer the file is than what the input holds.
// What exec has besides the loader has nothing below it here, and is not called.
//
// uses: -include tests/unit/fs/host.h
// link: -no-pie -Wl,--unresolved-symbols=ignore-in-object-files
// fuzz: -max_len=1024
#include "fuzz.h"

#include "../../kernel/proc/exec.c"
#include "../../kernel/vm/space.c"

static struct inode file;
static struct input content;
static uint64_t promised;

// ---- the floors below

void mutex_init(struct mutex *m, enum mutex_rank rank, const char *name) {}
int page_promise(uint64_t n) {
    if (n > 1 << 20)
        return -ENOMEM;
    promised += n;
    return 0;
}
void page_unpromise(uint64_t n) {
    must(n <= promised);
    promised -= n;
}
void *slab_alloc(struct slab_cache *c, int how) { return calloc(1, c->size); }
void slab_free(struct slab_cache *c, void *p) { free(p); }
void pagetable_create(struct pagetable *pt) {}
void pagetable_destroy(struct pagetable *pt) {}
uint64_t leaves_unmap(struct pagetable *pt, uint64_t start, uint64_t end, bool flush) { return 0; }
void inode_get(struct inode *i) { i->refs++; }
void inode_put(struct inode *i) { i->refs--; }
static _Alignas(8) char first_page[PAGE_SIZE];
int cache_read(struct mapping *m, uint64_t index, struct page **out) {
    static struct page page;
    must_equal(index, 0);
    memset(first_page, 0, PAGE_SIZE);
    memcpy(first_page, content.at, min(left(&content), PAGE_SIZE));
    page.refs = 2; // never the last
    *out = &page;
    return 0;
}
void *host_page(const struct page *p) { return first_page; }

// ---- what must hold of a program that has been loaded

static void check(struct space *s, uint64_t entry) {
    const struct elf_header *h = (const struct elf_header *)content.at;
    uint64_t last = ELF_LOWEST;
    struct region *r;
    list_for_each(r, &s->regions, link) {
        must(r->start >= last && r->start <= r->end && r->end <= USER_END);
        must((r->start | r->end | r->offset) % PAGE_SIZE == 0);
        must(!(r->prot & PROT_WRITE) || !(r->prot & PROT_EXEC));
        must(!r->inode == !r->file_bytes);
        if (r->inode)
            must(r->file_bytes <= r->end - r->start && r->offset <= file.size &&
                 r->file_bytes <= file.size - r->offset);
        last = r->end;
    }
    must(s->heap && s->stack && s->heap->start == s->heap->end && s->stack->end == USER_END);
    must(s->heap->link.next == &s->stack->link && s->brk == s->heap->start);
    must(s->stack_limit <= s->stack->start && s->stack_limit >= s->brk && s->stack_limit % PAGE_SIZE == 0);
    must(USER_END - s->stack_limit <= STACK_LIMIT && s->stack_limit < USER_END);
    must(promised == s->promised && entry == h->entry);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct space *s;
    uint64_t entry = 0;
    content = (struct input){data, data + size};
    uint8_t longer = byte(&content);
    uint8_t *copy = malloc(left(&content) + 1); // aligned, as its own
    memcpy(copy, content.at, left(&content));
    content = (struct input){copy, copy + left(&content)};
    file.size = left(&content) << longer % 48;
    file.refs = 1;
    must_equal(space_create(&s), 0);
    int err = load_elf(s, &file, &entry);
    must(err == 0 || err == -ENOEXEC || err == -ENOMEM);
    if (!err)
        check(s, entry);
    space_destroy(s);
    must_equal(promised, 0);
    must_equal(file.refs, 1);
    free(copy);
    return 0;
}
