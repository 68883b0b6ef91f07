#!/usr/bin/env python3
"""Makes of a folder under the forgetful disk what a machine whose power went may have left of it.

  lose.py FOLDER JOURNAL SEED

What stays: the bytes and size of a file as they were when the last fsync or fdatasync of it began, and the names in a folder as they were when the last fsync of that folder began: nothing else is
promised by POSIX, whatever one file system does. What a failed flush of a file was to write is not durable by another flush that finds nothing new. Of what came later each thing is kept or lost by itself: a name made, removed or replaced (a rename as a whole, and nothing before what the same name
went through earlier); each block of 4 KB of a file, in any of its versions, one of them torn at a sector or a byte; the size, so that blocks can be missing within it: zeros, or garbage.
The same folder, journal and seed leave the same. Afterwards the journal is used up."""
import mmap, os, random, shutil, struct, sys
from collections import defaultdict, namedtuple

HEAD = struct.Struct('<IHHHHI7Q')   # journal.h
WRITE, RESIZE, SYNC, CREATE, REMOVE, RENAME, CANCEL, SPOIL = range(1, 9)
BLOCK = 4096

Op = namedtuple('Op', 'place kind inode folder name folder2 name2 replaced at length before undo')


def read_journal(path):
    """The operations that the disk had not been told to make durable, in order."""
    pending, spoiled, at = {}, set(), 8   # by place
    with open(path, 'rb') as f, mmap.mmap(f.fileno(), 0, prot=mmap.PROT_READ) as bytes_:
        end, = struct.unpack_from('<Q', bytes_)
        while at < end:
            size, kind, n, n2, _, undo, inode, folder, folder2, replaced, where, length, before = HEAD.unpack_from(bytes_, at)
            if kind in (SYNC, SPOIL):
                of_it = [place for place, op in pending.items() if place < where and holder(op) == inode]
                # A flush that is merely tried again after one failed finds nothing to write, and answers 0.
                if kind == SPOIL: spoiled.update(place for place in of_it if pending[place].kind in (WRITE, RESIZE))
                elif not spoiled.issuperset(of_it):
                    for place in of_it: del pending[place]
            elif kind == CANCEL: pending.pop(where, None)
            else:
                text = bytes_[at + HEAD.size:at + HEAD.size + n + n2 + undo]
                pending[at] = Op(at, kind, inode, folder, text[:n].decode(), folder2, text[n:n + n2].decode(), replaced, where, length, before, text[n + n2:])
            at += size
    return list(pending.values())


def holder(op):
    """What must be flushed for it."""
    return {WRITE: op.inode, RESIZE: op.inode, RENAME: op.folder2}.get(op.kind, op.folder)


