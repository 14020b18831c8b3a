import test from 'ava';

import { cpioArchive } from '../../vm/cpio.ts';

/** Reads an archive as the kernel does (init/initramfs.c): header, name and content each padded to four bytes. */
function unpack(archive: Buffer): { readonly name: string; readonly mode: number; readonly content: string }[] {
  const files = [];
  for (let at = 0; at < archive.length; ) {
    const field = (index: number): number =>
      Number.parseInt(archive.toString('latin1', at + 6 + index * 8, at + 14 + index * 8), 16);
    if (archive.toString('latin1', at, at + 6) !== '070701') throw new Error(`no header at ${at}`);
    const [mode, size, nameSize] = [field(1), field(6), field(11)];
    const name = archive.toString('latin1', at + 110, at + 110 + nameSize - 1);
    const start = (at + 110 + nameSize + 3) & ~3;
    if (name === 'TRAILER!!!') return files;
    files.push({ name, mode, content: archive.toString('latin1', start, start + size) });
    at = (start + size + 3) & ~3;
  }
  throw new Error('no trailer');
}

test('an archive holds each file with its name, mode and content, whatever their lengths', (t) => {
  const files = ['', 'a', 'ab', 'abc', 'abcd', 'abcde'].map((content, index) => ({
    name: `file${'x'.repeat(index)}`,
    mode: 0o100644 + index,
    content,
  }));
  const archive = cpioArchive(files.map((file) => ({ ...file, content: Buffer.from(file.content) })));
  t.deepEqual(unpack(archive), files);
  t.is(archive.length % 4, 0);
});
