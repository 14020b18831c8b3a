import test, { type ExecutionContext } from 'ava';

import { request } from '../fixture/fill-jobs.ts';
import { type ApiRig, apiRig } from './api-rig.ts';

const PLACE = '/api/jobs/1/terminal?layerfile=web%2FLayerfile&columns=80&rows=24';

async function rigWithJob(t: ExecutionContext): Promise<ApiRig> {
  const rig = await apiRig(t);
  rig.services.jobs.submit(request({}));
  return rig;
}

/** The status with which an upgrade is refused; 101 where it is not. */
async function statusOf({ app }: ApiRig, url: string, headers: Readonly<Record<string, string>>): Promise<number> {
  try {
    const socket = await app.injectWS(url, { headers: { host: '127.0.0.1:8464', ...headers } });
    socket.terminate();
    return 101;
  } catch (error) {
    return Number(/\d{3}/.exec(String(error))?.[0]);
  }
}

test('a terminal is a WebSocket: bytes go both ways, with a token or a session of our own page', async (t) => {
  const rig = await rigWithJob(t);
  const headers = { host: '127.0.0.1:8464', authorization: `Bearer ${rig.tokens.member}` };
  const said: string[] = [];
  const echoed = Promise.withResolvers<string>();
  const socket = await rig.app.injectWS(
    PLACE,
    { headers },
    {
      onInit: (opening) =>
        opening.on('message', (data: Buffer) => {
          said.push(data.toString());
          if (data.toString() === 'typed') echoed.resolve(data.toString());
        }),
    },
  );
  socket.send(Buffer.from('typed'));
  t.is(await echoed.promise, 'typed');
  t.deepEqual(JSON.parse(said[0] ?? ''), { type: 'ready' });
  t.is(rig.streams.list().length, 1);
  socket.terminate();
});

test('nobody opens a terminal who is not a member, or from the page of another site', async (t) => {
  const rig = await rigWithJob(t);
  const session = rig.services.access.openSession(rig.tokens.member);
  const cookie = `layer_session=${session?.cookie ?? ''}`;
  const bearer = { authorization: `Bearer ${rig.tokens.member}` };
  t.is(await statusOf(rig, PLACE, {}), 401);
  t.is(await statusOf(rig, PLACE, { authorization: `Bearer ${rig.tokens.read}` }), 403);
  t.is(await statusOf(rig, PLACE, { ...bearer, origin: 'https://evil.example' }), 403);
  t.is(await statusOf(rig, PLACE, { cookie }), 403, 'no browser says where it is from');
  t.is(await statusOf(rig, PLACE, { cookie, origin: 'https://evil.example' }), 403);
  t.is(await statusOf(rig, PLACE, { cookie, origin: 'http://127.0.0.1:8464' }), 101);
  t.is(await statusOf(rig, PLACE, { 'sec-websocket-protocol': `layer, layer-token.${rig.tokens.member}` }), 101);
  t.is(await statusOf(rig, PLACE, { 'sec-websocket-protocol': `layer-token.${rig.tokens.read}` }), 403);
  t.is(await statusOf(rig, PLACE.replace('jobs/1', 'jobs/2'), bearer), 404);
  t.is(await statusOf(rig, PLACE.replace('columns=80', 'columns=0'), bearer), 400);
  t.is(await statusOf(rig, `${PLACE}&step=x`, bearer), 400);
  t.is(await statusOf(rig, PLACE, { ...bearer, host: 'evil.example' }), 421);
  t.is((await rig.ask('GET', PLACE)).status, 426);
});
