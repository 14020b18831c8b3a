export type Ending = 'COMMIT' | 'ROLLBACK';

/** Of fill.sh and begin.sh: rows, and the sum of their balances, without the open transaction and with it. */
const BEFORE = '20000|2000000';
const COMMITTED = '21000|2095000';
/** What continue.sh adds. */
const WRITTEN_LATER = 100;

/** What continue.sh should have printed and did not; and which server process its client is connected to. */
export function contradictions(
  printed: string,
  number: number,
  ending: Ending,
  sameBackend?: string,
): { readonly problems: string[]; readonly backend: string | undefined } {
  const after = ending === 'COMMIT' ? COMMITTED : BEFORE;
  const rows = Number(after.split('|', 1)[0]) + WRITTEN_LATER;
  const lines = printed.split('\n').map((line) => line.trim());
  const expected = [`before ${BEFORE}`, `after ${after}`, `written ${rows}`];
  const problems = expected.filter((line) => !lines.includes(line)).map((line) => `it did not say "${line}"`);
  for (const pattern of [/^Bad checksums: +0$/, /^Database cluster state: +shut down$/])
    if (!lines.some((line) => pattern.test(line))) problems.push(`no line is like ${String(pattern)}`);
  const [, backend] = new RegExp(`^ended ${number} 500 (\\d+)$`, 'm').exec(printed) ?? [];
  if (backend === undefined) problems.push('the client did not end its transaction');
  else if (sameBackend !== undefined && backend !== sameBackend) problems.push('the client has another connection');
  return { problems, backend };
}
