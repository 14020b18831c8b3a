import { spawnSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { BuildEvent } from '../../runner/index.ts';
import { openSnapshotStore } from '../../snapshots/index.ts';
import { machineTest } from './machine-test.ts';
import { outcomes, outputOf, Project } from './project.ts';
import { LAYER } from './seed-home.ts';

/** New ones each time, so that what is found of them is of this test. */
const TOKEN = `token-${randomBytes(16).toString('hex')}`;
const KEY = `-----BEGIN KEY-----\n  it's "${randomBytes(16).toString('hex')}" $HOME \\ \`id\`\n-----END KEY-----\n`;

const LAYERFILE = `FROM vm/debian:12
RUN echo clean > /root/clean
SECRET ENV TOKEN KEY
RUN <<'END'
  printf %s "$KEY" | sha256sum
  setpriv --reuid=nobody --regid=nogroup --clear-groups cat /etc/layer/environment 2>/dev/null || echo closed to others
END
USER builder
ENV COPY_OF=$TOKEN
RUN BACKGROUND echo "serving $TOKEN"; exec sleep 100000
RUN <<'END'
  echo look
  read -r line < <(sleep 1)
  echo "in arguments: $(cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' '\\n' | grep -cF -f <(echo "$TOKEN"))"
  echo "in environment: $(env | grep -cF -f <(echo "$TOKEN"))"
  echo "token $TOKEN copy $COPY_OF"
  printf %s "\${TOKEN:0:9}"
  read -r line < <(sleep 0.2)
  echo "\${TOKEN:9} joined"
  printf '%q\\n' "$KEY"
  sed 's/^/> /' <<< "$KEY" >&2
END
`;

class Secrets implements Disposable {
  readonly project = Project.of({ Layerfile: LAYERFILE });
  readonly #patterns = mkdtempSync(join(tmpdir(), 'layer-patterns-'));
  /** Processes of this host that had a secret among their arguments. */
  readonly told: string[] = [];

  set(name: string, value: string): void {
    const { status, stderr } = spawnSync(LAYER, ['secret', 'set', name], {
      input: value,
      encoding: 'utf8',
      env: { ...process.env, LAYER_HOME: this.project.home },
    });
    if (status !== 0) throw new Error(`layer secret set failed: ${stderr}`);
  }

  /** To be called at every event. */
  readonly watchArguments = (event: BuildEvent): void => {
    for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
      if (argumentsOf(pid).includes(TOKEN)) this.told.push(`${pid} at ${event.event}`);
    }
  };

  /** What in LAYER_HOME holds TOKEN: `secrets/TOKEN`, or the folder of a snapshot. */
  places(): readonly string[] {
    const pattern = join(this.#patterns, 'pattern');
    writeFileSync(pattern, `${TOKEN}\n`);
    const { stdout } = spawnSync('grep', ['-rlaF', '-f', pattern, '.'], { cwd: this.project.home, encoding: 'utf8' });
    const files = stdout.split('\n').filter((file) => file !== '');
    return [...new Set(files.map((file) => file.split('/').slice(1, 3).join('/')))].sort();
  }

  /** The folders of the snapshots whose machines have seen a secret, as the index tells. */
  tainted(): readonly string[] {
    using store = openSnapshotStore({ home: this.project.home });
    const snapshots = store.list().filter(({ payload }) => {
      return (payload as { readonly lineage: { readonly secrets: readonly string[] } }).lineage.secrets.length > 0;
    });
    return snapshots.map(({ id }) => `snapshots/${id}`).sort();
  }

  [Symbol.dispose](): void {
    rmSync(this.#patterns, { recursive: true, force: true });
    this.project[Symbol.dispose]();
  }
}

function argumentsOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return '';
  }
}

machineTest('SECRET ENV: the guest has it, and no other place on this host but tainted snapshots', async (t) => {
  using secrets = new Secrets();
  const { project } = secrets;
  secrets.set('TOKEN', `${TOKEN}\n`);
  secrets.set('KEY', `${KEY}\n`);

  const first = await project.start(['run', '--json'], secrets.watchArguments).ended;
  t.is(first.exitCode, 0, first.stderr);
  t.is(outcomes(first), 'restored ran ran ran ran ran ran ran');
  t.is(outputOf(first, 4), `${createHash('sha256').update(KEY).digest('hex')}  -\nclosed to others\n`);
  t.is(outputOf(first, 7), 'serving ***\n');
  const shown = 'look\nin arguments: 0\nin environment: 2\ntoken *** copy ***\n*** joined\n***\n';
  t.is(outputOf(first, 8, 'stdout'), shown);
  t.is(outputOf(first, 8, 'stderr'), '> ***\n>   ***\n> ***\n> \n');
  t.deepEqual(secrets.told, []);
  t.false(`${first.stdout}${first.stderr}`.includes(TOKEN));

  const tainted = secrets.tainted();
  t.is(tainted.length, 6);
  const places = secrets.places();
  t.deepEqual(
    places.filter((place) => !tainted.includes(place)),
    ['secrets/TOKEN'],
  );
  t.true(places.length > 1, 'where it may be, the search finds it');

  // A machine that was restored masks what it saw before.
  const again = await project.run('--force', '8');
  t.is(outcomes(again), 'restored restored restored restored restored restored restored ran');
  t.is(outputOf(again, 8, 'stdout'), shown);

  const killed = project.start(['run', '--json', '--force', '6'], (event) => {
    if (event.event === 'output' && event.text.includes('look')) killed.kill('SIGKILL');
  });
  t.is((await killed.ended).signalName, 'SIGKILL');
  for (const place of secrets.places()) {
    // What the killed run was writing is no snapshot: it has no manifest, and the next run removes it.
    const isUnfinished = !existsSync(join(project.home, place, 'manifest.json'));
    t.true(place === 'secrets/TOKEN' || isUnfinished || secrets.tainted().includes(place), place);
  }

  secrets.set('TOKEN', 'another');
  const changed = await project.run('--timeout', '5m');
  t.is(outcomes(changed), 'restored restored ran ran ran ran ran ran');
  const left = secrets.places();
  t.deepEqual(
    left.filter((place) => !secrets.tainted().includes(place)),
    [],
    'the unfinished snapshot is gone',
  );
});
