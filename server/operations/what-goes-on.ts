/** What a part of the server is doing, a line for each of its things; as people read it. */
export interface Told {
  /** `jobs`, `machines`, … */
  readonly of: string;
  readonly lines: readonly string[];
}

/** What SIGUSR1 has written: everything that runs or waits, and for what. */
export function whatGoesOn(parts: readonly Told[], now: Date = new Date()): string {
  const { rss, heapUsed } = process.memoryUsage();
  const head = `layer serve at ${now.toISOString()}: up ${Math.round(process.uptime())} s, ${mib(rss)} MiB of memory, ${mib(heapUsed)} of them JavaScript's`;
  const told = parts.flatMap(({ of, lines }) => [
    `${of}: ${lines.length === 0 ? 'none' : ''}`.trimEnd(),
    ...lines.map((line) => `  ${line}`),
  ]);
  return [head, ...told].map((line) => `${line}\n`).join('');
}

function mib(bytes: number): number {
  return Math.round(bytes / 2 ** 20);
}
