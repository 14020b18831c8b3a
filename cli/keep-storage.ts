import { parseSize } from './size.ts';

/** How much the snapshots may take: `LAYER_KEEP_STORAGE`; undefined where the default counts. Throws `USAGE`. */
export function keepStorage(environment: NodeJS.ProcessEnv): number | undefined {
  const text = environment['LAYER_KEEP_STORAGE'] ?? '';
  return text === '' ? undefined : parseSize(text, 'LAYER_KEEP_STORAGE');
}
