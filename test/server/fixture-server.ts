/**
 * A server to look at: the true API and page over made-up jobs. `node test/server/fixture-server.ts [PORT] [SPEED]`; prints its address
 * and a token of each role. Nothing is kept.
 */
import { startFixture } from './fixture/start-fixture.ts';

const [port = '8465', speed = '1'] = process.argv.slice(2);

void startFixture({ port: Number(port), speed: Number(speed) }).then(({ url, tokens }) => {
  process.stdout.write(`${url}\nadmin  ${tokens.admin}\nmember ${tokens.member}\nread   ${tokens.read}\n`);
});
