import { join } from 'node:path';

import type * as ServerModule from '../../server/index.ts';
import { layerHome } from '../../util/layer-home.ts';
import { printableLine } from '../../util/printable-text.ts';
import type { ServeArguments } from '../arguments/serve-arguments.ts';
import type { SignalWatch } from '../signals.ts';
import { alignTable } from '../table.ts';
import type { Surroundings } from '../surroundings.ts';
import { layerVersion } from '../version.ts';
import { servingText } from './serving-text.ts';

type Server = typeof ServerModule;
type OfAction<Action extends ServeArguments['action']> = Extract<ServeArguments, { readonly action: Action }>;

/** `layer serve`, and what is done beside it. Resolves to the exit code. */
export async function serve(request: ServeArguments, surroundings: Surroundings, watch: SignalWatch): Promise<number> {
  const { environment, stdout, loadServer } = surroundings;
  if (loadServer === undefined) throw new Error('This program has no server');
  const server = await loadServer();
  const home = layerHome(environment);
  const folders = { home, data: request.data ?? join(home, 'server') };
  switch (request.action) {
    case 'serve':
      return await run(server, request, folders, surroundings, watch);
    case 'create-token': {
      const { token, id } = server.createToken(folders.data, request.name, request.role);
      const { name, role } = request;
      stdout.write(request.json ? `${JSON.stringify({ event: 'token', id, name, role, token })}\n` : `${token}\n`);
      return 0;
    }
    case 'list-tokens':
      stdout.write(tokenList(server.listTokens(folders.data), request.json));
      return 0;
    case 'revoke-token':
      server.revokeToken(folders.data, request.id);
      stdout.write(`Token ${request.id} is revoked\n`);
      return 0;
    case 'install-hook': {
      const { name } = await server.installHook(folders.data, request.repository, request.name);
      stdout.write(`Pushes to ${printableLine(request.repository)} are built as \`${name}\`\n`);
      return 0;
    }
  }
}

/** Ctrl-C or SIGTERM has it end in order; once more, and it ends at once. */
async function run(
  server: Server,
  request: OfAction<'serve'>,
  folders: { readonly home: string; readonly data: string },
  { stdout, stderr }: Surroundings,
  watch: SignalWatch,
): Promise<number> {
  const [asked, askedAgain] = [Promise.withResolvers<undefined>(), Promise.withResolvers<undefined>()];
  let wishes = 0;
  watch.passTo(() => (++wishes === 1 ? asked : askedAgain).resolve(undefined));
  const profile = request.profile === null ? null : await server.startCpuProfile(request.profile);
  const running = await server.startServer({
    ...folders,
    ...request.listen,
    publicUrl: request.publicUrl === null ? null : new URL(request.publicUrl),
    jobs: request.jobs,
    memoryMib: request.memoryBytes === null ? null : Math.floor(request.memoryBytes / 2 ** 20),
    log: { sink: { write: (line) => void stderr.write(line) }, form: request.json ? 'json' : 'readable' },
    version: layerVersion(),
  });
  stdout.write(request.json ? `${JSON.stringify({ event: 'serving', ...running.told })}\n` : servingText(running.told));
  const tell = (): void => void stderr.write(running.describe());
  process.on('SIGUSR1', tell);
  await asked.promise;
  await Promise.race([running.end(), askedAgain.promise]);
  process.off('SIGUSR1', tell);
  await profile?.end();
  return 0;
}

function tokenList(tokens: ReturnType<Server['listTokens']>, json: boolean): string {
  if (json) return tokens.map((token) => `${JSON.stringify({ event: 'token', ...token })}\n`).join('');
  if (tokens.length === 0) return 'No tokens. `layer serve` makes the first one.\n';
  const rows = tokens.map(({ id, name, role, createdAtMs, lastUsedAtMs }) => [
    String(id),
    printableLine(name),
    role,
    dayOf(createdAtMs),
    lastUsedAtMs === null ? 'never' : dayOf(lastUsedAtMs),
  ]);
  const header = ['ID', 'NAME', 'ROLE', 'CREATED', 'LAST USED'];
  const lines = alignTable(['right', 'left', 'left', 'left', 'left'], [header, ...rows]);
  return `${lines.join('\n')}\n`;
}

function dayOf(timeMs: number): string {
  return new Date(timeMs).toISOString().slice(0, 10);
}
