import type { FastifySchemaCompiler, FastifySchemaValidationError } from 'fastify';
import type { TSchema } from 'typebox';
import { Compile } from 'typebox/compile';

/**
 * Checks parts of requests against their schemas. A JSON body is taken as it is. What stands in an address is text: it becomes a number or
 * a boolean where the schema wants one and the text is nothing else; `1.5` and `1e3` are no integers.
 */
export const validateRequests: FastifySchemaCompiler<TSchema> = ({ schema, httpPart }) => {
  const compiled = Compile(schema);
  return (value): { value: unknown } | { error: FastifySchemaValidationError[] } => {
    const read: unknown = httpPart === 'body' ? value : readTexts(schema, value);
    return compiled.Check(read) ? { value: read } : { error: compiled.Errors(read) };
  };
};

interface ObjectSchema {
  readonly properties?: Readonly<Record<string, { readonly type?: unknown }>>;
}

function readTexts(schema: ObjectSchema, texts: unknown): unknown {
  if (typeof texts !== 'object' || texts === null) return texts;
  return Object.fromEntries(
    Object.entries(texts).map(([name, text]) => [name, readText(schema.properties?.[name]?.type, text)]),
  );
}

function readText(type: unknown, text: unknown): unknown {
  if (typeof text !== 'string') return text;
  if (type === 'integer' && /^-?\d{1,15}$/.test(text)) return Number(text);
  if (type === 'boolean' && /^(true|false)$/.test(text)) return text === 'true';
  return text;
}
