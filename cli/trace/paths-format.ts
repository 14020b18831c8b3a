import type { EndedTrace } from '../../runner/index.ts';
import { exactPath } from './path-text.ts';

/** A line for each path: its kinds with commas, `ignored` or `-`, and the path; tabs between them. Sorted by path bytes. */
export function pathsText({ observations }: Pick<EndedTrace, 'observations'>): string {
  const byPath = Map.groupBy(observations, ({ path }) => path);
  const lines = [...byPath].map(([path, ofPath]) => {
    const kinds = ofPath.map(({ kind }) => kind).join(',');
    return `${kinds}\t${ofPath.some(({ ignored }) => ignored) ? 'ignored' : '-'}\t${exactPath(path)}\n`;
  });
  return lines.join('');
}
