import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import test from 'ava';

import { probeQemu } from '../../vm/qemu-probe.ts';
import { processesNaming } from '../helpers/processes.ts';
import { machineObstacle, Scratch } from '../helpers/shared-base.ts';

const PATH = process.env['PATH'] ?? '';
test.afterEach.always(() => void (process.env['PATH'] = PATH));

/** Puts a program that answers as a QEMU might, `answers` by command, first on PATH. */
function placeQemu(folder: string, answers: Readonly<Record<string, unknown>>): void {
  const source = `#!${process.execPath}
const { connect } = require('node:net');
const path = /path=(.*)/.exec(process.argv[process.argv.indexOf('-chardev') + 1])[1];
const answers = ${JSON.stringify(answers)};
const socket = connect(path);
let text = '';
socket.on('data', (bytes) => {
  const lines = (text + bytes).split('\\n');
  text = lines.pop();
  for (const line of lines) {
    const { execute, id } = JSON.parse(line);
    socket.write(JSON.stringify({ return: answers[execute] ?? {}, id }) + '\\n');
  }
});
`;
  writeFileSync(join(folder, 'qemu-system-x86_64'), source, { mode: 0o755 });
  process.env['PATH'] = `${folder}:${PATH}`;
}

const CPU = { 'query-cpu-model-expansion': { model: { name: 'max', props: { sse: true } } } };
const OLD = { ...CPU, 'query-commands': [{ name: 'quit' }], 'query-migrate-capabilities': [{ capability: 'events' }] };

const obstacle = machineObstacle();
const realTest = obstacle === null ? test.serial : test.serial.skip;
const skipped = obstacle === null ? '' : ` (skipped: ${obstacle})`;

realTest(
  `the QEMU of this host can do what saving through its own process takes, and says the same twice${skipped}`,
  async (t) => {
    const offers = await probeQemu('tcg');
    t.is(offers.privateObstacle, null);
    for (const hash of [offers.binary, offers.cpuFeatures]) t.regex(hash, /^[0-9a-f]{64}$/);
    t.deepEqual(await probeQemu('tcg'), offers);
  },
);

test.serial(
  'a QEMU that cannot write device state alone is known, and so is one that can place memory in a file',
  async (t) => {
    using scratch = new Scratch();
    placeQemu(scratch.folder, OLD);
    const old = await probeQemu('tcg');
    t.like(old, { privateObstacle: 'QEMU cannot write the state of its devices alone', mappedRam: false });
    placeQemu(scratch.folder, { ...OLD, 'query-migrate-capabilities': [{ capability: 'mapped-ram' }] });
    const newer = await probeQemu('tcg');
    t.deepEqual(newer, { ...old, mappedRam: true });
  },
);

test.serial('a QEMU whose memory is not where it is looked for is known', async (t) => {
  using scratch = new Scratch();
  placeQemu(scratch.folder, { ...OLD, 'query-commands': [{ name: 'xen-save-devices-state' }] });
  const { privateObstacle } = await probeQemu('tcg');
  t.regex(privateObstacle ?? '', /^QEMU's memory cannot be reached: QEMU does not map /);
});

test.serial('CPU features that differ are told apart', async (t) => {
  using scratch = new Scratch();
  placeQemu(scratch.folder, OLD);
  const { cpuFeatures } = await probeQemu('tcg');
  placeQemu(scratch.folder, { ...OLD, 'query-cpu-model-expansion': { model: { props: { sse: false } } } });
  t.not((await probeQemu('tcg')).cpuFeatures, cpuFeatures);
  placeQemu(scratch.folder, { ...OLD, 'query-cpu-model-expansion': { model: { props: { 'core-id': 3, sse: true } } } });
  t.is((await probeQemu('tcg')).cpuFeatures, cpuFeatures);
});

test.serial('a QEMU that does not come up is an error with its own words, and none is left', async (t) => {
  using scratch = new Scratch();
  writeFileSync(join(scratch.folder, 'qemu-system-x86_64'), '#!/bin/sh\necho broken pipe dream >&2; exit 1\n', {
    mode: 0o755,
  });
  process.env['PATH'] = `${scratch.folder}:${PATH}`;
  const temporary = process.env['TMPDIR'];
  t.teardown(() => {
    if (temporary === undefined) delete process.env['TMPDIR'];
    else process.env['TMPDIR'] = temporary;
  });
  process.env['TMPDIR'] = scratch.folder;
  await t.throwsAsync(probeQemu('tcg'), { code: 'MACHINE_START', message: 'QEMU does not start: broken pipe dream' });
  t.deepEqual(processesNaming(scratch.folder), []);
});
