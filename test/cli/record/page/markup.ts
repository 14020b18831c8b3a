/** A tag of a page, and the names of its attributes. */
export interface Tag {
  readonly name: string;
  readonly closes: boolean;
  readonly attributes: readonly string[];
}

const TAG = /<(?<slash>\/?)(?<name>!doctype|[a-z][a-z0-9]*)(?<attributes>(?: [a-z][a-zA-Z-]*(?:="[^"<>]*")?)*)\/?>/y;
const ATTRIBUTE = / (?<name>[a-zA-Z-]+)(?:="(?<value>[^"<>]*)")?/g;
/** Elements without an end, of those that pages have. */
const VOID = new Set(['!doctype', 'meta', 'path']);

/** All tags of `page`, which is written in so narrow a form that what is none shows. Throws where a `<` begins no tag, or where they do not nest. */
export function tagsOf(page: string): readonly Tag[] {
  const tags: Tag[] = [];
  const open: string[] = [];
  for (let at = page.indexOf('<'); at !== -1; at = page.indexOf('<', at + 1)) {
    TAG.lastIndex = at;
    const { slash, name = '', attributes = '' } = TAG.exec(page)?.groups ?? {};
    if (name === '') throw new Error(`no tag: ${page.slice(at, at + 60)}`);
    const closes = slash === '/';
    if (closes && open.pop() !== name) throw new Error(`closes what is not open: ${page.slice(at - 60, at + 20)}`);
    if (!closes && !VOID.has(name)) open.push(name);
    tags.push({
      name,
      closes,
      attributes: [...attributes.matchAll(ATTRIBUTE)].map(({ groups }) => groups?.['name'] ?? ''),
    });
  }
  if (open.length > 0) throw new Error(`never closed: ${open.join(' ')}`);
  return tags;
}

/** What a reader sees and hears of `page`: its texts, and with `attribute`, the values of that. */
export function textOf(page: string): string {
  const [, body = ''] = page.split('<body>');
  return decoded(body.replace(/<[^>]*>/g, ' '))
    .replace(/\s+/g, ' ')
    .trim();
}

export function valuesOf(page: string, attribute: string): readonly string[] {
  return [...page.matchAll(new RegExp(` ${attribute}="([^"]*)"`, 'g'))].map(([, value = '']) => decoded(value));
}

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" };

function decoded(text: string): string {
  return text.replace(/&([a-z]+|#39);/g, (entity, name: string) => ENTITIES[name] ?? entity);
}
