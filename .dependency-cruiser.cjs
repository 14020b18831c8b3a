/** The house's walls (ARCHITECTURE.md, "Rooms"): who may import whom, and only through index.ts. */
const room = (name, mayImport) => ({
  name: `${name}-imports`,
  severity: 'error',
  comment: `${name}/ may import only ${mayImport.join(', ') || 'nothing of ours'}`,
  from: { path: `^${name}/` },
  to: {
    path: '^(grammar|vm|fs-tracer|snapshots|runner|server|cli|test|bench)/',
    pathNot: `^(${[name, ...mayImport].join('|')})/`,
  },
});

module.exports = {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    room('util', []),
    room('grammar', ['util']),
    room('vm', ['util']),
    room('fs-tracer', ['util']),
    room('snapshots', ['fs-tracer', 'util']),
    room('runner', ['grammar', 'vm', 'fs-tracer', 'snapshots', 'util']),
    room('server', ['runner', 'util']),
    room('cli', ['runner', 'server', 'util']),
    {
      name: 'server-through-index',
      severity: 'error',
      comment: 'Other folders see server/ only through its index.ts, and the processes it starts through theirs',
      from: { pathNot: '^(server|test)/' },
      to: { path: '^server/', pathNot: '^server/(worker/)?index\\.ts$' },
    },
    ...['grammar', 'vm', 'fs-tracer', 'snapshots', 'runner'].map((name) => ({
      name: `${name}-through-index`,
      severity: 'error',
      comment: `Other folders see ${name}/ only through its index.ts`,
      from: { pathNot: `^(${name}|test)/` },
      to: { path: `^${name}/`, pathNot: `^${name}/index\\.ts$` },
    })),
    {
      name: 'grammar-is-pure',
      severity: 'error',
      comment: 'grammar/ does no I/O',
      from: { path: '^grammar/' },
      to: { dependencyTypes: ['core'] },
    },
    { name: 'not-to-unresolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    builtInModules: { add: ['node:sqlite'] },
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default'],
      extensions: ['.ts', '.tsx', '.js'],
    },
  },
};
