import { inCi } from '../ci.ts';
import type { ProgressMode } from '../flags.ts';
import { canMoveCursor, createPalette, hasColour } from './palette.ts';
import type { Reporter, ReporterSurroundings } from './reporter.ts';

interface ReporterChoice {
  readonly command: 'run' | 'plan';
  readonly json: boolean;
  readonly progress: ProgressMode;
  readonly since: string | null;
}

/** The reporter that was asked for; loads no other. `--json` wins over `--progress`. */
export async function openReporter(choice: ReporterChoice, surroundings: ReporterSurroundings): Promise<Reporter> {
  const { stdout, signal, environment } = surroundings;
  const palette = createPalette(hasColour(stdout, environment));
  const mode = modeOf(choice, surroundings);
  if (choice.since !== null && (mode === 'plain' || mode === 'tty')) {
    const { SinceReporter } = await import('./since.ts');
    return new SinceReporter(stdout, palette, choice.since, mode === 'plain' ? Infinity : (stdout.columns ?? 80));
  }
  switch (mode) {
    case 'json':
      return new (await import('./json.ts')).JsonReporter(stdout);
    case 'quiet':
      return new (await import('./quiet.ts')).QuietReporter(stdout, palette);
    case 'plain':
      return new (await import('./plain.ts')).PlainReporter(stdout, palette, { isPlan: choice.command === 'plan' });
    case 'tty':
      return new (await import('./tty.ts')).TtyReporter(stdout, palette, { signal, now: () => performance.now() });
  }
}

type Mode = 'json' | 'plain' | 'tty' | 'quiet';

function modeOf({ json, progress }: ReporterChoice, { stdout, environment }: ReporterSurroundings): Mode {
  if (json) return 'json';
  if (progress === 'quiet' || progress === 'plain') return progress;
  if (!canMoveCursor(stdout, environment)) return 'plain';
  return progress === 'auto' && inCi(environment) ? 'plain' : 'tty';
}