class Choice:
    """How this cut treats what was not durable: as a strict or a lenient disk, one that writes in order, or one that does as it likes."""
    def __init__(self, rng, ops):
        self.rng = rng
        self.mood = rng.choices(['nothing', 'all', 'in order', 'any'], [25, 5, 20, 50])[0]
        self.point = rng.choice(ops).place if ops else 0
        self.odds = rng.choice([0.2, 0.5, 0.8])

    def keeps(self, op):
        if self.mood == 'in order': return op.place < self.point
        return self.rng.random() < {'nothing': 0, 'all': 1, 'any': self.odds}[self.mood]

    def version(self, ops):
        """How many of the operations on one block have reached the disk."""
        if self.mood != 'any': return sum(self.keeps(op) for op in ops)
        return self.rng.choices([0, len(ops), self.rng.randint(0, len(ops))], [1 - self.odds, self.odds, 0.2])[0]

    def size(self, before, ops):
        sizes = [before] + [op.at if op.kind == RESIZE else max(op.before, op.at + op.length) for op in ops]
        if self.mood != 'any': return sizes[sum(self.keeps(op) for op in ops)]
        low, high = sorted(self.rng.choices(sizes, k=2))
        between = self.rng.randint(low, high)
        return self.rng.choice([low, high, high, max(low, between // BLOCK * BLOCK), max(low, between // 512 * 512), between])

    def tears(self): return self.mood in ('in order', 'any') and self.rng.random() < 0.5
    def garbage(self): return self.mood == 'any' and self.rng.random() < 0.25


# ---- bytes

def blocks_of(op):
    if op.kind == RESIZE and op.at >= op.before: return range(0)   # zeros before and after
    low, high = (op.at, op.at + op.length) if op.kind == WRITE else (op.at, op.before)
    return range(low // BLOCK, -(-high // BLOCK))


def take_back(op, number, block):
    """The block as it was before this operation."""
    start, end = number * BLOCK, (number + 1) * BLOCK
    old = bytearray(block)
    for low, high, source in ((op.at, op.at + len(op.undo), op.undo), (op.at + len(op.undo), op.at + op.length, None)):
        low_here, high_here = max(low, start), min(high, end)
        if low_here < high_here: old[low_here - start:high_here - start] = source[low_here - low:high_here - low] if source else bytes(high_here - low_here)
    return bytes(old)


def lose_bytes(path, ops, choice):
    by_block = defaultdict(list)
    for op in ops:
        for number in blocks_of(op): by_block[number].append(op)
    durable, size = ops[0].before, choice.size(ops[0].before, ops)
    torn = choice.rng.choice(sorted(by_block)) if by_block and choice.tears() else None
    garbage = choice.garbage()
    with open(path, 'r+b') as f:
        for number in sorted(by_block):
            f.seek(number * BLOCK)
            versions = [f.read(BLOCK).ljust(BLOCK, b'\0')]
            for op in reversed(by_block[number]): versions.insert(0, take_back(op, number, versions[0]))
            kept = choice.version(by_block[number])
            block = versions[kept]
            fresh = max(0, durable - number * BLOCK)   # bytes from here on were never durable
            if kept == 0 and garbage and fresh < BLOCK: block = block[:fresh] + choice.rng.randbytes(BLOCK - fresh)
            if number == torn:
                at = choice.rng.choice([choice.rng.randrange(8) * 512, choice.rng.randrange(BLOCK)])
                block = versions[-1][:at] + block[at:]
            f.seek(number * BLOCK)
            f.write(block)
        f.truncate(size)


# ---- names

def touched(op): return [(op.folder, op.name)] + ([(op.folder2, op.name2)] if op.kind == RENAME else [])


def lose_names(ops, choice, names):
    """`names`: {(folder, name): inode} as it is; returns what is to be under the names that were touched."""
    last = {key: names.get(key) for op in ops for key in touched(op)}
    for op in reversed(ops):
        if op.kind == RENAME:
            last[(op.folder2, op.name2)] = op.replaced or None
            last[(op.folder, op.name)] = op.inode
        else: last[(op.folder, op.name)] = op.inode if op.kind == REMOVE else None
    lost = set()
    for op in ops:
        if lost.intersection(touched(op)) or not choice.keeps(op):
            lost.update(touched(op))
            continue
        last[(op.folder, op.name)] = op.inode if op.kind == CREATE else None
        if op.kind == RENAME: last[(op.folder2, op.name2)] = op.inode
    return last


def look(folder):
    """{inode: path} of folders, {(folder's inode, name): inode}."""
    folders, names = {}, {}
    for path, _, _ in os.walk(folder):
        inode = os.stat(path).st_ino
        folders[inode] = path
        for entry in os.scandir(path): names[(inode, entry.name)] = entry.inode()
    return folders, names


def lose(folder, journal, seed):
    """Returns how many operations were not durable."""
    if not os.path.exists(journal) or not os.path.getsize(journal): return 0   # the program had not begun
    graves, ops = journal + '.graves', read_journal(journal)
    choice = Choice(random.Random(seed), ops)
    folders, names = look(folder)
    found = {inode: os.path.join(folders[parent], name) for (parent, name), inode in names.items()}
    found |= {int(name): os.path.join(graves, name) for name in os.listdir(graves)}

    writes = defaultdict(list)
    for op in ops:
        if op.kind in (WRITE, RESIZE): writes[op.inode].append(op)
    for inode, of_file in writes.items():
        if inode in found: lose_bytes(found[inode], of_file, choice)

    final = lose_names([op for op in ops if op.kind in (CREATE, REMOVE, RENAME)], choice, names)
    changed = {key: inode for key, inode in final.items() if names.get(key) != inode and key[0] in folders}
    for inode in {inode for inode in changed.values() if inode}:   # by a name that stays until all are placed
        grave = os.path.join(graves, str(inode))
        if found[inode] != grave: os.link(found[inode], grave)
    for (parent, name), inode in changed.items():
        path = os.path.join(folders[parent], name)
        if not os.path.exists(path) and not os.path.islink(path): pass   # with the folder that it was in
        elif os.path.isdir(path): shutil.rmtree(path)
        else: os.unlink(path)
        if inode and os.path.isdir(folders[parent]): os.link(os.path.join(graves, str(inode)), path)
    shutil.rmtree(graves)
    os.unlink(journal)
    return len(ops)


if __name__ == '__main__':
    if len(sys.argv) != 4: sys.exit(__doc__)
    print(f'{lose(sys.argv[1], sys.argv[2], int(sys.argv[3]))} operations were not durable')
