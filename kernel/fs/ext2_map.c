// ext2_map.c: which block holds a page of a file: 12 direct pointers in the inode, then trees of one, two and
// three levels of indirect blocks with 1024 pointers each.
#include "fs/ext2.h"

// Pages that a subtree of this level covers; level 0 is a data block.
static uint64_t span(int level) {
    uint64_t pages = 1;
    while (level-- > 0)
        pages *= EXT2_POINTERS;
    return pages;
}

// The way to page index: slot[0] in the inode's map, slot[1..depth] in the indirect blocks. Returns the
// depth.
static int find_path(uint64_t index, uint32_t slot[EXT2_LEVELS + 1]) {
    int depth = 1;
    slot[0] = (uint32_t)index;
    if (index < EXT2_DIRECT)
        return 0;
    for (index -= EXT2_DIRECT; index >= span(depth); depth++)
        index -= span(depth);
    assert(depth <= EXT2_LEVELS); // fs->max_size
    slot[0] = EXT2_DIRECT + (uint32_t)depth - 1;
    for (int level = depth; level > 0; level--) {
        slot[level] = index % EXT2_POINTERS;
        index /= EXT2_POINTERS;
    }
    return depth;
}

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
    struct page *holder = ino->raw_page, *next; // of the pointers that slot is one of
    uint32_t *pointers = ino->raw->block, path[EXT2_LEVELS + 1];
    int depth = find_path(index, path), err = 0;
    page_get(holder);
    for (int level = 0;; level++) {
        uint32_t *slot = &pointers[path[level]];
        if (*slot == 0 && make) {
            uint32_t neighbour = path[level] > 0 ? slot[-1] : level > 0 ? (uint32_t)holder->index : 0;
            err = new_block(ino, holder, slot, neighbour, level < depth || S_ISDIR(ino->mode));
        } else if (*slot == 0) {
            err = -ENOENT;
        } else if (!ext2_block_ok(e, *slot)) {
            err = ext2_error(e, "bad block pointer in inode", ino->ino);
        }
        *block = *slot;
        if (!err && level < depth)
            err = cache_read(&e->meta, *block, &next);
        if (err || level == depth)
            break;
        page_put(holder);
        holder = next;
        pointers = page_va(holder);
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
    if (err || base < index)
        return err;
    err = ext2_free(e, EXT2_BLOCK, *pointer, false);
    if (err)
        return err;
    if (level > 0 || S_ISDIR(ino->mode))
        cache_forget(&e->meta, *pointer);
    *pointer = 0;
    count_blocks(ino, -1);
    ino->disk_end = min(ino->disk_end, base * PAGE_SIZE);
    return err;
}

int ext2_map_cut(struct inode *ino, uint64_t index) {
    uint64_t base = EXT2_DIRECT + span(1) + span(2); // first page of the triple indirect tree
    int err = 0, steps = EXT2_CUT_STEPS;             // each changes three pages at most
    for (int level = EXT2_LEVELS; level > 0 && !err; base -= span(--level)) {
        if (base + span(level) > index)
            err = cut_tree(ino, &ino->raw->block[EXT2_DIRECT + level - 1], level, base, index, &steps);
    }
    for (uint64_t i = EXT2_DIRECT; i-- > index && !err;)
        err = cut_tree(ino, &ino->raw->block[i], 0, i, index, &steps);
    return err;
}
