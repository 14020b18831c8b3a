import { type Recorder, requireChannel, runWorker, type WorkerChannel } from '../../server/worker/index.ts';
import type { Accelerator } from '../flags.ts';
import { RunFiles } from '../record/run-files.ts';

/** `layer serve-worker`, which `layer serve` starts. Resolves to the exit code; how its work ended it has told the server. */
export async function serveWorker(
  { accelerator }: { readonly accelerator: Accelerator },
  signal: AbortSignal,
): Promise<number> {
  requireChannel(process);
  await runWorker({ channel: process as WorkerChannel, signal, accelerator, openRecorder });
  return 0;
}

async function openRecorder(path: string): Promise<Recorder> {
  return Promise.resolve(new RunFiles({ timeline: `${path}.json`, report: `${path}.html` }, '/'));
}
