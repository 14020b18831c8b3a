import { LayerError } from '../../util/layer-error.ts';

/** Where the server listens. */
export interface ListenAddress {
  readonly host: string;
  /** 0: any that is free. */
  readonly port: number;
}

/** Nobody but this host reaches it there. No service is registered for that port with IANA. */
const DEFAULT_LISTEN: ListenAddress = { host: '127.0.0.1', port: 8464 };

/** `8464`, `:0`, `0.0.0.0:80`, `[::1]:8464`, `build.example.org:8464`. Throws `USAGE` for anything else. */
export function parseListen(text: string | null): ListenAddress {
  if (text === null) return DEFAULT_LISTEN;
  const [, ipv6, name, digits = ''] = /^(?:(?:\[([0-9a-fA-F:.]+)\]|([A-Za-z0-9._-]+))?:)?(\d{1,5})$/.exec(text) ?? [];
  const port = Number(digits);
  if (digits !== '' && port <= 65_535) return { host: ipv6 ?? name ?? DEFAULT_LISTEN.host, port };
  throw new LayerError('USAGE', `--listen is \`${text}\`: not an address to listen on`, {
    hint: 'Write it like 8464, 0.0.0.0:8464, or :0 for any port that is free.',
  });
}

/** An address without a path. Throws `USAGE` for anything else. */
export function parsePublicUrl(text: string | null): string | null {
  if (text === null) return null;
  const url = URL.canParse(text) ? new URL(text) : null;
  const isWhole =
    url !== null && /^https?:$/.test(url.protocol) && url.pathname === '/' && url.search + url.hash === '';
  if (isWhole && url.username + url.password === '') return url.origin;
  throw new LayerError('USAGE', `--public-url is \`${text}\`: not the address of a server`, {
    hint: 'Write it like https://ci.example.org.',
  });
}
