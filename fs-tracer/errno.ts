/** Linux errno numbers (asm-generic/errno-base.h, errno.h). They live here and nowhere else. */
export const ERRNO = {
  ENOENT: 2,
  EIO: 5,
  EACCES: 13,
  EISDIR: 21,
  ENOTDIR: 20,
  EINVAL: 22,
  ENOTTY: 25,
  EROFS: 30,
  ENAMETOOLONG: 36,
  ENOSYS: 38,
  EPROTO: 71,
  ESTALE: 116,
} as const;

export type ErrnoName = keyof typeof ERRNO;
