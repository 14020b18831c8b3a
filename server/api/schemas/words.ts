/** What several subjects of the API have in common. Everything that comes in is bounded in size here. */
import { type Static, type TSchema, type TUnsafe, Type } from 'typebox';

/** An object that has these properties and no others. */
export const strict = { additionalProperties: false } as const;

export const RepositoryName = Type.String({
  pattern: '^(?!.*\\.\\.)(?!.*\\.(git|lock)$)[a-z0-9][a-z0-9._-]{0,63}$',
  description: 'Small letters, digits, dots, hyphens and underscores; ends neither in `.git` nor in `.lock`.',
});

/** A job's number, or a run's. SQLite counts further; no server of ours does. */
/** An array that nobody changes. */
export function listOf<Item extends TSchema>(item: Item): TUnsafe<readonly Static<Item>[]> {
  return Type.Unsafe<readonly Static<Item>[]>(Type.Array(item));
}

export const Count = Type.Integer({ minimum: 1, maximum: 2 ** 31 });

export const Milliseconds = Type.Number({ minimum: 0 });

/** Milliseconds since the epoch. */
export const TimeMs = Type.Number({ minimum: 0 });

export const LayerfilePath = Type.String({
  pattern: '^(?!/)(?!(.*/)?\\.\\.(/|$))[^\\u0000-\\u001f\\u007f]{1,1024}$',
  description: "Path of a Layerfile, relative to the repository's root.",
});

export const StepNumber = Type.Integer({ minimum: 1, maximum: 100_000 });

export const Copy = Type.Integer({
  minimum: 0,
  maximum: 100_000,
  description: 'Below a SPLIT: which copy, from 0.',
});

export const Role = Type.Union([Type.Literal('read'), Type.Literal('member'), Type.Literal('admin')]);

/** Every answer that is no success. */
export const ErrorAnswer = Type.Object({
  error: Type.Object({
    /** For programs: `not_found`, `unauthorized`, `forbidden`, `invalid`, `too_many`, … */
    code: Type.String(),
    message: Type.String(),
    hint: Type.Optional(Type.String()),
  }),
});
export type ErrorAnswer = Static<typeof ErrorAnswer>;

/** Text, or a stream of it. */
export const StreamBody = Type.Unsafe<NodeJS.ReadableStream | string>({ type: 'string' });

export const Nothing = Type.Null({ description: 'No content.' });
