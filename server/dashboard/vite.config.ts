/** How the dashboard is put together: see setup/dashboard, which runs this. */
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

/** Lays a .gz beside each script and style: whoever serves them then needs no processor for that. */
function compressed(): Plugin {
  return {
    name: 'layer:compressed',
    apply: 'build',
    async generateBundle(_, bundle) {
      const files = Object.values(bundle).filter(({ fileName }) => /\.(js|css)$/.test(fileName));
      for (const file of files) {
        const text = file.type === 'chunk' ? file.code : file.source;
        const source = await promisify(gzip)(text, { level: 9 });
        this.emitFile({ type: 'asset', fileName: `${file.fileName}.gz`, source });
      }
    },
  };
}

export { config as default };
