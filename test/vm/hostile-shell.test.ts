import type { Socket } from 'node:net';
import { duplexPair } from 'node:stream';

import test from 'ava';

import type { GuestControl } from '../../vm/guest-control.ts';
import { generateKeyPair } from '../../vm/images/key-pair.ts';
import { GuestShell } from '../../vm/guest-shell.ts';

/** What a guest may send in the place of an SSH server, and how often it is sent again. */
const FLOODS: Readonly<Record<string, readonly [beginning: string, endless: Buffer]>> = {
  'a line without an end': ['', Buffer.alloc(65_536, 'x')],
  'lines without end': ['', Buffer.alloc(65_536, 'noise\r\n')],
  'packets of absurd lengths': ['SSH-2.0-OpenSSH_9.2\r\n', Buffer.alloc(65_536, 0xff)],
};

for (const [name, [beginning, endless]] of Object.entries(FLOODS)) {
  test(`a shell port that sends ${name} is given up, and not kept in memory`, async (t) => {
    const [ours, theirs] = duplexPair();
    t.teardown(() => void theirs.destroy());
    let sentBytes = 0;
    const flood = (): void => {
      if (theirs.destroyed) return;
      theirs.write(endless, () => setImmediate(flood));
      sentBytes += endless.length;
    };
    const control = {
      request: (_verb: string, [nonce]: readonly string[]) => {
        for (let times = 100; times > 0; times--) theirs.write(endless);
        theirs.write(`${nonce}${beginning}`);
        flood();
        return Promise.resolve();
      },
    };
    const keys = { clientPrivateKey: (await generateKeyPair()).private, hostPublicKey: '' };
    const connected = GuestShell.connect(ours as unknown as Socket, control as unknown as GuestControl, keys);
    await t.throwsAsync(connected, { code: 'GUEST_PROTOCOL' });
    t.true(sentBytes < 64 << 20, `${sentBytes} bytes were taken`);
  });
}
