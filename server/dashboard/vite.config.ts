/** How the dashboard is put together: see setup/dashboard, which runs this. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';

import { defineConfig, type Plugin } from 'vite';

const config = defineConfig({
  root: import.meta.dirname,
  build: {
    target: 'es2023',
    emptyOutDir: true,
    // Nothing inline: the Content-Security-Policy has neither data: nor 'unsafe-inline'.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  plugins: [compressed()],
});

/** Lays a .gz beside each script and style as it was written: whoever serves them then needs no processor for that. */
function compressed(): Plugin {
  return {
    name: 'layer:compressed',
    apply: 'build',
    async writeBundle({ dir = '' }, bundle) {
      for (const name of Object.keys(bundle).filter((name) => /\.(js|css)$/.test(name))) {
        const path = join(dir, name);
        await writeFile(`${path}.gz`, await promisify(gzip)(await readFile(path), { level: 9 }));
      }
    },
  };
}

export { config as default };
