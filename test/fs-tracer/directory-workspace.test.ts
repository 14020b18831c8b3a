import test from 'ava';

import { createMemoryDigestMemo, openDirectoryWorkspace } from '../../fs-tracer/index.ts';

test('a root that is no folder is refused by name', (t) => {
  const digestMemo = createMemoryDigestMemo();
  t.throws(() => openDirectoryWorkspace({ root: '/proc/self/missing', digestMemo }), { code: 'WORKSPACE_UNREADABLE' });
});
