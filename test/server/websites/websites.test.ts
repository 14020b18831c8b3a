import test from 'ava';

import { becomesTrue } from '../../helpers/processes.ts';
import type { FakeWorker } from '../terminals/fake-work.ts';
import { fakeJob } from '../terminals/fake-work.ts';
import { CALLER, WebsiteRig } from './website-rig.ts';

const HTML = { accept: 'text/html,*/*' };

test('a job’s websites are those whose EXPOSE was reached, and whose machine was saved there', async (t) => {
  const { websites } = await WebsiteRig.start(t);
  const list = await websites.list(fakeJob());
  t.like(list, [
    { layerfile: 'web/Layerfile', path: '/' },
    { layerfile: 'api/Layerfile', copy: 1, path: '/v1' },
  ]);
  t.is(list.length, 2);
  t.false('copy' in list[0]!);
  for (const { id } of list) t.regex(id, /^7-[0-9a-f]{32}$/);
  t.is(await websites.ticket(fakeJob(), 'late/Layerfile', CALLER), null);
  t.is(await websites.ticket(fakeJob(), 'api/Layerfile', CALLER), null);
  t.regex(
    (await websites.ticket(fakeJob(), 'api/Layerfile', CALLER, { copy: 1 })) ?? '',
    /\.localhost:\d+\/v1\?layer-ticket=/,
  );
});

test('an id stays for the same machine, and differs between jobs, Layerfiles and copies', async (t) => {
  const rig = await WebsiteRig.start(t);
  const ids = async (job: number): Promise<readonly string[]> =>
    (await rig.websites.list(fakeJob(job))).map(({ id }) => id);
  t.deepEqual(await ids(7), await ids(7));
  t.is(new Set([...(await ids(7)), ...(await ids(8))]).size, 4);
});

test('a ticket lets a browser in, without the ticket and with a cookie for that host alone; the guest sees none of ours', async (t) => {
  const rig = await WebsiteRig.start(t);
  const ticket = await rig.ticket();
  const first = await rig.ask(`${ticket.href}&a=b%20c`);
  t.is(first.status, 303);
  t.is(first.headers.location, '/?a=b%20c');
  t.regex(
    first.headers['set-cookie']?.[0] ?? '',
    /^layer_website=[\w-]{43}; Path=\/; Max-Age=43200; HttpOnly; SameSite=Lax$/,
  );
  t.is(first.headers['referrer-policy'], 'no-referrer');
  const cookie = `theme=dark; ${first.headers['set-cookie']?.[0]?.split(';', 1)[0] ?? ''}; layer_session=s; __Host-layer-x=1`;
  const answer = await rig.ask(
    `${ticket.origin}/a/b?c=%20d`,
    { cookie, authorization: 'Bearer of-the-guest' },
    { method: 'POST', body: 'x=1' },
  );
  t.like(answer, { status: 200, body: 'from the guest' });
  t.like(rig.asked, [{ method: 'POST', url: '/a/b?c=%20d', body: 'x=1' }]);
  const { headers } = rig.asked[0]!;
  t.like(headers, {
    cookie: 'theme=dark',
    authorization: 'Bearer of-the-guest',
    host: ticket.host,
    'x-forwarded-for': '127.0.0.1',
  });
  t.deepEqual(rig.workers.started.map(({ work }) => work) as unknown[], [
    {
      kind: 'websites',
      layerfile: 'web/Layerfile',
      copy: null,
      leastSteps: 4,
      socket: (rig.workers.started[0]!.work as { socket: string }).socket,
    },
  ]);
});

test('however many ask at first, one machine is started; whoever looks at a page sees what it is doing', async (t) => {
  let bringUp: (() => Promise<void>) | undefined;
  const rig = await WebsiteRig.start(t, {
    limits: { pageMs: 20 },
    onStart: (worker, up) => {
      const event = {
        event: 'activity',
        layerfile: 'web/Layerfile',
        activity: 'restore',
        text: 'restoring <it>',
      } as const;
      worker.say({ type: 'event', event });
      bringUp = up;
    },
  });
  const { url, cookie } = await rig.enter(await rig.ticket());
  const page = await rig.ask(url, { ...HTML, cookie });
  t.is(page.status, 503);
  t.regex(page.body, /http-equiv="refresh" content="1"/);
  t.regex(page.body, /Waking the machine of web\/Layerfile.*restoring &lt;it&gt; …/s);
  t.regex(String(page.headers['content-security-policy']), /^default-src 'none'/);
  t.deepEqual(rig.websites.describe(), ['websites of job 7, "web/Layerfile": restoring <it>']);
  const asking = Array.from({ length: 20 }, async (_, index) => rig.ask(`${url}${index}`, { cookie }));
  await bringUp?.();
  t.deepEqual([...new Set((await Promise.all(asking)).map(({ body }) => body))], ['from the guest']);
  t.is(rig.workers.started.length, 1);
  t.is((await rig.ask(url, { ...HTML, cookie })).status, 200);
});

