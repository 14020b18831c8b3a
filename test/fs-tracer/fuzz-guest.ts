/**
 * A hostile guest at the file-system port: `npm run fuzz:guest -- --messages 1000000 --seed 1`. Ends with 1, and the seed to
 * repeat it with, where a reply is wrong or missing, a byte leaks or memory grows without bound (see guest-fuzz/).
 */
import { parseArgs } from 'node:util';

import { type FuzzFigures, fuzzGuest } from './guest-fuzz/fuzz-guest.ts';

const { values } = parseArgs({
  options: { messages: { type: 'string', default: '1000000' }, seed: { type: 'string' } },
});
const seed = Number(values.seed ?? Date.now() % 2 ** 31);
const started = performance.now();
console.log(`${values.messages} messages, --seed ${seed}`);
try {
  const figures = await fuzzGuest({ seed, messages: Number(values.messages), onProgress: tell });
  tell(figures);
  console.log(JSON.stringify(figures.served));
  console.log(`the trace ended as: ${figures.trouble}`);
} catch (error) {
  console.log(`failed with --seed ${seed}: ${String(error)}`);
  process.exitCode = 1;
}

function tell({ messages, replies, connections, paths, heapBytes }: FuzzFigures): void {
  const seconds = ((performance.now() - started) / 1000).toFixed(0);
  const mib = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(0)} MiB`;
  const peak = mib(process.resourceUsage().maxRSS * 1024);
  console.log(
    `${messages} messages, ${replies} replies, ${connections} connections, ${paths} paths, ${seconds} s, heap ${mib(heapBytes)}, peak RSS ${peak}`,
  );
}
