/**
 * Puts the blob into a copy of Node, as the note that Node looks for at start (ELF-64, little endian).
 *
 * Layout written: the file up to the end of its last segment (symbols and section headers are cut off, as `strip` does),
 * padding to a page, then one note `NODE_SEA_BLOB`. Two program headers point at it: a PT_LOAD, so that it is mapped,
 * and a PT_NOTE, so that it is found. There is room for them without moving a byte: an executable that is not
 * position-independent needs no PT_PHDR, and Node's own PT_NOTE (build id) is not needed at run time. At last the fuse in
 * the image is set from `:0` to `:1`. Whatever does not look as expected is refused: a Node with another layout.
 * Sources: System V ABI (ELF header, program header, note section); Node's documentation of single executables.
 */
const EHDR = { phoff: 32, shoff: 40, phentsize: 54, phnum: 56, shnum: 60, shstrndx: 62 } as const;
const PHDR = { type: 0, flags: 4, offset: 8, vaddr: 16, paddr: 24, filesz: 32, memsz: 40, align: 48 } as const;
const PT_LOAD = 1;
const PT_NOTE = 4;
const PT_PHDR = 6;
const ET_EXEC = 2;
const READABLE = 4;
const PAGE = 0x10000n; // 64 KiB: the largest page size of arm64, good for x64 as well
const NOTE_ALIGN = 4n;
const FUSE = 'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2:';
const NOTE_NAME = 'NODE_SEA_BLOB\0';

export function writeElf(node: Buffer, blob: Buffer): Buffer {
  const headers = readProgramHeaders(node);
  const fileEnd = highest(headers, PHDR.offset, PHDR.filesz);
  const offset = alignUp(fileEnd, PAGE);
  const address = alignUp(highest(headers.filter((header) => typeOf(header) === PT_LOAD), PHDR.vaddr, PHDR.memsz), PAGE);
  const note = noteOf(blob);

  const image = Buffer.from(node.subarray(0, Number(fileEnd)));
  image.writeBigUInt64LE(0n, EHDR.shoff);
  image.writeUInt16LE(0, EHDR.shnum);
  image.writeUInt16LE(0, EHDR.shstrndx);
  const result = Buffer.concat([image, Buffer.alloc(Number(offset - fileEnd)), note]);
  const place = { offset, address, size: BigInt(note.length) };
  Buffer.concat(withNote(headers, place)).copy(result, Number(node.readBigUInt64LE(EHDR.phoff)));
  setFuse(result);
  return result;
}

function readProgramHeaders(node: Buffer): Buffer[] {
  const isElf64Le = node.readUInt32BE(0) === 0x7f454c46 && node[4] === 2 && node[5] === 1;
  if (!isElf64Le || node.readUInt16LE(16) !== ET_EXEC) throw new Error('not a 64-bit little-endian ELF of type ET_EXEC');
  const start = Number(node.readBigUInt64LE(EHDR.phoff));
  const size = node.readUInt16LE(EHDR.phentsize);
  const count = node.readUInt16LE(EHDR.phnum);
  return Array.from({ length: count }, (_, index) => Buffer.from(node.subarray(start + index * size, start + (index + 1) * size)));
}

/** The same number of headers: PT_PHDR makes room for a PT_LOAD after the last one, PT_NOTE is pointed at our note. */
function withNote(headers: readonly Buffer[], place: Place): Buffer[] {
  const table = headers
    .filter((header) => typeOf(header) !== PT_PHDR)
    .map((header) => (typeOf(header) === PT_NOTE ? programHeader(PT_NOTE, NOTE_ALIGN, place, header.length) : header));
  const notes = headers.filter((header) => typeOf(header) === PT_NOTE).length;
  if (table.length !== headers.length - 1 || notes !== 1) throw new Error('expected exactly one PT_PHDR and one PT_NOTE');
  const lastLoad = table.findLastIndex((header) => typeOf(header) === PT_LOAD);
  table.splice(lastLoad + 1, 0, programHeader(PT_LOAD, PAGE, place, table[0]?.length ?? 0));
  return table;
}

interface Place {
  readonly offset: bigint;
  readonly address: bigint;
  readonly size: bigint;
}

function programHeader(type: number, align: bigint, { offset, address, size }: Place, bytes: number): Buffer {
  const header = Buffer.alloc(bytes);
  header.writeUInt32LE(type, PHDR.type);
  header.writeUInt32LE(READABLE, PHDR.flags);
  header.writeBigUInt64LE(offset, PHDR.offset);
  header.writeBigUInt64LE(address, PHDR.vaddr);
  header.writeBigUInt64LE(address, PHDR.paddr);
  header.writeBigUInt64LE(size, PHDR.filesz);
  header.writeBigUInt64LE(size, PHDR.memsz);
  header.writeBigUInt64LE(align, PHDR.align);
  return header;
}

/** Note: name size, descriptor size, type, then name and descriptor, each padded to four bytes. */
function noteOf(blob: Buffer): Buffer {
  const head = Buffer.alloc(12);
  head.writeUInt32LE(NOTE_NAME.length, 0);
  head.writeUInt32LE(blob.length, 4);
  return Buffer.concat([head, padded(Buffer.from(NOTE_NAME)), padded(blob)]);
}

function padded(bytes: Buffer): Buffer {
  return Buffer.concat([bytes, Buffer.alloc((4 - (bytes.length % 4)) % 4)]);
}

function setFuse(image: Buffer): void {
  const at = image.indexOf(`${FUSE}0`);
  if (at < 0 || image.indexOf(FUSE, at + 1) >= 0) throw new Error('the fuse is not there exactly once');
  image.write('1', at + FUSE.length, 'latin1');
}

function typeOf(header: Buffer): number {
  return header.readUInt32LE(PHDR.type);
}

function highest(headers: readonly Buffer[], start: number, length: number): bigint {
  const ends = headers.map((header) => header.readBigUInt64LE(start) + header.readBigUInt64LE(length));
  return ends.reduce((highestSoFar, end) => (end > highestSoFar ? end : highestSoFar), 0n);
}

function alignUp(value: bigint, to: bigint): bigint {
  return ((value + to - 1n) / to) * to;
}
