import type { Findings } from './findings.ts';
import type { ExposeTcpInstruction, ExposeWebsiteInstruction } from './instruction.ts';
import { quote } from './quote.ts';
import type { Statement, StatementWord } from './statement.ts';

type WebsiteFields = Pick<ExposeWebsiteInstruction, 'scheme' | 'host' | 'port' | 'path' | 'rewrite'>;
type TcpFields = Pick<ExposeTcpInstruction, 'hostPort' | 'guestPort'>;
type Address = Pick<WebsiteFields, 'scheme' | 'host' | 'port'>;

const ADDRESS = /^(?:(https?):\/\/)?(\[[\da-f:]+\]|[^\s:/?#[\]]+)?(?::(\d+))?([/?#].*)?$/i;
const WEBSITE_FORM =
  'Write `EXPOSE WEBSITE localhost:8080`, with a path such as `/api` behind it if the site is not at `/`.';
const TCP_FORM = 'Write `EXPOSE TCP 5432`, or `EXPOSE TCP 15432 :5432` to use another port on the host.';

export function readExposeWebsite(statement: Statement, findings: Findings): WebsiteFields | undefined {
  const [address, path, rewrite, extra] = joinAroundColon(statement.words, findings);
  if (address === undefined) {
    findings.error('argument-count', 'EXPOSE WEBSITE needs an address, but nothing follows it', statement.range, {
      hint: WEBSITE_FORM,
    });
    return undefined;
  }
  if (extra !== undefined) {
    findings.error(
      'argument-count',
      `EXPOSE WEBSITE takes an address, a path and a rewrite, but found ${quote(extra.written)}`,
      extra.range,
      {
        hint: WEBSITE_FORM,
      },
    );
  }
  const read = readAddress(address, findings);
  if (read === undefined) return undefined;
  return { ...read, path: readPath(path, findings) ?? '/', rewrite: readPath(rewrite, findings) ?? null };
}

/** `host : port`: blanks around the colon are accepted with a warning. */
function joinAroundColon(words: readonly StatementWord[], findings: Findings): readonly StatementWord[] {
  const joined: StatementWord[] = [];
  for (const word of words) {
    const previous = joined.at(-1);
    if (previous === undefined || !(previous.text.endsWith(':') || word.text.startsWith(':'))) {
      joined.push(word);
      continue;
    }
    const text = previous.text + word.text;
    const range = { start: previous.range.start, end: word.range.end };
    joined.splice(-1, 1, { text, written: text, unclosed: null, range });
  }
  const [first] = joined;
  if (first !== undefined && joined.length < words.length) {
    findings.warning('odd-address', 'the address has blanks around its `:`', first.range, {
      hint: `Write \`${first.text}\`.`,
    });
  }
  return joined;
}

function readAddress(word: StatementWord, findings: Findings): Address | undefined {
  const text = /^\d+$/.test(word.text) ? `:${word.text}` : word.text;
  const [matched, scheme, host = 'localhost', digits, path = '/'] = ADDRESS.exec(text) ?? [];
  if (matched === undefined) {
    findings.error('invalid-value', `${quote(word.written)} is not the address of a website`, word.range, {
      hint: WEBSITE_FORM,
    });
    return undefined;
  }
  if (path !== '/') {
    findings.warning('odd-address', `the path ${quote(path)} in the address has no meaning`, word.range, {
      hint: 'Write the path that should lead here behind the address, with a blank between.',
    });
  }
  const secure = scheme?.toLowerCase() === 'https';
  const port = digits === undefined ? (secure ? 443 : 80) : readPort(digits, word, findings);
  return port === undefined ? undefined : { scheme: secure ? 'https' : 'http', host, port };
}

function readPort(digits: string, word: StatementWord, findings: Findings): number | undefined {
  const port = Number(digits);
  if (port >= 1 && port <= 65535) return port;
  findings.error('out-of-range', `the port ${quote(digits)} is not between 1 and 65535`, word.range);
  return undefined;
}

function readPath(word: StatementWord | undefined, findings: Findings): string | undefined {
  if (word === undefined || word.text.startsWith('/')) return word?.text;
  findings.warning('odd-address', `the path ${quote(word.written)} does not begin with \`/\``, word.range, {
    hint: `Write \`/${word.text}\`.`,
  });
  return `/${word.text}`;
}

export function readExposeTcp(statement: Statement, findings: Findings): TcpFields | undefined {
  const [host, guest, extra] = statement.words;
  if (host === undefined || extra !== undefined) {
    const found = extra === undefined ? 'nothing follows it' : `${quote(extra.written)} follows them`;
    findings.error(
      'argument-count',
      `EXPOSE TCP takes one port or two, but ${found}`,
      extra?.range ?? statement.range,
      {
        hint: TCP_FORM,
      },
    );
    return undefined;
  }
  const hostPort = readTcpPort(host, findings);
  const guestPort = guest === undefined ? hostPort : readTcpPort(guest, findings);
  return hostPort === undefined || guestPort === undefined ? undefined : { hostPort, guestPort };
}

function readTcpPort(word: StatementWord, findings: Findings): number | undefined {
  const digits = /^:?(\d+)$/.exec(word.text)?.[1];
  if (digits !== undefined) return readPort(digits, word, findings);
  findings.error('invalid-value', `${quote(word.written)} is not a port`, word.range, { hint: TCP_FORM });
  return undefined;
}
