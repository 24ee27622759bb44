import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import vue from '@vitejs/plugin-vue'
import { defineConfig, type Plugin } from 'vite'
import { VitePWA } from 'vite-plugin-pwa'

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url))
const { version } = JSON.parse(readFileSync(here('package.json'), 'utf8')) as { version: string }

/** Vant carries its icon font as a data: address, with a third party's server behind it: write the font out as a file
 * of our own and name nothing else. */
function iconFontAsFile(): Plugin {
  const source = /src:url\(data:font\/woff2;charset=utf-8;base64,([A-Za-z0-9+/=]+)\)[^;}]*/
  return {
    name: 'jinlin:icon-font-as-file',
    enforce: 'pre',
    apply: 'build',
    transform(code, id) {
      if (!/vant\/es\/icon\/index\.css/.test(id)) return null
      const font = source.exec(code)
      if (font === null) throw new Error('the icon font of Vant has changed its form')
      const file = this.emitFile({ type: 'asset', name: 'icons.woff2', source: Buffer.from(font[1] ?? '', 'base64') })
      return { code: code.replace(source, `src:url(__VITE_ASSET__${file}__) format("woff2")`), map: null }
    },
  }
}

export default defineConfig({
  base: '/',
  define: {
    __APP_VERSION__: JSON.stringify(version),
    __VUE_I18N_LEGACY_API__: 'false',
    __VUE_I18N_FULL_INSTALL__: 'false',
    __INTLIFY_PROD_DEVTOOLS__: 'false',
    global: 'globalThis',
  },
  build: {
    outDir: '../../server/static/app',
    emptyOutDir: true,
    target: ['chrome87', 'safari15'],
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
  plugins: [
    iconFontAsFile(),
    vue(),
    VitePWA({
      strategies: 'injectManifest',
      srcDir: 'src/sw',
      filename: 'sw.ts',
      injectRegister: false,
      registerType: 'prompt',
      injectManifest: { globPatterns: ['**/*.{js,css,html,png,svg,woff2,webmanifest}'] },
      manifest: {
        name: '近邻 Jinlin',
        short_name: '近邻',
        description: '入户走访与住户档案,没有信号也能用',
        lang: 'zh-CN',
        id: '/',
        start_url: '/',
        scope: '/',
        display: 'standalone',
        orientation: 'portrait',
        background_color: '#ffffff',
        theme_color: '#0b5c8a',
        icons: [
          { src: '/icon-192.png', sizes: '192x192', type: 'image/png', purpose: 'any' },
          { src: '/icon-512.png', sizes: '512x512', type: 'image/png', purpose: 'any' },
          { src: '/icon-maskable-512.png', sizes: '512x512', type: 'image/png', purpose: 'maskable' },
        ],
      },
    }),
  ],
})
