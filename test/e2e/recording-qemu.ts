import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { layerHome } from '../../util/layer-home.ts';

/** Names the file in which each start of a machine becomes a line. */
export const STARTS_VARIABLE = 'LAYER_TEST_STARTS';

/** A machine is what is started with `-nodefaults` first: a query for the version, or for what QEMU can do, is none. */
const SCRIPT = `#!/bin/sh
[ "$1" != -nodefaults ] || [ -z "$${STARTS_VARIABLE}" ] || echo $$ >> "$${STARTS_VARIABLE}"
PATH=\${PATH#*:}
exec qemu-system-x86_64 "$@"
`;

/**
 * The environment with a QEMU first on PATH that writes down that it was started. It is the same file for all projects:
 * what is known of this QEMU, in the home that each gets a copy of, holds in all of them.
 */
export function withRecordingQemu(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const folder = join(layerHome(), 'test-bases', 'bin');
  const program = join(folder, 'qemu-system-x86_64');
  if (contentOf(program) !== SCRIPT) {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const work = `${program}.${process.pid}`;
    writeFileSync(work, SCRIPT, { mode: 0o755 });
    renameSync(work, program);
  }
  return { ...environment, PATH: `${folder}:${environment['PATH'] ?? ''}` };
}

function contentOf(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}
