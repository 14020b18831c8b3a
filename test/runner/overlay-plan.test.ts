import test from 'ava';
import fc from 'fast-check';

import type { WorkspacePath } from '../../fs-tracer/index.ts';
import { type OverlayPlan, type Placement, planOverlays } from '../../runner/overlay-plan.ts';
import { GuestDisk, NaiveDisk } from './guest-disk.ts';

const NOTHING = { overlays: [], overlayCount: 0 };

function placement(target: string, ...mappings: readonly (readonly [at: string, source: string])[]): Placement {
  return { target, mappings: mappings.map(([at, source]) => ({ at, source: source as WorkspacePath })) };
}

/** Plans one COPY after the other; the views are what each asked for. */
function planAll(...placements: readonly Placement[]): { readonly plans: OverlayPlan[]; readonly views: unknown[] } {
  const views: unknown[] = [];
  const plans: OverlayPlan[] = [];
  for (const each of placements) {
    const addView = (mappings: unknown): number => views.push(mappings) - 1;
    const typeAt = (path: string): 'file' | 'folder' => (path.endsWith('.file') ? 'file' : 'folder');
    plans.push(planOverlays(plans.at(-1) ?? NOTHING, each, { addView, typeAt }));
  }
  return { plans, views };
}

test('the first COPY lays its files over the folder on the disk', (t) => {
  const { plans, views } = planAll(placement('/app', ['', 'src']));
  t.deepEqual(plans[0]?.unmount, []);
  const lowers = ['/run/layer/workspace/0', '/run/layer/root/app'];
  t.deepEqual(plans[0]?.mount, [{ target: '/app', lowers, upper: '/var/lib/layer/overlays/1' }]);
  t.deepEqual(views, [[{ at: '', source: 'src' }]]);
});

test('a second COPY to the same folder makes its overlay anew, with the new files on top of what was written', (t) => {
  const { plans } = planAll(placement('/app', ['', 'a']), placement('/app', ['', 'b']));
  t.deepEqual(plans[1]?.unmount, ['/app']);
  const lowers = [
    '/run/layer/workspace/1',
    '/var/lib/layer/overlays/1/upper',
    '/run/layer/workspace/0',
    '/run/layer/root/app',
  ];
  t.deepEqual(plans[1]?.mount, [{ target: '/app', lowers, upper: '/var/lib/layer/overlays/2' }]);
});

test('a COPY into a folder of an overlay goes into that overlay', (t) => {
  const { plans, views } = planAll(placement('/app', ['', 'a']), placement('/app/lib', ['', 'b']));
  t.deepEqual(
    plans[1]?.overlays.map(({ target }) => target),
    ['/app'],
  );
  t.deepEqual(views[1], [{ at: 'lib', source: 'b' }]);
});

test('folders on the way to what is copied keep their owners and modes', (t) => {
  const { plans } = planAll(
    placement('/app', ['', 'a']),
    placement('/app/x/y', ['', 'b']),
    placement('/app', ['', 'c']),
  );
  t.deepEqual(
    plans.map(({ keep }) => keep),
    [
      [],
      [
        { folder: '/app/x', kept: '/var/lib/layer/overlays/2/upper/x' },
        { folder: '/app/x/y', kept: '/var/lib/layer/overlays/2/upper/x/y' },
      ],
      [],
    ],
  );
});

test('a COPY to a folder above an overlay lies below it, and its part of that folder lies on top of it', (t) => {
  const { plans, views } = planAll(placement('/app/lib', ['', 'a']), placement('/app', ['', 'b']));
  t.deepEqual(plans[1]?.unmount, ['/app/lib']);
  t.deepEqual(
    plans[1]?.mount.map(({ target }) => target),
    ['/app', '/app/lib'],
    'the outer one is mounted first',
  );
  t.deepEqual(views.slice(1), [[{ at: '', source: 'b' }], [{ at: '', source: 'b/lib' }]]);
});

