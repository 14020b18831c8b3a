/**
 * The program behind a repository's post-receive hook: tells the server what was pushed, and prints what it answers. git passes
 * that on to the pusher. It imports nothing of ours, so that it starts fast; what the two say is hook-message.ts's.
 *
 * Arguments: the server's socket. Standard input: `BEFORE AFTER REF` lines (githooks(5)). It always succeeds: the push stands.
 */
import { closeSync, openSync, readFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import { userInfo } from 'node:os';
import { basename, dirname } from 'node:path';

const VERSION = 1;
const BRANCHES = 'refs/heads/';
/** The server makes jobs of 50, and says what became of the others. */
const MAX_UPDATES = 1000;
const MAX_OPTIONS = 100;
const FIRST_ANSWER_MS = 30_000;

const NOT_THERE = 'Layer: the CI server is not running. The push stands; its job begins when the server does.';
const CUT_OFF = 'Layer: the CI server ended. The push stands, and its job goes on when the server does.';
const SILENT = 'Layer: the CI server does not answer. The push stands; look at its page for the job.';

function main(socketPath: string): void {
  const branches = readFileSync(0, 'utf8')
    .split('\n')
    .map((line) => line.split(' '))
    .filter(([, , ref]) => ref?.startsWith(BRANCHES) === true);
  if (branches.length === 0) return;
  const message = {
    version: VERSION,
    folder: process.cwd(),
    updates: branches.slice(0, MAX_UPDATES),
    more: Math.max(0, branches.length - MAX_UPDATES),
    options: pushOptions(),
    pushedBy: process.env['LAYER_PUSHED_BY'] ?? userName(),
    push: process.env['LAYER_PUSH'] ?? null,
  };
  talk(socketPath, `${JSON.stringify(message)}\n`);
}

function talk(socketPath: string, message: string): void {
  let folder: number;
  try {
    // The path of a socket may have 107 bytes (unix(7)), and that of a folder any number.
    folder = openSync(dirname(socketPath), 'r');
  } catch {
    say(NOT_THERE);
    return;
  }
  const socket = createConnection(`/proc/self/fd/${folder}/${basename(socketPath)}`);
  let [text, isConnected, hasEnded] = ['', false, false];
  socket.setEncoding('utf8').setTimeout(FIRST_ANSWER_MS);
  socket.on('connect', () => {
    isConnected = true;
    closeSync(folder);
    socket.write(message);
  });
  socket.on('data', (chunk) => {
    socket.setTimeout(0);
    const lines = (text + String(chunk)).split('\n');
    text = lines.pop() ?? '';
    for (const line of lines) hasEnded = hear(line) || hasEnded;
    if (hasEnded) socket.end();
  });
  socket.on('timeout', () => {
    hasEnded = true;
    say(SILENT);
    socket.destroy();
  });
  socket.on('error', () => undefined);
  socket.on('close', () => {
    if (!hasEnded) say(isConnected ? CUT_OFF : NOT_THERE);
  });
}

/** True where the server has said all. */
function hear(line: string): boolean {
  const answer = JSON.parse(line) as { readonly say?: string; readonly end?: true };
  if (answer.say !== undefined) say(answer.say);
  return answer.end === true;
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

function pushOptions(): readonly string[] {
  const count = Math.min(Number(process.env['GIT_PUSH_OPTION_COUNT'] ?? 0), MAX_OPTIONS);
  return Array.from({ length: count }, (_, index) => process.env[`GIT_PUSH_OPTION_${index}`] ?? '');
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return 'unknown';
  }
}

// A pusher who has gone reads nothing any more; the server is told nevertheless.
process.stdout.on('error', () => undefined);
const [, , socketPath] = process.argv;
if (socketPath !== undefined) main(socketPath);
