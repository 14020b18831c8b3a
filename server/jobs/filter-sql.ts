import type { JobFilter, JobTerm } from './job-filter.ts';

/** A condition on rows of `jobs`, and the values of its question marks. */
export interface Condition {
  readonly sql: string;
  readonly values: readonly (string | number)[];
}

/** What somebody typed is in the values only. */
export function conditionOf({ wanted, unwanted }: JobFilter): Condition {
  const texts = wanted.filter(({ kind }) => kind === 'text').map((term) => [term]);
  const others = Map.groupBy(
    wanted.filter(({ kind }) => kind !== 'text'),
    ({ kind }) => kind,
  );
  const required = [...texts, ...others.values()].map((terms) => joined(terms.map(termCondition), ' OR '));
  const refused = unwanted.map(termCondition).map(({ sql, values }) => ({ sql: `NOT ${sql}`, values }));
  return joined([{ sql: 'true', values: [] }, ...required, ...refused], ' AND ');
}

function joined(conditions: readonly Condition[], by: string): Condition {
  return { sql: `(${conditions.map(({ sql }) => sql).join(by)})`, values: conditions.flatMap(({ values }) => values) };
}

function termCondition(term: JobTerm): Condition {
  switch (term.kind) {
    case 'repository':
      return { sql: 'repository = ?', values: [term.value] };
    case 'branch':
      return { sql: 'branch = ?', values: [term.value] };
    case 'id':
      return { sql: 'id = ?', values: [term.id] };
    case 'state':
      return { sql: 'state = ?', values: [term.state] };
    case 'text':
      if (term.exact) return { sql: 'instr(said, ?) > 0', values: [term.text] };
      return { sql: 'instr(said_lower, ?) > 0', values: [term.text.toLowerCase()] };
  }
}
