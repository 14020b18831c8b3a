/** What the system says where there is nothing (any more) of the kind that was asked for. */
const ABSENCE_CODES: ReadonlySet<string | undefined> = new Set([
  'ENOENT',
  'ENOTDIR',
  'ELOOP',
  'ENAMETOOLONG',
  'ENXIO',
  'EINVAL',
  'ESTALE',
]);

/** Whether a call to the file system failed because what it asks for is not there. The same list is in host/look.c. */
export function isAbsence(error: unknown): boolean {
  return ABSENCE_CODES.has((error as NodeJS.ErrnoException).code);
}
