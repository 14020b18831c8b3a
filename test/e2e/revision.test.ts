import { chmodSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { machineTest } from './machine-test.ts';
import { outcomes, outputOf, Project } from './project.ts';

machineTest('what a checkout built is restored for its commit and for a clone, and the other way round', async (t) => {
  using project = Project.of({
    Layerfile: 'FROM vm/debian:12\nCOPY . app/\nRUN ls app && cat app/link && app/tool\n',
    'data/value': 'one\n',
    tool: '#!/bin/sh\necho tool\n',
  });
  chmodSync(join(project.repository, 'tool'), 0o755);
  symlinkSync('data/value', join(project.repository, 'link'));
  project.git('add', '.');
  project.git('commit', '--quiet', '-m', 'a link and a tool');

  const checkedOut = await project.run();
  t.is(outcomes(checkedOut), 'restored ran ran', checkedOut.stderr);
  const committed = await project.run('--rev', 'HEAD');
  t.is(outcomes(committed), 'restored restored restored', committed.stderr);
  t.is(committed.machines, 0);

  project.write('data/value', 'two\n');
  project.git('commit', '--quiet', '--all', '-m', 'two');
  project.write('data/value', 'three, not committed\n');
  const next = await project.run('--rev', 'HEAD');
  t.is(outcomes(next), 'restored restored ran');
  t.regex(outputOf(next, 3), /two\ntool\n$/);

  const elsewhere = mkdtempSync(join(tmpdir(), 'layer-e2e-clone-'));
  t.teardown(() => rmSync(elsewhere, { recursive: true, force: true }));
  project.git('clone', '--quiet', '.', elsewhere);
  const clone = await project.run('-C', elsewhere);
  t.is(outcomes(clone), 'restored restored restored');
  t.is(clone.machines, 0);
});
