// ext2_map.c: which block holds a page of a file: 12 direct pointers in the inode, then trees of one, two and
// three levels of indirect blocks with 1024 pointers each.
#include "fs/ext2.h"

// Pages that a subtree of this level covers; level 0 is a data block.
static uint64_t span(int level) { return 1UL << EXT2_POINTER_BITS * level; }

// The file has so many blocks more.
static void count_blocks(struct inode *ino, int n) {
    ino->blocks += n * (PAGE_SIZE / SECTOR_SIZE);
    ino->raw->blocks = (uint32_t)ino->blocks;
    txn_dirty(ino->fs, ino->raw_page);
}

// A new block for *slot, one of the pointers in holder, near this one.
static int new_block(struct inode *ino, struct page *holder, uint32_t *slot, uint32_t neighbour,
                     bool metadata) {
    struct ext2 *e = ext2_of_inode(ino);
    struct page *p;
    uint32_t block;
    int err = ext2_alloc(e, EXT2_BLOCK, ext2_policy(e, EXT2_BLOCK, ino, neighbour), false, &block);
    if (!err && metadata && (err = cache_fresh(&e->meta, block, 0, &p)))
        ext2_free(e, EXT2_BLOCK, block, false);
    if (err)
        return err;
    if (metadata) {
        page_zero(page_va(p));
        ext2_changed(e, p);
    }
    *slot = block;
    txn_dirty(&e->fs, holder);
    count_blocks(ino, 1);
    return 0;
}

int ext2_map(struct inode *ino, uint64_t index, bool make, uint64_t *block) {
    struct ext2 *e = ext2_of_inode(ino);
    struct page *holder = ino->raw_page, *next; // of the pointers
    uint32_t *pointers = ino->raw->block;
    int err = 0, level = 0; // of the tree below the pointer at slot; index is the page's in that tree
    uint64_t slot = index;
    *block = 0; // where the pointers are
    if (index >= EXT2_DIRECT) {
        for (index -= EXT2_DIRECT, level = 1; index >= span(level); level++)
            index -= span(level);
        slot = EXT2_DIRECT + (uint64_t)level - 1;
    }
    assert(level <= EXT2_LEVELS); // fs->max_size
    page_get(holder);
    for (;; level--) {
        uint32_t *pointer = &pointers[slot];
        if (*pointer == 0 && make) {
            uint32_t neighbour = slot > 0 ? pointer[-1] : (uint32_t)*block;
            err = new_block(ino, holder, pointer, neighbour, level > 0 || S_ISDIR(ino->mode));
        } else if (*pointer == 0) {
            err = -ENOENT;
        } else if (!ext2_block_ok(e, *pointer)) {
            err = ext2_error(e, "bad block pointer in inode", ino->ino);
        }
        *block = *pointer;
        if (!err && level > 0)
            err = cache_read(&e->meta, *block, &next);
        if (err || level == 0)
            break;
        page_put(holder);
        holder = next;
        pointers = page_va(holder);
        slot = index / span(level - 1) % EXT2_POINTERS;
    }
    page_put(holder);
    return err;
}

// Free what the subtree at *pointer, which covers pages from base on, holds at page index and behind, from
// the end. *pointer becomes 0 when all of it has gone. Results as of ext2_map_cut.
static int cut_tree(struct inode *ino, uint32_t *pointer, int level, uint64_t base, uint64_t index,
                    int *steps) {
    struct ext2 *e = ext2_of_inode(ino);
    int err = 0;
    if (*pointer == 0)
        return 0;
    if (--*steps < 0)
        return 1;
    if (!ext2_block_ok(e, *pointer))
        return ext2_error(e, "bad block pointer in inode", ino->ino);
    if (level > 0) {
        struct page *p;
        err = cache_read(&e->meta, *pointer, &p);
        if (err)
            return err;
        uint32_t *child = page_va(p);
        const uint64_t size = span(level - 1);
        for (uint64_t i = EXT2_POINTERS; i-- > 0 && base + (i + 1) * size > index && !err;)
            err = cut_tree(ino, &child[i], level - 1, base + i * size, index, steps);
        ext2_changed(e, p);
    }
    if (!err && base >= index)
        err = ext2_free(e, EXT2_BLOCK, *pointer, false);
    if (err || base < index)
        return err;
    if (level > 0 || S_ISDIR(ino->mode))
        cache_forget(&e->meta, *pointer);
    *pointer = 0;
    count_blocks(ino, -1);
    ino->disk_end = min(ino->disk_end, base * PAGE_SIZE);
    return err;
}

int ext2_map_cut(struct inode *ino, uint64_t index) {
    uint64_t base = EXT2_DIRECT + span(1) + span(2) + span(3); // behind the last page
    int err = 0, steps = EXT2_CUT_STEPS;                       // each changes three pages at most
    for (int i = EXT2_DIRECT + EXT2_LEVELS; i-- > 0 && base > index && !err;) {
        int level = max(i - EXT2_DIRECT + 1, 0);
        base -= span(level);
        err = cut_tree(ino, &ino->raw->block[i], level, base, index, &steps);
    }
    return err;
}