test('a request that is no page waits for the machine, and not for ever', async (t) => {
  const rig = await WebsiteRig.start(t, { limits: { wakeMs: 20 }, onStart: () => undefined });
  const { url, cookie } = await rig.enter(await rig.ticket());
  const answer = await rig.ask(`${url}app.js`, { cookie });
  t.is(answer.status, 503);
  t.regex(answer.body, /^Waking the machine/);
  t.is(answer.headers['content-type'], 'text/plain; charset=utf-8');
});

test('a machine that nobody uses is ended, and the next request wakes it again', async (t) => {
  const rig = await WebsiteRig.start(t, { limits: { idleMs: 30 } });
  const { url, cookie } = await rig.enter(await rig.ticket());
  await rig.ask(url, { cookie });
  const [first] = rig.workers.started;
  t.true(await becomesTrue(() => first?.cancelled !== null));
  t.is(first?.cancelled, 'nobody uses it');
  t.deepEqual(rig.websites.describe(), []);
  t.is((await rig.ask(url, { cookie })).body, 'from the guest');
  t.is(rig.workers.started.length, 2);
});

test('one that is in use stays, also where somebody waits for a machine; one that is not makes room', async (t) => {
  const rig = await WebsiteRig.start(t, { limits: { wantedIdleMs: 0 } });
  const held = Promise.withResolvers<undefined>();
  rig.answer = (response) => void held.promise.then(() => response.end('late'));
  const { url, cookie } = await rig.enter(await rig.ticket());
  const asking = rig.ask(url, { cookie });
  t.true(await becomesTrue(() => rig.asked.length === 1));
  const worker = rig.workers.started[0]!;
  {
    using _need = rig.websites.yield();
    t.is(worker.cancelled, null);
    held.resolve(undefined);
    t.is((await asking).body, 'late');
    t.true(await becomesTrue(() => worker.cancelled !== null));
  }
  await rig.ask(url, { cookie });
  t.is(rig.workers.started[1]?.cancelled, null);
});

test('a machine that cannot be had, or that died, is told with what to do; then it is tried again', async (t) => {
  const rig = await WebsiteRig.start(t, {
    limits: { tellMs: 0 },
    onStart: (worker, bringUp) => {
      if (rig.workers.started.length === 1) refuse(worker);
      else void bringUp();
    },
  });
  const { url, cookie } = await rig.enter(await rig.ticket());
  const missing = await rig.ask(url, { ...HTML, cookie });
  t.is(missing.status, 502);
  t.regex(missing.body, /It is &lt;gone&gt;\nRun the job again/);
  t.regex(missing.body, new RegExp(`href="http://localhost:${rig.port}/jobs/7"`));
  t.is((await rig.ask(url, { cookie })).status, 200);
  t.is(rig.workers.started.length, 2);
});

test('a machine that ends by itself is told for a moment, before another is started', async (t) => {
  const rig = await WebsiteRig.start(t, { limits: { tellMs: 60_000 } });
  const { url, cookie } = await rig.enter(await rig.ticket());
  await rig.ask(url, { cookie });
  rig.workers.started[0]!.end({ kind: 'refused', code: 'MACHINE_DIED', message: 'The machine ended', hint: null });
  t.true(await becomesTrue(() => rig.websites.describe().length === 0));
  t.regex((await rig.ask(url, { cookie })).body, /The machine ended/);
  t.is(rig.workers.started.length, 1);
});

test('when the server stops, machines end, and no more are woken', async (t) => {
  const rig = await WebsiteRig.start(t);
  const { url, cookie } = await rig.enter(await rig.ticket());
  await rig.ask(url, { cookie });
  await rig.websites[Symbol.asyncDispose]();
  t.is(rig.workers.started[0]?.cancelled, 'the server is stopping');
  t.is((await rig.ask(url, { cookie })).status, 403);
  t.is(rig.workers.started.length, 1);
});

function refuse(worker: FakeWorker): void {
  worker.end({ kind: 'refused', code: 'STATE_MISSING', message: 'It is <gone>', hint: 'Run the job again' });
}
