const BLOCK = 512;

/** A tar archive of a few files in memory, each by its path (below 100 characters). */
export function tarOf(files: ReadonlyMap<string, Buffer>): Buffer {
  const parts: Buffer[] = [];
  for (const [path, content] of files) {
    parts.push(
      header(path, content.length, 0o644),
      content,
      Buffer.alloc((BLOCK - (content.length % BLOCK)) % BLOCK),
    );
  }
  return Buffer.concat([...parts, Buffer.alloc(2 * BLOCK)]);
}

/** A tar archive of a folder without what is in it, by its path, which ends with a slash. */
export function tarOfFolder(path: string, mode: number): Buffer {
  return Buffer.concat([header(path, 0, mode, '5'), Buffer.alloc(2 * BLOCK)]);
}

/** The ustar header; times are zero, so that the same files make the same layers. */
function header(path: string, size: number, mode: number, type = '0'): Buffer {
  const block = Buffer.alloc(BLOCK);
  block.write(path, 0, 100);
  block.write(octal(mode, 8) + octal(0, 8) + octal(0, 8) + octal(size, 12) + octal(0, 12), 100);
  block.write(`        ${type}`, 148);
  block.write('ustar\x0000', 257);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return block;
}

function octal(value: number, width: number): string {
  return `${value.toString(8).padStart(width - 1, '0')}\0`;
}
