import { noteUnrepeatable } from '../../util/grounds.ts';
import { SecretKey } from './secret-key.ts';
import { SecretStore } from './secret-store.ts';

/** The secrets as one run sees them: each value is looked up once, so that what was planned is what is used. */
export class RunSecrets {
  readonly #given: (name: string) => string | undefined;
  readonly #store: SecretStore | null;
  readonly #key: SecretKey;
  readonly #values = new Map<string, string | undefined>();

  /** `given` wins over what is stored in `secretsHome`, by default `home`; null: nowhere. */
  constructor(
    { home, secretsHome = home }: { readonly home: string; readonly secretsHome?: string | null },
    given: (name: string) => string | undefined,
  ) {
    this.#given = given;
    this.#store = secretsHome === null ? null : new SecretStore(secretsHome);
    this.#key = new SecretKey(home);
  }

  /** Undefined for one that has no value. */
  value(name: string): string | undefined {
    noteUnrepeatable('a secret is used');
    if (!this.#values.has(name)) this.#values.set(name, this.#given(name) ?? this.#store?.value(name));
    return this.#values.get(name);
  }

  /** What stands for the value in the key of a step. */
  fingerprint(name: string): string {
    return this.#key.fingerprint(name, this.value(name) ?? '');
  }
}
