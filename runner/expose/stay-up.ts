import { LayerError } from '../../util/layer-error.ts';
import { warn } from '../build-context.ts';
import type { EmitEvent, Exposed } from '../build-event.ts';
import type { KeptMachine } from '../kept-machine.ts';
import { type Exposures, exposuresOf } from './exposure.ts';
import { listenNear, closing, preferredPort } from './loopback.ts';
import { forwardPort } from './port-forward.ts';
import { websiteServer } from './website-proxy.ts';

/**
 * Serves what the machines expose until `signal` is aborted, which is how it is meant to end. Throws `PORT_UNAVAILABLE`
 * where a port of the host is not to be had, and `MACHINE_DIED` when a machine ends by itself.
 */
export async function stayUp(
  kept: readonly KeptMachine[],
  { signal, emit }: { readonly signal: AbortSignal; readonly emit: EmitEvent },
): Promise<void> {
  await using servers = new AsyncDisposableStack();
  const exposed: Exposed[] = [];
  for (const machine of kept) exposed.push(...(await serve(machine, servers)));
  if (signal.aborted) return;
  if (exposed.length === 0) {
    emit({ event: 'warning', layerfile: '', text: 'no EXPOSE was reached, so nothing is kept running' });
    return;
  }
  for (const event of exposed) emit(event);
  emit({ event: 'up', exposed: exposed.length });
  await Promise.race([aborted(signal), ...kept.map(watch)]);
}

async function serve(kept: KeptMachine, servers: AsyncDisposableStack): Promise<readonly Exposed[]> {
  const { layerfile } = kept.context;
  const exposures = exposuresOf(kept.steps, layerfile);
  for (const { text, path, range } of exposures.shadowed)
    warn(
      kept.context,
      `${layerfile}:${range.start.line}: \`${text}\` is not served: ${path} is already taken above it`,
    );
  return [...(await serveWebsites(kept, exposures, servers)), ...(await forwardPorts(kept, exposures, servers))];
}

async function serveWebsites(
  { context, machine }: KeptMachine,
  { websites }: Exposures,
  servers: AsyncDisposableStack,
): Promise<readonly Exposed[]> {
  if (websites.length === 0) return [];
  const { layerfile, workspaceRoot } = context;
  const server = websiteServer({ guest: machine, layerfile, websites });
  servers.use(closing(server));
  const port = await listenNear(server, preferredPort(workspaceRoot, layerfile));
  return websites.map((website) => ({
    event: 'exposed',
    layerfile,
    kind: 'website',
    url: `http://localhost:${port}${website.path}`,
    guestPort: website.port,
  }));
}

async function forwardPorts(
  { context: { layerfile }, machine }: KeptMachine,
  { ports }: Exposures,
  servers: AsyncDisposableStack,
): Promise<readonly Exposed[]> {
  const exposed: Exposed[] = [];
  for (const port of ports) {
    servers.use(await forwardPort(machine, port));
    const { hostPort, guestPort } = port.instruction;
    exposed.push({ event: 'exposed', layerfile, kind: 'tcp', url: `tcp://localhost:${hostPort}`, guestPort });
  }
  return exposed;
}

async function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  const { promise, resolve } = Promise.withResolvers<undefined>();
  signal.addEventListener('abort', () => resolve(undefined), { once: true });
  await promise;
}

/** Throws `MACHINE_DIED` when the machine ends by itself. */
export async function watch({ context, machine }: Pick<KeptMachine, 'context' | 'machine'>): Promise<never> {
  try {
    return await machine.died;
  } catch (cause) {
    const words = cause instanceof Error ? cause.message : String(cause);
    const died = new LayerError('MACHINE_DIED', `${context.layerfile}: while it was up: ${words}`, {
      cause,
      hint: 'What the build did is saved: `layer run --up` restores it.',
    });
    throw context.mask.error(died);
  }
}
