export interface ArchiveFile {
  readonly name: string;
  /** File type and permission bits, as st_mode. */
  readonly mode: number;
  readonly content: Buffer;
}

/** A cpio archive in the "newc" format the kernel unpacks (kernel Documentation/driver-api/early-userspace). */
export function cpioArchive(files: readonly ArchiveFile[]): Buffer {
  const trailer: ArchiveFile = { name: 'TRAILER!!!', mode: 0, content: Buffer.alloc(0) };
  return Buffer.concat([...files, trailer].flatMap((file, index) => record(file, index + 1)));
}

function record(file: ArchiveFile, inode: number): Buffer[] {
  const name = `${file.name}\0`;
  const fields = [inode, file.mode, 0, 0, 1, 0, file.content.length, 0, 0, 0, 0, name.length, 0];
  const header = `070701${fields.map((field) => field.toString(16).padStart(8, '0')).join('')}${name}`;
  return [padded(Buffer.from(header, 'latin1')), padded(file.content)];
}

/** Headers and contents start at multiples of four bytes. */
function padded(bytes: Buffer): Buffer {
  return Buffer.concat([bytes, Buffer.alloc((4 - (bytes.length % 4)) % 4)]);
}
