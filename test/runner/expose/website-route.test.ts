import test from 'ava';

import { type ExposeWebsiteInstruction, parseLayerfile } from '../../../grammar/index.ts';
import { exposuresOf } from '../../../runner/expose/exposure.ts';
import { routeTo, targetOf } from '../../../runner/expose/website-route.ts';
import { stepsOf } from '../../../runner/step.ts';

const { layerfile } = await parseLayerfile(
  `FROM vm/debian:12
EXPOSE WEBSITE localhost:3000
EXPOSE WEBSITE localhost:3001 /api
EXPOSE WEBSITE localhost:3002 /api/old/ /
EXPOSE WEBSITE localhost:3003 /docs /v1
EXPOSE WEBSITE localhost:3004 /files /static/
EXPOSE TCP 15432 :5432
EXPOSE WEBSITE localhost:3005 /api/
`,
  'web/Layerfile',
);
const EXPOSURES = exposuresOf(stepsOf(layerfile), 'web/Layerfile');

function routed(target: string, websites: readonly ExposeWebsiteInstruction[] = EXPOSURES.websites): string {
  const route = routeTo(websites, target);
  return route === null ? 'nowhere' : `${route.website.port} ${route.target}`;
}

for (const [target, expected] of [
  ['/', '3000 /'],
  ['/index.html?a=/api', '3000 /index.html?a=/api'],
  ['/api', '3001 /api'],
  ['/api?x=1', '3001 /api?x=1'],
  ['/api/users/7', '3001 /api/users/7'],
  ['/apis', '3000 /apis'],
  ['/API', '3000 /API'],
  ['/api/older', '3001 /api/older'],
  ['/api/old', '3002 /'],
  ['/api/old?x=1', '3002 /?x=1'],
  ['/api/old/x?y=1', '3002 /x?y=1'],
  ['/docs', '3003 /v1'],
  ['/docs/', '3003 /v1/'],
  ['/docs/a//b%2Fc', '3003 /v1/a//b%2Fc'],
  ['/files', '3004 /static/'],
  ['/files/a', '3004 /static/a'],
  ['//evil.example/x', '3000 //evil.example/x'],
] as const) {
  test(`${target} goes to ${expected}`, (t) => {
    t.is(routed(target), expected);
  });
}

test('a path that nothing covers goes nowhere', (t) => {
  const [, api] = EXPOSURES.websites;
  t.is(routed('/', [api!]), 'nowhere');
  t.is(routed('/apis/x', [api!]), 'nowhere');
});

test('some clients send a whole URL, and of that the path counts', (t) => {
  t.is(targetOf('http://localhost:20000/api?x=1'), '/api?x=1');
  t.is(targetOf('http://localhost:20000'), '/');
  t.is(targetOf('/http://x'), '/http://x');
});

test('a website whose path is taken above it is told apart, and so are TCP ports', (t) => {
  t.deepEqual(
    EXPOSURES.shadowed.map(({ port }) => port),
    [3005],
  );
  t.like(EXPOSURES.ports[0], { place: 'web/Layerfile:7', instruction: { hostPort: 15_432, guestPort: 5432 } });
});
