import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { lutimesSync, readdirSync, renameSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';

import type { StepEnded } from '../../runner/index.ts';
import { machineTest } from './machine-test.ts';
import { outcomes, Project, type Run } from './project.ts';

interface MidRunEdit {
  /** Done in the case's folder of the guest, before the edit. */
  readonly looks: string;
  readonly edit: (project: Project, folder: string) => void;
  /** What the message names, below the case's folder ('' for itself); null where the edit is nothing to the run. */
  readonly names: string | null;
}

/** By the folder of the workspace that it happens in; each has a Layerfile of its own. */
const EDITS: Readonly<Record<string, MidRunEdit>> = {
  absent: { looks: 'test ! -e f', edit: (project, folder) => project.write(`${folder}/f`, 'new'), names: '/f' },
  deleted: { looks: 'cat f', edit: (project, folder) => project.remove(`${folder}/f`), names: '/f' },
  listed: { looks: 'ls', edit: (project, folder) => project.write(`${folder}/new`, ''), names: '' },
  replaced: {
    looks: 'cat f',
    edit: (project, folder) => {
      project.write(`${folder}/other`, 'one\n');
      renameSync(join(project.repository, folder, 'other'), join(project.repository, folder, 'f'));
    },
    names: '/f',
  },
  same: { looks: 'cat f', edit: (project, folder) => project.write(`${folder}/f`, 'two\n'), names: '/f' },
  undone: {
    looks: 'stat f',
    edit: (project, folder) => {
      project.write(`${folder}/f`, 'longer\n');
      project.write(`${folder}/f`, 'one\n');
    },
    names: '/f',
  },
  unread: { looks: 'cat f', edit: (project, folder) => project.write(`${folder}/g`, 'new'), names: null },
};

/** Makes the edit of a case when its guest asks for it, and answers when it is made. */
async function startEditor(projectOf: () => Project): Promise<{ readonly server: Server; readonly port: number }> {
  const server = createServer(({ url = '' }, response) => {
    const folder = url.slice(1);
    EDITS[folder]?.edit(projectOf(), folder);
    response.end('edited\n');
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { server, port: (server.address() as { readonly port: number }).port };
}

machineTest(
  'a file that is edited while the run goes on is named, and neither its step nor any below is kept',
  async (t) => {
    const { server, port } = await startEditor(() => project);
    t.teardown(() => void server.close());
    using project = Project.of(
      Object.fromEntries(
        Object.entries(EDITS).flatMap(([folder, { looks }]): [string, string][] => [
          [`${folder}/Layerfile`, layerfile(looks, `http://10.0.2.2:${port}/${folder}`)],
          ...(folder === 'absent' ? [] : ([[`${folder}/f`, 'one\n']] as [string, string][])),
        ]),
      ),
    );
    const run = await project.run();
    t.is(run.exitCode, 0, run.stderr);
    const planned = await project.start(['plan', '--json']).ended;
    for (const [folder, { names }] of Object.entries(EDITS)) {
      const steps = stepsOf(run, folder);
      const next = stepsOf(planned, folder);
      t.is(steps.map(({ outcome }) => outcome).join(' '), 'restored ran ran ran', folder);
      const warning = warnings(run, folder).find((text) => text.includes('changed while the run was reading it'));
      if (names === null) {
        t.is(warning, undefined, folder);
        t.true(
          next.every(({ outcome }) => outcome === 'restored'),
          folder,
        );
        continue;
      }
      t.true(warning?.startsWith(`${folder}${names} changed`), `${folder}: ${warning}`);
      t.deepEqual(
        steps.map(({ snapshot }) => snapshot === null),
        [false, false, true, true],
        folder,
      );
      t.deepEqual(
        next.map(({ outcome }) => outcome),
        ['restored', 'restored', 'would-run', 'would-run'],
        folder,
      );
      t.deepEqual(next[2]?.miss, { reason: 'unpublishable', paths: [`${folder}${names}`] }, folder);
    }
    t.deepEqual(project.strayMachines(), []);
  },
);

machineTest('after everything was touched, and in a fresh clone elsewhere, nothing runs again', async (t) => {
  using project = Project.of({
    Layerfile: 'FROM vm/debian:12\nCOPY . .\nRUN ls -lR && cat run/tool && ./run/tool\n',
    'run/tool': '#!/bin/sh\necho ran\n',
    'run/text': 'text\n',
  });
  project.git('update-index', '--chmod=+x', 'run/tool');
  project.git('commit', '--quiet', '-m', 'executable');
  project.git('checkout', '--quiet', '--', '.');
  const first = await project.run();
  t.is(outcomes(first), 'restored ran ran', first.stderr);

  for (const { parentPath, name } of readdirSync(project.repository, { recursive: true, withFileTypes: true }))
    if (!parentPath.includes('.git')) lutimesSync(join(parentPath, name), 1, 1_600_000_000);
  const touched = await project.run();
  t.is(outcomes(touched), 'restored restored restored');
  t.is(touched.machines, 0);

  const clone = join(project.home, 'clone');
  execFileSync('git', ['clone', '--quiet', project.repository, clone]);
  const elsewhere = await project.run('-C', clone);
  t.is(outcomes(elsewhere), 'restored restored restored', elsewhere.stderr);
  t.is(elsewhere.machines, 0);
});

function layerfile(looks: string, url: string): string {
  return `FROM vm/debian:12\nCOPY . /w/\nRUN cd /w && ${looks} && curl -sS ${url}\nRUN true\n`;
}

function stepsOf({ events }: Run, folder: string): readonly StepEnded[] {
  return events.filter((event) => event.event === 'step').filter(({ layerfile }) => layerfile.startsWith(`${folder}/`));
}

function warnings({ events }: Run, folder: string): readonly string[] {
  return events.flatMap((event) =>
    event.event === 'warning' && event.layerfile.startsWith(`${folder}/`) ? [event.text] : [],
  );
}
