/** Why what a step left is not to be kept, for people; null where nothing is in the way. `changed`: paths of the workspace, in latin1. */
export function obstacleTo(changed: readonly string[], trouble: string | null): string | null {
  if (changed.length > 0)
    return `${shorten(changed)} changed while the run was reading ${changed.length > 1 ? 'them' : 'it'}`;
  return trouble === null ? null : `the workspace could not be traced: ${trouble}`;
}

function shorten(paths: readonly string[]): string {
  const shown = paths.slice(0, 3).map((path) => Buffer.from(path, 'latin1').toString('utf8'));
  return paths.length > shown.length ? `${shown.join(', ')} and ${paths.length - shown.length} more` : shown.join(', ');
}
