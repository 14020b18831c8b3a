import type { WorkspacePath } from './workspace.ts';

/** The workspace's root. */
export const ROOT_PATH = '' as WorkspacePath;

/** Longest file name Linux file systems take, in bytes (NAME_MAX). */
export const NAME_MAX_BYTES = 255;

/** Checks a latin1 path (one character a byte) and brands it; null where a component is empty, `.`, `..`, holds NUL or is too long. */
export function parseWorkspacePath(text: string): WorkspacePath | null {
  if (text === '') return ROOT_PATH;
  return text.split('/').every(isComponent) ? (text as WorkspacePath) : null;
}

/** Whether `name` can be one component of a path. */
export function isComponent(name: string): boolean {
  if (name === '' || name === '.' || name === '..') return false;
  return name.length <= NAME_MAX_BYTES && !name.includes('/') && !name.includes('\0');
}

/** `name` inside `folder`; the caller has checked that `name` is a component (or a path of components). */
export function childPath<Path extends string>(folder: Path, name: string): Path {
  return (folder === '' ? name : `${folder}/${name}`) as Path;
}

/** The folder that holds `path`; null for the root. */
export function parentPath<Path extends string>(path: Path): Path | null {
  if (path === '') return null;
  const slash = path.lastIndexOf('/');
  return (slash === -1 ? '' : path.slice(0, slash)) as Path;
}

/** The last component of `path`. */
export function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** The part of `path` below `folder` ('' where they are equal); null where `path` is elsewhere. */
export function pathBelow(folder: string, path: string): string | null {
  if (folder === '' || folder === path) return folder === '' ? path : '';
  return path.startsWith(`${folder}/`) ? path.slice(folder.length + 1) : null;
}

/** A JavaScript string as a workspace path's characters: its UTF-8 bytes, one character a byte. */
export function toPathBytes(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}

/** A workspace path as people read it: its bytes as UTF-8, wrong ones replaced. */
export function toReadablePath(path: string): string {
  return Buffer.from(path, 'latin1').toString('utf8');
}
