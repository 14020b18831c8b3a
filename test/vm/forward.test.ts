import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { Duplex } from 'node:stream';
import { text } from 'node:stream/consumers';

import type { Machine } from '../../vm/index.ts';
import { becomesTrue } from '../helpers/processes.ts';
import { machineTest } from '../helpers/machine-test.ts';
import { output, restore } from '../helpers/shared-base.ts';

/** Reads a connection to its end, then says what it read; a first line `flood` makes it send without end instead. */
const SERVER = `
use IO::Socket::INET; use Digest::SHA; $SIG{CHLD} = 'IGNORE'; $SIG{PIPE} = 'DEFAULT';
my $server = IO::Socket::INET->new(LocalAddr => '127.0.0.1', LocalPort => 7000, Listen => 20, ReuseAddr => 1) or die;
while (my $client = $server->accept) {
  next if fork;
  my $digest = Digest::SHA->new(256); my $size = 0;
  while (sysread $client, my $bytes, 65536) {
    if ($bytes =~ /^flood/) { syswrite $client, 'x' x 65536 while 1 }
    $digest->add($bytes); $size += length $bytes;
  }
  print $client $size, ' ', $digest->hexdigest, "\\n"; exit;
}`;

async function connection(machine: Machine): Promise<Duplex> {
  const forwarded = await machine.forward('localhost', 7000);
  if (!forwarded.ok) throw new Error(forwarded.why);
  return forwarded.connection;
}

machineTest(
  'connections into the guest carry bytes both ways, end by halves, and end when we do',
  async (t, base, scratch) => {
    await using restored = await restore(base, scratch);
    const { machine } = restored;
    await output(
      machine,
      `setsid perl -e '${SERVER.replaceAll("'", `'\\''`)}' </dev/null >/dev/null 2>&1 &
until (exec 3<>/dev/tcp/127.0.0.1/7000) 2>/dev/null; do sleep 0.1; done`,
    );

    const bytes = randomBytes(3_000_000);
    const digest = createHash('sha256').update(bytes).digest('hex');
    const answers = await Promise.all(
      [1, 2, 3].map(async () => {
        const stream = await connection(machine);
        stream.end(bytes);
        return text(stream);
      }),
    );
    t.deepEqual(new Set(answers), new Set([`${bytes.length} ${digest}\n`]));

    const flood = await connection(machine);
    flood.write('flood\n');
    await once(flood, 'readable');
    const serving = async (): Promise<string> => output(machine, 'pgrep -cx perl || true');
    t.is(await serving(), '2\n');
    flood.destroy();
    let left = '';
    for (let tries = 0; tries < 50 && left !== '1\n'; tries++) left = await serving();
    t.is(left, '1\n', 'the program at the other end notices');

    const last = await connection(machine);
    const closed = once(last, 'close');
    last.resume();
    await machine[Symbol.asyncDispose]();
    await closed;
    t.true(await becomesTrue(() => last.destroyed));
  },
);
