import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';

import { writeFileDurably } from '../../../util/durable-file.ts';
import { INSTALLATION } from '../../../util/installation.ts';

/** What a hook needs to find the server. Absolute paths. */
export interface HookPlace {
  /** The Node that runs the client. */
  readonly node: string;
  /** hook-client.ts. */
  readonly client: string;
  readonly socket: string;
  /** Where Node keeps the client's compiled code: it starts in a third of the time with it. */
  readonly compiled: string;
}

const HOOK = 'post-receive';
/** A hook that was there before goes on as this. */
const OWN_HOOK = 'post-receive.before-layer';
/** Tells our hooks from others. */
const MARK = '# Written by Layer.';

export function hookPlace(dataFolder: string): HookPlace {
  const client = join(INSTALLATION, 'server', 'git', 'hook', 'hook-client.ts');
  return {
    node: process.execPath,
    client,
    socket: join(dataFolder, 'hook.sock'),
    compiled: join(dataFolder, 'compile-cache'),
  };
}

/**
 * Writes the post-receive hook into `folder`, which it makes, anew where one of ours is there already: the installation may have moved. A hook
 * of somebody else is kept, and called first.
 */
export function writeHook(folder: string, place: HookPlace): void {
  mkdirSync(folder, { recursive: true });
  const [hook, own] = [join(folder, HOOK), join(folder, OWN_HOOK)];
  if (existsSync(hook) && !isOurs(hook)) renameSync(hook, own);
  writeFileDurably(hook, hookScript(place, existsSync(own) ? own : null), 0o755);
  chmodSync(hook, 0o755);
}

export function isOurs(hook: string): boolean {
  return readFileSync(hook, 'latin1').includes(MARK);
}

/** Whatever becomes of it, the push has happened. */
function hookScript(place: HookPlace, own: string | null): string {
  const client = `"$node" --disable-warning=ExperimentalWarning "$client" ${quoted(place.socket)}`;
  return [
    '#!/bin/sh',
    `${MARK} Tells the CI server (\`layer serve\`) of a push, and shows what it answers.`,
    ...(own === null ? [] : ownHookLines(own)),
    `node=${quoted(place.node)}`,
    `client=${quoted(place.client)}`,
    'if [ ! -x "$node" ] || [ ! -f "$client" ]; then',
    "  echo 'Layer: it is not installed where it was. The push stands; its job begins when the CI server starts.'",
    '  exit 0',
    'fi',
    'unset NODE_OPTIONS NODE_EXTRA_CA_CERTS',
    `export NODE_COMPILE_CACHE=${quoted(place.compiled)}`,
    own === null ? `exec ${client}` : `printf '%s\\n' "$updates" | ${client}`,
    '',
  ].join('\n');
}

function ownHookLines(own: string): readonly string[] {
  return ['updates=$(cat)', `[ ! -x ${quoted(own)} ] || printf '%s\\n' "$updates" | ${quoted(own)} "$@"`];
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
