import { resolve } from 'node:path';
import { Session } from 'node:inspector/promises';

import { LayerError } from '../../util/layer-error.ts';
import { writeFileDurably } from '../../util/durable-file.ts';

/** 1 ms, in microseconds: a request of some ms has several samples, and taking them costs some hundredths of the time. */
const INTERVAL_US = 1000;

export interface CpuProfile {
  /** Writes what was sampled. Throws `USAGE` where it cannot be written. */
  end(): Promise<void>;
}

/**
 * Samples this process until its end, and leaves V8's `.cpuprofile` at `path`, which opens as a flame graph in browsers' developer tools
 * and in speedscope. Workers are processes of their own, and not in it.
 */
export async function startCpuProfile(path: string): Promise<CpuProfile> {
  const session = new Session();
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.setSamplingInterval', { interval: INTERVAL_US });
  await session.post('Profiler.start');
  return {
    async end() {
      const { profile } = await session.post('Profiler.stop');
      session.disconnect();
      try {
        writeFileDurably(resolve(path), JSON.stringify(profile));
      } catch (cause) {
        throw new LayerError('USAGE', `Cannot write the profile to ${path}`, { cause });
      }
    },
  };
}
