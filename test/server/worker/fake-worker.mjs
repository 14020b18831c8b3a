// A worker that does as its work's first path says.
const say = (message) => new Promise((resolve) => process.send(message, resolve));
const done = { type: 'ended', end: { kind: 'done', exitCode: 0 } };

process.on('disconnect', () => process.exit(0));
process.on('message', async (message) => {
  if (message.type === 'cancel') {
    if (how === 'deaf' || how === 'deafer') return;
    await say({ type: 'event', event: { event: 'warning', layerfile: '', text: message.reason } });
    await say({ type: 'ended', end: { kind: 'cancelled' } });
    process.exit(0);
  }
  if (message.type === 'granted') {
    await say({ type: 'returned', wish: message.wish });
    await say(done);
    process.exit(0);
  }
  if (message.type === 'begin') await begin(message);
});

let how = '';

async function begin({ work }) {
  [how] = work.paths;
  await say({ type: 'event', event: { event: 'warning', layerfile: '', text: how } });
  switch (how) {
    case 'succeed':
      await say(done);
      return process.exit(0);
    case 'wish':
      return await say({ type: 'wish', wish: 1, memoryMib: 512, priority: 7 });
    case 'crash':
      console.error('out of luck');
      return process.exit(9);
    case 'die':
      return process.kill(process.pid, 'SIGKILL');
    case 'linger':
      process.on('SIGTERM', () => undefined);
      return await say(done);
    case 'deaf':
      return process.on('SIGTERM', () => process.exit(0));
    case 'deafer':
      return process.on('SIGTERM', () => undefined);
  }
}