test('a copied file that takes the place of a folder ends the overlays in that folder', (t) => {
  const inner = [
    placement('/app/lib', ['', 'a']),
    placement('/app/lib/deep', ['', 'b']),
    placement('/app/doc', ['', 'c']),
  ];
  const { plans } = planAll(...inner, placement('/app', ['lib', 'one.file']));
  t.deepEqual(plans.at(-1)?.unmount, ['/app/doc', '/app/lib']);
  t.deepEqual(
    plans.at(-1)?.overlays.map(({ target }) => target),
    ['/app', '/app/doc'],
  );
});

test('overlays in overlays are unmounted from the inside out, and mounted again from the outside in', (t) => {
  const targets = ['/a/b/c', '/a/b', '/a/x', '/a'];
  const { plans } = planAll(...targets.map((target) => placement(target, ['', 'a'])), placement('/a', ['', 'b']));
  t.deepEqual(plans.at(-1)?.unmount, ['/a/x', '/a/b/c', '/a/b', '/a']);
  t.deepEqual(
    plans.at(-1)?.mount.map(({ target }) => target),
    ['/a', '/a/b', '/a/b/c', '/a/x'],
  );
});

test('folders whose names only begin alike have nothing to do with each other', (t) => {
  const { plans } = planAll(placement('/app', ['', 'a']), placement('/app2', ['', 'b']));
  t.deepEqual(plans[1]?.unmount, []);
  t.deepEqual(
    plans[1]?.overlays.map(({ target }) => target),
    ['/app', '/app2'],
  );
});

test('an upper folder is never used for two mounts', (t) => {
  const { plans } = planAll(placement('/a/b', ['', 'x']), placement('/a', ['', 'y']), placement('/a/b', ['', 'z']));
  const uppers = plans.flatMap(({ mount }) => mount.map(({ upper }) => upper));
  t.is(new Set(uppers).size, uppers.length);
});

const FOLDERS = ['/a', '/a/d', '/a/d/e', '/a/g', '/b', '/b/d'];
const SOURCES = ['', 'd', 'd/e', 'g'];
const WORKSPACE_FILES = ['f1', 'f2', 'd/f1', 'd/f3', 'd/e/f1', 'd/e/f2', 'g/f1', 'e/f1', 'd/d/f1'];

const copies = fc.record({
  do: fc.constant('copy' as const),
  target: fc.constantFrom(...FOLDERS),
  mappings: fc.array(
    fc.oneof(
      fc.record({ at: fc.constant(''), source: fc.constantFrom(...SOURCES) }),
      fc.record({ at: fc.constantFrom('f1', 'f4'), source: fc.constantFrom('f1', 'd/f3') }),
    ),
    { minLength: 1, maxLength: 2 },
  ),
});
const fileOf = fc.tuple(fc.constantFrom(...FOLDERS), fc.constantFrom('f1', 'f2', 'f5')).map((parts) => parts.join('/'));
const writes = fc.record({ do: fc.constantFrom('write' as const, 'remove' as const), path: fileOf });

test('after any COPYs, writes and removals every path shows what plainly copied files would show', (t) => {
  fc.assert(
    fc.property(fc.array(fc.oneof(copies, writes), { maxLength: 12 }), (actions) => {
      const guest = new GuestDisk(WORKSPACE_FILES);
      const naive = new NaiveDisk(WORKSPACE_FILES);
      for (const disk of [guest, naive]) for (const folder of FOLDERS) disk.write(`${folder}/f2`, 'of the image');
      for (const [index, action] of actions.entries()) {
        for (const disk of [guest, naive]) {
          if (action.do === 'copy')
            disk.copy(placement(action.target, ...action.mappings.map(({ at, source }) => [at, source] as const)));
          else if (action.do === 'write') disk.write(action.path, `written by ${index}`);
          else disk.remove(action.path);
        }
        t.deepEqual(guest.files(naive.paths()), naive.files(naive.paths()));
      }
    }),
    { numRuns: 500 },
  );
  t.pass();
});
