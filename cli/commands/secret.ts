import type { SecretStore } from '../../runner/index.ts';
import { layerHome } from '../../util/layer-home.ts';
import { LayerError } from '../../util/layer-error.ts';
import type { SecretArguments } from '../arguments/secret-arguments.ts';
import { nearestName } from '../../util/nearest-name.ts';
import type { Surroundings } from '../surroundings.ts';

/** `layer secret set NAME`, `list` and `rm NAME`. Never shows a value. Resolves to the exit code. */
export async function secret(
  request: SecretArguments,
  surroundings: Surroundings,
  signal: AbortSignal,
): Promise<number> {
  const { openSecretStore } = await surroundings.loadRunner();
  const store = openSecretStore(layerHome(surroundings.environment));
  switch (request.action) {
    case 'set':
      await set(store, request.name, surroundings, signal);
      break;
    case 'list':
      surroundings.stdout.write(request.json ? jsonList(store) : plainList(store));
      break;
    case 'rm':
      remove(store, request.name);
      surroundings.stdout.write(`${request.name} is removed\n`);
  }
  return 0;
}

async function set(store: SecretStore, name: string, surroundings: Surroundings, signal: AbortSignal): Promise<void> {
  // Told before anybody types a value in vain.
  const existed = store.value(name) !== undefined;
  const { readSecret } = await import('../read-secret.ts');
  store.set(name, await readSecret(name, surroundings.stdin(), surroundings.stderr, signal));
  surroundings.stdout.write(`${name} is ${existed ? 'replaced' : 'stored'}\n`);
}

function remove(store: SecretStore, name: string): void {
  if (store.remove(name)) return;
  const names = store.list().map((other) => other.name);
  const nearest = nearestName(name, names);
  throw new LayerError(
    'SECRET_MISSING',
    `There is no secret \`${name}\`${nearest === undefined ? '' : `, did you mean \`${nearest}\`?`}`,
    { hint: '`layer secret list` lists them.' },
  );
}

function plainList(store: SecretStore): string {
  const secrets = store.list();
  if (secrets.length === 0) return 'No secrets. `layer secret set NAME` stores one.\n';
  const width = Math.max(...secrets.map(({ name }) => name.length));
  return secrets.map(({ name, setAtMs }) => `${name.padEnd(width)}  set ${minuteOf(setAtMs)}\n`).join('');
}

function jsonList(store: SecretStore): string {
  return store
    .list()
    .map(({ name, setAtMs }) => `${JSON.stringify({ name, setAtMs: Math.round(setAtMs) })}\n`)
    .join('');
}

/** `2026-11-22 03:20`, local time. */
function minuteOf(timeMs: number): string {
  const date = new Date(timeMs);
  const parts = [date.getFullYear(), date.getMonth() + 1, date.getDate(), date.getHours(), date.getMinutes()];
  const [year, month, day, hour, minute] = parts.map((part) => String(part).padStart(2, '0'));
  return `${year ?? ''}-${month ?? ''}-${day ?? ''} ${hour ?? ''}:${minute ?? ''}`;
}
