import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { HostFacts } from '../../vm/index.ts';

let found: string | undefined;

/**
 * Gives a LAYER_HOME of a test what an earlier run would have found out about this host. It is found out once in each test
 * file: to time the time-stamp counter alone takes a fifth of a second, which a run without anything of its own waits for.
 */
export function layHostFacts(home: string): void {
  found ??= findFacts();
  copyFileSync(join(found, 'host.json'), join(home, 'host.json'));
}

function findFacts(): string {
  const folder = mkdtempSync(join(tmpdir(), 'layer-host-facts-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  const facts = new HostFacts(folder);
  facts.tscKhz();
  return folder;
}
