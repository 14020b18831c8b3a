import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import test from 'ava';

import { decodeChecked, encodeChecked } from '../../util/checked-json.ts';
import { HostFacts } from '../../vm/host-facts.ts';
import type { QemuOffers } from '../../vm/qemu-offers.ts';
import { Scratch } from '../helpers/shared-base.ts';

const OFFERS: QemuOffers = { binary: 'a', cpuFeatures: 'b', privateObstacle: null, mappedRam: false };
const PATH = process.env['PATH'] ?? '';
test.afterEach.always(() => void (process.env['PATH'] = PATH));

/** The file with something else in it, and the checksum of that. */
function rewritten(text: string, from: string, to: string): string {
  const changed = JSON.stringify(decodeChecked(text)).replace(from, to);
  return encodeChecked(JSON.parse(changed));
}

/** A QEMU that says which version it is, first on PATH. */
function placeQemu(folder: string, version: string, comment = ''): void {
  const file = join(folder, 'qemu-system-x86_64');
  writeFileSync(`${file}.new`, `#!/bin/sh\n# ${comment}\necho QEMU emulator version ${version}\n`, { mode: 0o755 });
  renameSync(`${file}.new`, file);
  process.env['PATH'] = `${folder}:${PATH}`;
}

test.serial('what a QEMU can do is remembered for each accelerator, until the program is another one', (t) => {
  using scratch = new Scratch();
  placeQemu(scratch.folder, '8.0');
  const facts = new HostFacts(scratch.folder);
  t.is(facts.rememberedOffers('tcg'), undefined);
  facts.rememberOffers('tcg', OFFERS);
  facts.rememberOffers('kvm', { ...OFFERS, cpuFeatures: 'of the host' });
  const again = new HostFacts(scratch.folder);
  t.deepEqual(again.rememberedOffers('tcg'), OFFERS);
  t.is(again.rememberedOffers('kvm')?.cpuFeatures, 'of the host');
  placeQemu(scratch.folder, '8.0', 'built anew');
  t.is(new HostFacts(scratch.folder).rememberedOffers('tcg'), undefined);
});

test.serial('a file is hashed again when it was replaced, and not when it is known', (t) => {
  using scratch = new Scratch();
  const file = join(scratch.folder, 'vmlinuz');
  writeFileSync(file, 'one');
  const first = new HostFacts(scratch.folder).hashOf(file);
  t.regex(first, /^[0-9a-f]{64}$/);
  const known = join(scratch.folder, 'host.json');
  writeFileSync(known, rewritten(readFileSync(known, 'utf8'), first, 'remembered'));
  t.is(new HostFacts(scratch.folder).hashOf(file), 'remembered');
  writeFileSync(`${file}.new`, 'two');
  renameSync(`${file}.new`, file);
  t.not(new HostFacts(scratch.folder).hashOf(file), 'remembered');
});

test.serial('what a host.json of another version says, or one that was damaged, is found out anew', (t) => {
  using scratch = new Scratch();
  placeQemu(scratch.folder, '8.0');
  const file = join(scratch.folder, 'host.json');
  new HostFacts(scratch.folder).rememberAccelerator({ accelerator: 'tcg', reason: 'a test' });
  const written = readFileSync(file, 'utf8');
  for (const [text, kept] of [
    [written, 'a test'],
    [rewritten(written, '"version":3', '"version":1'), undefined],
    [rewritten(written, '"version":3', '"version":2'), 'a test'],
    [rewritten(written, '"version":3', '"version":4'), undefined],
    [written.replace('a test', 'a Test'), undefined],
  ] as const) {
    writeFileSync(file, text);
    t.is(new HostFacts(scratch.folder).rememberedAccelerator()?.reason, kept);
  }
});
