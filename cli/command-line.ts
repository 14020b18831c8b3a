import { parseArguments, type Invocation } from './arguments/parse-arguments.ts';
import { explainError } from './explain-error.ts';
import type { SignalWatch } from './signals.ts';
import type { Surroundings } from './surroundings.ts';

/** Does what `args` (without node and the script) ask for. Resolves to the exit code (cli.md); never rejects. */
export async function runCommandLine(args: readonly string[], surroundings: Surroundings): Promise<number> {
  using watch = surroundings.watchSignals();
  try {
    return await dispatch(parseArguments(args, surroundings.environment), surroundings, watch);
  } catch (error) {
    const { text, exitCode } = explainError(error, watch.signal);
    surroundings.stderr.write(`${text}\n`);
    return exitCode;
  }
}

async function dispatch(invocation: Invocation, surroundings: Surroundings, watch: SignalWatch): Promise<number> {
  const { signal } = watch;
  switch (invocation.command) {
    case 'run':
    case 'plan': {
      const { build } = await import('./commands/build.ts');
      return await build(invocation, surroundings, signal);
    }
    case 'why': {
      const { why } = await import('./commands/why.ts');
      return await why(invocation, surroundings, signal);
    }
    case 'shell': {
      const { shell } = await import('./commands/shell.ts');
      return await shell(invocation, surroundings, signal);
    }
    case 'check': {
      const { check } = await import('./commands/check.ts');
      return await check(invocation, surroundings);
    }
    case 'secret': {
      const { secret } = await import('./commands/secret.ts');
      return await secret(invocation, surroundings, signal);
    }
    case 'prune': {
      const { prune } = await import('./commands/prune.ts');
      return await prune(invocation, surroundings, signal);
    }
    case 'snapshots': {
      const { snapshots } = await import('./commands/snapshots.ts');
      return await snapshots(invocation, surroundings, signal);
    }
    case 'upkeep': {
      const { upkeep } = await import('./commands/upkeep.ts');
      return await upkeep(invocation, surroundings, signal);
    }
    case 'trace': {
      const { trace } = await import('./commands/trace.ts');
      return await trace(invocation, surroundings, watch);
    }
    case 'serve': {
      const { serve } = await import('./commands/serve.ts');
      return await serve(invocation, surroundings, watch);
    }
    case 'serve-worker': {
      const { serveWorker } = await import('./commands/serve-worker.ts');
      return await serveWorker(invocation, surroundings, signal);
    }
    case 'help': {
      const { helpText } = await import('./help-text.ts');
      surroundings.stdout.write(helpText(invocation.topic));
      return 0;
    }
    case 'version': {
      const { layerVersion } = await import('./version.ts');
      surroundings.stdout.write(`${layerVersion()}\n`);
      return 0;
    }
  }
}
