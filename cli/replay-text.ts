import type { BuildEvent, ReplayText } from '../runner/index.ts';
import type { OutputStream } from './output-stream.ts';
import { openReporter } from './reporters/open-reporter.ts';
import type { ReporterSurroundings } from './reporters/reporter.ts';

/** Two durations, ms, of which every figure differs, and how they are printed. */
const SOME_MS = 111;
const OTHER_MS = 222;
const FORMS: readonly (readonly [ReplayText['duration'], some: string, other: string])[] = [
  ['for people', '0.11 s', '0.22 s'],
  ['whole milliseconds', '111', '222'],
];

/**
 * What the chosen reporter shows of these events, but for how long it took: found by having it show them with two durations. Null where
 * they are not told apart in one place.
 */
export async function replayText(
  events: readonly BuildEvent[],
  choice: Parameters<typeof openReporter>[0],
  surroundings: ReporterSurroundings,
): Promise<ReplayText | null> {
  const some = await shown(lasting(events, SOME_MS), choice, surroundings);
  const other = await shown(lasting(events, OTHER_MS), choice, surroundings);
  if (some === other) return { before: some, after: '', duration: 'none' };
  for (const [duration, ofSome, ofOther] of FORMS) {
    const [before, after, ...others] = some.split(ofSome);
    if (before === undefined || after === undefined || others.length > 0) continue;
    if (other === `${before}${ofOther}${after}`) return { before, after, duration };
  }
  return null;
}

function lasting(events: readonly BuildEvent[], durationMs: number): readonly BuildEvent[] {
  return events.map((event) => (event.event === 'result' ? { ...event, durationMs } : event));
}

async function shown(
  events: readonly BuildEvent[],
  choice: Parameters<typeof openReporter>[0],
  surroundings: ReporterSurroundings,
): Promise<string> {
  const { isTTY, columns, rows } = surroundings.stdout;
  let text = '';
  const stdout: OutputStream = {
    isTTY,
    columns,
    rows,
    write: (part) => (text += typeof part === 'string' ? part : Buffer.from(part).toString()),
  };
  const reporter = await openReporter(choice, { ...surroundings, stdout });
  for (const event of events) reporter.event(event);
  reporter.end();
  return text;
}
