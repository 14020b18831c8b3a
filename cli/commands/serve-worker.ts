import type { BuildEvent } from '../../runner/index.ts';
import { type Recorder, requireChannel, runWorker, type WorkerChannel } from '../../server/worker/index.ts';
import type { Accelerator } from '../flags.ts';
import { keepStorage } from '../keep-storage.ts';
import { RunFiles } from '../record/run-files.ts';
import type { Surroundings } from '../surroundings.ts';
import { startUpkeepIfDue } from './start-upkeep.ts';

/**
 * `layer serve-worker`, which `layer serve` starts. Resolves to the exit code; how its work ended it has told the server. As a
 * run does, it starts what keeps the store in order where it has saved something.
 */
export async function serveWorker(
  { accelerator }: { readonly accelerator: Accelerator },
  { environment, loadRunner, startInBackground }: Surroundings,
  signal: AbortSignal,
): Promise<number> {
  requireChannel(process);
  const saved = new Set<string>();
  const openRecorder = async (path: string, home: string): Promise<Recorder> => {
    const files = new RunFiles({ timeline: `${path}.json`, report: `${path}.html` }, '/');
    const event = (each: BuildEvent): void => {
      if (each.event === 'step' && each.outcome === 'ran' && each.snapshot !== null) saved.add(home);
      files.event(each);
    };
    return Promise.resolve({ event, end: (trouble) => files.end(trouble) });
  };
  await runWorker({ channel: process as WorkerChannel, signal, accelerator, openRecorder });
  for (const home of environment['LAYER_UPKEEP'] === 'off' ? [] : saved) {
    // It is this process's environment, and that of what it starts: a fork's job has a store of its own.
    environment['LAYER_HOME'] = home;
    const keepBytes = keepStorage(environment);
    if (startInBackground !== undefined)
      await startUpkeepIfDue(await loadRunner(), { home, keepBytes }, startInBackground);
  }
  return 0;
}
