import test from 'ava';

import { parseArguments } from '../../../cli/arguments/parse-arguments.ts';
import { servingText } from '../../../cli/commands/serving-text.ts';

const parse = (...args: readonly string[]) => parseArguments(['serve', ...args], {});

test('serve listens for this host only unless it is told otherwise', (t) => {
  t.like(parse(), {
    action: 'serve',
    listen: { host: '127.0.0.1', port: 8464 },
    data: null,
    jobs: null,
    publicUrl: null,
  });
  t.like(parse('--listen', '9000'), { listen: { host: '127.0.0.1', port: 9000 } });
  t.like(parse('--listen', ':0'), { listen: { host: '127.0.0.1', port: 0 } });
  t.like(parse('--listen', '0.0.0.0:80'), { listen: { host: '0.0.0.0', port: 80 } });
  t.like(parse('--listen', '[::1]:80'), { listen: { host: '::1', port: 80 } });
  for (const listen of ['x', '1:2:3', ':70000', 'http://x:1', '0.0.0.0:', ':'])
    t.throws(() => parse(`--listen=${listen}`), { message: /--listen/ });
});

test('the public URL is an address without a path', (t) => {
  t.like(parse('--public-url', 'https://ci.example.org/'), { publicUrl: 'https://ci.example.org' });
  for (const url of ['ci.example.org', 'ftp://x', 'https://x/path', 'https://a:b@x', 'https://x/?q'])
    t.throws(() => parse('--public-url', url), { message: /--public-url/ });
});

test('tokens and hooks are managed beside the server, each with its own flags', (t) => {
  t.like(parse('token', 'create', 'ann', '--role', 'member'), { action: 'create-token', name: 'ann', role: 'member' });
  t.like(parse('token', 'list', '--json'), { action: 'list-tokens', json: true });
  t.like(parse('token', 'revoke', '3', '--data', 'x'), { action: 'revoke-token', id: 3, data: 'x' });
  t.like(parse('hook', 'install', 'shop.git', '--name', 'shop'), {
    action: 'install-hook',
    repository: 'shop.git',
    name: 'shop',
  });
  const refused: readonly (readonly string[])[] = [
    ['token'],
    ['token', 'create'],
    ['token', 'create', 'ann'],
    ['token', 'create', 'ann', '--role', 'owner'],
    ['token', 'revoke', 'x'],
    ['token', 'list', 'more'],
    ['token', 'list', '--listen', ':0'],
    ['hook', 'remove', 'x'],
    ['hook', 'install'],
    ['--role', 'admin'],
    ['start'],
  ];
  for (const args of refused) t.throws(() => parse(...args), { name: 'LayerError' }, args.join(' '));
});

test('the first token is shown once, and stands in the line for git', (t) => {
  t.is(
    servingText({ url: 'http://127.0.0.1:8464', token: 'layer_x' }),
    `Layer serves at http://127.0.0.1:8464

Your first token, an admin's. It is shown this once: log in with it.

  layer_x

In a git repository with a Layerfile (NAME is what it is to be called here):

  git remote add layer http://layer:layer_x@127.0.0.1:8464/git/NAME.git
  git push layer main

`,
  );
  t.regex(
    servingText({ url: 'https://ci.example.org', token: null }),
    /https:\/\/layer:TOKEN@ci\.example\.org\/git\/NAME\.git/,
  );
  t.false(servingText({ url: 'https://ci.example.org', token: null }).includes('first token'));
});
