import { type Static, Type } from 'typebox';
import { Value } from 'typebox/value';

/** Header values, and lines of git's credential protocol: no controls. */
const SECRET = Type.String({ minLength: 1, maxLength: 1024, pattern: '^[\\x21-\\x7e]+$' });
const WEB_ADDRESS = Type.String({ maxLength: 1000, pattern: '^https?://[^\\s/?#@]+(/[^\\s?#@]*)?$' });

/** Where a repository is at home, where it is not pushed here. */
export const FORGE_SETTINGS = Type.Object(
  {
    kind: Type.Union([Type.Literal('github'), Type.Literal('gitlab'), Type.Literal('gitea')]),
    /** `https://HOST/OWNER/NAME.git`; commits are fetched from there and nowhere else. */
    cloneUrl: WEB_ADDRESS,
    /** `https://HOST/api/…`; null: the usual one of the clone URL's host. */
    apiUrl: Type.Union([WEB_ADDRESS, Type.Null()]),
    /** For fetching and for statuses; null: neither needs one. */
    token: Type.Union([SECRET, Type.Null()]),
    /** What the forge signs its webhooks with; null: no webhook is accepted. */
    webhookSecret: Type.Union([SECRET, Type.Null()]),
  },
  { additionalProperties: false },
);

export const REPOSITORY_SETTINGS = Type.Object(
  {
    /** Whether a newer push on a branch cancels the unfinished jobs of older ones. */
    cancelSuperseded: Type.Boolean(),
    /** Of its jobs: the greater, the sooner. */
    priority: Type.Integer({ minimum: -1000, maximum: 1000 }),
    /** Whether jobs of forks are trusted as others are, and get the secrets. */
    forkSecrets: Type.Boolean(),
    forge: Type.Union([FORGE_SETTINGS, Type.Null()]),
  },
  { additionalProperties: false },
);

/** What is to be changed; of the forge too, where there is one already. */
export const REPOSITORY_PATCH = Type.Partial(
  Type.Object({
    ...REPOSITORY_SETTINGS.properties,
    forge: Type.Union([Type.Partial(FORGE_SETTINGS, { additionalProperties: false }), Type.Null()]),
  }),
  { additionalProperties: false },
);

export type ForgeSettings = Readonly<Static<typeof FORGE_SETTINGS>>;
export type RepositorySettings = Readonly<Static<typeof REPOSITORY_SETTINGS>>;
export type RepositoryPatch = Readonly<Static<typeof REPOSITORY_PATCH>>;

export const DEFAULT_SETTINGS: RepositorySettings = {
  cancelSuperseded: true,
  priority: 0,
  forkSecrets: false,
  forge: null,
};

/** A repository's settings for whoever may see them: of what is secret, whether it is there. */
export interface ShownSettings extends Omit<RepositorySettings, 'forge'> {
  readonly forge:
    | (Omit<ForgeSettings, 'token' | 'webhookSecret'> & {
        readonly hasToken: boolean;
        readonly hasWebhookSecret: boolean;
      })
    | null;
}

export function shownSettings({ forge, ...rest }: RepositorySettings): ShownSettings {
  if (forge === null) return { ...rest, forge };
  const { token, webhookSecret, ...open } = forge;
  return { ...rest, forge: { ...open, hasToken: token !== null, hasWebhookSecret: webhookSecret !== null } };
}

export type PatchedSettings = { readonly settings: RepositorySettings } | { readonly problem: string };

/** `settings` with what `patch` says; or why that cannot be. */
export function patchSettings(settings: RepositorySettings, patch: RepositoryPatch): PatchedSettings {
  const forge = patch.forge == null ? patch.forge : { ...NO_FORGE, ...settings.forge, ...patch.forge };
  const patched = { ...settings, ...patch, ...(forge === undefined ? {} : { forge }) };
  const [error] = Value.Errors(REPOSITORY_SETTINGS, patched);
  if (error === undefined) return { settings: patched as RepositorySettings };
  return { problem: `${error.instancePath.slice(1).replaceAll('/', '.') || 'settings'} ${error.message}` };
}

/** A new forge needs its kind and its clone URL; the rest has these values. */
const NO_FORGE = { apiUrl: null, token: null, webhookSecret: null };

/** What was stored; throws where that is none of this version's. */
export function readSettings(json: string): RepositorySettings {
  return Value.Parse(REPOSITORY_SETTINGS, { ...DEFAULT_SETTINGS, ...(JSON.parse(json) as object) });
}
