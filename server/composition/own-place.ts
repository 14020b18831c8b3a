import type { ApiApp } from '../api/index.ts';
import { urlOf } from '../listen.ts';

/** Where the server is reached: parts that tell it to others are made before there is a port. */
export class OwnPlace {
  readonly host: string;
  readonly publicUrl: URL | null;
  #made: ApiApp | null = null;

  constructor({ host, publicUrl }: Pick<OwnPlace, 'host' | 'publicUrl'>) {
    this.host = host;
    this.publicUrl = publicUrl;
  }

  /** The app that listens, or will. */
  is(made: ApiApp): void {
    this.#made = made;
  }

  /** How many answers stay open. */
  get streams(): number {
    return this.#made?.streams.list().length ?? 0;
  }

  /** Something went wrong that nobody asked for. */
  log(trouble: string): void {
    this.#made?.app.log.warn(trouble);
  }

  /** 0 before it listens. */
  get port(): number {
    const address = this.#made?.app.server.address();
    return address === null || address === undefined || typeof address === 'string' ? 0 : address.port;
  }

  get url(): string {
    return this.publicUrl?.origin ?? (this.#made === null ? '' : urlOf(this.#made.app, this.host));
  }
}
