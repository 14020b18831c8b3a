import { connect, type Socket } from 'node:net';
import { join } from 'node:path';

import { QmpClient } from '../../vm/qmp-client.ts';
import { listenOnce } from '../../vm/socket-listener.ts';

interface Command {
  readonly execute: string;
  readonly arguments?: Readonly<Record<string, unknown>>;
  readonly id: number;
}

export interface FakeQmp extends Disposable {
  readonly qmp: QmpClient;
  readonly socketFolder: string;
  consoleTail(): string;
  readonly exited: Promise<void>;
  readonly signalName: NodeJS.Signals | null;
  /** All commands but the negotiation, as `name {arguments}`. */
  readonly commands: readonly string[];
}

/** What QEMU sends by itself once it has answered a command. */
export type EventsAfter = (command: string) => readonly object[];

/** A monitor that answers every command with success. `folder` is for its sockets. */
export async function fakeQmp(folder: string, eventsAfter: EventsAfter): Promise<FakeQmp> {
  const commands: string[] = [];
  const path = join(folder, 'qmp');
  const listener = await listenOnce(path);
  const [socket, qemu] = await Promise.all([listener.accepted, connectTo(path)]);
  let text = '';
  qemu.on('data', (bytes: Buffer) => {
    const lines = (text + bytes.toString()).split('\n');
    text = lines.pop() ?? '';
    for (const line of lines) {
      const { execute, arguments: given = {}, id } = JSON.parse(line) as Command;
      if (execute !== 'qmp_capabilities') commands.push(`${execute} ${JSON.stringify(given)}`);
      for (const answer of [{ return: {}, id }, ...eventsAfter(execute)]) qemu.write(`${JSON.stringify(answer)}\n`);
    }
  });
  const qmp = new QmpClient(socket, { limitMs: 5000 });
  await qmp.negotiate();
  return {
    qmp,
    socketFolder: folder,
    commands,
    consoleTail: () => '',
    exited: Promise.resolve(),
    signalName: null,
    [Symbol.dispose]: () => {
      qmp.close();
      qemu.destroy();
    },
  };
}

async function connectTo(path: string): Promise<Socket> {
  const { promise, resolve, reject } = Promise.withResolvers<Socket>();
  const socket = connect(path, () => resolve(socket));
  socket.on('error', reject);
  return promise;
}
