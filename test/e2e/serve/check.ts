/**
 * The new user's path with the whole of examples/monorepo: a server in an empty folder, a push of all seven Layerfiles, and then each edit of
 * ../monorepo/edits.ts as a push of its own. `npm run check:serve`; it takes some minutes, and prints what each push ran and when the
 * untouched was restored.
 */
import type { RecordedEvent } from '../../../server/api/schemas/index.ts';
import { EDITS } from '../monorepo/edits.ts';
import { Project } from '../project.ts';
import { restoredAfterMs, Served, stepsOf } from './served.ts';

const LIMIT_MS = 2000;

async function check(): Promise<void> {
  using project = Project.ofExample('monorepo');
  await using served = await Served.start(project);
  const push = async (id: number): Promise<readonly RecordedEvent[]> => {
    project.git('push', '--quiet', '--force', served.remote('shop'), 'HEAD:refs/heads/main');
    return await served.follow(id);
  };
  const first = await push(1);
  say(`all seven: ${stepsOf(first, 'ran').length} steps ran, ${stepsOf(first, 'failed').length} failed`);
  let id = 1;
  for (const { what, apply, affects } of EDITS) {
    apply(project);
    project.git('add', '.');
    project.git('commit', '--quiet', '--allow-empty', '-m', what);
    const events = await push(++id);
    const { job } = await served.job(id);
    const ran = stepsOf(events, 'ran').filter((step) => !step.startsWith('deploy/'));
    const touched = new Set(affects.map((step) => step.replace(/:.*/, '')));
    const paths = new Set(events.flatMap((event) => (event.event === 'step' ? [event.layerfile] : [])));
    const held = heldUp(events, touched);
    const untouched = [...paths].filter((path) => !held.has(path) && !path.startsWith('deploy/'));
    const afterMs = untouched.length === 0 ? 0 : Math.round(restoredAfterMs(job, events, untouched));
    const isRight = afterMs < LIMIT_MS && ran.every((step) => touched.has(step.replace(/:.*/, '')));
    say(
      `${isRight ? 'ok' : 'WRONG'}: ${what}: ran ${ran.join(', ') || 'nothing'}; ${untouched.length} untouched after ${afterMs} ms`,
    );
    if (!isRight) process.exitCode = 1;
    project.git('reset', '--quiet', '--hard', 'HEAD~1');
  }
}

/** What runs, and what is restored only when that has run, since it waits for it. */
function heldUp(events: readonly RecordedEvent[], touched: ReadonlySet<string>): ReadonlySet<string> {
  const held = new Set(touched);
  const builds = events.flatMap((event) => (event.event === 'build' ? [event] : []));
  // As often as the longest way is long, at most.
  for (let round = 0; round < builds.length; round++)
    for (const { layerfile, needs = [] } of builds)
      if (needs.some((need) => held.has(need.layerfile))) held.add(layerfile);
  return held;
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

void check();
