import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { defineConfig, type Plugin } from 'vite';
import { iconName, iconWith, MOST_COUNTED } from './src/favicon.ts';

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** Writes the icons that count. The page's policy allows files of its own and no `data:` addresses, which a drawn one has. */
const icons = (): Plugin => ({
  name: 'miyabi-icons',
  generateBundle() {
    const seal = readFileSync(here('public/seal.svg'), 'utf8');
    for (const counted of ['failed', 'running'] as const)
      for (let count = 1; count <= MOST_COUNTED + 1; count += 1)
        this.emitFile({
          type: 'asset',
          fileName: iconName(counted, count),
          source: iconWith(seal, counted, count),
        });
  },
});

// biome-ignore lint/style/noDefaultExport: Vite reads its configuration from the default export
export default defineConfig({
  root: here('.'),
  cacheDir: here('../node_modules/.vite'),
  plugins: [icons()],
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    outDir: here('../dist/web'),
    emptyOutDir: true,
    target: 'es2022',
    // A data: URL would need an exception in the content security policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    license: { fileName: 'licenses.md' },
  },
  server: { proxy: { '/api': process.env.MIYABI_URL ?? 'http://127.0.0.1:8787' } },
});
