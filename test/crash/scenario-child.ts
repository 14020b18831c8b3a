/**
 * `scenario-child.ts SCENARIO prepare|run HOME WORK`: the process that a fault happens in. Says how the scenario ended as one line of
 * JSON, an {@link Ending}.
 */
import { LayerError } from '../../util/layer-error.ts';
import { scenarioNamed } from './scenarios/all.ts';

/** `internal`: an error that users would be told is a bug in Layer. */
export type Ending =
  | { readonly kind: 'done' }
  | { readonly kind: 'failed'; readonly exitCode: number; readonly message: string }
  | { readonly kind: 'internal'; readonly message: string };

const [name = '', part = '', home = '', work = ''] = process.argv.slice(2);

async function endingOf(): Promise<Ending> {
  try {
    await scenarioNamed(name)[part === 'prepare' ? 'prepare' : 'run']({ home, work });
    return { kind: 'done' };
  } catch (error) {
    if (error instanceof LayerError)
      return { kind: 'failed', exitCode: error.exitCode, message: `${error.code} ${error.message}` };
    return { kind: 'internal', message: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
}

void endingOf().then((ending) => {
  console.log(JSON.stringify(ending));
  process.exit();
});
