/**
 * `npm run crash:serve -- [--kills N] [--seed S]`: a queue of jobs is killed (SIGKILL) at random instants while pushes come in, and started
 * again. When the last one has finished, each job that was accepted must have ended exactly once, none may have been completed
 * twice, every log must be whole, and no process left.
 */
import { parseArgs } from 'node:util';

import { KilledServer } from './killed-server.ts';

const { values } = parseArgs({
  options: { kills: { type: 'string', default: '50' }, seed: { type: 'string', default: '1' } },
});

using server = new KilledServer(Number(values.seed));
for (let kill = 0; kill < Number(values.kills); kill++) await server.kill();
const { wrong, states, ...figures } = await server.finish();
for (const each of wrong) console.log(`WRONG: ${each}`);
const counts = Object.entries({ ...figures, ...states }).map(([name, count]) => `${name} ${count}`);
console.log(`${counts.join(', ')}, seed ${values.seed}, wrong ${wrong.length}`);
process.exitCode = wrong.length === 0 ? 0 : 1;
