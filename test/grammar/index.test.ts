import { registerHooks } from 'node:module';

import test from 'ava';

test('the parser generator is loaded by the first parse only', async (t) => {
  const loaded: string[] = [];
  const hooks = registerHooks({
    resolve: (specifier, context, nextResolve) => {
      loaded.push(specifier);
      return nextResolve(specifier, context);
    },
  });
  try {
    const { formatDiagnostic, parseLayerfile } = await import('../../grammar/index.ts');
    t.is(typeof formatDiagnostic, 'function');
    t.true(loaded.includes('./format-diagnostic.ts'));
    t.false(loaded.includes('chevrotain'));
    await parseLayerfile('FROM vm/debian:12', 'Layerfile');
    t.true(loaded.includes('chevrotain'));
  } finally {
    hooks.deregister();
  }
});
