import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

import { measure } from '../command.ts';
import type { OpenTool } from './tool.ts';

const PROGRAMS = join(import.meta.dirname, '../../node_modules/.bin');

/** `wireit`, which reads the declared files of each script; the same commands run, on this host instead of in a machine. */
export const openWireit: OpenTool = (_, repository) => {
  if (!existsSync(join(PROGRAMS, 'wireit'))) return Promise.resolve('npm has not installed it');
  const environment = {
    PATH: `${PROGRAMS}${delimiter}${process.env['PATH'] ?? ''}`,
    WIREIT_LOGGER: 'simple',
    // Whoever runs the benchmark by `npm run` would be taken for the script.
    ...{ npm_package_json: undefined, npm_lifecycle_event: undefined, npm_execpath: undefined },
  };
  return Promise.resolve({
    name: 'wireit',
    async build() {
      const { durationMs, output } = await measure({
        ...{ program: process.execPath, args: ['--run', 'all'], folder: repository.folder, environment },
      });
      const ran = repository.units.filter(({ path }) => output.includes(`[${path}:build] Executed successfully`));
      return { durationMs, ran, othersToldMs: null };
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  });
};
